"""Walking on one belt: a stretch that is loaded without a flight, taken apart into left and right steps.

The belt sees the sum of two feet. In single support that is the one foot's force; in double support it is divided by
where it acts (`analysis.walking_share`). Heel strike and toe-off are where a foot's own force crosses the protocol's
thresholds, as in running. All of it works on samples counted from the beginning of the stretch and on neighbourhoods
of fixed size, so that cutting the stream differently changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import Protocol
from analysis.ragged import ragged_index
from analysis.walking_bouts import BEHIND, Transfers, describe, final, judge
from analysis.walking_division import divide
from analysis.walking_steps import NO_STEPS, OPEN, StepList, Steps
from analysis.walking_transfers import TransferFinder
from analysis.wrench import FZ, MX, MY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Feet = NDArray[np.int8]

AROUND_S = 0.08
"""The force is divided from so long before a jump of the centre of pressure to so long after it."""
BEFORE_S = 0.15
"""So long before the first double support the hind foot alone carries the weight …"""
AFTER_S = 1.0
"""… and so long after the last one the front foot, if nothing else happens."""
LONGEST_STANCE_S = 1.0
"""Longer on one foot, where a stretch begins or ends, is not a step."""
LEAST_FORCE_N = 50.0
"""The centre of pressure is taken as if there were at least this force."""
MOST_DISTANCES = 1000
"""Double supports whose misfit is remembered."""


class WalkSplitter:
    """Streams one loaded stretch after the other: steps, and the left foot's share of every sample."""

    def __init__(self, sample_rate_Hz: float, protocol: Protocol) -> None:
        self._rate = sample_rate_Hz
        self._levels = protocol.on_N, protocol.off_N
        self._around, self._before, self._after, self._stance = (
            round(seconds * sample_rate_Hz) for seconds in (AROUND_S, BEFORE_S, AFTER_S, LONGEST_STANCE_S)
        )
        self._longest_flight = protocol.max_flight_ms * sample_rate_Hz / 1000.0
        self._finder = TransferFinder(sample_rate_Hz)
        self._steps = StepList(self._longest_flight)
        self._distances: list[Floats] = []
        self.start(seen=False)

    def start(self, *, seen: bool) -> None:
        """Begin a new stretch.

        Args:
            seen: Whether the stretch begins with a foot that lands; else with the stream.
        """
        self._seen = seen
        self._finder.restart()
        self._steps.restart()
        self._signals = np.empty((3, 0))  # vertical force, x and y of the centre of pressure …
        self._share = np.empty(0)  # … and the left foot's share, from sample `base` on: earlier ones were given out
        self._base = 0
        self._jumps, self._decided = Transfers.none(), 0
        self._foot, self._on, self._end = 0, 0, -self._after  # of the last jump decided; foot 0: no walking
        self._unbroken = seen
        self._found = 0
        self.walked = False

    @property
    def horizon(self) -> int:
        """No step still to come begins before this sample of the stretch."""
        return self._steps.waits_from(self._frontier)

    @property
    def _next_jump(self) -> int:
        """No jump that is still to be decided begins before this sample."""
        waiting = self._decided < len(self._jumps)
        return int(self._jumps.begin[self._decided]) if waiting else self._finder.watched

    @property
    def _begins_with_a_step(self) -> bool:
        """Whether the stretch may yet prove to begin with a step."""
        fresh = self._found == 0 or (self._decided == 0 and int(self._jumps.number[0]) == 0)
        return self._seen and fresh and self._next_jump <= self._stance

    @property
    def _frontier(self) -> int:
        """No step that is still to be found begins before this sample."""
        if self._begins_with_a_step:
            return 0
        if self._foot and self._next_jump - self._end <= self._stance:
            return self._on
        return max(self._next_jump - self._around, 0)

    @property
    def _limit(self) -> int:
        """The share of every sample before this one is known."""
        if self._begins_with_a_step:
            return 0
        limit = self._next_jump - self._around - self._before
        return max(limit, self._end + self._around if self._foot else 0, self._base)

    @property
    def distances_m(self) -> Floats:
        """(k,) of the latest double supports: how far the total acts beside the line between the feet, half-way."""
        return np.concatenate([np.empty(0), *self._distances])

    def feed(self, wrench: Floats) -> tuple[Steps, Floats]:
        """Take the next samples.

        Args:
            wrench: (6, n) zeroed wrench, N and N·m.

        Returns:
            Steps that became final, and the left foot's share (m,) of the samples after those of the last call; NaN
            where nobody walks.
        """
        self._append(wrench)
        x = self._signals[1]
        begin, end = self._finder.feed(x[x.size - wrench.shape[1] :], x, self._base)
        self._add(begin, end)
        usable, sure = final(self._jumps, self._finder.watched, self._rate)
        steps = self._decide(usable, sure)
        return self._steps.feed(steps, self._frontier), self._give(self._limit)

    def finish(self, *, ended: bool) -> tuple[Steps, Floats]:
        """End the stretch.

        Args:
            ended: Whether a flight ends it; else the segment does.

        Returns:
            As `feed`: all that is left.
        """
        length = self._base + self._signals.shape[1]
        self._add(*self._finder.finish())
        steps = self._decide(len(self._jumps), len(self._jumps))
        if self._foot and length - self._end <= self._stance:
            on, off, foot = np.asarray([self._on]), np.asarray([length if ended else OPEN]), np.asarray([self._foot])
            if self._allowed(on, np.asarray([self._unbroken]))[0]:
                steps = steps.then(Steps(on, off, foot.astype(np.int8)))
        return self._steps.finish(steps, length if ended else OPEN), self._give(length)

    def _append(self, wrench: Floats) -> None:
        force = np.maximum(wrench[FZ], LEAST_FORCE_N)
        signals = np.stack((wrench[FZ], -wrench[MY] / force, wrench[MX] / force))
        self._signals = np.concatenate((self._signals, signals), axis=1)
        self._share = np.concatenate((self._share, np.full(wrench.shape[1], np.nan)))

    def _add(self, begin: Ints, end: Ints) -> None:
        if begin.size:
            jumps = describe(begin - self._base, end - self._base, self._found, self._signals, self._rate)
            self._jumps = self._jumps.then(jumps.moved(self._base))
            self._found += begin.size

    def _decide(self, usable: int, sure: int) -> Steps:
        """Settle what the jumps are, as far as is sure, and divide the double supports among them."""
        new = slice(self._decided, sure)
        jumps, verdict = self._jumps.take(new), judge(self._jumps.take(slice(0, usable)), self._rate)
        if not len(jumps):
            return NO_STEPS
        foot = verdict.foot[new]
        came = np.append(np.int8(self._foot), foot[:-1])
        on, off = self._divide(jumps, foot)
        first = (foot != 0) & (jumps.number == 0) & self._seen & (jumps.begin <= self._stance)
        joined = (foot != 0) & (verdict.linked[new] & (came == -foot) | first)
        unbroken = np.logical_and.accumulate(joined) & self._unbroken
        steps = Steps(np.where(first, 0, np.append(self._on, on[:-1])), off, -foot)
        self._fill(jumps, foot, came, first)
        self._foot, self._on, self._end = int(foot[-1]), int(on[-1]), int(jumps.end[-1])
        self._unbroken = bool(unbroken[-1])
        past = max(sure - BEHIND, 0)
        self._jumps, self._decided = self._jumps.take(slice(past, None)), sure - past
        return steps.take(np.flatnonzero(joined & self._allowed(steps.on, unbroken)))

    def _allowed(self, on: Ints, unbroken: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A running step before the stretch must not take a later step for its next one when those between are lost."""
        return unbroken | (on > self._longest_flight) | (not self._seen)

    def _divide(self, jumps: Transfers, foot: Feet) -> tuple[Ints, Ints]:
        """Heel strike and toe-off at each jump that is walking; writes the left foot's share."""
        walking = np.flatnonzero(foot)
        on, off = np.zeros(foot.size, np.int64), np.zeros(foot.size, np.int64)
        if walking.size:
            parts = divide(jumps.take(walking), self._signals, self._base, self._around, self._levels)
            on[walking], off[walking] = parts.heel_strike, parts.toe_off
            leads = np.repeat(foot[walking], parts.lengths) > 0
            self._share[parts.index - self._base] = np.where(leads, parts.front, 1.0 - parts.front)
            self._distances = [np.concatenate((*self._distances, parts.distance_m))[-MOST_DISTANCES:]]
            self.walked = True
        return on, off

    def _fill(self, jumps: Transfers, foot: Feet, came: Feet, first: NDArray[np.bool_]) -> None:
        """Single support: the whole force is the one foot's."""
        begin = jumps.begin - self._around
        since = np.append(self._end, jumps.end[:-1]) + self._around
        alone = (foot != 0) & (came == 0)
        stands = np.where(alone, -foot, came)  # the foot on the belt before each jump
        start = np.where(alone, np.maximum(begin - self._before, since), since)
        start = np.where(first, 0, start)
        stop = np.where(alone, begin, np.minimum(begin, since + self._after))
        self._write(start, stop, stands, stands != 0)

    def _write(self, start: Ints, stop: Ints, foot: Feet, chosen: NDArray[np.bool_]) -> None:
        """Give all the force of some pieces of the stretch to one foot."""
        start = np.maximum(start, self._base)
        chosen = chosen & (stop > start)
        index, _ = ragged_index(start[chosen] - self._base, (stop - start)[chosen])
        self._share[index] = np.repeat(np.where(foot[chosen] > 0, 1.0, 0.0), (stop - start)[chosen])

    def _give(self, limit: int) -> Floats:
        """Hand out the share of the samples up to a limit and forget what nothing needs any more."""
        start = np.asarray([self._end + self._around])
        self._write(
            start, np.minimum(start + self._after, limit), np.asarray([self._foot]), np.asarray([self._foot != 0])
        )
        count = limit - self._base
        out, self._share = self._share[:count], self._share[count:].copy()
        self._signals = self._signals[:, count:].copy()
        self._base = limit
        return out
