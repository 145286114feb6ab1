"""Edges of the device's digital sync input, found in the status of its rows.

The level of every row is in `raw/status` whatever happens here; this makes events of its changes, so that nobody has to
look for them. An input that bounces, or carries something much faster than a pulse now and then, is counted, not
written down edge by edge.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.chunk import Chunk
from daq.layout import Status

__all__ = ["MOST_EDGES", "MOST_PER_S", "Noticed", "SyncEdges"]

MOST_PER_S = 40
"""Edges within one second of the device that become events: a square wave of 20 Hz …"""
MOST_EDGES = 10_000
"""… and in a whole take: an hour at 1.3 Hz."""


@dataclass(frozen=True)
class Noticed:
    """An event that the rows themselves bring along."""

    kind: str
    """"sync", or "system" for the note that there are too many edges."""
    row: int
    """Row of the take at which the new level was first seen."""
    tick: int
    """Its session tick."""
    text: str
    """For people."""
    data: dict[str, Any]
    """For programs."""


class SyncEdges:
    """Finds edges, in the same rows for any cutting into chunks.

    Args:
        tick_rate_Hz: Device ticks per second.
    """

    def __init__(self, tick_rate_Hz: float) -> None:
        self._per_s = max(1, round(tick_rate_Hz))
        self._level: bool | None = None
        self._second, self._in_second = -1, 0
        self.seen = 0
        """Edges so far."""
        self.kept = 0
        """Those that became events."""

    def feed(self, chunk: Chunk, row: int, tick_offset: int) -> list[Noticed]:
        """Take the next rows.

        Args:
            chunk: n rows of one boot.
            row: Row of the take that its first one is.
            tick_offset: Ticks to add to get session ticks.

        Returns:
            What is to be noted, in order of rows.
        """
        level = (chunk.status & int(Status.SYNC_IN)) != 0
        if not level.size:
            return []
        before = np.concatenate([[level[0] if self._level is None else self._level], level[:-1]])
        self._level = bool(level[-1])
        at = np.flatnonzero(level != before)
        if not at.size:
            return []
        tick = chunk.tick[at] + tick_offset
        keep = self._few_enough(tick)
        found = [
            _edge(row + i, t, up, within)
            for i, t, up, within in zip(
                at[keep].tolist(), tick[keep].tolist(), level[at[keep]].tolist(),
                np.isin(at[keep], chunk.gap_row).tolist(), strict=True,
            )
        ]  # fmt: skip
        if self.seen == self.kept and not keep.all():
            first = int(np.flatnonzero(~keep)[0])
            found.insert(first, _too_many(row + int(at[first]), int(tick[first])))
        self.seen += at.size
        self.kept += int(keep.sum())
        return found

    def total(self, row: int, tick: int) -> Noticed | None:
        """What to note at the end of the take: how many edges there were, if not all of them are events.

        Args:
            row: Rows of the take.
            tick: Session tick of its last row.

        Returns:
            The note, or None.
        """
        if self.seen == self.kept:
            return None
        data = {"edges": self.seen, "noted": self.kept}
        return Noticed("system", row, tick, f"sync input: {self.seen} edges, {self.kept} of them noted", data)

    def _few_enough(self, tick: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of (k,) edges are within the limits, counted by seconds of the device's clock."""
        second = tick // self._per_s
        first = np.searchsorted(second, second)
        rank = np.arange(tick.size) - first + np.where(second == self._second, self._in_second, 0)
        self._second, self._in_second = int(second[-1]), int(rank[-1]) + 1
        keep = rank < MOST_PER_S
        few: NDArray[np.bool_] = keep & (self.kept + np.cumsum(keep) <= MOST_EDGES)
        return few


def _edge(row: int, tick: int, up: bool, in_gap: bool) -> Noticed:
    data: dict[str, Any] = {"tick": tick, "level": int(up)}
    if in_gap:
        data["in_gap"] = True  # the level changed somewhere in the missing stretch before this row
    return Noticed("sync", row, tick, "rising" if up else "falling", data)


def _too_many(row: int, tick: int) -> Noticed:
    limits = {"most_per_s": MOST_PER_S, "most": MOST_EDGES}
    text = f"the sync input changes more than {MOST_PER_S} times a second, or {MOST_EDGES} times in all: further edges"
    return Noticed("system", row, tick, f"{text} are only counted; every level is in raw/status", limits)
