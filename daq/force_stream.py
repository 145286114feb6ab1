"""The force of a session from first to last sample, as the steps' metrics saw it: for whoever takes it elsewhere."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.exact_force import ExactForce
from analysis.pipeline import Output
from analysis.setup import Runner
from analysis.steps import StepTable
from analysis.wrench import FZ, Belt, apply_matrix
from daq.replay import Replay, Step
from daq.results import Results
from daq.session import Session
from daq.session_rows import Piece

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stretch:
    """Samples that follow each other without a gap."""

    tick: Ints
    """(m,) session ticks."""
    time_s: Floats
    """(m,) time since the session's first row, s."""
    wrench: Floats
    """(belts, 6, m) N and N·m, zeroed; NaN where no zero is known. Components that a belt does not see are 0."""
    segment: int
    """Number of the uninterrupted run of samples, from 0; a new one means a gap before it."""


class ForceStream:
    """Streams the zeroed force of a session; memory stays flat however long it is.

    A low-pass needs samples on both sides: the filtered force begins and ends 20 ms inside every segment.

    Args:
        session: Open session; a SessionError says that it cannot be analysed.
        protocol: Name of the analysis protocol; by default the session's own.
        calibration: Path of another calibration file than the session's own; "none" goes without.
        said: What is said of the runner now.
        filtered: Whether the force is the one that the metrics come from: low-passed, brought to one moment, freed of
            the ringing of a tapped deck. Else the same zero is taken off what the cells said.
    """

    def __init__(
        self, session: Session, *, protocol: str | None = None, calibration: str | Path | None = None,
        said: Runner | None = None, filtered: bool = True,
    ) -> None:  # fmt: skip
        replay = _Unfiltered if not filtered else Replay
        self._replay = replay(session, protocol=protocol, calibration=calibration, said=said, force=True)
        self._rows = 0
        self._origin = int(session.session_ticks(0, 1)[0]) if session.rows else 0
        self._tick_rate_Hz = session.header.tick_rate_Hz

    @property
    def belts(self) -> tuple[Belt, ...]:
        """What each belt can see."""
        return self._replay.analyser.belts

    @property
    def table(self) -> StepTable:
        """Steps so far."""
        return self._replay.analyser.table

    def stretches(self) -> Iterator[Stretch]:
        """Go through the session.

        Yields:
            Stretch: Up to some ten thousand samples, in order of time.
        """
        for step in self._replay.steps():
            self._rows = step.row
            force = step.output.force
            if force is None or not force.tick.size:
                continue
            cuts = np.flatnonzero(np.diff(force.segment)) + 1
            for part in np.split(np.arange(force.tick.size), cuts):
                yield self._stretch(force, slice(int(part[0]), int(part[-1]) + 1))

    def results(self) -> Results:
        """What an analysis gives, once all stretches were taken."""
        return self._replay.results(self._rows)

    def _stretch(self, force: ExactForce, part: slice) -> Stretch:
        tick, wrench, zero = force.tick[part], force.wrench[:, :, part], force.zero[:, :, part]
        unknown = (wrench == 0.0).all(axis=1) & (zero[:, FZ] != 0.0)  # no zero was known: nothing, not no force
        time_s = (tick - self._origin) / self._tick_rate_Hz
        if isinstance(self._replay, _Unfiltered):
            wrench = self._replay.raw(tick) - zero
        return Stretch(tick, time_s, np.where(unknown[:, None], np.nan, wrench), int(force.segment[part.start]))


class _Unfiltered(Replay):
    """A replay that also keeps the wrench as the cells told it, until its zero is known."""

    _waiting: deque[tuple[Ints, Floats]]

    def steps(self, *, speed: float | None = None) -> Iterator[Step]:
        self._waiting = deque()
        return super().steps(speed=speed)

    def _feed(self, piece: Piece) -> Output:
        chunk = piece.chunk
        channels = np.ascontiguousarray(chunk.counts.T, np.float64)
        wrench = np.stack([apply_matrix(belt.matrix, channels) for belt in self.analyser.belts])
        self._waiting.append((chunk.tick + piece.tick_offset, wrench))
        return super()._feed(piece)

    def raw(self, tick: Ints) -> Floats:
        """(belts, 6, m) wrench at these ascending ticks; what lies before them is let go."""
        parts = [part for part in self._waiting if part[0][0] <= tick[-1]]
        ticks = np.concatenate([part[0] for part in parts])
        wrench = np.concatenate([part[1] for part in parts], axis=2)
        while self._waiting and self._waiting[0][0][-1] <= tick[-1]:
            self._waiting.popleft()
        found: Floats = wrench[:, :, np.searchsorted(ticks, tick)]
        return found
