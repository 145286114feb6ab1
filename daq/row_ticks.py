"""Which row of a take lies at which session tick, for what is known by its time alone."""

import math
from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

__all__ = ["RowTicks"]

ANCHOR_S = 1.0
"""Between two anchors this far apart the device's clock and its converter's keep step to far less than a row."""
NEAR = 1e-6
"""In rows: a tick that is a row's own stays so although it went through floating point."""


class RowTicks:
    """Remembers a row per second, and those on either side of every gap; the others lie evenly between them.

    Args:
        tick_rate_Hz: Device ticks per second.
    """

    def __init__(self, tick_rate_Hz: float) -> None:
        self._apart = ANCHOR_S * tick_rate_Hz
        self._rows: list[int] = []
        self._ticks: list[int] = []
        self._last = (-1, 0)

    def feed(self, row: int, tick: NDArray[np.int64], gap_row: NDArray[np.int64]) -> None:
        """Take the next rows.

        Args:
            row: Row of the first one.
            tick: Session ticks, shape (n,), n ≥ 1.
            gap_row: A gap lies before each of these of them, shape (g,).
        """
        gaps = gap_row[gap_row < tick.size].tolist()
        if 0 in gaps and row:
            self._anchor(*self._last)
        if 0 in gaps or not self._ticks or tick[0] - self._ticks[-1] >= self._apart:
            self._anchor(row, int(tick[0]))
        for gap in gaps:
            for i in (gap - 1, gap):
                if i >= 0:
                    self._anchor(row + i, int(tick[i]))
        self._last = (row + tick.size - 1, int(tick[-1]))

    def before(self, tick: float) -> int:
        """Give the row that a moment lies before: the first one taken then or later.

        Args:
            tick: Session tick.

        Returns:
            The row; 0 for a moment before the take, the number of rows so far for one after its newest row.
        """
        if tick > self._last[1]:
            return self._last[0] + 1
        at = bisect_left(self._ticks, tick)
        if at == 0:
            return self._rows[0]
        row, begin = self._rows[at - 1], self._ticks[at - 1]
        next_row, end = (self._rows[at], self._ticks[at]) if at < len(self._ticks) else self._last
        share = (tick - begin) / (end - begin)
        return row + math.ceil(share * (next_row - row) - NEAR)

    def _anchor(self, row: int, tick: int) -> None:
        if not self._ticks or tick > self._ticks[-1]:
            self._rows.append(row)
            self._ticks.append(tick)
