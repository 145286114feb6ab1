"""The zero of the force, found from the stream itself: nothing presses on the belt while the runner flies.

Two estimates, because detection needs one at once and metrics deserve a better one:

* `CausalZero` knows only the past. Per half-second block it takes the lowest 30 ms mean; good to a few newtons,
  enough to tell flight from contact.
* `FlightKnots` takes the median of the middle half of every flight, per component, and `ExactZero` interpolates
  between the flights before and after each sample. It lags by one flight.

All three work on samples counted from the start of a segment (an uninterrupted run of samples), never on the
chunks in which these arrive, so that cutting the stream differently changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.events import SchmittTrigger
from analysis.ragged import ragged_index
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK_S = 0.5
"""A running step lasts 0.3–0.45 s, so every block of running holds a flight."""
MEAN_S = 0.03
LARGEST_STEP_N = 60.0
"""A block's lowest level this far above the zero may still be drift; further up, somebody stands on the belt."""
FLAT_N = 25.0
"""Range within a flat 30 ms; the valley of a step without flight is not flat."""
LOAD_N = 400.0
"""Without a tare, the first block with a flat low this far below its mean gives the first zero: a body's weight goes
into the belt, yet there is a flight. Walking swings about its mean by less …"""
PATIENCE_S = 10.0
"""… or, if no block does in this time, the lowest level so far."""
MIN_FLIGHT_S = 0.04
MAX_FLIGHT_S = 1.0
"""A longer unloaded time gives a knot per this interval, so drift is followed while nobody is on the belt."""
RINGING_N = 10.0
"""Flights whose force varies more than this (SD) say little about the zero and give no knot."""
TENTHS_PER_SD = 2.563
"""Distance between the first and the ninth decile of a normal distribution, in SD."""
HOLD_S = 2.0
"""After this long without a flight the last zero is held, so that nothing waits for ever."""


class CausalZero:
    """Zero from the past alone, updated at the end of each block of `BLOCK_S`."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._block = max(4, round(BLOCK_S * sample_rate_Hz))
        self._mean = max(2, round(MEAN_S * sample_rate_Hz))
        self._patience = round(PATIENCE_S / BLOCK_S)
        self.level: Floats | None = None
        self.restart()

    def restart(self) -> None:
        """Begin a new segment; the level found so far survives."""
        self._waiting = np.empty((6, 0))
        self._bad = np.empty(0, np.bool_)
        self._released = 0
        self._tried = 0

    def feed(self, wrench: Floats, bad: Bools) -> tuple[Floats, Floats]:
        """Take the next samples.

        Args:
            wrench: (6, n) filtered wrench, not yet zeroed.
            bad: (n,) samples that the device marked as wrong; their blocks say nothing about the zero.

        Returns:
            (6, m) samples released (all of them, once a first level is known) and the (6, m) zero of each.
        """
        self._waiting = np.concatenate((self._waiting, wrench), axis=1)
        self._bad = np.concatenate((self._bad, bad))
        blocks = self._waiting.shape[1] // self._block
        zeros = self._block_zeros(blocks)
        if self.level is None:
            return np.empty((6, 0)), np.empty((6, 0))
        used = blocks * self._block
        open_block = np.repeat(self.level[:, None], self._waiting.shape[1] - used, axis=1)
        zero = np.concatenate((np.repeat(zeros, self._block, axis=1), open_block), axis=1)
        samples, zero = self._waiting[:, self._released :], zero[:, self._released :]
        self._waiting = self._waiting[:, used:].copy()
        self._bad = self._bad[used:].copy()
        self._released = self._waiting.shape[1]
        self._tried = 0
        return samples, zero

    def finish(self) -> tuple[Floats, Floats]:
        """End the segment: if no level was ever found, the lowest one seen must do.

        Returns:
            As `feed`.
        """
        if self.level is None and self._waiting.shape[1] >= self._mean:
            sound = self._waiting[:, ~self._bad]
            among = sound if sound.shape[1] >= self._mean else self._waiting
            width = min(self._block, among.shape[1])
            blocks = among.shape[1] // width
            candidates, flat, _ = self._lowest(among[:, : blocks * width].reshape(6, blocks, width))
            self.level = _least(candidates, flat)
        return self.feed(np.empty((6, 0)), np.empty(0, np.bool_))

    def _block_zeros(self, blocks: int) -> Floats:
        """Zero in force during each complete block: the level found in the blocks before it."""
        if blocks == 0 or (self.level is None and blocks == self._tried):
            return np.empty((6, 0))
        self._tried = blocks
        shaped = self._waiting[:, : blocks * self._block].reshape(6, blocks, self._block)
        candidates, flat, load = self._lowest(shaped)
        usable = ~self._bad[: blocks * self._block].reshape(blocks, self._block).any(axis=1)
        first = 0
        if self.level is None:
            running = np.flatnonzero(usable & flat & (load >= LOAD_N))
            first = min(int(running[0]), self._patience) if running.size else self._patience
            if first >= blocks:
                return np.empty((6, 0))
            found = running.size and first == running[0]
            until = slice(first + 1)
            sure = (usable & flat)[until]
            self.level = candidates[:, first].copy() if found else _least(candidates[:, until], sure)
        in_force = self._choose(np.where(usable, candidates[FZ], np.nan), flat, first)
        levels = np.concatenate((self.level[:, None], candidates), axis=1)[:, in_force]
        self.level = levels[:, -1].copy()
        return levels[:, :-1]

    def _lowest(self, shaped: Floats) -> tuple[Floats, Bools, Floats]:
        """Running mean of each block where Fz is lowest, whether Fz is flat there, and how far it lies below its mean."""
        total = np.cumsum(shaped, axis=2)
        width = self._mean
        means = np.concatenate((total[:, :, width - 1 : width], total[:, :, width:] - total[:, :, :-width]), axis=2)
        means /= width
        lowest = np.argmin(means[FZ], axis=1)
        rows = np.arange(shaped.shape[1])
        window = shaped[FZ][rows[:, None], lowest[:, None] + np.arange(width)]
        flat = np.ptp(window, axis=1) < FLAT_N
        candidates = means[:, rows, lowest]
        load = total[FZ, :, -1] / shaped.shape[2] - candidates[FZ]
        return candidates, flat, load

    def _choose(self, candidates: Floats, flat: Bools, first: int) -> Ints:
        """Number of the level in force in each block and after the last (0: the old one, j + 1: candidate j).

        The ground never pulls, so a lower level is believed at once, unless it is both far off and not flat, as the
        smear of a wild reading is; a higher one only as slow, flat drift. One pass over blocks (two a second), not
        over samples or steps. A comparison with NaN (an unusable block) is false.
        """
        assert self.level is not None
        level, number, chosen = float(self.level[FZ]), 0, [0] * (first + 1)
        for j, (candidate, is_flat) in enumerate(zip(candidates[first:].tolist(), flat[first:].tolist(), strict=True)):
            near = abs(candidate - level) < LARGEST_STEP_N
            if (candidate < level and (near or is_flat)) or (near and is_flat):
                level, number = candidate, first + j + 1
            chosen.append(number)
        return np.asarray(chosen)


def _least(candidates: Floats, sure: Bools) -> Floats:
    """Candidate with the lowest Fz, of those that are sure if any is."""
    among = np.where(sure, candidates[FZ], np.inf) if sure.any() else candidates[FZ]
    return candidates[:, int(np.argmin(among))].copy()


class FlightKnots:
    """Median wrench of the middle half of every flight, with the place where it holds."""

    def __init__(self, sample_rate_Hz: float, on_N: float, off_N: float) -> None:
        self._shortest = max(4, round(MIN_FLIGHT_S * sample_rate_Hz))
        self._longest = max(8, round(MAX_FLIGHT_S * sample_rate_Hz))
        self._trigger = SchmittTrigger(on_N, off_N)
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._trigger.reset()
        self._kept = np.empty((6, 0))
        self._base = 0  # absolute index of the first kept sample
        self._flight: int | None = None  # where the flight under way began
        self._started = False

    def feed(self, wrench: Floats, zero: Floats) -> tuple[Floats, Floats, Ints]:
        """Take the next samples.

        Args:
            wrench: (6, n) filtered wrench.
            zero: (6, n) causal zero, used only to tell flight from contact.

        Returns:
            Position of each new knot in samples (k,), its wrench (6, k), and the sample at which it became known (k,).
        """
        self._kept = np.concatenate((self._kept, wrench), axis=1)
        end = self._base + self._kept.shape[1]
        force = wrench[FZ] - zero[FZ]
        if not self._started and force.size:
            self._started = True
            self._flight = 0 if force[0] < self._trigger.off else None
        where, up = self._trigger.feed(force)
        begins = where[~up]
        if self._flight is not None:
            begins = np.concatenate(([self._flight], begins))
        ends = where[up]
        still = begins.size > ends.size
        closed = np.concatenate((ends, [end])) if still else ends
        starts, stops = self._split(begins, closed, still)
        if still:
            self._flight = int(begins[-1]) + (int(end - begins[-1]) // self._longest) * self._longest
        else:
            self._flight = None
        knots = self._measure(starts, stops)
        self._forget(end if self._flight is None else self._flight)
        return knots

    def finish(self) -> tuple[Floats, Floats, Ints]:
        """End the segment: the flight under way counts as far as it went.

        Returns:
            As `feed`.
        """
        if self._flight is None:
            return np.empty(0), np.empty((6, 0)), np.empty(0, np.int64)
        end = self._base + self._kept.shape[1]
        return self._measure(np.asarray([self._flight]), np.asarray([end]))

    def _split(self, begins: Ints, closed: Ints, still: bool) -> tuple[Ints, Ints]:
        """Cut long flights into pieces of the longest length; leave off what is still open."""
        lengths = closed - begins
        pieces = lengths // self._longest
        open_tail = np.zeros(begins.size, np.bool_)
        if still:
            open_tail[-1] = True
        counts = pieces + np.where(open_tail, 0, 1)
        flight = np.repeat(np.arange(begins.size), counts)
        _, offsets = ragged_index(begins, counts)
        number = np.arange(int(counts.sum())) - offsets[flight]
        starts = begins[flight] + number * self._longest
        return starts, np.minimum(starts + self._longest, closed[flight])

    def _measure(self, starts: Ints, stops: Ints) -> tuple[Floats, Floats, Ints]:
        long_enough = stops - starts >= self._shortest
        starts, stops = starts[long_enough], stops[long_enough]
        if not starts.size:
            return np.empty(0), np.empty((6, 0)), np.empty(0, np.int64)
        quarter = (stops - starts) // 4
        inner, counts = starts + quarter, stops - starts - 2 * quarter
        padded = np.arange(int(counts.max()))
        outside = padded >= counts[:, None]
        index = np.minimum(inner[:, None] + padded, stops[:, None] - 1) - self._base
        values = self._kept[:, index]
        values[:, outside] = np.inf
        values.sort(axis=2)
        rows = np.arange(counts.size)
        median = 0.5 * (values[:, rows, (counts - 1) // 2] + values[:, rows, counts // 2])
        tenth = counts // 10
        spread = (values[FZ, rows, counts - 1 - tenth] - values[FZ, rows, tenth]) / TENTHS_PER_SD
        calm = spread <= RINGING_N
        position = inner + 0.5 * (counts - 1)
        return position[calm], median[:, calm], stops[calm]

    def _forget(self, before: int) -> None:
        self._kept = self._kept[:, before - self._base :].copy()
        self._base = before


class ExactZero:
    """Removes the zero interpolated between flights; releases a sample when the flight after it is known."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._hold = round(HOLD_S * sample_rate_Hz)
        self._step = self._hold // 2
        self.last: Floats | None = None
        self.restart()

    def restart(self) -> None:
        """Begin a new segment; the last zero survives as a fall-back."""
        self._waiting = np.empty((6, 0))
        self._base = 0
        self._seen = 0
        self._position = 0.0
        self._value: Floats | None = None

    def feed(self, wrench: Floats, zero: Floats, knots: tuple[Floats, Floats, Ints]) -> Floats:
        """Take the next samples and the knots that became known with them.

        Args:
            wrench: (6, n) filtered wrench.
            zero: (6, n) causal zero, the fall-back before any flight.
            knots: As `FlightKnots.feed` returns them.

        Returns:
            (6, m) zeroed samples, continuing where the last call stopped.
        """
        if self.last is None and zero.shape[1]:
            self.last = zero[:, 0].copy()
        self._waiting = np.concatenate((self._waiting, wrench), axis=1)
        self._seen += wrench.shape[1]
        positions, values = self._with_holds(*knots)
        if not positions.size:
            return np.empty((6, 0))
        if self._value is None:  # before the first flight of a segment its zero holds backwards
            self._value = values[:, 0]
        positions = np.concatenate(([self._position], positions))
        values = np.concatenate((self._value[:, None], values), axis=1)
        self._position, self._value = float(positions[-1]), values[:, -1].copy()
        self.last = self._value
        return self._release(positions, values, int(np.floor(self._position)) + 1)

    def finish(self) -> Floats:
        """End the segment: the last zero holds to its end.

        Returns:
            (6, m) the remaining samples, zeroed.
        """
        value = self._value if self._value is not None else self.last
        if value is None or not self._waiting.shape[1]:
            return np.empty((6, 0))
        rest: Floats = self._waiting - value[:, None]
        self._waiting = np.empty((6, 0))
        return rest

    def _with_holds(self, positions: Floats, values: Floats, known: Ints) -> tuple[Floats, Floats]:
        """Insert held knots wherever `HOLD_S` passed without a flight becoming known."""
        anchors = np.concatenate(([self._position], positions))
        until = np.concatenate((known, [self._seen]))
        # A held knot stands at anchor + j·step as soon as the stream reaches anchor + (j + 1)·step.
        holds = np.maximum(np.floor((until - anchors) / self._step).astype(np.int64) - 1, 0)
        if not holds.any():
            return positions, values
        start = self._value if self._value is not None else self.last
        first = start if start is not None else np.zeros(6)
        held_values = np.concatenate((first[:, None], values), axis=1)
        source = np.repeat(np.arange(anchors.size), holds + 1)
        _, offsets = ragged_index(holds, holds + 1)
        number = np.arange(source.size) - offsets[source]
        all_positions = anchors[source] + number * self._step
        return all_positions[1:], held_values[:, source[1:]]

    def _release(self, positions: Floats, values: Floats, stop: int) -> Floats:
        samples = np.arange(self._base, stop)
        right = np.clip(np.searchsorted(positions, samples), 1, positions.size - 1)
        left = right - 1
        share = (samples - positions[left]) / (positions[right] - positions[left])
        before = values[:, left]
        zero = before + (values[:, right] - before) * share
        count = stop - self._base
        released: Floats = self._waiting[:, :count] - zero
        self._waiting = self._waiting[:, count:].copy()
        self._base = stop
        return released
