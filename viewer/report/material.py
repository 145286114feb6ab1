"""Everything that a report shows, gathered in one replay of the session."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.protocol import Protocol
from analysis.steps import StepTable
from analysis.wrench import Belt
from daq.replay import Replay, Step
from daq.results import Results
from daq.session import Event, Session, SessionHeader, open_session
from viewer.report.clips import Clips

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
    belts: tuple[Belt, ...]
    """Its belts."""
    results: Results
    """What `stance analyze --json` prints."""
    table: StepTable
    """Its steps."""
    clips: Clips
    """Force for the figures."""
    gap_s: tuple[float, ...]
    """Session time of the first `MOST_PLACES` gaps, s."""
    marks: tuple[tuple[float, Event], ...]
    """The first `MOST_PLACES` markers, bouts and notes, with their session time, s."""
    system: dict[str, dict[str, object]]
    """Counters that the recorder left: "link counters", "device counters"."""
    tares: int
    """How often a zero was taken."""
    clock_pairs: int
    """Exchanges between the clocks of device and host."""

    @property
    def sees_fore_aft(self) -> bool:
        """Whether any belt measures fore-aft force."""
        return any(belt.measures_braking for belt in self.belts)


class _Tapped(Replay):
    """A replay whose force is also cut into clips, so that one pass gives both."""

    clips: Clips

    def steps(self, *, speed: float | None = None) -> Iterator[Step]:
        for step in super().steps(speed=speed):
            self.clips.feed(step.output)
            yield step
        self.clips.finish()


def gather(path: Path) -> Material:
    """Replay a session.

    Args:
        path: A finished session.

    Returns:
        What its report shows. A SessionError says why it cannot be read.
    """
    with open_session(path) as session:
        replay = _Tapped(session)
        first_tick = int(session.session_ticks(0, 1)[0]) if session.rows else 0
        rate = session.header.tick_rate_Hz

        def time_s(row: int) -> float:
            tick = session.session_ticks(row, row + 1) if row < session.rows else session.session_ticks(row - 1, row)
            return float(tick[0] - first_tick) / rate if tick.size else 0.0

        replay.clips = Clips(
            [belt.name for belt in replay.analyser.belts],
            first_tick=first_tick, tick_rate_Hz=rate, middle_s=time_s(session.rows // 2),
        )  # fmt: skip
        results = replay.run()
        marks = [event for event in session.events if event.kind in ("marker", "bout", "note")]
        return Material(
            name=path.name,
            header=session.header,
            protocol=replay.protocol,
            belts=replay.analyser.belts,
            results=results,
            table=replay.analyser.table,
            clips=replay.clips,
            gap_s=tuple(time_s(row) for row in session.gaps.row[:MOST_PLACES].tolist()),
            marks=tuple((time_s(event.row), event) for event in marks[:MOST_PLACES]),
            system=_counters(session),
            tares=sum(event.kind == "tare" for event in session.events),
            clock_pairs=int(np.size(session.clock.tick)),
        )


def _counters(session: Session) -> dict[str, dict[str, object]]:
    return {event.text: dict(event.data) for event in session.events if event.kind == "system" and event.data}
