"""The flights of a runner, in which nothing presses on the belt: where they are and what the force reads there."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from analysis.events import SchmittTrigger
from analysis.ragged import ragged_index
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MIN_FLIGHT_S = 0.04
MAX_FLIGHT_S = 1.0
"""A longer unloaded time gives a knot per this interval, so drift is followed while nobody is on the belt."""
RINGING_N = 10.0
"""Flights whose force varies more than this (SD) say little about the zero and give no knot."""
TENTHS_PER_SD = 2.563
"""Distance between the first and the ninth decile of a normal distribution, in SD."""
OUTLIER_N = 6.0
"""A flight this far above the two before it, and above the line through them, was brushed by a foot or not empty. From
here to twice as far it counts less and less beside the flight before it, so that no step hangs on a hair."""


@dataclass(frozen=True)
class Knots:
    """m flights, of which those with `used` set are knots of the zero."""

    first: Ints
    """(m,) first sample of the flight's middle half, counted from the segment's start."""
    count: Ints
    """(m,) samples in its middle half."""
    value: Floats
    """(6, m) median wrench of the middle half, N and N·m, not zeroed."""
    spread_N: Floats
    """(m,) SD of the vertical force within it, from its deciles."""
    known: Ints
    """(m,) sample at which the flight ended, hence was known."""
    used: Bools
    """(m,) long and calm enough, and no outlier."""

    @classmethod
    def none(cls) -> "Knots":
        """No flights."""
        no = np.empty(0, np.int64)
        return cls(no, no, np.empty((6, 0)), np.empty(0), no, np.empty(0, np.bool_))

    def __len__(self) -> int:
        return self.first.size

    @property
    def position(self) -> Floats:
        """(m,) middle of each flight, samples."""
        middle: Floats = self.first + 0.5 * (self.count - 1)
        return middle


def join_knots(parts: Sequence[Knots]) -> Knots:
    """One list of several, in order."""
    return Knots(**{f.name: np.concatenate([getattr(p, f.name) for p in parts], axis=-1) for f in fields(Knots)})


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
        self._before = np.empty((6, 0))  # the last two calm flights

    def feed(self, wrench: Floats, zero: Floats) -> Knots:
        """Take the next samples.

        Args:
            wrench: (6, n) filtered wrench.
            zero: (6, n) causal zero, used only to tell flight from contact; where it is NaN there is no flight.

        Returns:
            Flights that have ended.
        """
        self._kept = np.concatenate((self._kept, wrench), axis=1)
        end = self._base + self._kept.shape[1]
        force = wrench[FZ] - zero[FZ]
        force[np.isnan(force)] = np.inf
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

    def finish(self) -> Knots:
        """End the segment: the flight under way counts as far as it went.

        Returns:
            As `feed`.
        """
        if self._flight is None:
            return Knots.none()
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

    def _measure(self, starts: Ints, stops: Ints) -> Knots:
        long_enough = stops - starts >= self._shortest
        starts, stops = starts[long_enough], stops[long_enough]
        if not starts.size:
            return Knots.none()
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
        used = spread <= RINGING_N
        median[:, used], sound = self._temper(median[:, used])
        used[used] = sound
        return Knots(inner, counts, median, spread, stops, used)

    def _temper(self, level: Floats) -> tuple[Floats, Bools]:
        """Calm flights, those that lie alone above the two before them drawn towards these, and which of them to use.

        A foot pulls nothing, so only upward ones are false. A zero that has really risen is accepted with its second
        flight, steady drift by the line through the last two.
        """
        row = np.concatenate((self._before, level), axis=1)
        known = self._before.shape[1]
        self._before = row[:, -2:].copy()
        share = np.ones(row.shape[1])
        force = row[FZ]
        last, one = force[1:-1], force[:-2]
        above = force[2:] - np.maximum(np.maximum(last, one), 2.0 * last - one)
        share[2:] = np.clip(2.0 - above / OUTLIER_N, 0.0, 1.0)
        tempered = row.copy()
        tempered[:, 1:] = row[:, :-1] + share[1:] * (row[:, 1:] - row[:, :-1])
        whole = share == 1.0  # these keep their very bits
        tempered[:, whole] = row[:, whole]
        return tempered[:, known:], share[known:] > 0.0

    def _forget(self, before: int) -> None:
        self._kept = self._kept[:, before - self._base :].copy()
        self._base = before
