"""A runner's trends in words: one line per metric, for a coach, in a terminal and on the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.comparison_mdc import TRUSTED_DAYS
from analysis.comparison_types import HEEL_SHARE
from analysis.progress import Progress, SpeedTrends
from analysis.progress_points import OVER_BOUTS, TREND_METRICS
from analysis.progress_trend import BASELINE, BEYOND, OUTSIDE, WITHIN, Baseline, Point, Trend
from viewer.report.words import decimals_for, label_of, number, unit_of

MAIN = (
    HEEL_SHARE, "cadence_spm", "contact_time_ms", "vertical_oscillation_mm", "active_peak_BW", "hf_peak_BW",
    "valr_BW_s", "braking_peak_BW",
)  # fmt: skip
"""What a coach looks for first."""
STATES = {BASELINE: "baseline", WITHIN: "within", OUTSIDE: "outside", BEYOND: "beyond", "": "–"}
"""States of a point in one word."""


@dataclass(frozen=True)
class TrendRow:
    """One metric at one speed, in text."""

    metric: str
    """Column of the step table, or "heel_share"."""
    label: str
    """Its name for people."""
    unit: str
    """Its unit."""
    baseline: str
    """Mean of the baseline days; a dash if there is none."""
    band: str
    """MDC95 of it."""
    latest: str
    """Mean of the latest day."""
    interval: str
    """Its 95 % interval."""
    method: str
    """How that was made: "3 bouts", or "strides"."""
    days: int
    """Days that have it."""
    state: str
    """State of the latest day, one word of `STATES`."""
    doubt: str
    """Why the latest is in doubt; empty if it is not."""
    line: str
    """All of it in a sentence or two."""


def metric_label(metric: str) -> str:
    """Name of a metric for people."""
    return "Landings on the heel" if metric == HEEL_SHARE else label_of(metric)


def metric_unit(metric: str) -> str:
    """Unit that it is shown in."""
    return "%" if metric == HEEL_SHARE else unit_of(metric)


def metric_scale(metric: str) -> float:
    """What its values are multiplied by to be shown."""
    return 100.0 if metric == HEEL_SHARE else 1.0


def speed_words(speeds: SpeedTrends) -> str:
    """A speed and incline as people say it: "3.00 m/s, 2.0° uphill"."""
    speed = "speed not known" if speeds.speed_m_s is None else f"{number(speeds.speed_m_s, 2)} m/s"
    incline = speeds.incline_deg
    return speed if not incline else f"{speed}, {number(abs(incline), 1)}° {'up' if incline > 0 else 'down'}hill"


def day_words(progress: Progress, session: int) -> str:
    """A session's day, or its name where it has none."""
    facts = progress.sessions[session]
    return facts.name if facts.day is None else date.fromordinal(facts.day).isoformat()


def trend_rows(progress: Progress, speeds: SpeedTrends, metrics: Sequence[str] = TREND_METRICS) -> list[TrendRow]:
    """The metrics at one speed.

    Args:
        progress: The runner.
        speeds: The speed.
        metrics: Which of them, in order.

    Returns:
        A row for each that any session has.
    """
    return [_row(progress, speeds.trends[metric]) for metric in metrics if metric in speeds.trends]


def _row(progress: Progress, trend: Trend) -> TrendRow:
    last, unit, scale = trend.points[-1], metric_unit(trend.metric), metric_scale(trend.metric)
    base, one = trend.baseline, last.interval
    decimals = _decimals(trend, unit)
    shown = [number(scale * value, decimals) for value in (one.mean, one.low, one.high)]
    method = f"{one.bouts} bouts" if one.method == OVER_BOUTS else "strides"
    return TrendRow(
        trend.metric, metric_label(trend.metric), unit,
        "–" if base is None else number(scale * base.mean, decimals),
        "–" if base is None else f"± {_band(scale * base.mdc, decimals)}",
        shown[0], _ends(shown[1], shown[2], decimals), method, len(trend.points), STATES[last.state], last.doubt,
        plain_line(progress, trend),
    )  # fmt: skip


def _decimals(trend: Trend, unit: str) -> int:
    """Decimals usual for the means: a runner who varies by less does not make the instrument finer."""
    return decimals_for(metric_scale(trend.metric) * max(abs(point.interval.mean) for point in trend.points), unit)


def _ends(low: str, high: str, decimals: int) -> str:
    return f"{low} ± <{number(10.0**-decimals, decimals)}" if low == high else f"{low} to {high}"


def _band(value: float, decimals: int) -> str:
    """Half of the band; one that rounds to nothing is still not nothing."""
    least = 10.0**-decimals
    return number(value, decimals) if value >= 0.5 * least else f"<{number(least, decimals)}"


def plain_line(progress: Progress, trend: Trend) -> str:
    """One metric at one speed for a coach: described, never called good or bad.

    Args:
        progress: The runner.
        trend: The metric.

    Returns:
        A sentence or two.
    """
    last, unit, decimals = trend.points[-1], metric_unit(trend.metric), _decimals(trend, metric_unit(trend.metric))
    value = number(metric_scale(trend.metric) * last.interval.mean, decimals)
    said = f"{metric_label(trend.metric)}: {value}{_space(unit)}{unit} ({day_words(progress, last.session)})"
    if last.doubt:
        return f"{said}, in doubt: {last.doubt}."
    if trend.baseline is None:
        return f"{said}; {_no_baseline(progress, trend)}."
    if last.state == BASELINE:
        return f"{said}; this day is part of the baseline."
    return f"{said}, {_judged(trend, trend.baseline, last, decimals)}"


def _no_baseline(progress: Progress, trend: Trend) -> str:
    if not all(point.day for point in trend.points):
        return "on which day is not known, so it is not judged"
    return f"too few days yet for a baseline of {progress.baseline_days}"


def _judged(trend: Trend, base: Baseline, last: Point, decimals: int) -> str:
    unit, scale = metric_unit(trend.metric), metric_scale(trend.metric)
    away = scale * (last.interval.mean - base.mean)
    size = f"{number(abs(away), decimals)}{_space(unit)}{unit} {'more' if away > 0 else 'less'}"
    mean, mdc = number(scale * base.mean, decimals), _band(scale * base.mdc, decimals)
    if last.state == BEYOND:
        return f"{size} than the baseline's {mean}: beyond this runner's own variation (±\N{NO-BREAK SPACE}{mdc})."
    if last.state == OUTSIDE:
        return (
            f"{size} than the baseline's {mean}: outside its band of ±\N{NO-BREAK SPACE}{mdc}, but a band from "
            f"{base.days} days is rough, {100 * base.false_alarm:.0f} of 100 unchanged days lie outside."
        )
    if abs(last.interval.mean - base.mean) <= base.mdc:
        return f"baseline {mean}: no change beyond this runner's own variation (±\N{NO-BREAK SPACE}{mdc})."
    return f"{size} than the baseline's {mean}: no more than that day's own interval allows for."


def change_lines(progress: Progress) -> Iterator[str]:
    """What else than the runner changed, a sentence each."""
    for change in progress.changes:
        yield f"Changed before {day_words(progress, change.session)}: {change.words}. A difference may be its."


def _space(unit: str) -> str:
    return "" if unit in ("", "°") else " "


def notes_of(progress: Progress) -> Iterator[str]:
    """What a reader should know of a baseline."""
    found = [trend.baseline for one in progress.speeds for trend in one.trends.values() if trend.baseline]
    for k, alarm in sorted({(base.days, base.false_alarm) for base in found}):
        rough = "only roughly known" if k < TRUSTED_DAYS else "known"
        yield (
            f"The band is the mean of the first {k} days at a speed ± the minimal detectable change, 1.96·√2·SEM. "
            f"From {k} days it is {rough}: {100 * alarm:.0f} of 100 days without a change would lie outside "
            f"it. “outside” is outside this band, “beyond” is so far outside that it holds with that counted in."
        )
