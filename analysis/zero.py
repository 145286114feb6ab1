"""The zero of the force, found from the stream itself: nothing presses on the belt while the runner flies.

Two estimates, because detection needs one at once and metrics deserve a better one:

* `CausalZero` (in `analysis.causal_zero`) knows only the past. Per half-second block it takes the lowest 30 ms mean;
  good to a few newtons, enough to tell flight from contact.
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

MIN_FLIGHT_S = 0.04
MAX_FLIGHT_S = 1.0
"""A longer unloaded time gives a knot per this interval, so drift is followed while nobody is on the belt."""
RINGING_N = 10.0
"""Flights whose force varies more than this (SD) say little about the zero and give no knot."""
TENTHS_PER_SD = 2.563
"""Distance between the first and the ninth decile of a normal distribution, in SD."""
HOLD_S = 2.0
"""After this long without a flight that is long and calm enough, the causal zero must do: nothing waits for ever."""


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
        self._zeros = np.empty((6, 0))
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
        self._zeros = np.concatenate((self._zeros, zero), axis=1)
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
        """Insert knots of the causal zero wherever `HOLD_S` passed without a flight becoming known."""
        anchors = np.concatenate(([self._position], positions))
        until = np.concatenate((known, [self._seen]))
        # Such a knot stands at anchor + j·step as soon as the stream reaches anchor + (j + 1)·step.
        holds = np.maximum(np.floor((until - anchors) / self._step).astype(np.int64) - 1, 0)
        if not holds.any():
            return positions, values
        source = np.repeat(np.arange(anchors.size), holds + 1)
        _, offsets = ragged_index(holds, holds + 1)
        number = np.arange(source.size) - offsets[source]
        all_positions = anchors[source] + number * self._step
        held = number > 0
        all_values = np.empty((6, source.size))
        all_values[:, held] = self._zeros[:, np.floor(all_positions[held]).astype(np.int64) - self._base]
        all_values[:, ~held] = np.concatenate((np.zeros((6, 1)), values), axis=1)  # the first is the old anchor
        return all_positions[1:], all_values[:, 1:]

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
        self._zeros = self._zeros[:, count:].copy()
        self._base = stop
        return released
