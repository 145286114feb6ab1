"""The zero of the force, found from the stream itself: nothing presses on the belt while the runner flies.

Two estimates, because detection needs one at once and metrics deserve a better one:

* `CausalZero` (in `analysis.causal_zero`) knows only the past. Per half-second block it takes the lowest 30 ms mean;
  good to a few newtons, enough to tell flight from contact. It also says where no zero is known at all.
* `FlightKnots` takes the median of the middle half of every flight, per component, and `ExactZero` interpolates
  between the flights before and after each sample. It lags by one flight.

Between flights the zero is a straight line. On the dryft sample (artificial drift of 112 N in 30 s on a real runner)
the stances come out with 0.56 N SD against the undrifted truth; a monotone cubic (PCHIP) through the same knots leaves
0.60 N and a cubic spline 0.62 N, because a curve also bends to the knots' own noise, and it would cost one more flight
of delay. Leaving each flight of 39 real trials out in turn, a line misses it by 0.85 N, PCHIP by 0.88 N (medians).

All three work on samples counted from the start of a segment (an uninterrupted run of samples), never on the
chunks in which these arrive, so that cutting the stream differently changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.causal_zero import LARGEST_STEP_N
from analysis.flight_knots import FlightKnots, Knots, join_knots
from analysis.ragged import ragged_index
from analysis.wrench import FZ

__all__ = ["ExactZero", "FlightKnots", "Knots", "join_knots"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOLD_S = 2.0
"""After this long without a flight that is long and calm enough, the causal zero must do: nothing waits for ever."""


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
        self.unsure = np.empty(0, np.bool_)

    def feed(self, wrench: Floats, zero: Floats, knots: Knots) -> Floats:
        """Take the next samples and the flights that became known with them.

        `unsure` then marks (m,) those of the released samples between whose flights the zero jumped: where between
        them it did is not known.

        Args:
            wrench: (6, n) filtered wrench.
            zero: (6, n) causal zero, the fall-back before any flight; NaN where it is not known.
            knots: As `FlightKnots.feed` returns them.

        Returns:
            (6, m) zeroed samples, continuing where the last call stopped; 0 where no zero is known.
        """
        unknown = int(np.isnan(zero[FZ]).sum())  # they come first in a segment
        self._base += unknown
        self._position += unknown
        self._seen += wrench.shape[1]
        wrench, zero = wrench[:, unknown:], zero[:, unknown:]
        if self.last is None and zero.shape[1]:
            self.last = zero[:, 0].copy()
        self._waiting = np.concatenate((self._waiting, wrench), axis=1)
        self._zeros = np.concatenate((self._zeros, zero), axis=1)
        known = self._follow(knots)
        self.unsure = np.concatenate((np.zeros(unknown, np.bool_), self.unsure))
        return np.concatenate((np.zeros((6, unknown)), known), axis=1)

    def finish(self) -> Floats:
        """End the segment: the last zero holds to its end.

        Returns:
            (6, m) the remaining samples, zeroed.
        """
        value = self._value if self._value is not None else self.last
        self.unsure = np.zeros(self._waiting.shape[1], np.bool_)
        if value is None or not self._waiting.shape[1]:
            return np.empty((6, 0))
        rest: Floats = self._waiting - value[:, None]
        self._waiting = np.empty((6, 0))
        return rest

    def _follow(self, knots: Knots) -> Floats:
        used = knots.used
        start: Floats = (knots.first[used] - knots.count[used] // 2).astype(np.float64)  # about where the flight began
        positions, begins, values = self._with_holds(
            knots.position[used], start, knots.value[:, used], knots.known[used]
        )
        self.unsure = np.empty(0, np.bool_)
        if not positions.size:
            return np.empty((6, 0))
        if self._value is None:  # before the first flight of a segment its zero holds backwards
            self._value = values[:, 0]
        positions = np.concatenate(([self._position], positions))
        begins = np.concatenate(([self._position], begins))
        values = np.concatenate((self._value[:, None], values), axis=1)
        self._position, self._value = float(positions[-1]), values[:, -1].copy()
        self.last = self._value
        return self._release(positions, begins, values, int(np.floor(self._position)) + 1)

    def _with_holds(
        self, positions: Floats, begins: Floats, values: Floats, known: Ints
    ) -> tuple[Floats, Floats, Floats]:
        """Insert knots of the causal zero wherever `HOLD_S` passed without a flight becoming known."""
        anchors: Floats = np.concatenate(([self._position], positions))
        until = np.concatenate((known, [self._seen]))
        # Such a knot stands at anchor + j·step as soon as the stream reaches anchor + (j + 1)·step.
        holds = np.maximum(np.floor((until - anchors) / self._step).astype(np.int64) - 1, 0)
        if not holds.any():
            return positions, begins, values
        source = np.repeat(np.arange(anchors.size), holds + 1)
        _, offsets = ragged_index(holds, holds + 1)
        number = np.arange(source.size) - offsets[source]
        all_positions: Floats = anchors[source] + number * self._step
        held = number > 0
        all_values = np.empty((6, source.size))
        all_values[:, held] = self._zeros[:, np.floor(all_positions[held]).astype(np.int64) - self._base]
        all_values[:, ~held] = np.concatenate((np.zeros((6, 1)), values), axis=1)  # the first is the old anchor
        all_begins = all_positions.copy()
        all_begins[~held] = np.concatenate(([self._position], begins))
        return all_positions[1:], all_begins[1:], all_values[:, 1:]

    def _release(self, positions: Floats, begins: Floats, values: Floats, stop: int) -> Floats:
        """Zero all samples before `stop`.

        From flight to flight the zero runs straight; one that jumps keeps its value until the next flight begins.
        """
        samples = np.arange(self._base, stop)
        right = np.clip(np.searchsorted(positions, samples), 1, positions.size - 1)
        left = right - 1
        share = (samples - positions[left]) / (positions[right] - positions[left])
        jumps = np.abs(values[FZ, 1:] - values[FZ, :-1]) > LARGEST_STEP_N
        self.unsure = jumps[left]
        if self.unsure.any():
            share = np.where(self.unsure, (samples >= begins[right]).astype(np.float64), share)
        before = values[:, left]
        zero = before + (values[:, right] - before) * share
        count = stop - self._base
        released: Floats = self._waiting[:, :count] - zero
        self._waiting = self._waiting[:, count:].copy()
        self._zeros = self._zeros[:, count:].copy()
        self._base = stop
        return released
