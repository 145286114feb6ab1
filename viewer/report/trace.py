"""Three seconds of force with touchdown and toe-off."""

from typing import TYPE_CHECKING

import numpy as np

from analysis.wrench import FX, FZ
from viewer.report.clips import Stretch
from viewer.report.material import Material
from viewer.report.recording import threshold_of
from viewer.report.style import (
    BELT_COLOURS,
    INK,
    NARROW,
    SIDES,
    WIDE,
    Drawing,
    Group,
    name_belts,
    new_figure,
    zero_line,
)
from viewer.report.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def trace(material: Material) -> Group | None:
    """Draw an example of the force, once for a page and once for a phone.

    Args:
        material: The session.

    Returns:
        The figures; None if there is no force at all.
    """
    clip = material.clips.example()
    if clip is None:
        return None
    label = "Line chart: ground reaction force over three seconds, with touchdown and toe-off marked"
    drawings = tuple(
        Drawing(to_svg(_figure(material, clip, width), name=f"trace-{layout}", label=label), layout)
        for width, layout in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return Group("Force over time", drawings, _caption(material, clip))


def _caption(material: Material, clip: Stretch) -> str:
    caption = (
        f"{round(float(np.ptp(clip.time_s)), 1):g} s from the middle of the session, low-passed as the protocol says."
    )
    if not material.table["valid"].any():
        return f"{caption} No valid step was found, so the zero of the force may be wrong."
    caption += f" Triangles mark touchdown (up) and toe-off (down) at {threshold_of(material.protocol)}"
    if material.table["valid"].all():
        return f"{caption}."
    return f"{caption}; hollow ones belong to steps left out of the means."


def _figure(material: Material, clip: Stretch, width: int) -> "Figure":
    both = material.sees_fore_aft
    figure = new_figure(width, 360 if both else 250, fixed=True)
    heights = {"height_ratios": [3, 2] if both else [1]}
    axes = figure.subplots(len(heights["height_ratios"]), 1, sharex=True, squeeze=False, gridspec_kw=heights)[:, 0]
    for number, belt in enumerate(material.belts):
        colour = BELT_COLOURS[number]
        axes[0].plot(clip.time_s, clip.wrench[number, FZ], color=colour, label=SIDES[belt.name])
        if belt.measures_braking:
            axes[1].plot(clip.time_s, clip.wrench[number, FX], color=colour)
        _mark_events(axes[0], material, clip, number)
    axes[0].set_title("Vertical force, N")
    _at_least(axes[0], -20.0, 200.0)
    if both:
        _at_least(axes[1], -50.0, 50.0)
        axes[1].set_title("Fore-aft force, N (braking below zero)")
        zero_line(axes[1])
    axes[-1].set_xlabel("time in the session, s")
    axes[-1].set_xlim(clip.time_s[0], max(clip.time_s[-1], clip.time_s[0] + 0.1))
    if len(material.belts) > 1:
        name_belts(axes[0])
    return figure


def _at_least(axes: "Axes", low: float, high: float) -> None:
    """Do not blow noise up to fill the picture while nobody runs."""
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, low), max(top, high))


def _mark_events(axes: "Axes", material: Material, clip: Stretch, belt: int) -> None:
    """Triangles at touchdown and toe-off, at the height of the reporting threshold."""
    table = material.table
    mine = table["belt"] == material.belts[belt].name
    height_N = material.protocol.ref_level_N(material.results["bw_N"] or np.nan)
    colour = INK if len(material.belts) == 1 else BELT_COLOURS[belt]
    for column, marker in (("touchdown_s", "^"), ("toe_off_s", "v")):
        inside = mine & (table[column] >= clip.time_s[0]) & (table[column] <= clip.time_s[-1])
        for counts in (True, False):
            at = table[column][inside & (table["valid"] == counts)]
            face = colour if counts else "white"
            axes.plot(at, np.full(at.size, height_N), linestyle="none", marker=marker, markersize=6,
                      markerfacecolor=face, markeredgecolor=colour)  # fmt: skip
