"""Contact time and cadence over the session."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.report.material import Material
from viewer.report.style import GREY, NARROW, SIDE_COLOURS, SIDES, Drawing, Group, chosen, name_belts, new_figure
from viewer.report.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = (("contact_time_ms", "Contact time, ms"), ("cadence_spm", "Cadence, steps/min"))
MOST_DOTS = 200
"""Steps drawn of one belt."""
MINUTES_FROM_S = 180.0
"""Longer sessions have an axis in minutes."""


@dataclass(frozen=True)
class _Dots:
    """Steps of one foot, or of all where sides are not known."""

    side: str
    """L, R, or empty."""
    time_s: NDArray[np.float64]
    """(n,) touchdown, s."""
    values: NDArray[np.float64]
    """(n,) the metric."""


def over_time(material: Material) -> Group | None:
    """Draw how the run went on.

    Args:
        material: The session.

    Returns:
        The figures; None if there is no valid step.
    """
    strides = [_stride(material, belt.name) for belt in material.belts]
    drawings = []
    for column, title in COLUMNS:
        dots = [some for belt, (_, every) in enumerate(strides) for some in _dots(material, belt, column, every)]
        if any(some.values.size for some in dots):
            svg = to_svg(_figure(material, dots, title), name=column.replace("_", "-"),
                         label=f"Scatter chart: {title}, of single steps over the session")  # fmt: skip
            drawings.append(Drawing(svg, ""))
    if not drawings:
        return None
    counted = [
        chosen(-(-total // every), total, every, SIDES[belt.name])
        for belt, (total, every) in zip(material.belts, strides, strict=True)
        if total
    ]
    caption = f"Each dot is one step ({'; '.join(counted)})."
    if material.gap_s:
        caption += " Dashed lines: gaps in the recording."
    return Group("Over the session", tuple(drawings), caption)


def _stride(material: Material, belt: str) -> tuple[int, int]:
    """Valid steps of a belt, and one in how many is drawn: an odd number, or one foot only would be seen."""
    total = int(np.sum(material.table["valid"] & (material.table["belt"] == belt)))
    return total, -(-total // MOST_DOTS) | 1


def _dots(material: Material, belt: int, column: str, every: int) -> list[_Dots]:
    """The chosen steps of a belt by foot; those whose side is not known come first, under the others."""
    table = material.table
    rows = np.flatnonzero(table["valid"] & (table["belt"] == material.belts[belt].name))[::every]
    rows = rows[~np.isnan(table[column][rows])]
    side = np.where(np.isin(table["side"][rows], ("L", "R")), table["side"][rows], "")
    return [
        _Dots(str(foot), table["touchdown_s"][rows[side == foot]], table[column][rows[side == foot]])
        for foot in np.unique(side)
    ]


def _figure(material: Material, dots: list[_Dots], title: str) -> "Figure":
    whole_s = material.results["duration_s"]
    unit_s, unit = (60.0, "min") if whole_s > MINUTES_FROM_S else (1.0, "s")
    figure = new_figure(NARROW, 220)
    axes = figure.subplots()
    for gap_s in material.gap_s:
        axes.axvline(gap_s / unit_s, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    for some in dots:
        colour = SIDE_COLOURS[some.side] if some.side or len(dots) == 1 else GREY
        marker, face = ("s", "white") if some.side == "R" else ("o", colour)
        axes.plot(some.time_s / unit_s, some.values, linestyle="none", marker=marker, markersize=4,
                  label=SIDES[some.side] or "not known",
                  markerfacecolor=face, markeredgecolor=colour, markeredgewidth=0.8)  # fmt: skip
    axes.set_title(title)
    axes.set_xlabel(f"time in the session, {unit}")
    axes.set_xlim(0, max(whole_s / unit_s, 1e-3))
    axes.margins(y=0.15)
    if len(dots) > 1:
        name_belts(axes)
    return figure
