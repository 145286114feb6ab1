"""Local maxima of many stances at once.

`scipy.signal.find_peaks` called stance by stance spends its time on the calls. Here one call sees the whole stream
with an infinite sample set on either side of each stance: no maximum can then lie at a stance's edge, and no
prominence can look beyond it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 1 << 15
"""Samples worked on at a time."""


@dataclass(frozen=True)
class Peaks:
    """Every local maximum of every stance, in order of stance and position."""

    stance: Ints
    """(p,) number of the stance."""
    position: Ints
    """(p,) sample within its stance; the middle one (rounded down) of a plateau."""
    height: Floats
    """(p,) value there, in the signal's unit."""
    prominence: Floats
    """(p,) height above the higher of the two lowest points that part it from higher ground, within its stance."""


def stance_peaks(signal: Floats, starts: Ints, stops: Ints) -> Peaks:
    """Local maxima with prominence, equal to `scipy.signal.find_peaks(signal[a:b], prominence=0)` for each stance.

    Args:
        signal: (n,) finite samples.
        starts: (k,) first sample of each stance, ascending.
        stops: (k,) one past its last sample; stances may touch, but not overlap.

    Returns:
        The peaks; plateaus count once, in their middle.

    Raises:
        AnalysisError: Stances overlap or are not in order.
    """
    starts = np.asarray(starts, np.int64)
    stops = np.asarray(stops, np.int64)
    number = np.flatnonzero(stops > starts)
    starts, stops = starts[number], stops[number]
    if np.any(starts[1:] < stops[:-1]):
        raise AnalysisError("stances", expected="slices in order that do not overlap", seen="an overlap")
    if not np.any(starts[1:] == stops[:-1]):
        return Peaks(*_parted_peaks(signal, starts, stops, number))
    # Touching stances leave no room for a separator, but every other one has its neighbour as room.
    halves = [_parted_peaks(signal, starts[i::2], stops[i::2], number[i::2]) for i in (0, 1)]
    columns = [np.concatenate(pair) for pair in zip(*halves, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return Peaks(*(column[order] for column in columns))


def _parted_peaks(signal: Floats, starts: Ints, stops: Ints, number: Ints) -> tuple[NDArray[Any], ...]:
    """Peaks of stances between which at least one sample lies, block by block so that the copy stays in the cache."""
    if not starts.size:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0)
    firsts = np.flatnonzero(np.diff(starts // BLOCK, prepend=-1))
    lasts = np.append(firsts[1:], starts.size)
    blocks = [_block_peaks(signal, starts[a:b], stops[a:b], number[a:b]) for a, b in zip(firsts, lasts, strict=True)]
    return tuple(np.concatenate(column) for column in zip(*blocks, strict=True))


def _block_peaks(signal: Floats, starts: Ints, stops: Ints, number: Ints) -> tuple[NDArray[Any], ...]:
    from scipy.signal import find_peaks, peak_prominences

    base = int(starts[0]) - 1
    parted = np.full(int(stops[-1]) - base + 1, np.inf)
    parted[1:-1] = signal[base + 1 : stops[-1]]
    starts, stops = starts - base, stops - base
    parted[starts - 1] = np.inf
    parted[stops] = np.inf
    found, _ = find_peaks(parted)
    which = np.searchsorted(starts, found, side="right") - 1  # the leading separator keeps it at 0 or above
    inside = found < stops[which]
    found, which = found[inside], which[inside]
    prominence = peak_prominences(parted, found)[0] if found.size else np.empty(0)
    return number[which], found - starts[which], parted[found], prominence
