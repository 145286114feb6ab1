"""How the residual goes with the load, and what each place says when it is left out of the fit."""

from typing import TYPE_CHECKING

import numpy as np

from viewer.report.certificate_points import Point
from viewer.report.style import BLUE, GREY, INK, NARROW, ORANGE, Drawing, new_figure, zero_line
from viewer.report.svg import to_svg
from viewer.report.words import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERIES = (
    ("", "single", "o", GREY, GREY),
    ("up", "going up", "^", BLUE, BLUE),
    ("down", "coming down", "v", ORANGE, "white"),
)
"""Name in the file, words, marker, colour of its edge and of its inside."""
LONGEST_NAME = 22
"""Letters of a place's name beside the bars; of a longer one the beginning remains."""


def over_load(points: list[Point], full_N: float) -> Drawing | None:
    """Draw the error of the vertical force over the load.

    Args:
        points: All loads.
        full_N: The largest vertical one, N.

    Returns:
        The picture; None without a vertical load.
    """
    shown = [point for point in points if point.used and point.said_N[2] > 0.0 and np.isfinite(point.error_N[2])]
    if not shown:
        return None
    figure = new_figure(NARROW, 200)
    axes = figure.subplots()
    zero_line(axes)
    for edge in (-0.005 * full_N, 0.005 * full_N):
        axes.axhline(edge, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    for series, words, marker, colour, face in SERIES:
        of = [point for point in shown if point.reading.load.series == series]
        if of:
            axes.plot(
                [point.said_N[2] for point in of], [point.error_N[2] for point in of], label=words,
                linestyle="none", marker=marker, markersize=5, markeredgecolor=colour, markerfacecolor=face,
            )  # fmt: skip
    axes.set_title("Error of the vertical force over the load, N", pad=22)
    axes.set_xlabel("load, N (dashed: ±0.5 % of the largest)")
    axes.set_xlim(0.0, 1.04 * full_N)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=3, borderaxespad=0.0, handletextpad=0.1,
                columnspacing=1.0)  # fmt: skip
    label = "Scatter chart: error of the vertical force of every load, over the load"
    return Drawing(to_svg(figure, name="over-load", label=label), "")


def left_out(by_place: "dict[str, tuple[float, float]]") -> Drawing | None:
    """Draw what each place reads when the fit knows nothing of it.

    Args:
        by_place: Vertical force, N, and centre of pressure, mm, of each place.

    Returns:
        The picture; None without places.
    """
    if not by_place:
        return None
    names = list(by_place)
    values = np.array([[np.nan if value is None else value for value in by_place[name]] for name in names])
    figure = new_figure(NARROW, max(200, 50 + (16 if len(names) <= 12 else 12) * len(names)))
    both = figure.subplots(1, 2, sharey=True)
    for axes, column, title in zip(both, values.T, ("Vertical force, N", "Centre of pressure, mm"), strict=True):
        _bars(axes, names, column)
        axes.set_title(title)
    label = "Bar chart: error at each place when the fit knows nothing of it, in newtons and in millimetres"
    return Drawing(to_svg(figure, name="left-out", label=label), "")


def _bars(axes: "Axes", names: list[str], values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
    rows = np.arange(len(names))[::-1]
    axes.barh(rows, np.nan_to_num(values), height=0.62, color=BLUE)
    for row, value in zip(rows, values, strict=True):
        words = "–" if np.isnan(value) else f"{value:.{1 if value >= 1.0 else 2}f}"
        axes.annotate(words, (0.0 if np.isnan(value) else value, row), (4, 0), textcoords="offset points",
                      va="center", fontsize=11, color=INK)  # fmt: skip
    axes.set_yticks(rows, [_shortened(name) for name in names])
    axes.tick_params(axis="y", length=0, labelsize=11)
    axes.grid(visible=False, axis="y")
    top = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    axes.set_xlim(0.0, 1.25 * top if top > 0.0 else 1.0)


def _shortened(name: str) -> str:
    text = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return str(printable(text)).replace("$", r"\$")  # or matplotlib would take it for a formula


def full_load_N(points: list[Point]) -> float:
    """Largest vertical load that was used, N; 1 if there is none."""
    return max((float(point.said_N[2]) for point in points if point.used), default=0.0) or 1.0
