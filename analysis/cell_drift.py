"""Zero and drift of every single cell, from the flights: a maker sees which cell wanders, not only that one does.

The force's own zero is taken off per component of the wrench, which is the same as taking it off per cell (the wrench
is a linear map of the cells). What that hides, two cells drifting against each other say, shows here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.causal_zero import PATIENCE_S
from analysis.flight_knots import MAX_FLIGHT_S, Knots

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BIN_S = 0.005
KEPT_S = PATIENCE_S + 2.0 * MAX_FLIGHT_S + 2.0
"""The middle of a flight lies at most this far back when it becomes known."""
SLOT_S = 1.0
SLOTS = 512
"""Zeros are averaged over slots of 1 s; when all slots are full their length doubles, so memory never grows."""
FLIGHTS_AFTER_TARE = 10


@dataclass(frozen=True)
class CellZero:
    """How one cell's zero behaved."""

    channel: int
    """Number of its channel."""
    zero_N: float
    """Its reading in flight, N: median over the session."""
    drift_N_per_min: float
    """Slope by Theil and Sen: median of the slopes between all pairs of slots; NaN before there are three."""
    range_N: float
    """Largest minus smallest slot, N."""
    tare_shift_N: float
    """Reading in the first flights after the last tare minus that tare, N: what a moving belt or heat changed; NaN
    without tare."""
    flights: int
    """Number of flights behind these figures."""


def channel_newtons(matrices: Sequence[Floats]) -> Floats:
    """What a channel's unit is worth along its cell's axis, pressing positive.

    Args:
        matrices: (6, C) of each belt, N and N·m per channel unit.

    Returns:
        (C,) N per unit, 0 where a channel bears on no force.
    """
    force = np.concatenate([matrix[:3] for matrix in matrices])
    largest = np.abs(force).argmax(axis=0)
    newtons: Floats = force[largest, np.arange(force.shape[1])]
    return newtons


class CellDrift:
    """Follows every cell's zero over a session."""

    def __init__(self, matrices: Sequence[Floats], sample_rate_Hz: float, delay: int) -> None:
        """Prepare.

        Args:
            matrices: (6, C) of each belt, N and N·m per channel unit.
            sample_rate_Hz: Sampling rate.
            delay: How many samples into the channels' stream the first filtered sample lies: half the low-pass.
        """
        self._scale = channel_newtons(matrices)
        self._cells = [np.flatnonzero(matrix[:3].any(axis=0)) for matrix in matrices]
        self._rate, self._delay = sample_rate_Hz, delay
        self._bin = max(1, round(BIN_S * sample_rate_Hz))
        self._kept = round(KEPT_S * sample_rate_Hz) // self._bin
        channels = len(self._scale)
        self._slot_s = [SLOT_S for _ in matrices]
        self._sums = [np.zeros((SLOTS, cells.size)) for cells in self._cells]
        self._counts = [np.zeros(SLOTS) for _ in matrices]
        self._flights = np.zeros(channels, np.int64)
        self._tare = np.full(channels, np.nan)
        self._after_tare = np.zeros((2, channels))  # sum and count
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._rest = np.empty((len(self._scale), 0))  # samples of the bin under way
        self._bins = np.empty((len(self._scale), 0))
        self._first_bin = 0
        self._start_s: float | None = None

    def tare(self, levels: Floats) -> None:
        """Take a measured zero, to compare the flights with.

        Args:
            levels: (C,) unloaded reading of every channel, in its unit.
        """
        self._tare = levels * self._scale
        self._after_tare[:] = 0.0

    def feed(self, channels: Floats, start_s: float, knots: Sequence[Knots]) -> None:
        """Take the next samples and the flights that became known with them.

        Args:
            channels: (C, n) consecutive channel values, channel-major, not filtered.
            start_s: Device time of the first of them, s since the session began.
            knots: Of each belt, as `FlightKnots` returns them.
        """
        if self._start_s is None and channels.shape[1]:
            self._start_s = start_s
        joined = np.concatenate((self._rest, channels), axis=1)
        whole = joined.shape[1] // self._bin
        used = whole * self._bin
        if whole:
            bins = np.add.reduceat(joined[:, :used], np.arange(0, used, self._bin), axis=1) / self._bin
            self._bins = np.concatenate((self._bins, bins), axis=1)
        self._rest = joined[:, used:].copy()
        for belt, found in enumerate(knots):
            self._take(belt, found)
        surplus = max(self._bins.shape[1] - self._kept, 0)
        self._bins = self._bins[:, surplus:].copy() if surplus else self._bins
        self._first_bin += surplus

    def result(self) -> tuple[CellZero, ...]:
        """What is known now, in order of channels."""
        found = [cell for belt in range(len(self._cells)) for cell in self._of_belt(belt)]
        return tuple(sorted(found, key=lambda cell: cell.channel))

    def _take(self, belt: int, knots: Knots) -> None:
        """Average each cell over the whole bins within the middle half of every flight that is a knot."""
        first = knots.first[knots.used] + self._delay
        begin = -(-first // self._bin) - self._first_bin
        end = (first + knots.count[knots.used]) // self._bin - self._first_bin
        sound = (end > begin) & (begin >= 0) & (end <= self._bins.shape[1])
        begin, end = begin[sound], end[sound]
        if not begin.size:
            return
        cells = self._cells[belt]
        bins = np.concatenate((self._bins[cells], np.zeros((cells.size, 1))), axis=1)
        bounds = np.column_stack((begin, end)).ravel()
        means = np.add.reduceat(bins, bounds, axis=1)[:, ::2] / (end - begin) * self._scale[cells, None]
        assert self._start_s is not None
        time_s = self._start_s + first[sound] / self._rate
        self._store(belt, time_s, means.T)
        self._flights[cells] += begin.size
        for row in means.T[: max(FLIGHTS_AFTER_TARE - int(self._after_tare[1, cells].min()), 0)]:  # ten per tare
            self._after_tare[:, cells] += np.stack((row, np.ones(cells.size)))

    def _store(self, belt: int, time_s: Floats, values: Floats) -> None:
        """Add (k, cells) values to their slots, in order of time, doubling the slots' length where the time is full."""
        while time_s.size:
            fits = time_s < SLOTS * self._slot_s[belt]
            slot = np.floor(time_s[fits] / self._slot_s[belt]).astype(np.int64)
            np.add.at(self._sums[belt], slot, values[fits])
            np.add.at(self._counts[belt], slot, 1.0)
            time_s, values = time_s[~fits], values[~fits]
            if time_s.size:
                self._slot_s[belt] *= 2.0
                for full in (self._sums[belt], self._counts[belt]):
                    full[: SLOTS // 2] = full[0::2] + full[1::2]
                    full[SLOTS // 2 :] = 0.0

    def _of_belt(self, belt: int) -> list[CellZero]:
        cells, counts = self._cells[belt], self._counts[belt]
        used = np.flatnonzero(counts)
        zero: Floats = self._sums[belt][used] / counts[used, None]
        minutes = (used.astype(np.float64) + 0.5) * (self._slot_s[belt] / 60.0)
        level, number = self._after_tare
        shift = np.where(number > 0.0, level / np.maximum(number, 1.0) - self._tare, np.nan)
        return [
            CellZero(
                channel=int(channel),
                zero_N=float(np.median(values)) if used.size else float("nan"),
                drift_N_per_min=_theil_sen(minutes, values),
                range_N=float(np.ptp(values)) if used.size else float("nan"),
                tare_shift_N=float(shift[channel]),
                flights=int(self._flights[channel]),
            )
            for channel, values in zip(cells, zero.T, strict=True)
        ]


def _theil_sen(x: Floats, y: Floats) -> float:
    """Median of the slopes between all pairs of points (Sen 1968, J Am Stat Assoc 63:1379); NaN for less than three."""
    if x.size < 3:
        return float("nan")
    one, other = np.triu_indices(x.size, 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))
