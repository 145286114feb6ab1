"""Pictures of a runner's progress: a trend per metric and speed, and the load of every week."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.progress import Change, Progress, SpeedTrends
from analysis.progress_load import Week
from analysis.progress_trend import BASELINE, BEYOND, OUTSIDE, WITHIN, Point, Trend
from viewer.report.progress_words import MAIN, metric_label, metric_scale, metric_unit, speed_words
from viewer.report.style import BLUE, GREY, INK, NARROW, ORANGE, Drawing, Group, drawing_style, name_belts, new_figure
from viewer.report.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SPEEDS = 3
"""Speeds that are drawn, those with most sessions; the others stand in tables."""
FEWEST_POINTS = 2
_EPOCH = date(1970, 1, 1).toordinal()
_MARKS = {
    BASELINE: ("o", "white", BLUE, "○ a baseline day"),
    WITHIN: ("o", BLUE, BLUE, "● within the band"),
    OUTSIDE: ("s", ORANGE, ORANGE, "■ outside"),
    BEYOND: ("^", ORANGE, INK, "▲ beyond"),
    "": ("o", BLUE, BLUE, "● a day"),
}
"""State → marker, face, edge, words: the shape says what the colour says."""
_DOUBT, _DRILL = ("x", GREY, GREY, "× in doubt"), ("D", "white", GREY, "◇ technique drills, which are in no trend")
SHORT = {"rig": "rig", "another rig file": "rig file", "calibration": "calibration",
         "another calibration": "calibration", "recorded under": "protocol"}  # fmt: skip
"""First words of a change → what stands at its line."""


def trend_groups(progress: Progress) -> list[Group]:
    """Draw the main metrics at the speeds that were run most.

    Args:
        progress: The runner.

    Returns:
        One group per speed that has two sessions or more.
    """
    days = session_days(progress)
    groups = []
    with drawing_style():
        for number, speeds in enumerate(progress.speeds[:MOST_SPEEDS]):
            trends = [speeds.trends[metric] for metric in MAIN if metric in speeds.trends]
            drawings = tuple(
                _drawing(progress, trend, days, f"trend-{number}-{trend.metric.replace('_', '-')}", speeds)
                for trend in trends
                if len(trend.points) >= FEWEST_POINTS
            )
            if drawings:
                groups.append(Group(f"At {speed_words(speeds)}", drawings, _caption(progress, trends)))
    return groups


def session_days(progress: Progress) -> list[float]:
    """Where each session stands on the axis: its day, later ones of a day a little further on; else its number."""
    if any(session.day is None for session in progress.sessions):
        return [float(number) for number in range(1, len(progress.sessions) + 1)]
    days = [session.day or 0 for session in progress.sessions]
    return [day - _EPOCH + 0.2 * days[:number].count(day) for number, day in enumerate(days)]


def _drawing(progress: Progress, trend: Trend, days: Sequence[float], name: str, speeds: SpeedTrends) -> Drawing:
    unit = metric_unit(trend.metric)
    title = metric_label(trend.metric) + (f", {unit}" if unit else "")
    figure = new_figure(NARROW, 250)
    axes = figure.subplots()
    _draw_band(axes, trend)
    _draw_points(axes, trend, days)
    _draw_changes(axes, [change for change in progress.changes if change.session], days)
    axes.set_title(title)
    axes.margins(x=0.06, y=0.12)
    if unit == "%":
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, -1.5), min(high, 101.5))
    _date_axis(axes, dated=all(session.day is not None for session in progress.sessions))
    label = f"Trend: {title}, at {speed_words(speeds)}, one point per day with its 95 % interval"
    return Drawing(to_svg(figure, name=name, label=label), "")


def _draw_band(axes: "Axes", trend: Trend) -> None:
    if trend.baseline is None:
        return
    scale = metric_scale(trend.metric)
    mean, mdc = scale * trend.baseline.mean, scale * trend.baseline.mdc
    axes.axhspan(mean - mdc, mean + mdc, color="#e0eefa", zorder=0)
    axes.axhline(mean, color=GREY, linewidth=0.8, linestyle=(0, (5, 3)), zorder=1)


def _draw_points(axes: "Axes", trend: Trend, days: Sequence[float]) -> None:
    scale = metric_scale(trend.metric)
    for look, points in _by_look(trend).items():
        marker, face, edge, _ = look
        x = [days[point.session] for point in points]
        y = np.asarray([scale * point.interval.mean for point in points])
        ends = np.asarray([[scale * point.interval.low, scale * point.interval.high] for point in points])
        axes.errorbar(
            x, y, yerr=np.abs(ends.T - y), linestyle="none", marker=marker, markersize=6, markerfacecolor=face,
            markeredgecolor=edge, ecolor=edge, elinewidth=1.0, capsize=2, zorder=3,
        )  # fmt: skip


def _by_look(trend: Trend) -> dict[tuple[str, str, str, str], list[Point]]:
    looks: dict[tuple[str, str, str, str], list[Point]] = {}
    for point in trend.points:
        looks.setdefault(_DOUBT if point.doubt else _MARKS[point.state], []).append(point)
    for point in trend.drills:
        looks.setdefault(_DRILL, []).append(point)
    return looks


def _draw_changes(axes: "Axes", changes: Sequence[Change], days: Sequence[float]) -> None:
    """A line between the last session of the old kind and the first of the new one."""
    for change in changes:
        at = 0.5 * (days[change.session - 1] + days[change.session])
        axes.axvline(at, color=INK, linewidth=0.9, linestyle=(0, (2, 2)), zorder=2)
        axes.annotate(
            change_short(change), (at, 1.0), xycoords=("data", "axes fraction"), xytext=(-3, -3),
            textcoords="offset points", rotation=90, ha="right", va="top", fontsize=10, color=INK,
        )  # fmt: skip


def change_short(change: Change) -> str:
    """A change in as few words as fit beside a line: "other calibration"."""
    parts = [words.split(":")[0] for words in change.words.split("; ")]
    return "other " + ", ".join(dict.fromkeys(SHORT.get(part, part) for part in parts))


def _date_axis(axes: "Axes", *, dated: bool) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    if not dated:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("session")
        return
    locator: Any = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    formatter: Any = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)


def _caption(progress: Progress, trends: Sequence[Trend]) -> str:
    looks = dict.fromkeys(look[3] for trend in trends for look in _by_look(trend))
    parts = [f"Each point is {_what(trends)} with its 95 % interval: {', '.join(looks)}."]
    if any(trend.baseline for trend in trends):
        parts.append(
            "Dashed line: mean of the baseline days. Blue band: that ± the minimal detectable change, what this "
            "runner varies by from day to day."
        )
    else:
        parts.append(f"No band: the baseline takes {progress.baseline_days} days at this speed, with dates.")
    if progress.changes:
        parts.append("Dotted upright lines: something else than the runner changed, see the sessions below.")
    return " ".join(parts)


def _what(trends: Sequence[Trend]) -> str:
    known = all(point.day for trend in trends for point in trend.points)
    return "a day" if known else "a session, of a day that is not known,"


def load_group(weeks: Sequence[Week]) -> Group | None:
    """Draw the load of every week.

    Args:
        weeks: In order.

    Returns:
        Contacts, impulse of each foot and way; None without weeks.
    """
    if not weeks:
        return None
    mondays = [week.monday - _EPOCH for week in weeks]
    with drawing_style():
        drawings = [_contacts(mondays, weeks), _impulse(mondays, weeks), _way(mondays, weeks)]
    caption = (
        "Sums of each week, Monday to Sunday (UTC), of what was recorded here, running only. Described, not judged: "
        "no threshold of harm is known."
    )
    return Group("Load by week", tuple(one for one in drawings if one is not None), caption)


def _bars(
    title: str, name: str, mondays: Sequence[float], stacks: Sequence[tuple[str, str, str, list[float]]]
) -> Drawing:
    """Bars upon each other: words, colour, hatch and heights of each."""
    figure: Figure = new_figure(NARROW, 210)
    axes = figure.subplots()
    bottom = np.zeros(len(mondays))
    for words, colour, hatch, heights in stacks:
        axes.bar(
            np.asarray(mondays) + 3.5, heights, 5.0, bottom, color=colour, hatch=hatch, edgecolor="white", label=words
        )
        bottom += heights
    axes.set_title(title, pad=22)
    axes.set_xlim(mondays[0] - 2, mondays[-1] + 9)
    axes.set_ylim(0, None if bottom.any() else 1)
    _date_axis(axes, dated=True)
    if len(stacks) > 1:
        name_belts(axes)
    return Drawing(to_svg(figure, name=name, label=f"Bar chart: {title}, by week"), "")


def _contacts(mondays: Sequence[float], weeks: Sequence[Week]) -> Drawing:
    impacts = [float(week.load.impacts or 0) for week in weeks]
    others = [week.load.contacts - one for week, one in zip(weeks, impacts, strict=True)]
    stacks = [("with an impact", ORANGE, "//", impacts), ("without, or not clear", BLUE, "", others)]
    known = any(week.load.impacts is not None and week.sessions for week in weeks)
    return _bars("Contacts", "load-contacts", mondays, stacks if known else [("", BLUE, "", others)])


def _impulse(mondays: Sequence[float], weeks: Sequence[Week]) -> Drawing:
    kilo = all(week.load.impulse_kN_s is not None for week in weeks)
    feet = [foot for foot in ("L", "R", "?") if any(week.load.impulse_BW_s.get(foot) for week in weeks)]
    looks = {"L": ("left", BLUE, ""), "R": ("right", ORANGE, "//"), "?": ("foot not known", GREY, "")}
    stacks = []
    for foot in feet:
        sums = [(week.load.impulse_kN_s or {}) if kilo else week.load.impulse_BW_s for week in weeks]
        stacks.append((*looks[foot], [one.get(foot, 0.0) for one in sums]))
    return _bars(f"Vertical impulse, {'kN·s' if kilo else 'BW·s'}", "load-impulse", mondays, stacks)


def _way(mondays: Sequence[float], weeks: Sequence[Week]) -> Drawing | None:
    if all(week.load.km is None for week in weeks if week.sessions):
        return None
    return _bars("Distance, km", "load-km", mondays, [("", BLUE, "", [week.load.km or 0.0 for week in weeks])])
