"""All stances laid over each other from touchdown."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.report.clips import Clip
from viewer.report.material import Material
from viewer.report.style import BELT_COLOURS, INK, NARROW, SIDES, Drawing, Group, chosen, new_figure, zero_line
from viewer.report.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

SPACING_S, POINTS = 0.003, 120
"""Between the points of a curve, ample after the low-pass, and their largest number: the page stays small."""
BEFORE_S = 0.02
LONGEST = 1.3
"""The axis ends at this many times the usual contact, whatever a single long one does."""
FORE_AFT, VERTICAL = 0, 1
"""Rows of a clip."""


def overlays(material: Material) -> Group | None:
    """Draw the stances, each belt and each direction on its own.

    Args:
        material: The session.

    Returns:
        The figures; None if there is no valid step.
    """
    drawings, counted = [], []
    for number, belt in enumerate(material.belts):
        clips = material.clips.of_belt(number)
        if clips:
            total = int(np.sum(material.table["valid"] & (material.table["belt"] == belt.name)))
            counted.append(chosen(len(clips), total, material.clips.every[number], SIDES[belt.name]))
            rows = (VERTICAL, FORE_AFT) if belt.measures_braking else (VERTICAL,)
            drawings += [_drawing(material, clips, row) for row in rows]
    if not drawings:
        return None
    caption = f"Thin lines: single stances from touchdown ({'; '.join(counted)}). Thick line: their mean."
    if material.results["bw_N"] is None:
        caption += " In newtons, because body weight is not known."
    return Group("Stances laid over each other", tuple(drawings), caption)


def _drawing(material: Material, clips: list[Clip], row: int) -> Drawing:
    belt = clips[0].belt
    side = SIDES[material.belts[belt].name]
    title = ("Fore-aft force", "Vertical force")[row] + (f", {side}" if side else "")
    label = f"{title}: {len(clips)} stances laid over each other from touchdown, with their mean"
    return Drawing(to_svg(_figure(material, clips, row, title), name=f"overlay-{belt}-{row}", label=label), "")


def _figure(material: Material, clips: list[Clip], row: int, title: str) -> "Figure":
    bw_N = material.results["bw_N"]
    scale, unit = (1.0, "N") if bw_N is None else (bw_N, "BW")
    grid = _grid(clips)
    curves = np.stack([_curve(clip, row, grid) for clip in clips]) / scale
    figure = new_figure(NARROW, 280)
    axes = figure.subplots()
    axes.plot(grid * 1e3, curves.T, color=BELT_COLOURS[clips[0].belt], alpha=max(0.12, min(0.5, 12 / len(clips))))
    axes.plot(grid * 1e3, curves.mean(axis=0), color=INK, linewidth=2.0)
    zero_line(axes)
    axes.set_title(f"{title}, {unit}")
    axes.set_xlabel("time from touchdown, ms")
    axes.set_xlim(grid[0] * 1e3, grid[-1] * 1e3)
    return figure


def _grid(clips: list[Clip]) -> Floats:
    contact_s = np.array([clip.toe_off_s - clip.touchdown_s for clip in clips])
    end = min(float(contact_s.max()), LONGEST * float(np.median(contact_s))) + BEFORE_S
    return np.asarray(np.arange(-BEFORE_S, end, max(SPACING_S, (end + BEFORE_S) / POINTS)), np.float64)


def _curve(clip: Clip, row: int, grid: Floats) -> Floats:
    force = clip.force_N[clip.belt, row].astype(np.float64)
    return np.asarray(np.interp(grid, clip.time_s - clip.touchdown_s, force), np.float64)
