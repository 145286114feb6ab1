"""Everything that a report shows: the numbers as they were stored with the session, and force for the figures."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.protocol import DEFAULT_PROTOCOL, Protocol, get_protocol
from analysis.registration import FootRegistration
from analysis.steps import StepTable
from analysis.wrench import Belt
from daq.bouts import BoutSpan, session_bouts
from daq.excerpt import Excerpts
from daq.replay import Replay
from daq.results import Results
from daq.session import Event, Session, SessionHeader, open_session
from daq.setups import Instrument, make_setup, runner_of
from daq.stored import stored_results, stored_table
from viewer.report.clips import Clips, cut_clips

MOST_PLACES = 200
"""Gaps and marks whose time is looked up; a session can hold any number of them."""


@dataclass(frozen=True)
class Material:
    """One session, analysed."""

    name: str
    """Name of the session file."""
    header: SessionHeader
    """What was known when it was recorded."""
    protocol: Protocol
    """What it was analysed with."""
    instrument: Instrument
    """The rig with its calibration, or the layout of an imported force."""
    belts: tuple[Belt, ...]
    """Its belts."""
    results: Results
    """What `stance analyze --json` prints; without the steps, which are in `table`."""
    table: StepTable
    """Its steps."""
    clips: Clips
    """Force for the figures."""
    gap_s: tuple[float, ...]
    """Session time of the first `MOST_PLACES` gaps, s."""
    marks: tuple[tuple[float, Event], ...]
    """The first `MOST_PLACES` markers, bouts and notes, with their session time, s."""
    marks_in_all: int
    """How many there are."""
    bouts: tuple[BoutSpan, ...]
    """Its named bouts."""
    system: dict[str, dict[str, object]]
    """Counters that the recorder left: "link counters", "device counters"."""
    tares: int
    """How often a zero was taken."""
    clock_pairs: int
    """Exchanges between the clocks of device and host."""
    stored: bool = True
    """Whether the numbers are those that were stored; else the session was analysed for this report."""

    @property
    def sees_fore_aft(self) -> bool:
        """Whether any belt measures fore-aft force."""
        return any(belt.measures_braking for belt in self.belts)

    @property
    def registration(self) -> FootRegistration | None:
        """Where the feet lie about their centre of pressure, if that was registered."""
        return runner_of(self.header).registration

    @property
    def imported(self) -> dict[str, Any] | None:
        """Where an imported force came from; None for a recording."""
        if "force" not in self.header.extra:
            return None
        source = self.header.extra.get("source")
        return source if isinstance(source, dict) else {}


def gather(path: Path, *, protocol: str | None = None, say: Callable[[str], object] = lambda _: None) -> Material:
    """Gather what the report of a session shows.

    Args:
        path: A finished session.
        protocol: Name of the protocol; by default the session's own.
        say: Is told, in a sentence, if the session must be analysed first.

    Returns:
        What its report shows. A SessionError says why it cannot be read.
    """
    with open_session(path) as session:
        excerpts = Excerpts(session)
        used = get_protocol(protocol or session.header.protocol_name or DEFAULT_PROTOCOL)
        setup = make_setup(session.header, excerpts.rig, used)
        excerpts.setup = replace(setup, two_mass=False, uncertainty=False)  # of the curves only
        results, table, stored = _numbers(session, used, say)
        time_s = _clock(session)
        marks = [event for event in session.events if event.kind in ("marker", "bout", "note")]
        return Material(
            name=path.name,
            header=session.header,
            protocol=used,
            instrument=excerpts.rig,
            belts=tuple(setup.belts),
            results=results,
            table=table,
            clips=cut_clips(excerpts, table, rate_Hz=session.header.sample_rate_Hz, bw_N=results["bw_N"]),
            gap_s=tuple(time_s(row) for row in session.gaps.row[:MOST_PLACES].tolist()),
            marks=tuple((time_s(event.row), event) for event in marks[:MOST_PLACES]),
            marks_in_all=len(marks),
            bouts=tuple(bout for bout in session_bouts(session) if bout.name),
            system=_counters(session),
            tares=sum(event.kind == "tare" for event in session.events),
            clock_pairs=int(np.size(session.clock.tick)),
            stored=stored,
        )


def _numbers(session: Session, protocol: Protocol, say: Callable[[str], object]) -> tuple[Results, StepTable, bool]:
    """Results and steps, and whether they are the stored ones."""
    results, table = stored_results(session, protocol=protocol.name, steps=False), stored_table(session)
    if results is not None and table is not None:
        return results, table, True
    say(f"{session.path.name} holds no results of this version under {protocol.name}; it is analysed first.")
    replay = Replay(session, protocol=protocol.name)
    results = replay.run()
    return results, replay.analyser.table, False


def _clock(session: Session) -> Callable[[int], float]:
    """What gives the session time of a row, s."""
    first_tick = int(session.session_ticks(0, 1)[0]) if session.rows else 0
    rate = session.header.tick_rate_Hz

    def time_s(row: int) -> float:
        tick = session.session_ticks(row, row + 1) if row < session.rows else session.session_ticks(row - 1, row)
        return float(tick[0] - first_tick) / rate if tick.size else 0.0

    return time_s


def _counters(session: Session) -> dict[str, dict[str, object]]:
    return {event.text: dict(event.data) for event in session.events if event.kind == "system" and event.data}
