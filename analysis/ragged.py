"""Sums, extremes and integrals over many windows of one signal at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Span:
    """Where each contact begins and ends, in fractional samples after an origin near by."""

    origin: Ints
    """(k,) sample from which the positions are counted."""
    touchdown: Floats
    """(k,) beginning, in samples after `origin`."""
    toe_off: Floats
    """(k,) end, in samples after `origin`."""

    @property
    def first(self) -> Ints:
        """(k,) first sample within."""
        return self.origin + np.ceil(self.touchdown).astype(np.int64)

    @property
    def last(self) -> Ints:
        """(k,) last sample within."""
        return self.origin + np.floor(self.toe_off).astype(np.int64)


def ragged_index(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Indices of many slices laid end to end.

    Args:
        starts: (k,) first index of each slice.
        lengths: (k,) its length.

    Returns:
        Index of each element, and where each slice begins in the result.
    """
    offsets = np.cumsum(lengths) - lengths
    index = np.arange(int(lengths.sum())) + np.repeat(starts - offsets, lengths)
    return index, offsets


def _reduce(function: np.ufunc, signal: Floats, first: Ints, last: Ints) -> Floats:
    """Apply a ufunc over signal[first … last] (both included) for every window; windows must not be empty."""
    if not first.size:
        return np.empty(0)
    if int(last.max()) + 1 >= signal.size:
        signal = np.append(signal, 0.0)
    bounds = np.column_stack((first, last + 1)).ravel()
    result: Floats = function.reduceat(signal, bounds)[::2]
    return result


def window_max(signal: Floats, first: Ints, last: Ints) -> Floats:
    """Largest value of each window signal[first … last], both ends included."""
    return _reduce(np.maximum, signal, first, last)


def window_min(signal: Floats, first: Ints, last: Ints) -> Floats:
    """Smallest value of each window signal[first … last], both ends included."""
    return _reduce(np.minimum, signal, first, last)


def window_sum(signal: Floats, first: Ints, last: Ints) -> Floats:
    """Sum over each window signal[first … last], both ends included."""
    return _reduce(np.add, signal, first, last)


def value_at(signal: Floats, origin: Ints, position: Floats) -> Floats:
    """Value between samples, linearly interpolated.

    Args:
        signal: (n,) samples.
        origin: (k,) sample from which each position is counted.
        position: (k,) fractional samples after `origin`.

    Returns:
        (k,) values.
    """
    whole = np.floor(position)
    before = np.minimum(origin + whole.astype(np.int64), signal.size - 2)
    low = signal[before]
    value: Floats = low + (signal[before + 1] - low) * (position - (before - origin))
    return value


def integrate(signal: Floats, origin: Ints, start: Floats, stop: Floats) -> Floats:
    """Trapezoidal integral between fractional positions, in signal units × samples.

    Args:
        signal: (n,) samples.
        origin: (k,) sample from which the positions are counted.
        start: (k,) lower bounds in samples after `origin`.
        stop: (k,) upper bounds, at least one sample later.

    Returns:
        (k,) integrals.
    """
    first, last = np.ceil(start), np.floor(stop)
    first_sample, last_sample = origin + first.astype(np.int64), origin + last.astype(np.int64)
    at_first, at_last = signal[first_sample], signal[last_sample]
    whole = _reduce(np.add, signal, first_sample, last_sample) - 0.5 * (at_first + at_last)
    head = 0.5 * (value_at(signal, origin, start) + at_first) * (first - start)
    tail = 0.5 * (value_at(signal, origin, stop) + at_last) * (stop - last)
    total: Floats = whole + head + tail
    return total


def stance_grid(signal: Floats, span: Span, points: int) -> Floats:
    """Every stance at equally spaced times from touchdown to toe-off, linearly interpolated.

    Each value depends on its own two samples only, so rows do not depend on what else is in the batch.

    Args:
        signal: (n,) samples.
        span: Where each of k contacts begins and ends.
        points: Number of times, both ends included.

    Returns:
        (k, points) values.
    """
    share = np.linspace(0.0, 1.0, points)
    length = span.toe_off - span.touchdown
    position = span.touchdown[:, None] + length[:, None] * share
    origin = np.repeat(span.origin, points)
    return value_at(signal, origin, position.ravel()).reshape(-1, points)
