"""The rows of a session in the pieces that the recorder analysed: cut where a device rebooted or a tare was taken."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from daq.analyser import cut_chunk
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.session import Session

NEAR = 64
"""Rows around the one that a tick should have, among which it is looked for first: clocks differ, and reboots pause."""


class Piece(NamedTuple):
    """Rows that follow each other within one boot of the device and under one tare."""

    row: int
    """First row."""
    chunk: Chunk
    """The samples."""
    tick_offset: int
    """What makes their ticks session ticks."""


class SessionRows:
    """Where in a session the device rebooted and where a tare was taken."""

    def __init__(self, session: Session) -> None:
        """Prepare.

        Args:
            session: Open session.

        Raises:
            SessionError: It does not say of which rig it is, or at what rate.
        """
        header = session.header
        if not (header.rig_text or session.force) or header.sample_rate_Hz <= 0 or header.tick_rate_Hz <= 0:
            raise SessionError(
                str(session.path), expected="a rig description, a sample rate and a tick rate",
                seen="a session without them", next_step="It was not recorded by this software; it cannot be analysed.",
            )  # fmt: skip
        self._session = session
        self.tares: dict[int, list[float]] = {e.row: e.data["counts"] for e in session.events if e.kind == "tare"}
        self._tared = sorted(self.tares)
        self._epochs = session.epochs.row.tolist()
        self._offsets = session.epochs.tick_offset.tolist()
        self._origin = self.tick_at(0) if session.rows else 0
        self._lost = np.concatenate(([0], np.cumsum(np.maximum(session.gaps.lost, 0))))
        self._lost_at = session.gaps.row + self._lost[1:]

    def pieces(self, first: int = 0, last: int | None = None, *, rows: int = 1 << 16) -> Iterator[list[Piece]]:
        """Read rows.

        Args:
            first: First row.
            last: Row after the last; None for all.
            rows: Rows read at a time.

        Yields:
            list[Piece]: The pieces of each portion of `rows`.
        """
        done = first
        for chunk in self._session.chunks(first, last, rows=rows):
            if len(chunk):
                yield self._cut(chunk, done)
            done += len(chunk)

    def tare_before(self, row: int) -> list[float] | None:
        """Counts of the last tare taken before a row; None if there was none."""
        known = bisect_right(self._tared, row)
        return self.tares[self._tared[known - 1]] if known else None

    def tick_at(self, row: int) -> int:
        """Session tick of a row."""
        return int(self._session.session_ticks(row, row + 1)[0])

    def at_tick(self, tick: int) -> int:
        """First row at or after a session tick; the number of rows if there is none."""
        first = max(0, self._guess(tick) - NEAR)
        near = self._session.session_ticks(first, first + 2 * NEAR)
        row = int(np.searchsorted(near, tick))
        if (row > 0 or not first) and (row < near.size or first + near.size == self._session.rows):
            return first + row
        return bisect_right(range(self._session.rows), tick - 1, key=self.tick_at)

    def _guess(self, tick: int) -> int:
        """About which row a tick is: counted at the nominal rate, what was lost left out."""
        header = self._session.header
        index = (tick - self._origin) / header.tick_rate_Hz * header.sample_rate_Hz
        lost = int(self._lost[np.searchsorted(self._lost_at, index)])
        return min(max(0, round(index) - lost), self._session.rows)

    def _cut(self, chunk: Chunk, first: int) -> list[Piece]:
        end = first + len(chunk)
        inner = sorted(row for row in {*self.tares, *self._epochs} if first < row < end)
        cuts = [first, *inner, end]
        return [Piece(a, cut_chunk(chunk, a - first, b - first), self._offset(a)) for a, b in pairwise(cuts)]

    def _offset(self, row: int) -> int:
        begun = bisect_right(self._epochs, row)
        return int(self._offsets[begun - 1]) if begun else 0
