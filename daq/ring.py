"""Shared ring: one writer, any number of readers in any process, no locks, no torn rows.

Two counters make it safe. The writer advances `reserved` before it touches a row and `committed` after. A reader
copies first and then looks at `reserved`: whatever the writer may have touched meanwhile lies more than `capacity`
rows behind it, is cut off the copy and counted as overrun. Neither side ever waits for the other.
"""

import contextlib
import platform
import threading
from multiprocessing.shared_memory import SharedMemory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from daq.ring_segment import COUNTERS_AT, TEXT_AT, Layout, create_segment, memory_of, open_segment

_RESERVED, _COMMITTED, _ENDED = 0, 8, 16  # in 8-byte words: each counter has a cache line to itself

# Intel keeps the order of stores and of loads; Apple silicon and the Raspberry Pi may not.
_REORDERS = platform.machine().lower() not in {"x86_64", "amd64", "i386", "i686", "x86"}
_order = threading.Lock()

AnyArray = npt.NDArray[Any]


class RingRead(NamedTuple):
    """What one read of a ring gave.

    Attributes:
        data: (n, ...) rows, a copy that the writer cannot touch.
        next_index: Index of the row after the last one of `data`: the `since` of the next read.
        overrun: Rows since the last read that the writer had overwritten before they could be read.
    """

    data: AnyArray
    next_index: int
    overrun: int


def _fence() -> None:
    """Keep memory accesses before this line before those after it, on processors that reorder them."""
    for _ in range(2):  # one lock cycle may let two accesses meet inside it; two cannot
        with _order:
            pass


class Ring:
    """The newest `capacity` rows of a stream in shared memory; make one with `create` or `attach`.

    Row indices count from 0 at the first row ever pushed and never wrap.
    """

    def __init__(self, segment: SharedMemory, layout: Layout, *, owner: bool) -> None:
        self._segment, self._open = segment, True
        self._linked = self._writing = owner
        self.name, self.capacity, self.dtype = segment.name, layout.capacity, layout.dtype
        view = memory_of(segment)
        self._counters = view[COUNTERS_AT:TEXT_AT].cast("Q")
        self._rows: AnyArray = np.ndarray((self.capacity,), self.dtype, buffer=view, offset=layout.header)
        self._base, self._item = self._rows.dtype, self._rows.shape[1:]
        self._next = int(self._counters[_COMMITTED])

    @classmethod
    def create(cls, capacity: int, dtype: npt.DTypeLike, name: str | None = None) -> "Ring":
        """Make a new, empty ring, of which the caller is the one writer.

        Args:
            capacity: Rows it holds.
            dtype: Type of one row: plain, structured, or with a shape such as ("<i4", (8,)).
            name: Name of the ring; without one a free name is chosen.

        Returns:
            The ring; close and unlink it, or use it as a context manager.
        """
        return cls(*create_segment(capacity, dtype, name), owner=True)

    @classmethod
    def attach(cls, name: str, dtype: npt.DTypeLike | None = None) -> "Ring":
        """Open a ring that another process, or this one, has created; for reading only.

        Args:
            name: Name of the ring.
            dtype: Type of row that the caller relies on; without it any type is accepted.

        Returns:
            The ring.
        """
        return cls(*open_segment(name, dtype), owner=False)

    @property
    def written(self) -> int:
        """Rows pushed so far: the index of the next row."""
        return int(self._counters[_COMMITTED])

    @property
    def ended(self) -> bool:
        """Whether the writer has said that no more rows will come."""
        return bool(self._counters[_ENDED])

    def push(self, rows: AnyArray) -> None:
        """Add rows; never waits. Of a push larger than the ring, the last `capacity` rows stay.

        Args:
            rows: (n, ...) rows of exactly the ring's type.

        Raises:
            ValueError: If the rows are of another type or shape.
            RuntimeError: If this ring was attached to: only its creator writes, or if it has ended.
        """
        n = len(rows)
        if rows.dtype != self._base or rows.shape[1:] != self._item:
            raise ValueError(f"the ring holds rows of {self.dtype}, not {rows.shape} of {rows.dtype}")
        if not self._writing:
            raise RuntimeError("only the creator of a ring writes to it, and only until it ends it")
        self._next += n
        self._counters[_RESERVED] = self._next
        if n > self.capacity:
            rows, n = rows[-self.capacity :], self.capacity
        if _REORDERS:
            _fence()
        at = (self._next - n) % self.capacity
        if at + n <= self.capacity:
            self._rows[at : at + n] = rows
        else:
            first = self.capacity - at
            self._rows[at:] = rows[:first]
            self._rows[: n - first] = rows[first:]
        if _REORDERS:
            _fence()
        self._counters[_COMMITTED] = self._next

    def read(self, since: int, limit: int | None = None) -> RingRead:
        """Copy the rows from index `since` on; rows that are gone or going are counted, never returned.

        Args:
            since: Index of the first row wanted, normally `next_index` of the last read.
            limit: Most rows to return, the oldest first; all if None.

        Returns:
            The copy, where to go on, and the rows missed.

        Raises:
            ValueError: If `since` is negative or beyond what was written.
        """
        committed = self.written
        if not 0 <= since <= committed:
            raise ValueError(f"row {since} is not one of the {committed} written so far")
        start = min(max(since, int(self._counters[_RESERVED]) - self.capacity), committed)
        stop = committed if limit is None else min(committed, start + limit)
        if _REORDERS:
            _fence()
        data = self._copy(start, stop)
        if _REORDERS:
            _fence()
        first_safe = int(self._counters[_RESERVED]) - self.capacity
        if first_safe > start:
            cut = min(first_safe, stop)
            data, start = data[cut - start :], cut
        return RingRead(data, stop, start - since)

    def latest(self, n: int) -> AnyArray:
        """Copy the newest rows, as many as there are up to `n`.

        Args:
            n: Rows wanted; more than `capacity` gives `capacity` at most.

        Returns:
            (m, ...) rows, oldest first; m ≤ n.
        """
        while True:
            written = self.written
            data = self.read(max(0, written - n)).data
            if len(data) or n <= 0 or not written:
                return data[-n:] if n > 0 else data

    def _copy(self, start: int, stop: int) -> AnyArray:
        out = np.empty((stop - start, *self._item), self._base)
        at = start % self.capacity
        first = min(len(out), self.capacity - at)
        out[:first] = self._rows[at : at + first]
        out[first:] = self._rows[: len(out) - first]
        return out

    def reader(self, since: int | None = None) -> "RingReader":
        """Start reading.

        Args:
            since: Index of the first row wanted; None for the oldest row still held.

        Returns:
            A reader that remembers its place.
        """
        if since is None:
            since = min(max(0, int(self._counters[_RESERVED]) - self.capacity), self.written)
        return RingReader(self, since)

    def end(self) -> None:
        """Say that no more rows will come; readers see `ended`. Does nothing if this is not the writer."""
        if self._writing:
            self._writing = False
            self._counters[_ENDED] = 1

    def close(self) -> None:
        """Let go of the memory (the writer ends the ring first); a second call does nothing."""
        if not getattr(self, "_open", False):
            return
        self.end()
        self._open = False
        # Views into the segment would make its close raise BufferError.
        self._counters.release()
        self._rows = np.empty((0, *self._item), self._base)
        self._segment.close()

    def unlink(self) -> None:
        """Remove the ring's name, so that nobody can attach any more; only its creator does, and only once."""
        if self._linked:
            self._linked = False
            with contextlib.suppress(FileNotFoundError):
                self._segment.unlink()

    def __enter__(self) -> "Ring":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.unlink()

    def __del__(self) -> None:
        self.close()


class RingReader:
    """One reader's place in a ring.

    Args:
        ring: What to read.
        since: Index of the first row wanted.

    Attributes:
        index: Index of the next row to read.
        overrun: Rows missed so far; delivered + overrun = written since the first row wanted.
    """

    def __init__(self, ring: Ring, since: int) -> None:
        self._ring = ring
        self.index, self.overrun = since, 0

    @property
    def ended(self) -> bool:
        """Whether the writer has ended and everything it wrote has been read."""
        return self._ring.ended and self.index == self._ring.written

    def read(self, limit: int | None = None) -> AnyArray:
        """Copy the rows that are new since the last call.

        Args:
            limit: Most rows to return; all if None.

        Returns:
            (n, ...) rows, perhaps none.
        """
        data, self.index, missed = self._ring.read(self.index, limit)
        self.overrun += missed
        return data
