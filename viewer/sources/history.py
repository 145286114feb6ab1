"""What a live window remembers: the newest hour of force, and its extremes in buckets of 4, 16, 64 … samples.

At 1 kHz an hour of one belt is 87 MB of samples, 4 MB of contacts and 29 MB of extremes. Memory is taken as it is
first written to, so a short recording stays small; it never grows beyond that.
"""

import numpy as np
from numpy.typing import NDArray

from viewer.source import Samples
from viewer.sources.envelope import SHOWN, bucket_starts, extremes
from viewer.sources.pyramid import FOLD, LARGEST, LEVELS, Pyramid, fill_circular, get_circular, put_circular, round_up

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class History:
    """The newest samples by their absolute number: sample i was taken at i / rate; what is missing is NaN.

    Attributes:
        first: Number of the oldest sample that is kept.
        end: Number behind the newest one; equal to `first` if there is none.
    """

    def __init__(self, sample_rate_Hz: float, belts: int, hours: float = 1.0) -> None:
        """Make room.

        Args:
            sample_rate_Hz: Samples per second.
            belts: Number of belts.
            hours: How much is kept.
        """
        self.rate_Hz, self._belts = sample_rate_Hz, belts
        self._kept = max(1, round(hours * 3600 * sample_rate_Hz))
        # Two buckets more than is kept: the oldest and the newest one reach beyond it and are filled up with NaN.
        self._capacity = round_up(self._kept, LARGEST) + 2 * LARGEST
        self._wrench = np.empty((belts, 6, self._capacity), np.float32)
        self._contact = np.empty((belts, self._capacity), np.bool_)
        self._pyramid = Pyramid(belts * 3, self._capacity)
        self.clear()

    @property
    def nbytes(self) -> int:
        """Bytes once everything has been written to."""
        return self._wrench.nbytes + self._contact.nbytes + self._pyramid.nbytes

    def clear(self) -> None:
        """Forget everything: what comes next may begin at any number."""
        self.first = self.end = 0
        self._begun = False

    def put(self, index: Ints, wrench: Floats, contact: Bools) -> None:
        """Add samples behind those that are there; numbers left out are missing.

        Args:
            index: (n,) their numbers, ascending; of several samples with one number the last counts.
            wrench: (belts, 6, n) N and N·m.
            contact: (belts, n) whether a foot is on the belt.

        Raises:
            ValueError: If a number is smaller than one before it.
        """
        if not index.size:
            return
        if np.any(np.diff(index) < 0) or (self._begun and index[0] < self.end - 1):
            raise ValueError(f"samples go back in time: {index[:3]}… behind {self.end - 1}")
        stop = int(index[-1]) + 1
        oldest = stop - self._kept
        fresh = max(int(index[0]), oldest)
        begin = min(self.end, fresh)
        if not self._begun:
            self.first, begin = fresh, fresh // LARGEST * LARGEST
        elif self.end < oldest:  # nothing that is kept lies before it
            begin = oldest // LARGEST * LARGEST
        new = slice(int(np.searchsorted(index, fresh)), None)
        self._write(begin, stop, index[new], wrench[:, :, new], contact[:, new])
        self._begun, self.end, self.first = True, stop, max(self.first, oldest)
        self._fold(begin, stop)

    def _write(self, begin: int, stop: int, index: Ints, wrench: Floats, contact: Bools) -> None:
        """Samples begin … stop − 1: the given ones, the others missing."""
        if index[0] == begin and np.all(np.diff(index) == 1):
            put_circular(self._wrench, begin, wrench)
            self._contact[:, index % self._capacity] = contact
            return
        fill_circular(self._wrench, begin, stop, np.nan)
        self._contact[:, np.arange(begin, stop) % self._capacity] = False
        at = index % self._capacity
        self._wrench[:, :, at], self._contact[:, at] = wrench, contact

    def _fold(self, begin: int, stop: int) -> None:
        """Bring the extremes up to date."""
        begin, end = begin // FOLD * FOLD, round_up(stop, FOLD)
        fill_circular(self._wrench, stop, end, np.nan)
        self._pyramid.update(self._shown(begin, end).reshape(-1, end - begin), begin)

    def _shown(self, start: int, stop: int) -> Floats:
        return get_circular(self._wrench[:, SHOWN], start, stop)

    def _clip(self, start: int, stop: int) -> tuple[int, int]:
        start = min(max(start, self.first), self.end)
        return start, max(start, min(stop, self.end))

    def read(self, start: int, stop: int) -> Samples:
        """Copy samples.

        Args:
            start: Number of the first one wanted.
            stop: Number behind the last one.

        Returns:
            Those that are kept.
        """
        start, stop = self._clip(start, stop)
        contact = self._contact[:, np.arange(start, stop) % self._capacity]
        return Samples(start, self.rate_Hz, get_circular(self._wrench, start, stop), contact)

    def envelope(self, start: int, stop: int, bucket: int) -> tuple[Ints, Floats, Floats]:
        """Smallest and largest force in buckets of samples, the same as `viewer.envelope.envelope` of all samples.

        Args:
            start: Number of the first sample wanted.
            stop: Number behind the last one.
            bucket: Samples per bucket; quick if a high power of 4 divides it.

        Returns:
            (m,) numbers of the buckets' first samples, (belts, 3, m) smallest and largest Fx, Fy, Fz in N of those
            samples that were asked for and are kept; NaN where all are missing.
        """
        start, stop = self._clip(start, stop)
        starts = bucket_starts(start, stop, bucket)
        edges = np.maximum(starts, start)
        level = max(k for k in range(LEVELS + 1) if bucket % FOLD**k == 0)
        step = FOLD**level
        begin, end = round_up(start, step), stop // step * step
        if level == 0 or begin >= end:
            return starts, *extremes(self._shown(start, stop), edges - start)
        # Whole buckets of the pyramid, and the samples before the first and behind the last of them.
        head, tail = self._shown(start, begin), self._shown(end, stop)
        low, high = (part.reshape(self._belts, 3, -1) for part in self._pyramid.get(level, begin // step, end // step))
        places = np.where(edges <= begin, edges - start, begin - start + (edges - begin) // step)
        joined = (np.concatenate([head, part, tail], axis=-1) for part in (low, high))
        return starts, np.fmin.reduceat(next(joined), places, axis=-1), np.fmax.reduceat(next(joined), places, axis=-1)
