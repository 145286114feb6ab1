"""The force as pixel columns: which samples each column holds, and a store of those that will not change any more."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.source import Source
from viewer.sources.envelope import SHOWN, columns_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

FINE = 32.0
"""Up to so many samples per column they are looked at one by one; above, in buckets of a round number of samples."""
CONTACT_S = 0.1
"""In longer columns contacts could not be told apart."""
PAUSE_S, MOST_PAUSE_S = 0.01, 1.0
"""What a recording did not give is asked for again after this pause; it doubles while nothing comes."""
MOST_TOOK_S = 0.2
"""Longest pause for the sake of what a look costs; the first one after a seek waits, and costs nothing."""
EPS = 1e-6
"""Of a sample: seconds times rate are not whole by so much."""


@dataclass(frozen=True)
class Grid:
    """Columns counted from sample 0: column c holds the samples from c · step up to the next column."""

    rate_Hz: float
    """Samples per second."""
    step: float
    """Samples per column."""
    bucket: int
    """The same as a whole number, if the columns are buckets; else 0."""

    @property
    def contacts(self) -> bool:
        """Whether contacts can be told apart."""
        return self.step <= CONTACT_S * self.rate_Hz

    def right(self, time_s: float) -> int:
        """Number of the first column that begins at a moment or later."""
        return math.ceil(time_s * self.rate_Hz / self.step - EPS)

    def column(self, time_s: NDArray[np.floating[Any]]) -> Ints:
        """Columns in which moments lie."""
        return np.asarray(np.floor(time_s * self.rate_Hz / self.step + EPS), np.int64)

    def complete(self, stop: int) -> int:
        """Number of columns that need no sample from number `stop` on, nor the one before."""
        return math.floor((stop - 2) / self.step)

    def seconds(self, column: float) -> float:
        """Moment of a column's left edge."""
        return column * self.step / self.rate_Hz


def grid_for(span_s: float, rate_Hz: float, width: int) -> Grid:
    """Columns that show a span of time.

    Args:
        span_s: What shall be seen, s; in buckets it becomes up to 3 % more.
        rate_Hz: Samples per second.
        width: Columns there are.

    Returns:
        The grid.
    """
    step = span_s * rate_Hz / max(1, width)
    if step < FINE:
        return Grid(rate_Hz, step, 0)
    unit = 4 ** int(math.log(step / FINE, 4) + 1e-9)
    bucket = math.ceil(step / unit - 1e-9) * unit
    return Grid(rate_Hz, float(bucket), bucket)


@dataclass(frozen=True)
class Columns:
    """What consecutive columns hold."""

    begin: int
    """Number of the first one."""
    lo: Floats
    """(belts, 3, n) least Fx, Fy, Fz, N; NaN where all is missing."""
    hi: Floats
    """(belts, 3, n) greatest."""
    contact: Bools
    """(belts, n) whether a foot is on the belt at the column's left edge."""

    @property
    def end(self) -> int:
        """Number behind the last one."""
        return self.begin + int(self.contact.shape[-1])

    @property
    def missing(self) -> Bools:
        """(n,) columns of which nothing is known."""
        return np.asarray(np.isnan(self.hi[:, 2]).all(axis=0))

    def cut(self, begin: int, end: int) -> "Columns":
        """Those from number `begin` up to `end`, which lie within."""
        here = slice(begin - self.begin, end - self.begin)
        return Columns(begin, self.lo[..., here], self.hi[..., here], self.contact[:, here])


def join(parts: list[Columns]) -> Columns:
    """One of several that follow each other."""
    if len(parts) == 1:
        return parts[0]
    lo, hi = (np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in ("lo", "hi"))
    return Columns(parts[0].begin, lo, hi, np.concatenate([part.contact for part in parts], axis=-1))


def read_columns(source: Source, grid: Grid, begin: int, end: int, stop: int) -> Columns:
    """Make columns from samples.

    Args:
        source: Has the samples.
        grid: Which samples each column holds.
        begin: Number of the first column.
        end: Number behind the last one.
        stop: Number behind the last sample to be used.

    Returns:
        The columns.
    """
    edges: NDArray[np.float64] = np.arange(begin, end + 1) * np.float64(grid.step)
    contact = np.zeros((len(source.facts.belts), end - begin), np.bool_)
    if grid.bucket and not grid.contacts:
        return _from_buckets(source, grid, begin, end, stop, contact)
    first, last = max(0, math.floor(edges[0])), min(stop, math.ceil(edges[-1]) + 1)
    half = 0.5 / grid.rate_Hz  # the samples' own numbers, however seconds are rounded
    samples = source.samples(first / grid.rate_Hz - half, max(first, last) / grid.rate_Hz - half)
    n = samples.wrench.shape[-1]
    at = np.floor(edges[:-1]).astype(np.int64) - samples.start
    if n:
        contact = samples.contact[:, np.clip(at, 0, n - 1)] & (at >= 0) & (at < n)
    if grid.bucket:
        return _from_buckets(source, grid, begin, end, stop, contact)
    return Columns(begin, *columns_of(samples.wrench[:, SHOWN], samples.start, edges), contact)


def _from_buckets(source: Source, grid: Grid, begin: int, end: int, stop: int, contact: Bools) -> Columns:
    index, low, high = source.envelope(max(0, begin) * grid.bucket, min(end * grid.bucket, stop), grid.bucket)
    lo = np.full((contact.shape[0], 3, end - begin), np.nan, np.float32)
    hi = lo.copy()
    at = index // grid.bucket - begin
    lo[..., at], hi[..., at] = low, high
    return Columns(begin, lo, hi, contact)


def _completed(source: Source, grid: Grid, begin: int, end: int, stop: int, kept: Columns) -> Columns:
    """What is known already, and what is new on either side of it."""
    parts = [kept]
    if begin < kept.begin:
        parts.insert(0, read_columns(source, grid, begin, kept.begin, stop))
    if kept.end < end:
        parts.append(read_columns(source, grid, kept.end, end, stop))
    return join(parts)


class ColumnStore:
    """Keeps the columns on the screen, so that a frame makes only the few that are new."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._kept: Columns | None = None
        self._final = 0
        self.incomplete = self._filling = False
        self._again_s = -math.inf
        self._pause_s = PAUSE_S

    def get(self, source: Source, grid: Grid, begin: int, end: int, now_s: float) -> Columns:
        """The columns on the screen.

        Args:
            source: Where they come from.
            grid: Which samples each column holds.
            begin: Number of the first column.
            end: Number behind the last one.
            now_s: Samples from this moment on are not shown yet.

        Returns:
            Columns begin … end − 1.
        """
        stop = math.ceil(now_s * grid.rate_Hz - EPS)
        # The table of a recording may come late, and the force is zeroed again by it.
        key = (source, source.take, grid, -1 if source.live else source.table.rows)
        kept = self._kept if key == self._key else None
        final = min(self._final, grid.complete(stop), end)
        begun = time.monotonic()
        again = self.incomplete and begun >= self._again_s
        if kept is None or begin >= final or end <= kept.begin or again:
            columns = read_columns(source, grid, begin, end, stop)
            self._plan(columns, kept if again else None, time.monotonic() - begun)
        elif self._filling and kept.begin <= begin and end <= kept.end:
            return kept.cut(begin, end)  # asking for the newest alone would say that the rest is not wanted any more
        else:
            columns = _completed(source, grid, begin, end, stop, kept.cut(max(begin, kept.begin), final))
        there = math.floor(source.last_s * grid.rate_Hz + EPS)
        # A recording hands out what it has and goes on reading.
        inside = slice(max(0, grid.right(source.first_s) - begin), max(0, grid.complete(min(stop, there)) - begin))
        self.incomplete = not source.live and bool(columns.missing[inside].any())
        self._key, self._kept, self._final = key, columns, min(end, grid.complete(min(stop, there)))
        return columns

    def _plan(self, columns: Columns, before: Columns | None, took_s: float) -> None:
        """When to ask again: soon while there is more each time, rarely for what is missing for ever or costs much."""
        more = 0 if before is None else int(before.missing.sum()) - int(columns.missing.sum())
        self._filling = more > 0
        self._pause_s = PAUSE_S if before is None or more else min(MOST_PAUSE_S, 2 * self._pause_s)
        self._again_s = time.monotonic() + max(self._pause_s, min(MOST_TOOK_S, 10 * took_s))
