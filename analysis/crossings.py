"""The first crossing of a level in each of many windows; the last one is in `analysis.events`."""

import numpy as np
from numpy.typing import NDArray

from analysis.ragged import ragged_index

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def first_crossing(signal: Floats, level: Floats, first: Ints, last: Ints, origin: Ints, *, rising: bool) -> Floats:
    """Position of the first crossing of a level within each of many windows, linearly interpolated.

    Args:
        signal: (n,) samples.
        level: (k,) level of each window.
        first: (k,) the crossing's far-side sample lies after this sample …
        last: (k,) … and at or before this one.
        origin: (k,) sample from which the position is counted, near by so that rounding does not depend on the batch.
        rising: Upward crossings (below, then at or above) or downward ones (at or above, then below).

    Returns:
        (k,) positions in samples after `origin`, NaN where a window has no crossing.
    """
    lengths = np.maximum(last - first, 0)
    found = np.full(first.size, np.nan)
    index, _ = ragged_index(first + 1, lengths)
    window = np.repeat(np.arange(first.size), lengths)
    above = signal[index] >= level[window]
    above_before = signal[index - 1] >= level[window]
    hits = np.flatnonzero(above & ~above_before if rising else ~above & above_before)
    has, earliest = np.unique(window[hits], return_index=True)  # hits ascend, so these are the first of each
    far = index[hits[earliest]]
    before, after = signal[far - 1], signal[far]
    found[has] = (far - origin[has]) - (after - level[has]) / (after - before)
    return found
