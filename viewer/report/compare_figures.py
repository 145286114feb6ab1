"""Figures of a comparison: every difference with its interval, and the mean curves of both sides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.comparison import Comparison, Difference
from analysis.comparison_types import HEEL_SHARE, IN_DOUBT, NOT_A_TEST
from analysis.comparison_words import name_of
from analysis.stance_curves import PERCENT
from viewer.report.compare_curves import Band, Feet
from viewer.report.compare_tables import scale_of
from viewer.report.style import BLUE, GREY, INK, NARROW, WIDE, Drawing, Group, new_figure, zero_line
from viewer.report.svg import to_svg
from viewer.report.words import count, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEET = {"L": "left foot", "R": "right foot", "?": "both feet"}
FORCES = {"Fz_N": "Vertical force", "Fx_N": "Fore-aft force (braking below zero)"}
STYLES = ((INK, (0, (4, 2)), "////", 0.10), (BLUE, "solid", None, 0.22))
"""Colour, line, hatching and opacity of before and after: dashes tell them apart without any colour."""
LEAST_PCT, MOST_PCT = 5.0, 60.0
"""The axis of the differences ends between these; an interval that goes on has an arrow."""
ROW_PX = {WIDE: 25, NARROW: 44}
"""Height of a metric; in the narrow figure its name stands above its bar."""
LONGEST_NAME = 28


@dataclass(frozen=True)
class _Bar:
    """One metric on the common axis."""

    label: str
    """Its name."""
    at: float
    """Difference, % of before; of a share in percentage points."""
    low: float
    """Lower end of its interval; equal to `at` where there is none."""
    high: float
    """Upper end."""
    mdc: float | None
    """Minimal detectable change, on the same scale."""
    sure: bool
    """Whether the interval excludes 0 where that is a test, of a metric that is not in doubt."""
    primary: bool
    """Whether it was declared beforehand."""


def interval_group(comparison: Comparison) -> Group | None:
    """Draw every difference with its interval on one scale.

    Args:
        comparison: What was found.

    Returns:
        The figure, for wide pages and for phones; None if there is nothing to draw. Call it within `drawing_style`.
    """
    bars = [bar for one in comparison.differences.values() if (bar := _bar(one))]
    bars.sort(key=lambda bar: not bar.primary)
    if not bars:
        return None
    label = "Chart: difference of each metric, after minus before, in per cent, with its 95 % interval"
    drawings = tuple(
        Drawing(to_svg(_intervals(bars, width), name=f"intervals-{layout}", label=label), layout)
        for width, layout in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    test = comparison.design.kind == "test"
    caption = (
        "Dot: after minus before, in per cent of before; heel share in percentage points. Line: 95 % interval"
        + ("" if test else " of these very steps – a description, not a test")
        + "."
    )
    if any(bar.sure for bar in bars):
        caption += " Filled: the interval leaves zero out. Open: it does not, or the metric is in doubt."
    if any(bar.mdc is not None for bar in bars):
        caption += " Grey band: the runner's own change from day to day; a difference within it is no more than that."
    return Group("What differs, and how surely", drawings, caption)


def curve_group(feet: Sequence[Feet], names: tuple[str, str]) -> Group | None:
    """Draw the mean curves of both sides over contact.

    Args:
        feet: The curves.
        names: What before and after are called.

    Returns:
        The figures; None without curves. Call it within `drawing_style`.
    """
    if not feet:
        return None
    drawings = []
    for number, one in enumerate(feet):
        title = f"{FORCES[one.signal]}, {FEET[one.side]}, {one.unit}"
        label = f"{title}: mean curves before and after over contact, with bands of one standard deviation"
        alike = [other for other in feet if other.signal == one.signal]
        drawings.append(Drawing(to_svg(_curves(one, alike, title, names), name=f"curves-{number}", label=label), ""))
    used = "; ".join(_used(foot) for foot in feet if foot.signal == feet[0].signal)
    return Group(
        "Mean force curves", tuple(drawings),
        f"Mean of single steps from touchdown to toe-off; band: one standard deviation from step to step. Dashed: "
        f"{names[0]}. Solid: {names[1]}. Made of stretches spread over the bouts ({used}).",
    )  # fmt: skip


def _used(foot: Feet) -> str:
    """Of how many steps a foot's curves are."""
    before, after = foot.bands
    return (f"{FEET[foot.side]}: {before.steps:,} of {foot.total[0]:,} and {after.steps:,} of "
            f"{count(foot.total[1], 'valid step')}")  # fmt: skip


def _bar(one: Difference) -> _Bar | None:
    """A difference on the common scale; None where a percentage says nothing."""
    if one.metric == HEEL_SHARE:
        factor = scale_of(HEEL_SHARE)
    elif one.percent is not None and one.before:
        factor = 100.0 / abs(one.before)
    else:
        return None
    at = one.difference * factor
    low, high = (at if limit is None else limit * factor for limit in (one.low, one.high))
    mdc = None if one.mdc is None else one.mdc * factor
    told = ", ".join(["primary"] * one.primary + ["in doubt"] * bool(one.doubt))
    sure = one.excludes_zero and one.verdict not in (NOT_A_TEST, IN_DOUBT)
    return _Bar(name_of(one.metric) + (f" – {told}" if told else ""), at, low, high, mdc, sure, one.primary)


def _intervals(bars: list[_Bar], width: int) -> "Figure":
    row_px = ROW_PX[width]
    figure = new_figure(width, 70 + row_px * len(bars))
    axes = figure.subplots()
    reach = max(max(abs(bar.at), abs(bar.low), abs(bar.high), bar.mdc or 0.0) for bar in bars)
    limit = min(max(1.12 * reach, LEAST_PCT), MOST_PCT)
    for row, bar in enumerate(bars):
        _draw_bar(axes, row, bar, limit)
        if width == NARROW:
            axes.text(-limit, row - 0.42, bar.label, color=INK, va="center", fontsize=12)
    axes.axvline(0, color=INK, linewidth=1.0)
    axes.set_ylim(len(bars) - 0.4, -0.8 if width == NARROW else -0.6)
    axes.set_xlim(-limit, limit)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars] if width == WIDE else [""] * len(bars))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_xlabel("less than before  ◂   difference, %   ▸  more than before")
    return figure


def _draw_bar(axes: "Axes", row: int, bar: _Bar, limit: float) -> None:
    if bar.mdc is not None:
        axes.barh(row, 2 * bar.mdc, left=-bar.mdc, height=0.5, color="#d1d5db", linewidth=0)
    colour = BLUE if bar.sure else GREY
    low, high = max(bar.low, -limit), min(bar.high, limit)
    if low < high:
        axes.plot([low, high], [row, row], color=colour, linewidth=2.5 if bar.sure else 1.5, solid_capstyle="butt")
    for sign, beyond, marker in ((-1, bar.low < -limit, "<"), (1, bar.high > limit, ">")):
        if beyond:
            axes.plot([0.985 * sign * limit], [row], marker=marker, color=colour, markersize=7)
    if abs(bar.at) > limit:
        axes.text(math.copysign(0.96 * limit, bar.at), row, f"{bar.at:+.0f} %".replace("-", "−"), color=colour,
                  va="center", ha="right" if bar.at > 0 else "left", fontsize=12)  # fmt: skip
        return
    axes.plot([bar.at], [row], marker="o", markersize=8, markeredgecolor=colour, markeredgewidth=1.5,
              markerfacecolor=colour if bar.sure else "white")  # fmt: skip


def _curves(one: Feet, alike: Sequence[Feet], title: str, names: tuple[str, str]) -> "Figure":
    """One foot's curves, on the same axes as the other's."""
    figure = new_figure(NARROW, 280)
    axes = figure.subplots()
    for band, style, name in zip(one.bands, STYLES, names, strict=True):
        _draw_band(axes, band, style, name)
    ends = [_reach(band) for foot in alike for band in foot.bands]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    axes.set_xlim(0, 100)
    zero_line(axes)
    axes.set_title(title)
    axes.set_xlabel("% of contact")
    axes.legend(loc="upper right" if one.signal == "Fz_N" else "upper left", handlelength=2.6)
    return figure


def _draw_band(axes: "Axes", band: Band, style: tuple[str, object, str | None, float], name: str) -> None:
    colour, line, hatch, opacity = style
    axes.fill_between(PERCENT, band.mean - band.sd, band.mean + band.sd, facecolor=colour, alpha=opacity, linewidth=0)
    if hatch is not None:
        axes.fill_between(PERCENT, band.mean - band.sd, band.mean + band.sd, facecolor="none", edgecolor=colour,
                          alpha=0.25, hatch=hatch, linewidth=0)  # fmt: skip
    axes.plot(PERCENT, band.mean, color=colour, linestyle=line, linewidth=2.0, label=_plain(name))


def _reach(band: Band) -> tuple[float, float]:
    sd = np.nan_to_num(band.sd)
    return float(np.min(band.mean - sd)), float(np.max(band.mean + sd))


def _plain(name: str) -> str:
    """A name that somebody typed, for a figure: short, and without the signs that would make a formula of it."""
    text = str(printable(name))
    text = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
    return text.replace("\\", "∖").replace("$", r"\$").lstrip("_")
