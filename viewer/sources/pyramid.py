"""Smallest and largest values of buckets of 4, 16, 64 … samples, kept up to date while samples come."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FOLD = 4
"""Buckets of one level that make a bucket of the next."""
LEVELS = 6
"""Levels above the samples."""
LARGEST = FOLD**LEVELS
"""Samples in the largest bucket, 4096."""


class Pyramid:
    """Extremes of signals in circular arrays.

    Each level holds the least value and the least negated value, so that one operation folds both.
    """

    def __init__(self, rows: int, capacity: int) -> None:
        """Make room; memory is taken when it is first written to.

        Args:
            rows: Signals.
            capacity: Samples before the arrays go round, a multiple of LARGEST.
        """
        self._levels = [np.empty((2, rows, capacity // FOLD**k), np.float32) for k in range(1, LEVELS + 1)]

    @property
    def nbytes(self) -> int:
        """Bytes when every page has been written to."""
        return sum(level.nbytes for level in self._levels)

    def update(self, samples: Floats, start: int) -> None:
        """Take in new samples, and again those few that share a bucket of 4 with them.

        Args:
            samples: (rows, n) the samples; n is a multiple of 4, filled up with NaN.
            start: Number of the first one: a multiple of 4, and of LARGEST if what lies before it is not known.
        """
        fine = np.stack([samples, -samples])
        for level in self._levels:
            start //= FOLD
            put_circular(level, start, _fold(fine))
            if level is not self._levels[-1]:
                fine, start = _whole_groups(level, start, start + fine.shape[-1] // FOLD)

    def get(self, level: int, start: int, stop: int) -> tuple[Floats, Floats]:
        """Extremes of buckets.

        Args:
            level: 1 … LEVELS; a bucket holds 4^level samples.
            start: Number of the first bucket.
            stop: Number behind the last one.

        Returns:
            (rows, stop − start) smallest and largest values.
        """
        low, negated = get_circular(self._levels[level - 1], start, stop)
        return low, -negated


def _fold(values: Floats) -> Floats:
    return np.fmin(np.fmin(values[..., ::4], values[..., 1::4]), np.fmin(values[..., 2::4], values[..., 3::4]))


def _whole_groups(level: Floats, start: int, stop: int) -> tuple[Floats, int]:
    """The groups of 4 around buckets start … stop − 1, and where they begin; buckets still to come are NaN."""
    begin, end = start // FOLD * FOLD, round_up(stop, FOLD)
    fill_circular(level, stop, end, np.nan)
    return get_circular(level, begin, end), begin


def round_up(number: int, step: int) -> int:
    """The next multiple of a step."""
    return -(-number // step) * step


def put_circular(ring: Floats, start: int, values: Floats) -> None:
    """Write into the last axis of an array that goes round.

    Args:
        ring: (..., capacity) the array.
        start: Absolute number of the first value.
        values: (..., n) with n ≤ capacity.
    """
    capacity, n = ring.shape[-1], values.shape[-1]
    at = start % capacity
    first = min(n, capacity - at)
    ring[..., at : at + first] = values[..., :first]
    ring[..., : n - first] = values[..., first:]


def fill_circular(ring: Floats, start: int, stop: int, value: float) -> None:
    """Write one value into the absolute places start … stop − 1, at most once round."""
    capacity = ring.shape[-1]
    at, n = start % capacity, min(max(0, stop - start), capacity)
    ring[..., at : at + n] = value
    ring[..., : max(0, at + n - capacity)] = value


def get_circular(ring: Floats, start: int, stop: int) -> Floats:
    """Copy the absolute places start … stop − 1 of the last axis of an array that goes round."""
    capacity = ring.shape[-1]
    at, n = start % capacity, stop - start
    if at + n <= capacity:
        return ring[..., at : at + n].copy()
    return np.concatenate([ring[..., at:], ring[..., : at + n - capacity]], axis=-1)
