"""From analysed sessions to what the statistics of a comparison take."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from analysis.comparison import Bout
from analysis.errors import AnalysisError
from analysis.runner_days import moment_of, runner_days
from analysis.uncertainty_means import SCATTER
from daq.analysed import Analysed
from daq.anonymise.texts import NO_DATE
from daq.bouts import BoutSpan, span_table
from daq.results import Results
from stance.comparing_choice import Pick

DAY_S = 86_400.0


@dataclass(frozen=True)
class Times:
    """When sessions were recorded, as far as they say."""

    began_s: Mapping[Path, float]
    """Epoch seconds; a day apart, in the order given, where one of them has no date."""
    days: Mapping[Path, str]
    """Day of the runner, ISO 8601; the file's own name where it has none but is said to be of another day; else ""."""
    ordered: bool
    """Whether their order is known."""


def times_of(sessions: Sequence[Analysed], *, days_apart: bool = False) -> Times:
    """When each session began, and on which day of its runner.

    Args:
        sessions: In the order to be taken where dates are missing: earlier ones first.
        days_apart: Somebody says that sessions without a date are each of another day, in the order given.

    Returns:
        Their times. A date that several anonymised sessions share is none.
    """
    created = [one.header.created_utc for one in sessions]
    moments = [None if text == NO_DATE and created.count(text) > 1 else moment_of(text) for text in created]
    days: dict[Path, str] = {}
    for runner in {one.header.subject for one in sessions}:
        mine = [(one.path, at) for one, at in zip(sessions, moments, strict=True) if one.header.subject == runner]
        for (path, _), day in zip(mine, runner_days([at for _, at in mine]), strict=True):
            unknown = f"{path} (no date)" if days_apart else ""
            days[path] = unknown if day is None else date.fromordinal(day).isoformat()
    known = [at.timestamp() for at in moments if at is not None]
    if len(known) < len(sessions):
        known = [DAY_S * number for number in range(len(sessions))]
    ordered = days_apart or None not in moments
    return Times({one.path: at for one, at in zip(sessions, known, strict=True)}, days, ordered)


def bouts_of(picks: Sequence[Pick], condition: str, known: Mapping[Path, Analysed], times: Times) -> list[Bout]:
    """What the statistics take, of one side.

    Args:
        picks: Sessions with their bouts.
        condition: Name of the side.
        known: The sessions, analysed.
        times: When each began.

    Returns:
        Bouts; what is in doubt in them is marked, not left out.
    """

    def bout(one: Analysed, span: BoutSpan) -> Bout:
        header, results = one.header, one.results
        return Bout(
            runner=header.subject, session=_label(one, known), name=span.name, condition=condition,
            protocol=results["protocol"], table=span_table(one.table, span), belt_speed_m_s=header.belt_speed_m_s,
            incline_deg=header.incline_deg, began_s=times.began_s[one.path] + span.start_s, rig=results["rig"],
            calibration_id=_calibration_id(one), u_mean=_instrument(results), missing=results["missing"],
            doubtful=results["doubtful"], day=times.days[one.path],
        )  # fmt: skip

    return [bout(known[pick.path], span) for pick in picks for span in pick.spans]


def refuse_copies(picks: Sequence[Pick], known: Mapping[Path, Analysed]) -> None:
    """Refuse stretches of one recording under two names: a copy tells nothing new.

    Args:
        picks: Bouts that are taken as different ones.
        known: The sessions, analysed.

    Raises:
        AnalysisError: Bouts of two files are of one recording and overlap.
    """
    spans = [(known[pick.path], span) for pick in picks for span in pick.spans]
    for (one, mine), (other, yours) in combinations(spans, 2):
        alike = one.path != other.path and one.session_id == other.session_id
        if alike and mine.start_s < yours.end_s and yours.start_s < mine.end_s:
            raise AnalysisError(
                "comparison", expected="each recording once",
                seen=f"{one.path} and {other.path}, which are the same recording",
                next_step="Name it once: a copy tells nothing new.",
            )  # fmt: skip


def _label(one: Analysed, known: Mapping[Path, Analysed]) -> str:
    """What a session is called in messages: its file's name, with its directory where another has the same."""
    alike = [path for path in known if path.name == one.path.name]
    return str(one.path) if len(alike) > 1 else one.path.name


def _instrument(results: Results) -> dict[str, float]:
    """Metric → standard uncertainty that the instrument leaves a mean: all of it but the scatter of the steps."""
    means = results.get("uncertainty", {}).get("mean", {})
    parts = {name: [u for source, u in sources.items() if source != SCATTER] for name, sources in means.items()}
    return {name: math.hypot(*us) for name, us in parts.items()}


def _calibration_id(one: Analysed) -> str:
    """The same for sessions whose read-out errs alike: one rig under one calibration, or one without any."""
    text = f"{one.header.rig_text}\0{one.header.calibration_text}"
    return hashlib.sha256(text.encode()).hexdigest()[:16] if one.header.rig_text else ""
