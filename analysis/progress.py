"""One runner over weeks: sessions in, a trend of every metric at every speed out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.progress_load import Load, Week, weekly
from analysis.progress_points import TREND_METRICS, Bout, Mean, session_interval
from analysis.progress_speeds import MATCHED, speed_groups
from analysis.progress_trend import Point, Trend, doubt_of, make_trend

RIG, RIG_FILE, CALIBRATION, RECORDED_UNDER = "rig", "rig file", "calibration", "recorded under"
"""What a session was made with."""


@dataclass(frozen=True)
class SessionFacts:
    """One session, reduced to what a trend needs."""

    name: str
    """Name of its file."""
    created_utc: str
    """When it was recorded, ISO 8601; may be empty."""
    day: int | None
    """Day of the runner that it is of, as `date.toordinal` counts (see `runner_days`); None if it is not known."""
    made_with: Mapping[str, str]
    """`RIG` and so on → words that change when it does; what stands in brackets behind them tells two files apart."""
    bouts: tuple[Bout, ...]
    """Its bouts, or their parts at one speed."""
    too_short: int
    """Bouts left out, because they have too few steps at any one speed."""
    load: Load
    """What it added up to."""
    doubtful: Mapping[str, str]
    """Columns in doubt, and why."""
    u_instrument: Mapping[str, float]
    """Metric → what the instrument leaves unsure of its mean."""
    attention: tuple[str, ...]
    """Quality lights that ask for attention."""
    marks: tuple[str, ...]
    """Technique drills and markers, in words."""


@dataclass(frozen=True)
class Change:
    """Something else than the runner that changed."""

    session: int
    """The first session made in the new way."""
    words: str
    """What changed."""


@dataclass(frozen=True)
class SpeedTrends:
    """Everything that was run at one speed and incline."""

    speed_m_s: float | None
    """Median belt speed of its bouts; None if it is not known."""
    incline_deg: float
    """Incline of the belt."""
    sessions: tuple[int, ...]
    """Numbers of the sessions that were run at it, drills not counted."""
    trends: Mapping[str, Trend]
    """Metric → trend; metrics that no session has are left out."""


@dataclass(frozen=True)
class Progress:
    """A runner's sessions and what became of the metrics."""

    runner: str
    """Pseudonym; may be empty."""
    protocol: str
    """The one protocol that all are analysed under."""
    baseline_days: int
    """How many first days at a speed are the baseline."""
    sessions: tuple[SessionFacts, ...]
    """In order of time."""
    speeds: tuple[SpeedTrends, ...]
    """The speed with most sessions first."""
    weeks: tuple[Week, ...]
    """Load by week; empty where a session has no date."""
    changes: tuple[Change, ...]
    """Changes of rig, calibration and protocol, in order of time."""


def make_progress(
    runner: str, protocol: str, sessions: Sequence[SessionFacts], *, baseline_days: int = 2,
    speed_m_s: float | None = None, days_apart: bool = False,
) -> Progress:  # fmt: skip
    """Make the trends.

    Args:
        runner: Pseudonym.
        protocol: Name of the protocol of all sessions.
        sessions: In order of time.
        baseline_days: How many first days at a speed are the baseline.
        speed_m_s: The one speed to show; None for all.
        days_apart: Sessions without a day are each of another one; else they are not judged.

    Returns:
        Trends at each speed, load, and changes of what was measured with.

    Raises:
        AnalysisError: Nothing was run at the speed asked for.
    """
    days_of = _days(sessions, days_apart=days_apart)
    found = _speeds(sessions, days_of, baseline_days)
    speeds = sorted(found, key=lambda one: (-len(one.sessions), one.speed_m_s or 0.0))
    if speed_m_s is not None:
        chosen = [one for one in speeds if one.speed_m_s and abs(one.speed_m_s / speed_m_s - 1.0) <= MATCHED]
        if not chosen:
            there = ", ".join(f"{v:.2f}" for v in sorted(one.speed_m_s for one in speeds if one.speed_m_s))
            raise AnalysisError(
                "--speed", expected=f"a speed that was run ({there} m/s)" if there else "runs at a known speed",
                seen=f"{speed_m_s:g} m/s" if there else "none",
                next_step="Speeds within 1 % are taken as one." if there
                else "Leave --speed out; drills are in the load only.",
            )  # fmt: skip
        speeds = chosen
    days = [one.day for one in sessions if one.day is not None]
    weeks = weekly([one.load for one in sessions], days) if len(days) == len(sessions) else []
    return Progress(
        runner, protocol, baseline_days, tuple(sessions), tuple(speeds), tuple(weeks), tuple(changes(sessions))
    )


def _days(sessions: Sequence[SessionFacts], *, days_apart: bool) -> list[str]:
    """A name for the day of each session; empty where it is not known."""
    unknown = [f"session {number}" if days_apart else "" for number in range(len(sessions))]
    return [name if one.day is None else str(one.day) for one, name in zip(sessions, unknown, strict=True)]


def _speeds(sessions: Sequence[SessionFacts], days: Sequence[str], baseline_days: int) -> Iterator[SpeedTrends]:
    numbered = [(number, bout) for number, session in enumerate(sessions) for bout in session.bouts]
    inclines = [round(bout.incline_deg, 1) for _, bout in numbered]
    for incline in sorted(set(inclines)):
        level = [one for one, at in zip(numbered, inclines, strict=True) if at == incline]
        speed = np.asarray([np.nan if bout.speed_m_s is None else bout.speed_m_s for _, bout in level])
        groups = speed_groups(speed)
        for group in np.unique(groups).tolist():
            mine = [one for one, at in zip(level, groups.tolist(), strict=True) if at == group]
            if all(bout.drill for _, bout in mine):
                continue
            middle = None if group < 0 else round(float(np.median(speed[groups == group])), 4)
            yield _at_speed(sessions, days, mine, middle, incline, baseline_days)


def _at_speed(
    sessions: Sequence[SessionFacts], days: Sequence[str], bouts: Sequence[tuple[int, Bout]], speed: float | None,
    incline: float, baseline_days: int,
) -> SpeedTrends:  # fmt: skip
    regular = [one for one in bouts if not one[1].drill]
    drills = [one for one in bouts if one[1].drill]
    trends = {}
    for metric in TREND_METRICS:
        points = _points(sessions, days, regular, metric)
        if points:
            trends[metric] = make_trend(metric, points, _points(sessions, days, drills, metric), baseline_days)
    return SpeedTrends(speed, incline, tuple(sorted({number for number, _ in regular})), trends)


def _points(
    sessions: Sequence[SessionFacts], days: Sequence[str], bouts: Sequence[tuple[int, Bout]], metric: str
) -> list[Point]:
    """One point per day; a day on which the rig or so changed has several, and sessions of unknown days one each."""
    means: dict[tuple[object, ...], dict[int, list[Mean]]] = {}
    for number, bout in sorted(bouts, key=lambda one: one[0]):
        if metric in bout.means:
            made = tuple(sorted(sessions[number].made_with.items()))
            key = (days[number], made) if days[number] else (number,)
            means.setdefault(key, {}).setdefault(number, []).append(bout.means[metric])
    return [_point(sessions, days, of_day, metric) for of_day in means.values()]


def _point(
    sessions: Sequence[SessionFacts], days: Sequence[str], of_day: Mapping[int, list[Mean]], metric: str
) -> Point:
    """The bouts of a day's sessions together; what the instrument leaves unsure is alike in all of them."""
    numbers = tuple(of_day)
    unsure = [u for number in numbers if (u := sessions[number].u_instrument.get(metric)) is not None]
    interval = session_interval([mean for mine in of_day.values() for mean in mine], max(unsure, default=None))
    doubts = filter(None, (doubt_of(metric, sessions[number].doubtful) for number in numbers))
    return Point(numbers[0], interval, next(doubts, ""), "", days[numbers[0]], numbers)


def changes(sessions: Sequence[SessionFacts]) -> Iterator[Change]:
    """What else than the runner changed from one session to the next.

    Args:
        sessions: In order of time.

    Yields:
        Change: One per session that was made in another way than the one before.
    """
    for number in range(1, len(sessions)):
        before, now = sessions[number - 1].made_with, sessions[number].made_with
        other = [what for what in now if now[what] != before[what]]
        if RIG in other and RIG_FILE in other:
            other.remove(RIG_FILE)  # another rig has another file
        words = [_changed(what, before[what], now[what]) for what in other]
        if words:
            yield Change(number, "; ".join(words))


def _changed(what: str, before: str, now: str) -> str:
    """What changed; what is in brackets tells two files apart and is for no one to read."""
    shown = tuple(text.split(" [")[0] for text in (before, now))
    return f"{what}: {shown[0]} → {shown[1]}" if shown[0] != shown[1] else f"another {what}: {shown[1]}".rstrip(": ")
