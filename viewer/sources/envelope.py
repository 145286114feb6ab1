"""Smallest and largest force in stretches of samples, and how a trace is drawn from them.

Stretches are counted from sample 0 of the session, never from the edge of the window: so the same signal gives the same
picture live and replayed, and a picture that scrolls moves as a whole.
"""

import numpy as np
from numpy.typing import NDArray

from viewer.source import Samples

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

SHOWN = slice(0, 3)
"""Rows of the wrench that are drawn as curves: Fx, Fy, Fz."""


def bucket_starts(start: int, stop: int, bucket: int) -> Ints:
    """First samples of the buckets that hold any of the samples start … stop − 1, multiples of `bucket`."""
    return np.arange(start // bucket, -(-stop // bucket), dtype=np.int64) * bucket if stop > start else _NO_INTS


_NO_INTS = np.empty(0, np.int64)


def extremes(values: Floats, positions: Ints) -> tuple[Floats, Floats]:
    """Smallest and largest value of consecutive stretches.

    Args:
        values: (..., n); NaN counts as missing.
        positions: (m,) where each stretch begins; it ends where the next one begins, the last at n.

    Returns:
        Two of (..., m); NaN where every value of a stretch is missing.
    """
    if not positions.size:
        empty = np.empty((*values.shape[:-1], 0), values.dtype)
        return empty, empty
    return np.fmin.reduceat(values, positions, axis=-1), np.fmax.reduceat(values, positions, axis=-1)


def envelope(samples: Samples, start: int, stop: int, bucket: int) -> tuple[Ints, Floats, Floats]:
    """Smallest and largest force in buckets of samples.

    Args:
        samples: What there is.
        start: Number of the first sample wanted.
        stop: Number behind the last one.
        bucket: Samples per bucket; a bucket begins at each multiple of it.

    Returns:
        (m,) numbers of the buckets' first samples, (belts, 3, m) smallest and largest Fx, Fy, Fz in N of those samples
        that were asked for and are there; NaN where all are missing.
    """
    start = max(start, samples.start)
    stop = max(start, min(stop, samples.start + samples.wrench.shape[-1]))
    starts = bucket_starts(start, stop, bucket)
    values = samples.wrench[:, SHOWN, start - samples.start : stop - samples.start]
    return starts, *extremes(values, np.maximum(starts - start, 0))


def columns_of(values: Floats, start: int, edges: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Smallest and largest value that a line through the samples takes in each pixel column.

    A column holds the line at its left edge and the samples within it, so that it can hold none, one or some dozens.

    Args:
        values: (..., n) samples start … start + n − 1; NaN where missing.
        start: Number of the first of them.
        edges: (m + 1,) left edges of the columns and the right edge of the last one, in samples.

    Returns:
        Two of (..., m); NaN where nothing is known.
    """
    n = values.shape[-1]
    if not n:
        empty = np.full((*values.shape[:-1], edges.size - 1), np.nan, values.dtype)
        return empty, empty
    line = _line_at(values, edges[:-1] - start)
    inner = np.clip(np.ceil(edges).astype(np.int64) - start, 0, n)
    holds = np.diff(inner) > 0
    lo, hi = line.copy(), line
    if holds.any():
        least, most = extremes(values[..., : inner[-1]], inner[:-1][holds])
        lo[..., holds], hi[..., holds] = np.fmin(lo[..., holds], least), np.fmax(hi[..., holds], most)
    return lo, hi


def _line_at(values: Floats, at: NDArray[np.float64]) -> Floats:
    """The straight line between samples; NaN outside and beside a missing one."""
    n = values.shape[-1]
    left = np.floor(at).astype(np.int64)
    part = (at - left).astype(values.dtype)
    before, after = values[..., np.clip(left, 0, n - 1)], values[..., np.clip(left + 1, 0, n - 1)]
    known = (left >= 0) & (left + (part > 0) < n)
    return np.where(known, np.where(part > 0, before + part * (after - before), before), np.float32(np.nan))


def strokes(top: Floats, bottom: Floats) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Vertical strokes, one pixel wide, that join into one unbroken trace.

    Args:
        top: (m,) rows of the largest values, counted downwards; NaN where the trace is interrupted.
        bottom: (m,) rows of the smallest.

    Returns:
        (m,) first and last row of each stroke, and whether there is one.
    """
    there = np.isfinite(top) & np.isfinite(bottom)
    first = np.where(there, np.floor(top), 0).astype(np.int64)
    last = np.where(there, np.floor(bottom), 0).astype(np.int64)
    joined = there[1:] & there[:-1]
    falls, rises = joined & (first[1:] > last[:-1] + 1), joined & (last[1:] < first[:-1] - 1)
    begin, end = first.copy(), last.copy()
    begin[1:][falls] = last[:-1][falls] + 1
    end[1:][rises] = first[:-1][rises] - 1
    return begin, end, there
