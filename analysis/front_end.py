"""The first stages of the pipeline: from channel values to the filtered wrench of every belt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.assembler import Marks
from analysis.deck import wrench_taps
from analysis.deskew import deskew_filter
from analysis.filters import LinearPhaseFIR, weighing_taps
from analysis.flags import widen
from analysis.setup import Setup
from analysis.spikes import SpikeGuard
from analysis.wrench import apply_matrix

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Filtered:
    """What one call gave out."""

    channels: Floats
    """(C, n) channel values that went in, one sample behind the stream, each as it was read."""
    wrench: Floats
    """(belts, 6, m) filtered, not zeroed, N and N·m."""
    marks: Marks
    """Of the m filtered samples."""


class FrontEnd:
    """Marks wrong readings, brings the channels to one moment, applies the cell matrices, and filters.

    Low-pass and deck compensation are one filter. Channels that were sampled at once go to the matrices as they are.
    """

    def __init__(self, setup: Setup) -> None:
        self._belts = setup.belts
        self._guard = SpikeGuard([belt.matrix for belt in setup.belts], setup.sample_rate_Hz)
        self._deskew = deskew_filter(setup.belts, setup.sample_rate_Hz, setup.skew_s)
        taps = np.tile(_taps(setup), (len(setup.belts), 1))
        self._fir = LinearPhaseFIR(taps, len(taps))
        self.half = self._fir.half + (self._deskew.half if self._deskew is not None else 0)
        """Delay of the filters, samples."""
        self._tail = Marks.none()

    def feed(self, channels: NDArray[np.generic], marks: Marks) -> Filtered:
        """Take the next samples.

        Args:
            channels: (n, C) channel values.
            marks: Of these samples; flags as the device gave them.

        Returns:
            What left the filter.
        """
        rows, flags = self._guard.feed(channels, marks.flags)
        return self._filter(rows, Marks(marks.tick, flags, marks.travel_m))

    def finish(self) -> Filtered:
        """End the segment and prepare for the next.

        Returns:
            What the sample that was held back for its neighbour brings.
        """
        rows, flags = self._guard.finish()
        rest = self._filter(rows, Marks(np.empty(0, np.int64), flags, np.empty(0)))
        self._fir.reset()
        if self._deskew is not None:
            self._deskew.reset()
        self._tail = Marks.none()
        return rest

    def _filter(self, rows: Floats, marks: Marks) -> Filtered:
        at_once = rows if self._deskew is None else self._deskew.feed(rows)
        wrench = np.concatenate([apply_matrix(belt.matrix, at_once) for belt in self._belts])
        filtered = self._fir.feed(wrench)
        marks = self._align(marks, filtered.shape[1])
        return Filtered(rows, filtered.reshape(len(self._belts), 6, -1), marks)

    def _align(self, marks: Marks, ready: int) -> Marks:
        """Marks of the filtered samples, which lag by half the filters; the flags widened as these spread them."""
        half = self.half
        tick, flags, travel = (
            np.concatenate((getattr(self._tail, name), getattr(marks, name))) for name in ("tick", "flags", "travel_m")
        )
        self._tail = Marks(tick[ready:], flags[ready:], travel[ready:])
        if not ready:
            return Marks.none()
        own = slice(half, half + ready)
        return Marks(tick[own], widen(flags[: ready + 2 * half], half), travel[own])


def _taps(setup: Setup) -> Floats:
    """(6, 2·half + 1) filter of each component."""
    if setup.static_only:  # it may be too slow for the protocol's cutoff
        return np.tile(weighing_taps(setup.sample_rate_Hz), (6, 1))
    return wrench_taps(setup.protocol, setup.sample_rate_Hz, setup.deck)
