"""Takes from each of a runner's sessions what a trend needs."""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from analysis.errors import StanceError
from analysis.progress import CALIBRATION, RECORDED_UNDER, RIG, RIG_FILE, Progress, SessionFacts, make_progress
from analysis.progress_load import RUN, session_load
from analysis.progress_points import FEWEST_STEPS, TREND_METRICS, Bout, bout_means
from analysis.progress_speeds import parts_by_speed
from analysis.protocol import ALGORITHM_VERSION, get_protocol
from analysis.runner_days import runner_days
from analysis.steps import StepTable
from analysis.uncertainty_means import SCATTER, combined
from daq.bouts import BoutSpan, bout_tables
from daq.errors import SessionError
from daq.replay import Replay
from daq.results import Results
from daq.session import Event, Session, SessionHeader, open_session
from daq.stored import RESULTS
from stance.progress_find import Card, Skipped, in_order, look, nothing_found, of_runner, one_protocol, reason_of

Say = Callable[[str], None]

_DRILL = re.compile(r"\bdrills?\b", re.IGNORECASE)
_MADE_ON = re.compile(r'^made_utc\s*=\s*"([0-9-]{10})', re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What a folder held."""

    progress: Progress
    """The runner's trends."""
    skipped: tuple[Skipped, ...]
    """Files that are not in them."""
    notes: tuple[str, ...]
    """What people should know of how it was put together."""


def gather_progress(
    folder: Path, *, runner: str | None = None, protocol: str | None = None, baseline_days: int = 2,
    speed_m_s: float | None = None, days_apart: bool = False, say: Say = lambda _: None,
) -> Found:  # fmt: skip
    """One runner's progress, from all sessions below a folder.

    Args:
        folder: Searched with everything below it.
        runner: Pseudonym; needed where there are several.
        protocol: Protocol for all sessions; needed where they were recorded under several.
        baseline_days: How many first days at a speed are the baseline.
        speed_m_s: The one speed to show; None for all.
        days_apart: Sessions without a date are each of another day.
        say: Told what takes time.

    Returns:
        Trends, and what was left out. Other StanceErrors say what is to be chosen.

    Raises:
        SessionError: No session can be used.
    """
    if protocol is not None:
        get_protocol(protocol)
    cards, skipped = look(folder)
    mine = of_runner(cards, runner, folder)
    mine, doubles = in_order(mine)
    wanted = protocol or one_protocol(mine)
    facts, failed = [], []
    days = runner_days([card.moment for card in mine])
    for number, (card, day) in enumerate(zip(mine, days, strict=True), 1):
        try:
            facts.append(_facts(card, day, folder, wanted, partial(_numbered, say, f"{number} of {len(mine)}")))
        except StanceError as error:
            failed.append(Skipped(card.path, reason_of(error)))
    if not facts:
        raise SessionError(**nothing_found(folder, [*skipped, *doubles, *failed]))
    made = make_progress(
        mine[0].subject, wanted, facts, baseline_days=baseline_days, speed_m_s=speed_m_s, days_apart=days_apart
    )  # fmt: skip
    return Found(made, (*skipped, *doubles, *failed), tuple(_notes(mine, facts, days_apart=days_apart)))


def _numbered(say: Say, place: str, text: str) -> None:
    say(f"{place}: {text}")


def _facts(card: Card, day: int | None, folder: Path, protocol: str, say: Say) -> SessionFacts:
    with open_session(card.path) as session:
        results, table = _known(session, protocol, say)
        tables = bout_tables(session, table)
        drills = tuple(_drills(session.events, [span for span, _ in tables]))
        bouts, too_short = _bouts(tables, session.header)
        return SessionFacts(
            name=str(card.path.relative_to(folder)),
            created_utc=session.header.created_utc,
            day=day,
            made_with=_made_with(session.header),
            bouts=tuple(bouts),
            too_short=too_short,
            load=session_load(table, results["bw_N"], results["doubtful"]),
            doubtful=results["doubtful"],
            u_instrument=_instrument(results),
            attention=tuple(light["name"] for light in results["quality"] if light["state"] in ("amber", "red")),
            marks=drills,
        )


def _known(session: Session, protocol: str, say: Say) -> tuple[Results, StepTable]:
    """Results without their list of steps, and the table: as stored, else analysed now."""
    attributes = session.steps_attrs
    kept = attributes.get(RESULTS)
    current = attributes.get("algorithm_version") == ALGORITHM_VERSION
    if current and isinstance(kept, dict) and kept.get("protocol") == protocol:
        return kept, StepTable(session.steps())
    say(f"analysing {session.path.name} under {protocol} …")
    replay = Replay(session, protocol=protocol)
    return replay.run(), replay.analyser.table


def _bouts(tables: Sequence[tuple[BoutSpan, StepTable]], header: SessionHeader) -> tuple[list[Bout], int]:
    bouts, too_short = [], 0
    for span, table in tables:
        running = table.select(table["valid"] & (table["gait"] == RUN))
        parts = list(parts_by_speed(running)) if running.rows >= FEWEST_STEPS else []
        too_short += not parts
        for speed, steps in parts:
            bouts.append(Bout(
                span.said or span.name, _is_drill(span.said), speed, header.incline_deg or 0.0, steps.rows,
                bout_means(steps),
            ))  # fmt: skip
    return bouts, too_short


def _is_drill(name: str) -> bool:
    return bool(_DRILL.search(name))


def _drills(events: Sequence[Event], spans: Sequence[BoutSpan]) -> Iterator[str]:
    """Technique drills in words: bouts, and markers or events that say so."""
    yield from dict.fromkeys(span.said for span in spans if _is_drill(span.said))
    for event in events:
        of_kind = event.kind == "drill" or event.data.get("kind") == "drill"
        if of_kind or (event.kind == "marker" and _is_drill(event.text)):
            yield event.text.strip() or "drill"


def _made_with(header: SessionHeader) -> dict[str, str]:
    made = _MADE_ON.search(header.calibration_text)
    calibration = (made[1] if made else "made") + _tag(header.calibration_text) if header.calibration_text else "none"
    return {
        RIG: header.rig_name,
        RIG_FILE: _tag(header.rig_text),
        CALIBRATION: calibration,
        RECORDED_UNDER: header.protocol_name,
    }


def _tag(text: str) -> str:
    return f" [{zlib.crc32(text.encode()):08x}]"


def _instrument(results: Results) -> dict[str, float]:
    """What is alike in all steps of a session and so in no scatter."""
    means = results.get("uncertainty", {}).get("mean", {})
    found = {
        name: combined({source: u for source, u in means[name].items() if source != SCATTER})
        for name in TREND_METRICS
        if name in means
    }
    return {name: u for name, u in found.items() if np.isfinite(u) and u > 0.0}


def _notes(cards: Sequence[Card], facts: Sequence[SessionFacts], *, days_apart: bool) -> Iterator[str]:
    if not cards[0].subject:
        yield "These sessions name no runner; all of them are taken as one runner's."
    if all(card.moment is None for card in cards):
        yield "These sessions have no dates: they stand in the order of their names, and load is not given by week."
        if not days_apart:
            yield "So nothing is said of changes from day to day; if each is of another day: --days-apart."
    short = sum(one.too_short for one in facts)
    if short:
        yield f"Left out of the trends, with fewer than {FEWEST_STEPS} valid running steps at one speed: {short} bouts."
