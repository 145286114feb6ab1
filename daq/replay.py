"""A recorded session as a source: through the same analysis, at any speed.

`stance analyze` is a replay at full speed. A paced replay keeps an absolute schedule, so it does not drift however
long a chunk takes.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.pipeline import Live, Output
from analysis.protocol import DEFAULT_PROTOCOL, Protocol, get_protocol
from analysis.setup import Runner
from daq.analyser import Analyser, cut_chunk
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.results import ENDED_EARLY, Results, build_results
from daq.rig import parse_rig
from daq.session import Session
from daq.setups import make_setup

FULL_SPEED_ROWS = 1 << 16
PACED_S = 0.02


@dataclass(frozen=True)
class Step:
    """One step of a replay."""

    row: int
    """Rows replayed so far."""
    output: Output
    """What the pipeline gave out."""


class Replay:
    """Feeds a session to an `Analyser`."""

    def __init__(
        self,
        session: Session,
        *,
        protocol: str | None = None,
        contact_levels: tuple[str, ...] = (),
        said: Runner | None = None,
    ) -> None:
        """Prepare.

        Args:
            session: Open session with raw counts.
            protocol: Name of the analysis protocol; by default the session's own.
            contact_levels: Further thresholds for contact time, such as "30N" or "10pctBW".
            said: What is said of the runner now; it wins over what the session says.

        Raises:
            SessionError: The session's rig or rates are missing.
        """
        header = session.header
        if not header.rig_text or header.sample_rate_Hz <= 0 or header.tick_rate_Hz <= 0:
            raise SessionError(
                str(session.path), expected="a rig description, a sample rate and a tick rate",
                seen="a session without them", next_step="It was not recorded by this software; it cannot be analysed.",
            )  # fmt: skip
        self.session = session
        self.protocol: Protocol = get_protocol(protocol or header.protocol_name or DEFAULT_PROTOCOL)
        rig = parse_rig(header.rig_text, f"{session.path}: rig")
        setup = make_setup(header, rig, self.protocol, contact_levels=contact_levels, said=said)
        self.analyser = Analyser(rig, setup)
        self._tares = {e.row: e.data["counts"] for e in session.events if e.kind == "tare"}
        self._epochs = dict(zip(session.epochs.row.tolist(), session.epochs.tick_offset.tolist(), strict=True))
        self._first_tick = self._last_tick = 0

    def steps(self, *, speed: float | None = None) -> Iterator[Step]:
        """Replay all of it; the last step holds the rows that become final at the end.

        Args:
            speed: 1 for real time, 10 for ten times as fast; None for as fast as it goes.

        Yields:
            One step per chunk.
        """
        rate = self.session.header.sample_rate_Hz
        rows = FULL_SPEED_ROWS if speed is None else max(1, round(PACED_S * rate * speed))
        began = time.perf_counter()
        done = 0
        for chunk in self.session.chunks(rows=rows):
            for part, offset in self._parts(chunk, done):
                yield Step(done + len(part), self._feed(part, offset, done))
                done += len(part)
            if speed is not None:
                ahead = began + done / (rate * speed) - time.perf_counter()
                if ahead > 0:
                    time.sleep(ahead)
        self._tare_at(done)
        final = self.analyser.finish()
        yield Step(done, Output(final, _no_live(len(self.analyser.belts))))

    def run(self) -> Results:
        """Replay at full speed.

        Returns:
            The results.
        """
        rows = 0
        for step in self.steps():
            rows = step.row
        header = self.session.header
        ticks = self._last_tick - self._first_tick
        return build_results(
            self.session.path, header, self.analyser,
            frames=rows, gaps=self.session.gaps, duration_s=ticks / header.tick_rate_Hz, ended_by=self._ended_by(),
        )  # fmt: skip

    def _ended_by(self) -> str:
        if not self.session.ended:
            return "the recorder died; this is what could be recovered"
        return next((event.text for event in self.session.events if event.kind == ENDED_EARLY), "")

    def _parts(self, chunk: Chunk, first_row: int) -> list[tuple[Chunk, int]]:
        """Cut a chunk where an epoch begins or a tare was taken, as the recorder did."""
        if not len(chunk):
            return []
        end = first_row + len(chunk)
        inner = sorted(r for r in {*self._tares, *self._epochs} if first_row < r < end)
        cuts = [first_row, *inner, end]
        return [(cut_chunk(chunk, a - first_row, b - first_row), self._offset(a)) for a, b in pairwise(cuts)]

    def _offset(self, row: int) -> int:
        begun = [r for r in self._epochs if r <= row]
        return self._epochs[max(begun)] if begun else 0

    def _feed(self, part: Chunk, offset: int, row: int) -> Output:
        self._tare_at(row)
        if row == 0:
            self._first_tick = int(part.tick[0]) + offset
        self._last_tick = int(part.tick[-1]) + offset
        return self.analyser.feed(part, offset)

    def _tare_at(self, row: int) -> None:
        counts = self._tares.pop(row, None)
        if counts is not None:
            self.analyser.tare(np.asarray(counts, np.float64).tolist())


def _no_live(belts: int) -> Live:
    return Live(np.empty(0, np.int64), np.empty((belts, 6, 0)))
