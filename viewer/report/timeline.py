"""How metrics went on over the session: single steps of a short one, minutes of a long one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.report.material import Material
from viewer.report.style import GREY, INK, NARROW, SIDE_COLOURS, SIDES, Drawing, Group, chosen, name_belts, new_figure
from viewer.report.svg import to_svg
from viewer.report.words import label_of, unit_of, within

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

COLUMNS = (
    "contact_time_ms", "cadence_spm", "vertical_oscillation_mm", "active_peak_BW", "valr_BW_s", "hf_peak_BW",
)  # fmt: skip
"""What a lab looks at over time."""
MOST_DOTS = 200
"""Steps drawn of one belt."""
MINUTES_FROM_S = 180.0
"""Longer sessions are shown minute by minute, on an axis in minutes."""
MOST_BINS = 120
"""Minutes that are drawn one by one; a longer session takes several together."""
FEWEST = 3
"""Fewer steps than these of a foot make no median."""


@dataclass(frozen=True)
class Dots:
    """Steps of one foot, or of all where sides are not known; or its minutes."""

    side: str
    """L, R, or empty."""
    time_s: Floats
    """(n,) touchdown of a step, or middle of a minute, s."""
    values: Floats
    """(n,) the metric of a step, or its median."""
    low: Floats | None = None
    """(n,) lower quartile; None of single steps."""
    high: Floats | None = None
    """(n,) upper quartile."""


def over_time(material: Material, columns: tuple[str, ...] = COLUMNS) -> Group | None:
    """Draw how the run went on.

    Args:
        material: The session.
        columns: What to draw; without a value, or in doubt, it is left out.

    Returns:
        The figures; None if there is no valid step.
    """
    long = material.results["duration_s"] > MINUTES_FROM_S
    minutes = _bin_minutes(material.results["duration_s"])
    drawings = []
    for column in columns:
        dots = bins_of(material, column, 60.0 * minutes) if long else _single(material, column)
        if any(some.values.size for some in dots):
            what = "medians over the session" if long else "of single steps over the session"
            unit = unit_of(column)
            title = label_of(column) + (f", {unit}" if unit else "")
            svg = to_svg(_figure(material, dots, title, column), name=column.replace("_", "-"),
                         label=f"Scatter chart: {within(title)}, {what}")  # fmt: skip
            drawings.append(Drawing(svg, ""))
    return Group("Over the session", tuple(drawings), _caption(material, columns, long, minutes)) if drawings else None


def _bin_minutes(duration_s: float) -> int:
    return max(1, int(np.ceil(duration_s / 60.0 / MOST_BINS)))


def bins_of(material: Material, column: str, bin_s: float) -> list[Dots]:
    """Medians and quartiles of each foot, minute by minute.

    Args:
        material: The session.
        column: The metric.
        bin_s: Length of what is taken together, s.

    Returns:
        Those of each side, unknown sides first; minutes with fewer than `FEWEST` steps are left out.
    """
    table = material.table
    known = table["valid"] & ~np.isnan(table[column]) & ~np.isnan(table["touchdown_s"])
    side = np.where(np.isin(table["side"], ("L", "R")), table["side"], "")
    return [_bins(str(foot), known & (side == foot), table[column], table["touchdown_s"], bin_s)
            for foot in np.unique(side[known])]  # fmt: skip


def _bins(side: str, mine: NDArray[np.bool_], values: Floats, time_s: Floats, bin_s: float) -> Dots:
    number = (time_s[mine] // bin_s).astype(np.int64)
    bins, first = np.unique(number, return_index=True)  # touchdowns are in order
    parts = np.split(values[mine], first[1:])
    told = [(float(at), *np.quantile(part, (0.25, 0.5, 0.75)).tolist())
            for at, part in zip(bins, parts, strict=True) if part.size >= FEWEST]  # fmt: skip
    at, low, middle, high = np.asarray(told, np.float64).reshape(-1, 4).T
    return Dots(side, (at + 0.5) * bin_s, middle, low, high)


def _single(material: Material, column: str) -> list[Dots]:
    strides = [_stride(material, belt.name) for belt in material.belts]
    return [some for belt, (_, every) in enumerate(strides) for some in _dots(material, belt, column, every)]


def _stride(material: Material, belt: str) -> tuple[int, int]:
    """Valid steps of a belt, and one in how many is drawn: an odd number, or one foot only would be seen."""
    total = int(np.sum(material.table["valid"] & (material.table["belt"] == belt)))
    return total, -(-total // MOST_DOTS) | 1


def _dots(material: Material, belt: int, column: str, every: int) -> list[Dots]:
    """The chosen steps of a belt by foot; those whose side is not known come first, under the others."""
    table = material.table
    rows = np.flatnonzero(table["valid"] & (table["belt"] == material.belts[belt].name))[::every]
    rows = rows[~np.isnan(table[column][rows])]
    side = np.where(np.isin(table["side"][rows], ("L", "R")), table["side"][rows], "")
    return [
        Dots(str(foot), table["touchdown_s"][rows[side == foot]], table[column][rows[side == foot]])
        for foot in np.unique(side)
    ]


def _caption(material: Material, columns: tuple[str, ...], long: bool, minutes: int) -> str:
    if long:
        each = "minute" if minutes == 1 else f"{minutes} minutes"
        caption = f"Each mark is the median over one foot's valid steps of {'one ' if minutes == 1 else ''}{each}; "
        caption += "its bar reaches from the lower to the upper quartile, where the middle half of the steps lies."
    else:
        counted = [
            chosen(-(-total // every), total, SIDES[belt.name])
            for belt in material.belts
            for total, every in (_stride(material, belt.name),)
            if total
        ]
        caption = f"Each dot is one step ({'; '.join(counted)})."
    doubted = [within(label_of(column)) for column in columns if column in material.results["doubtful"]]
    if doubted:
        caption += f" Grey titles: in doubt ({'; '.join(doubted)})."
    if material.gap_s:
        caption += " Dashed lines: gaps in the recording."
    if material.bouts:
        caption += " Dotted lines: a bout begins."
    return caption


def _figure(material: Material, dots: list[Dots], title: str, column: str) -> "Figure":
    whole_s = material.results["duration_s"]
    unit_s, unit = (60.0, "min") if whole_s > MINUTES_FROM_S else (1.0, "s")
    figure = new_figure(NARROW, 220, fixed=True)
    axes = figure.subplots()
    for gap_s in material.gap_s:
        axes.axvline(gap_s / unit_s, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    for bout in material.bouts:
        axes.axvline(bout.start_s / unit_s, color=GREY, linewidth=1.0, linestyle=(0, (1, 2)))
    for number, some in enumerate(dots):
        _draw(axes, some, unit_s, GREY if not some.side and len(dots) > 1 else SIDE_COLOURS[some.side], number)
    axes.set_title(title, color=GREY if column in material.results["doubtful"] else INK)
    axes.set_xlabel(f"time in the session, {unit}")
    axes.set_xlim(0, max(whole_s / unit_s, 1e-3))
    axes.margins(y=0.15)
    if len(dots) > 1:
        name_belts(axes)
    return figure


def _draw(axes: "Axes", some: Dots, unit_s: float, colour: str, number: int) -> None:
    marker, face = ("s", "white") if some.side == "R" else ("o", colour)
    at = some.time_s / unit_s
    if some.low is not None and some.high is not None:
        axes.vlines(at + (0.12 * number if at.size < 2 * MOST_BINS else 0.0), some.low, some.high, color=colour,
                    linewidth=1.2, alpha=0.55)  # fmt: skip
    axes.plot(at, some.values, linestyle="none", marker=marker, markersize=4, label=SIDES[some.side] or "not known",
              markerfacecolor=face, markeredgecolor=colour, markeredgewidth=0.8)  # fmt: skip
