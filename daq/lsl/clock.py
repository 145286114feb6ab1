"""Device ticks on LSL's clock: smooth, rising, of one rate within a stretch without gaps.

Two steps: tick → host clock is the line that the recorder fits through its clock round trips; host clock → LSL's clock
is the difference of two clocks of this machine, measured by reading one between two readings of the other.

The line is fitted anew every few seconds and moves by some microseconds. A stamp that followed at once would jump, so
the mapping bends towards the newest line instead: it goes on where it was, a little faster or slower, until they meet.
Behind a gap it begins on the line itself.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daq.clock import host_now

__all__ = ["ClockLine", "Stamps", "lsl_minus_host"]

SETTLE_S = 4.0
"""Time constant with which stamps follow a better fit."""
MOST_SLEW = 1e-3
"""Most by which they run faster or slower for that: a microsecond per sample at 1 kHz."""
GAP_PERIODS = 1.5
"""Samples further apart than so many periods have a gap between them."""
KEPT = 2000
"""Bends that are remembered, to stamp what is known later than its time: a minute and more."""


@dataclass(frozen=True)
class ClockLine:
    """The recorder's fit: host time = host_s + (session tick − tick) · s_per_tick."""

    tick: int
    """Session tick at which it is anchored."""
    host_s: float
    """Host time there, s."""
    s_per_tick: float
    """Host seconds per tick."""


def lsl_minus_host(local_clock: Callable[[], float], tries: int = 20) -> tuple[float, float]:
    """Measure how far LSL's clock is ahead of the host clock.

    Args:
        local_clock: LSL's clock, s.
        tries: The narrowest of so many pairs counts.

    Returns:
        The difference, s, and by how much it may be off at most, s.
    """
    found = []
    for _ in range(tries):
        before, there, after = host_now(), local_clock(), host_now()
        found.append((after - before, there - 0.5 * (before + after)))
    width, ahead = min(found)
    return ahead, 0.5 * width


class Stamps:
    """Stamps samples, and what happened at other ticks.

    Args:
        period_ticks: Ticks from one sample to the next, nominally.
    """

    def __init__(self, period_ticks: float) -> None:
        self._gap_ticks = GAP_PERIODS * period_ticks
        self._line: ClockLine | None = None
        self._ahead_s = 0.0
        self._last_tick: int | None = None
        self._slope = 0.0
        self._bends: deque[tuple[int, float]] = deque(maxlen=KEPT)

    @property
    def ready(self) -> bool:
        """Whether there is a line to go by."""
        return self._line is not None

    def aim(self, line: ClockLine, ahead_s: float) -> None:
        """Take the newest fit.

        Args:
            line: The recorder's.
            ahead_s: LSL's clock − host clock, s.
        """
        self._line, self._ahead_s = line, ahead_s

    def error_s(self) -> float:
        """How far the stamp of the newest sample is ahead of the newest fit, s; 0 before any."""
        if not self._bends:
            return 0.0
        tick, stamp = self._bends[-1]
        return stamp - self._wanted(tick)

    def samples(self, tick: NDArray[np.int64]) -> NDArray[np.float64]:
        """Stamp the next samples.

        Args:
            tick: Session ticks, rising, shape (n,).

        Returns:
            LSL time of each, s, rising, shape (n,).
        """
        if not tick.size:
            return np.empty(0)
        last = tick[0] - 2 * self._gap_ticks if self._last_tick is None else self._last_tick
        cuts = np.flatnonzero(np.diff(tick, prepend=np.int64(last)) > self._gap_ticks).tolist()
        edges = sorted({0, *cuts, tick.size})
        return np.concatenate([self._run(tick[a:b], fresh=a in cuts) for a, b in pairwise(edges)])

    def at(self, tick: float) -> float:
        """Stamp a moment, as the samples around it were stamped.

        Args:
            tick: Session tick, be it one between two samples.

        Returns:
            LSL time, s.
        """
        ticks = np.array([bend[0] for bend in self._bends], np.float64)
        if not ticks.size or tick < ticks[0]:
            return self._wanted(tick)
        if tick >= ticks[-1]:
            return self._bends[-1][1] + (tick - self._bends[-1][0]) * self._slope
        return float(np.interp(tick, ticks, [bend[1] for bend in self._bends]))

    def _run(self, tick: NDArray[np.int64], *, fresh: bool) -> NDArray[np.float64]:
        """Stamp samples without a gap among them; `fresh`: there is one before them."""
        line = self._must()
        first = int(tick[0])
        if fresh or not self._bends:
            begin = self._wanted(first)
            if self._bends:  # never back, even if the old stretch was ahead of the line
                begin = max(begin, self._bends[-1][1] + self._gap_ticks * line.s_per_tick / GAP_PERIODS)
            self._slope = line.s_per_tick
            self._bends.append((first, begin))
        from_tick, from_s = self._bends[-1]
        stamps = np.asarray(from_s + (tick - from_tick) * self._slope, np.float64)
        self._last_tick = int(tick[-1])
        if self._last_tick > from_tick:
            self._bends.append((self._last_tick, float(stamps[-1])))
        bend = float(np.clip(-self.error_s() / SETTLE_S, -MOST_SLEW, MOST_SLEW))
        self._slope = line.s_per_tick * (1.0 + bend)
        return stamps

    def _wanted(self, tick: float) -> float:
        line = self._must()
        return line.host_s + (tick - line.tick) * line.s_per_tick + self._ahead_s

    def _must(self) -> ClockLine:
        if self._line is None:
            msg = "no clock line yet"
            raise ValueError(msg)
        return self._line
