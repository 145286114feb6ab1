"""The two parts of the mean stance, by the two-mass fit: the limb that stops, and the rest of the body."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.two_mass import two_mass_curves
from analysis.wrench import FZ
from viewer.report.bands import doubt_of
from viewer.report.material import Material
from viewer.report.overlay import Foot, curves_of, feet_of, grid_of
from viewer.report.style import GREY, INK, NARROW, ORANGE, SKY, Drawing, Group, new_figure, zero_line
from viewer.report.svg import to_svg
from viewer.report.words import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


def split(material: Material) -> Group | None:
    """Draw the parts, each foot on its own.

    Args:
        material: The session.

    Returns:
        The figures; None if no drawn step has an impact that the fit can tell apart.
    """
    feet = [_separable(material, foot) for foot in feet_of(material)]
    drawn = [foot for foot in feet if foot.clips]
    if not drawn or material.results["bw_N"] is None:
        return None
    grid = grid_of([clip for foot in drawn for clip in foot.clips])
    highest = max(float(_measured(material, foot, grid).max()) for foot in drawn)
    drawings = tuple(_drawing(material, foot, grid, 1.15 * highest) for foot in drawn)
    counted = "; ".join((f"{foot.words}: " if foot.side else "") + count(len(foot.clips), "step") for foot in drawn)
    caption = (
        "Both areas are a fit, not a measurement: two curves whose sum comes closest to the measured force (line). "
        f"Mean of the steps drawn above in which the fit tells the limb's impact from the body's loading ({counted})."
    )
    return Group("The impact apart from the body's loading", drawings, caption)


def _separable(material: Material, foot: Foot) -> Foot:
    """The same foot with only the steps that the fit could split and whose impact this rig may show."""
    rows = material.table.select(foot.rows)
    keep = np.flatnonzero(~np.isnan(rows["two_mass_F1_peak_BW"] + rows["two_mass_end_ms"]))
    return Foot(foot.belt, foot.side, [foot.clips[k] for k in keep.tolist()], foot.rows[keep], foot.total)


def _measured(material: Material, foot: Foot, grid: Floats) -> Floats:
    mean: Floats = curves_of(foot, FZ, grid).mean(axis=0) / material.results["bw_N"]
    return mean


def mean_parts(material: Material, foot: Foot, time_ms: Floats) -> tuple[Floats, Floats]:
    """Mean of the fitted parts over steps that the fit could split.

    Args:
        material: The session.
        foot: The steps.
        time_ms: (n,) times after touchdown, ms.

    Returns:
        (n,) force of the limb that stops, and (n,) of the rest of the body, BW.
    """
    limb, body = two_mass_curves(material.table.select(foot.rows), time_ms)
    return limb.mean(axis=0), body.mean(axis=0)


def _drawing(material: Material, foot: Foot, grid: Floats, top: float) -> Drawing:
    limb, body = mean_parts(material, foot, grid * 1e3)
    title = "Vertical force" + (f", {foot.words}" if foot.side else "")
    doubt = bool(doubt_of(material, "Fz"))
    figure = _figure(grid * 1e3, limb, body, _measured(material, foot, grid), grey=doubt)
    axes = figure.axes[0]
    axes.set_title(f"{title}, BW" + (" (in doubt)" if doubt else ""))
    axes.set_ylim(-0.03 * top, top)
    label = f"{title}: mean measured curve over the fitted impact of the limb and the fitted rest of the body"
    return Drawing(to_svg(figure, name=f"split-{foot.name}", label=label), "")


def _figure(time_ms: Floats, limb: Floats, body: Floats, measured: Floats, *, grey: bool) -> "Figure":
    figure = new_figure(NARROW, 280, fixed=True)
    axes = figure.subplots()
    of_body, of_limb, of_line = (GREY, GREY, GREY) if grey else (SKY, ORANGE, INK)
    axes.fill_between(time_ms, body, color=of_body, alpha=0.45, linewidth=0, label="body (fit)")
    axes.fill_between(time_ms, body, body + limb, facecolor=of_limb, edgecolor="white", hatch="////", linewidth=0,
                      label="limb's impact (fit)")  # fmt: skip
    axes.plot(time_ms, measured, color=of_line, linewidth=1.8, label="measured")
    zero_line(axes)
    axes.set_xlabel("time from touchdown, ms")
    axes.set_xlim(time_ms[0], time_ms[-1])
    axes.legend(loc="upper right", handlelength=1.2, borderaxespad=0.2)
    return figure
