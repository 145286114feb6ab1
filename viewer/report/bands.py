"""Left and right over each other: the mean curve of each foot over its contact, with the spread of its steps."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.stance_curves import PERCENT
from viewer.report.material import Material
from viewer.report.style import (
    GREY,
    NARROW,
    SIDE_COLOURS,
    SIDE_LINES,
    SIDES,
    Drawing,
    Group,
    mark_doubt,
    name_belts,
    new_figure,
    stances_in_words,
    zero_line,
)
from viewer.report.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

COMPONENTS = (
    ("Fz", "Vertical force", ""),
    ("Fx", "Fore-aft force", "Fore-aft: braking below zero, propulsion above."),
    ("Fy", "Sideways force", "Sideways: to the left above zero."),
)
"""Component, its name, and what its sign means."""
HEIGHTS = {"Fz": "active_peak_BW", "Fx": "braking_peak_BW", "Fy": "active_peak_BW"}
"""Column that is in doubt where the height of a component's curve is."""
WIDE_FIRST = (880, 240)
"""Size of the vertical force where it stands above the others."""
FEWEST = 3
"""Fewer steps than these have no spread worth a band."""
QUIET_BW, QUIET_N = 0.02, 15.0
"""An axis reaches at least this far, so that noise is not blown up to fill the picture."""
LATE = 170
"""Point of the curves, of 201, above or below which "in doubt" is written."""
THIN = 2
"""Every so many of the 201 points are drawn: ample after the low-pass."""


@dataclass(frozen=True)
class Band:
    """One component of one foot."""

    side: str
    """L, R, or empty where no side is known."""
    steps: int
    """Steps that it is the mean of."""
    mean: Floats
    """(201,) over contact, BW or N."""
    sd: Floats
    """(201,) standard deviation from step to step."""


def bands_of(material: Material, component: str) -> list[Band]:
    """Mean and spread of the drawn steps, foot by foot.

    Args:
        material: The session.
        component: "Fx", "Fy" or "Fz".

    Returns:
        Left and right where sides are known; one of all steps where none is; in body weights where that is known.
    """
    curves = material.clips.curves
    rows = np.searchsorted(material.table["step"], curves.step)
    sides = material.table["side"][rows] if rows.size else np.empty(0, "<U1")
    values = curves.of(f"{component}_N").astype(np.float64) / (material.results["bw_N"] or 1.0)
    known = [side for side in ("L", "R") if (sides == side).any()] or [""]
    whole = np.isfinite(values).all(axis=1)
    found = []
    for side in known:
        mine = values[whole & (sides == side)] if side else values[whole]
        if len(mine):
            sd = mine.std(axis=0, ddof=1) if len(mine) >= FEWEST else np.zeros(mine.shape[1])
            found.append(Band(side, len(mine), mine.mean(axis=0), sd))
    return found


def bands(
    material: Material, *, size: tuple[int, int] = (NARROW, 260), first: tuple[int, int] | None = None
) -> Group | None:
    """Draw each component that the rig measures.

    Args:
        material: The session.
        size: Width and height of each figure, CSS pixels.
        first: Those of the vertical force, which then takes the whole width, but for a phone, where it is as wide as
            the others and keeps its height; None for one like the others.

    Returns:
        The figures; None if there is no valid step.
    """
    drawings: list[Drawing] = []
    signs: list[str] = []
    counted = ""
    for component, name, sign in COMPONENTS:
        found = bands_of(material, component) if _seen(material, component) else []
        if found:
            wide = None if drawings else first
            drawings += _drawn(material, found, component, name, size if wide is None else (NARROW, wide[1]), wide)
            signs += [sign] if sign else []
            counted = counted or "; ".join(stances_in_words(band.steps, SIDES[band.side]) for band in found)
    if not drawings:
        return None
    caption = f"Mean of single stances from touchdown to toe-off ({counted}{spread_in_words(material)})."
    caption = " ".join([caption, "Band: one standard deviation to either side, how much the steps differ.", *signs])
    if any(doubt_of(material, component) for component, _, _ in COMPONENTS):
        caption += " Grey: in doubt, for the reason below."
    return Group("Left and right over each other" if len(found_sides(material)) > 1 else "The mean stance",
                 tuple(drawings), caption)  # fmt: skip


def doubt_of(material: Material, component: str) -> str:
    """Why the height of a curve is in doubt; empty if it is not, or if nothing is drawn of it.

    Args:
        material: The session.
        component: "Fx", "Fy" or "Fz".

    Returns:
        The light's own words.
    """
    return str(material.results["doubtful"].get(HEIGHTS[component], "")) if _seen(material, component) else ""


def _drawn(
    material: Material, found: list[Band], component: str, name: str, size: tuple[int, int],
    wide: tuple[int, int] | None,
) -> list[Drawing]:  # fmt: skip
    """One component: one picture for every page, or a wide one and, for phones, a narrow one."""
    doubt = doubt_of(material, component)
    feet = " and ".join(SIDES[band.side] for band in found if band.side) or "all steps"
    label = f"Line chart: {name.lower()} over contact, {feet}, mean with a band of one standard deviation"
    label += ", in doubt" if doubt else ""
    title = f"{name}, {_unit(material)}"
    least = QUIET_BW if material.results["bw_N"] else QUIET_N
    sizes = {"": size} if wide is None else {"wide": wide, "narrow": size}
    return [
        Drawing(to_svg(_figure(found, title, one, least, grey=bool(doubt)), name="-".join(["band", component, layout])
                       .removesuffix("-"), label=label), layout) for layout, one in sizes.items()
    ]  # fmt: skip


def found_sides(material: Material) -> list[str]:
    """Sides that valid steps are known to be of."""
    sides = material.table["side"][material.table["valid"]]
    return [side for side in ("L", "R") if (sides == side).any()]


def spread_in_words(material: Material) -> str:
    """Where in a long session the drawn steps come from; empty if all of it is drawn."""
    stretches = len(material.clips.stretches)
    if material.clips.whole:
        return ""
    one = "from one stretch" if stretches == 1 else f"from {stretches} stretches spread evenly over the steps"
    return f", {one} of the session"


def _seen(material: Material, component: str) -> bool:
    if component == "Fx":
        return all(belt.measures_braking for belt in material.belts)
    return all(component in belt.observable for belt in material.belts)


def _unit(material: Material) -> str:
    return "N" if material.results["bw_N"] is None else "BW"


def _figure(found: list[Band], title: str, size: tuple[int, int], least: float, *, grey: bool) -> "Figure":
    figure = new_figure(*size, fixed=True)
    axes = figure.subplots()
    at = PERCENT[::THIN]
    for band in found:
        colour = GREY if grey else SIDE_COLOURS[band.side]
        low, high = (band.mean - band.sd)[::THIN], (band.mean + band.sd)[::THIN]
        axes.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(at, band.mean[::THIN], color=colour, linewidth=2.0, linestyle=SIDE_LINES[band.side],
                  label=SIDES[band.side])  # fmt: skip
    zero_line(axes)
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, -least), max(top, least))
    if grey:
        mark_doubt(axes, found[0].mean[LATE])
    axes.set_title(title)
    axes.set_xlabel("share of contact, %")
    axes.set_xlim(0, 100)
    if len(found) > 1:
        name_belts(axes)
    return figure
