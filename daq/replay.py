"""A recorded session as a source: through the same analysis, at any speed.

`stance analyze` is a replay at full speed. A paced replay keeps an absolute schedule, so it does not drift however
long a chunk takes.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.live import Live
from analysis.pipeline import Output
from analysis.protocol import DEFAULT_PROTOCOL, Protocol, get_protocol
from analysis.setup import Runner
from daq.analyser import Analyser
from daq.results import ENDED_EARLY, Results, build_results
from daq.session import Session
from daq.session_rows import Piece, SessionRows
from daq.setups import instrument_of, make_setup

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
        calibration: str | Path | None = None,
        curves: bool = False,
        force: bool = False,
    ) -> None:
        """Prepare.

        Args:
            session: Open session.
            protocol: Name of the analysis protocol; by default the session's own.
            contact_levels: Further thresholds for contact time, such as "30N" or "10pctBW".
            said: What is said of the runner now; it wins over what the session says.
            calibration: Path of another calibration file than the session's own; "none" goes without.
            curves: Whether steps bring their curves. A SessionError says that the session cannot be analysed.
            force: Whether to give out the exactly zeroed force.
        """
        header = session.header
        self._rows = SessionRows(session)
        self.session = session
        self.protocol: Protocol = get_protocol(protocol or header.protocol_name or DEFAULT_PROTOCOL)
        rig = instrument_of(header, session.path, calibration)
        setup = make_setup(header, rig, self.protocol, contact_levels=contact_levels, said=said)
        self.analyser = Analyser(rig, setup, curves=curves, force=force)
        self._tares = dict(self._rows.tares)
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
        for portion in self._rows.pieces(rows=rows):
            for piece in portion:
                done = piece.row + len(piece.chunk)
                yield Step(done, self._feed(piece))
            if speed is not None:
                ahead = began + done / (rate * speed) - time.perf_counter()
                if ahead > 0:
                    time.sleep(ahead)
        self._tare_at(done)
        final = self.analyser.finish()
        rest = self.analyser.take_curves(), self.analyser.take_force()
        yield Step(done, Output(final, Live.none(len(self.analyser.belts)), *rest))

    def run(self) -> Results:
        """Replay at full speed.

        Returns:
            The results.
        """
        rows = 0
        for step in self.steps():
            rows = step.row
        return self.results(rows)

    def results(self, rows: int) -> Results:
        """Results, once all is replayed.

        Args:
            rows: Rows replayed.

        Returns:
            What `--json` prints.
        """
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

    def _feed(self, piece: Piece) -> Output:
        self._tare_at(piece.row)
        chunk, offset = piece.chunk, piece.tick_offset
        if piece.row == 0:
            self._first_tick = int(chunk.tick[0]) + offset
        self._last_tick = int(chunk.tick[-1]) + offset
        return self.analyser.feed(chunk, offset)

    def _tare_at(self, row: int) -> None:
        counts = self._tares.pop(row, None)
        if counts is not None:
            self.analyser.tare(np.asarray(counts, np.float64).tolist())
