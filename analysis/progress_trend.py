"""One metric at one speed over the sessions, against the runner's own variation from day to day."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.comparison_mdc import FEWEST_DAYS, false_claims
from analysis.progress_points import Interval, quantile_t
from analysis.statistics import Z95

BASELINE, WITHIN, OUTSIDE, BEYOND, UNJUDGED = "baseline", "within", "outside", "beyond", ""


@dataclass(frozen=True)
class Point:
    """One day in a trend: its sessions together, as far as they were made with the same."""

    session: int
    """Number of its first session in order of time, from 0."""
    interval: Interval
    """Mean and interval."""
    doubt: str
    """Why the metric is in doubt on it; empty if it is not."""
    state: str
    """"baseline"; "within" the runner's own variation; "outside" the band, which so few baseline days make rough;
    "beyond" it, that roughness counted; empty where there is no baseline or the value is in doubt."""
    day: str = ""
    """Which day it is; empty where that is not known, and then it is no baseline and not judged."""
    sessions: tuple[int, ...] = ()
    """Numbers of all its sessions."""


@dataclass(frozen=True)
class Baseline:
    """The runner's own variation before anything was changed."""

    days: int
    """Number of baseline days, k."""
    mean: float
    """Mean of their means."""
    sem: float
    """Standard error of measurement: how one day's mean varies from day to day."""
    mdc: float
    """Minimal detectable change of one day against another, MDC95 = 1.96·√2·SEM."""
    limit: float
    """What 95 of 100 unchanged days stay within, that SEM and mean come from k days only: t·SEM·√(1 + 1/k)."""
    false_alarm: float
    """Share of unchanged days that lie outside mean ± MDC by chance, for that same reason."""


@dataclass(frozen=True)
class Trend:
    """One metric at one speed."""

    metric: str
    """Column of the step table, or "heel_share"."""
    points: tuple[Point, ...]
    """One per day that has it, in order of time; per session where days are not known."""
    drills: tuple[Point, ...]
    """Technique drills likewise: shown, never judged."""
    baseline: Baseline | None
    """None with too few days without doubt."""


def make_trend(metric: str, points: Sequence[Point], drills: Sequence[Point], baseline_days: int) -> Trend:
    """Judge the days of a trend by its first ones.

    Args:
        metric: Its name.
        points: In order of time, not yet judged.
        drills: Likewise.
        baseline_days: How many of the first days are the baseline; those in doubt or unknown do not count. Of a day
            on which what it was measured with changed, what came first counts.

    Returns:
        The trend.
    """
    sound = [point for point in points if not point.doubt and point.day]
    first = list({point.day: point for point in reversed(sound)}.values())[::-1][:baseline_days]
    if len(first) < max(baseline_days, FEWEST_DAYS):
        return Trend(metric, tuple(points), tuple(drills), None)
    baseline = make_baseline([point.interval for point in first])
    of_baseline = {point.session for point in first}
    judged = [replace(p, state=BASELINE if p.session in of_baseline else _state(p, baseline)) for p in points]
    return Trend(metric, tuple(judged), tuple(drills), baseline)


def make_baseline(intervals: Sequence[Interval]) -> Baseline:
    """The runner's variation from the baseline days.

    SEM is the standard deviation of the days' means, but no less than what scatter within them leaves: two days
    that agree by chance do not make a runner steadier than his steps.

    Args:
        intervals: Of k days, two at least.

    Returns:
        Mean, SEM, MDC95 and what k days can tell.
    """
    means = np.asarray([one.mean for one in intervals])
    k = means.size
    within = float(np.mean([one.u_scatter**2 for one in intervals]))
    sem = math.sqrt(max(float(means.var(ddof=1)), within))
    limit = quantile_t(k - 1) * sem * math.sqrt(1.0 + 1.0 / k)
    return Baseline(k, float(means.mean()), sem, Z95 * math.sqrt(2.0) * sem, limit, false_claims(k))


def _state(point: Point, baseline: Baseline) -> str:
    """A change takes both: an interval without the baseline's mean, and more than the runner varies."""
    if point.doubt or not point.day:
        return UNJUDGED
    one = point.interval
    away = abs(one.mean - baseline.mean)
    if away <= baseline.mdc or one.low <= baseline.mean <= one.high:
        return WITHIN
    return OUTSIDE if away <= baseline.limit else BEYOND


def doubt_of(metric: str, doubtful: Mapping[str, str]) -> str:
    """Why a metric is in doubt in a session; empty if it is not."""
    return doubtful.get("foot_strike" if metric == "heel_share" else metric, "")
