"""Threshold events on a stream: a Schmitt trigger and sub-sample crossings, without a loop over samples."""

import numpy as np
from numpy.typing import NDArray

from analysis.ragged import ragged_index

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEAR = 48
"""Samples before a window's end in which its last crossing is looked for first: it is nearly always there."""


class SchmittTrigger:
    """Two-threshold comparator over a stream: high at or above `on`, low below `off`, unchanged between."""

    def __init__(self, on: float, off: float) -> None:
        self.on = on
        self.off = off
        self.reset()

    def reset(self) -> None:
        """Forget the state: the next sample starts a new segment."""
        self._state: bool | None = None
        self._seen = 0

    def feed(self, signal: Floats) -> tuple[Ints, Bools]:
        """Find the switches in the next samples.

        Before the first decisive sample the trigger counts as high unless the force is below `off`: a contact that
        was under way when the stream began must not pass for a touchdown.

        Args:
            signal: (n,) consecutive samples.

        Returns:
            Absolute index of each switch since `reset`, and whether it goes high. They alternate.
        """
        if signal.size == 0:
            return np.empty(0, np.int64), np.empty(0, np.bool_)
        if self._state is None:
            self._state = bool(signal[0] >= self.off)
        high = signal >= self.on
        low = signal < self.off
        rises = np.flatnonzero(high[1:] & ~high[:-1]) + 1
        falls = np.flatnonzero(low[1:] & ~low[:-1]) + 1
        rises = np.concatenate(([0], rises)) if high[0] else rises
        falls = np.concatenate(([0], falls)) if low[0] else falls
        where = np.concatenate((rises, falls))
        up = np.concatenate((np.ones(rises.size, np.bool_), np.zeros(falls.size, np.bool_)))
        order = np.argsort(where, kind="stable")
        where, up = where[order], up[order]
        before = np.concatenate(([self._state], up[:-1]))
        kept = up != before
        if up.size:
            self._state = bool(up[-1])
        start, self._seen = self._seen, self._seen + signal.size
        return where[kept].astype(np.int64) + start, up[kept]

    def states(self, signal: Floats) -> Bools:
        """Take the next samples as `feed` does, and give the state after each of them, (n,)."""
        start, before = self._seen, self._state
        where, up = self.feed(signal)
        if before is None:  # `feed` set it from the first sample; switches alternate, so the first one tells
            before = not up[0] if up.size else bool(self._state)
        lengths = np.diff(np.concatenate(([0], where - start, [signal.size])))
        return np.repeat(np.concatenate(([before], up)), lengths)


def last_crossing(signal: Floats, level: Floats, first: Ints, last: Ints, origin: Ints, *, rising: bool) -> Floats:
    """Position of the last crossing of a level within each of many windows, linearly interpolated.

    Args:
        signal: (n,) samples.
        level: (k,) level of each window.
        first: (k,) the crossing's far-side sample lies after this sample …
        last: (k,) … and at or before this one. Windows may not overlap.
        origin: (k,) sample from which the position is counted. A position counted from near by rounds the same
            wherever in the signal the window lies, so the result does not depend on how steps were batched.
        rising: Upward crossings (below, then at or above) or downward ones (at or above, then below).

    Returns:
        (k,) positions in samples after `origin`, NaN where a window has no crossing.
    """
    near = np.maximum(first, last - NEAR)
    found = _last_within(signal, level, near, last, origin, rising=rising)
    further = np.flatnonzero(np.isnan(found) & (near > first))
    if further.size:
        found[further] = _last_within(
            signal, level[further], first[further], near[further], origin[further], rising=rising
        )
    return found


def first_crossing(signal: Floats, level: Floats, first: Ints, last: Ints, origin: Ints, *, rising: bool) -> Floats:
    """Position of the first crossing of a level within each of many windows; arguments as in `last_crossing`."""
    index, window, hits = _crossings(signal, level, first, last, rising=rising)
    has, earliest = np.unique(window[hits], return_index=True)  # hits ascend, so these are the first of each
    return _positions(signal, level, origin, has, index[hits[earliest]])


def _last_within(signal: Floats, level: Floats, first: Ints, last: Ints, origin: Ints, *, rising: bool) -> Floats:
    """As `last_crossing`, looking at every sample of the windows."""
    index, window, hits = _crossings(signal, level, first, last, rising=rising)
    last_hit = np.full(first.size, -1)
    last_hit[window[hits]] = hits  # later hits overwrite earlier ones
    has = np.flatnonzero(last_hit >= 0)
    return _positions(signal, level, origin, has, index[last_hit[has]])


def _crossings(signal: Floats, level: Floats, first: Ints, last: Ints, *, rising: bool) -> tuple[Ints, Ints, Ints]:
    """Samples of all windows laid end to end, the window of each, and at which of them the level is crossed."""
    lengths = np.maximum(last - first, 0)
    index, _ = ragged_index(first + 1, lengths)
    window = np.repeat(np.arange(first.size), lengths)
    above = signal[index] >= level[window]
    above_before = signal[index - 1] >= level[window]
    return index, window, np.flatnonzero(above & ~above_before if rising else ~above & above_before)


def _positions(signal: Floats, level: Floats, origin: Ints, windows: Ints, far: Ints) -> Floats:
    """Interpolated positions of crossings whose far-side samples are known; NaN for the other windows."""
    found = np.full(level.size, np.nan)
    before, after = signal[far - 1], signal[far]
    found[windows] = (far - origin[windows]) - (after - level[windows]) / (after - before)
    return found
