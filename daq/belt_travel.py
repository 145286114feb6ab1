"""How far the belt has gone at every sample, from its pulse counter.

The counter is a staircase; between two pulses the belt moves on unseen, by a millimetre with 1000 pulses per metre, by
20 cm with 5. The way is carried on from the latest pulse at the latest speed, but never beyond where the next pulse
would have been counted. It therefore needs no sample of the future: no delay, and the same bits for any chunks.

A pulse seen at sample i came between i − 1 and i; it is taken half a sample before i (the last of d pulses within one
interval: half a d-th). The speed is that over the latest `SPEED_S`, or between the two latest pulses if they lie
further apart, so a dip of speed in stance is followed where the pulses come fast enough: 100 per metre and more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPEED_S = 0.03
"""Time over which the speed is taken."""
JUMP_m_s2 = 10.0
"""A belt that seems to accelerate harder …"""
JUMP_SHARE = 0.25
"""… and by more than this share of its speed, lost pulses or had some too many."""
BIN_m_s = 0.01
FASTEST_m_s = 20.0


@dataclass(frozen=True)
class BeltSpeed:
    """What the pulses of a session say of the belt's speed, whenever it moved."""

    mean_m_s: float
    """Way over time from the first to the last pulse of every segment; NaN without pulses."""
    median_m_s: float
    """Half of the way was run slower; NaN without pulses."""
    dip_pct: float
    """How far the slowest per cent of the way lies below the median, % of it; NaN without pulses."""
    jumps: int
    """Changes of speed that no belt makes: pulses lost or too many."""


class BeltTravel:
    """Turns pulse counts into metres.

    Args:
        pulses_per_m: Pulses per metre of belt travel.
        sample_rate_Hz: Sampling rate, Hz.
    """

    def __init__(self, pulses_per_m: float, sample_rate_Hz: float) -> None:
        self._metre = 1.0 / pulses_per_m
        self._rate = sample_rate_Hz
        self._window = SPEED_S * sample_rate_Hz
        self._bins = np.zeros(math.ceil(FASTEST_m_s / BIN_m_s) + 1, np.int64)
        self._jumps = 0
        self._closed = np.zeros(2)  # pulses and samples of the segments that are over
        self._empty()

    def feed(self, belt: Ints, gap_rows: Sequence[int] = ()) -> Floats:
        """Take the next samples.

        Args:
            belt: (n,) pulse counts, unwrapped.
            gap_rows: Ascending rows of this chunk before which data are missing or the device restarted.

        Returns:
            (n,) way since the segment's first sample, m; NaN until two pulses told the speed.
        """
        parts = []
        for number, (start, stop) in enumerate(pairwise([0, *gap_rows, belt.size])):
            if number:
                self._restart()
            parts.append(self._feed_segment(belt[start:stop]))
        return np.concatenate(parts)

    @property
    def speed(self) -> BeltSpeed:
        """What was seen of the belt's speed so far."""
        total = int(self._bins.sum())
        if not total:
            return BeltSpeed(math.nan, math.nan, math.nan, self._jumps)
        share = np.cumsum(self._bins) / total
        median, slow = (BIN_m_s * (int(np.searchsorted(share, q)) + 0.5) for q in (0.5, 0.01))
        pulses, samples = self._closed + self._run()
        mean = pulses * self._metre * self._rate / samples
        return BeltSpeed(mean, median, 100.0 * (1.0 - slow / median), self._jumps)

    def _restart(self) -> None:
        """The next sample begins a new segment."""
        self._closed += self._run()
        self._empty()

    def _run(self) -> Floats:
        """Pulses and samples from the first to the last pulse of this segment."""
        if not self._when.size:
            return np.zeros(2)
        return np.array([self._count[-1], self._when[-1]]) - self._begun

    def _empty(self) -> None:
        self._seen = 0
        self._first = self._latest = 0
        self._begun = np.zeros(2)  # count and sample of the segment's first pulse
        self._when = np.empty(0)  # the latest pulses: sample …
        self._count = np.empty(0, np.int64)  # … and count
        self._velocity = np.empty(0)  # … and speed then, pulses per sample; NaN for a segment's first

    def _feed_segment(self, belt: Ints) -> Floats:
        if not belt.size:
            return np.empty(0)
        if not self._seen:
            self._first = self._latest = int(belt[0])
        count = belt - self._first
        step = np.diff(count, prepend=self._latest - self._first)
        rows = np.flatnonzero(step > 0)
        self._add_pulses(self._seen + rows - 0.5 / step[rows], count[rows])
        sample = np.arange(self._seen, self._seen + belt.size)
        last = self._when.size - rows.size - 1 + np.cumsum(step > 0)  # the latest pulse at each sample
        self._seen += belt.size
        self._latest = int(belt[-1])
        way = np.full(belt.size, np.nan)
        known = last >= 0
        pulse = last[known]
        ahead = np.minimum(self._velocity[pulse] * (sample[known] - self._when[pulse]), 1.0)
        way[known] = (self._count[pulse] + ahead) * self._metre
        self._forget()
        return way

    def _add_pulses(self, when: Floats, count: Ints) -> None:
        """Speed at each new pulse over the latest `SPEED_S`, or since the pulse before it."""
        known = self._when.size
        if not known and when.size:
            self._begun = np.array([count[0], when[0]])
        self._when = np.concatenate((self._when, when))
        self._count = np.concatenate((self._count, count))
        new = np.arange(known, self._when.size)
        base = np.minimum(np.searchsorted(self._when, when - self._window), new - 1)
        first = base < 0
        base = np.maximum(base, 0)
        pulses, samples = self._count[new] - self._count[base], self._when[new] - self._when[base]
        velocity = np.where(first, np.nan, pulses / np.where(first, 1.0, samples))
        self._velocity = np.concatenate((self._velocity, velocity))
        self._judge(known)

    def _judge(self, first: int) -> None:
        """Enter the pulses from `first` on into the tally of speeds, and look for jumps."""
        new = np.arange(max(first, 1), self._when.size)
        if not new.size:
            return
        pulses, samples = self._count[new] - self._count[new - 1], self._when[new] - self._when[new - 1]
        speed = self._velocity[new] * self._metre * self._rate
        bins = np.minimum((speed / BIN_m_s).astype(np.int64), self._bins.size - 1)
        np.add.at(self._bins, bins, pulses)
        before = self._velocity[new - 1] * self._metre * self._rate
        change = np.abs(speed - before)
        jump = (change > JUMP_m_s2 * samples / self._rate) & (change > JUMP_SHARE * np.maximum(speed, before))
        self._jumps += int(np.count_nonzero(jump))

    def _forget(self) -> None:
        """Keep the pulses that later speeds need: those within `SPEED_S` of the latest, and one before."""
        if self._when.size:
            keep = max(int(np.searchsorted(self._when, self._when[-1] - self._window)) - 1, 0)
            keep = min(keep, self._when.size - 2) if self._when.size > 1 else 0
            self._when, self._count, self._velocity = self._when[keep:], self._count[keep:], self._velocity[keep:]
