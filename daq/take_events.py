"""Events that have a time of their own in a take: edges of its sync input, and what other instruments sent."""

from collections.abc import Callable, Mapping
from typing import Any

from daq.chunk import Chunk
from daq.row_ticks import RowTicks
from daq.sync_edges import Noticed, SyncEdges

__all__ = ["TakeEvents"]

Write = Callable[[str, int, str, Mapping[str, Any], int], None]


class TakeEvents:
    """Finds for each its row; one that is ahead of the rows waits for them.

    Args:
        tick_rate_Hz: Device ticks per second.
        write: Is given kind, row, text, data and session tick of each event whose row is known.
    """

    def __init__(self, tick_rate_Hz: float, write: Write) -> None:
        self._edges, self._places = SyncEdges(tick_rate_Hz), RowTicks(tick_rate_Hz)
        self._write = write
        self._waiting: list[Noticed] = []
        self._newest: int | None = None

    def feed(self, chunk: Chunk, row: int, tick_offset: int) -> None:
        """Take the next rows, when they are safe.

        Args:
            chunk: Rows of one boot, at least one.
            row: Row of the take that its first one is.
            tick_offset: Ticks to add to get session ticks.
        """
        tick = chunk.tick + tick_offset
        self._places.feed(row, tick, chunk.gap_row)
        self._newest = int(tick[-1])
        for edge in self._edges.feed(chunk, row, tick_offset):
            self._tell(edge, edge.row)
        if self._waiting:
            self._settle(self._newest)

    def at(self, kind: str, tick: float, text: str, data: dict[str, Any]) -> None:
        """Note something that happened at a session tick, be it past or a little ahead.

        Args:
            kind: Kind of the event.
            tick: When.
            text: For people.
            data: For programs.
        """
        self._waiting.append(Noticed(kind, -1, round(tick), text, data))
        self._waiting.sort(key=lambda one: one.tick)
        if self._newest is not None:
            self._settle(self._newest)

    def finish(self, rows: int, last_tick: int) -> None:
        """End the take: what still waits lies behind its last row.

        Args:
            rows: Rows of the take.
            last_tick: Session tick of the last one.
        """
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._tell(one, rows)
        total = self._edges.total(rows, last_tick)
        if total is not None:
            self._tell(total, rows)

    def _settle(self, newest: int) -> None:
        ready = [one for one in self._waiting if one.tick <= newest]
        self._waiting = self._waiting[len(ready) :]
        for one in ready:
            self._tell(one, self._places.before(one.tick))

    def _tell(self, one: Noticed, row: int) -> None:
        self._write(one.kind, row, one.text, one.data, one.tick)
