"""The way of a frame from the board to the host: a bounded buffer, a line that may harm it, and the ledger."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daq.wire import FRAME_BYTES
from rigs.chain import BLOCK
from rigs.faults import Faults, Ledger, LineFate, harm, line_fate

Frames = NDArray[np.uint8]


class Line:
    """Holds what was sent and not yet taken; whole frames that do not fit are dropped, never parts.

    Args:
        faults: What the line does to frames.
        seed: Fixes which frames are hit.
        buffer_frames: Frames that fit on the line, and in a board that hangs.
        flow_control: The line never fills up: the host takes frames only when it wants them.
    """

    def __init__(self, faults: Faults, seed: int, buffer_frames: int, *, flow_control: bool) -> None:
        self.ledger = Ledger()
        self.stalled = False
        """The board hangs: what it sends stays in its own buffer."""
        self._faults, self._seed = faults, seed
        self._buffer_frames, self._flow_control = buffer_frames, flow_control
        self._pipe, self._held = bytearray(), bytearray()
        self._fates: tuple[int, LineFate] | None = None

    @property
    def waiting(self) -> int:
        """Bytes that the host can take now."""
        return len(self._pipe)

    def room(self) -> float:
        """Frames that still fit; infinite under flow control."""
        if self._flow_control and not self.stalled:
            return math.inf
        used = len(self._held if self.stalled else self._pipe)
        return max(0, self._buffer_frames - math.ceil(used / FRAME_BYTES))

    def send(self, frames: Callable[[], Frames], block: int, row: int, seq: NDArray[np.int64]) -> None:
        """Put some frames of one block on the line.

        Args:
            frames: Makes the frames, (n, FRAME_BYTES).
            block: Their block.
            row: Row of the first within the block.
            seq: Their conversion numbers (n,), not wrapped.
        """
        line = self._held if self.stalled else self._pipe
        if not self._faults.on_line:
            self.ledger.send(seq, None)
            line += frames().tobytes()
            return
        rows = slice(row, row + len(seq))
        fates = self._fates_of(block)
        self.ledger.send(seq, fates.fate[rows])
        line += harm(frames(), fates, rows)

    def answer(self, control: bytes) -> None:
        """Put the answer to a command on the line; the line harms data frames only.

        Args:
            control: A control frame.
        """
        self._pipe += control

    def wake(self) -> None:
        """The board goes on: what it held is sent."""
        self.stalled = False
        self._pipe += self._held
        self._held.clear()

    def take(self, limit: int | None = None) -> bytes:
        """Hand over bytes in their order.

        Args:
            limit: At most so many; None = all.

        Returns:
            The bytes.
        """
        out = bytes(self._pipe if limit is None else self._pipe[:limit])
        del self._pipe[: len(out)]
        return out

    def _fates_of(self, block: int) -> LineFate:
        if self._fates is None or self._fates[0] != block:
            self._fates = (block, line_fate(self._faults, self._seed, block))
        return self._fates[1]


def by_block(first: int, end: int) -> list[tuple[int, int, int]]:
    """Cut a stretch of samples at the block borders.

    Args:
        first: First sample.
        end: Last sample + 1.

    Returns:
        (block, first row, last row + 1) of each piece.
    """
    pieces = []
    while first < end:
        block, row = divmod(first, BLOCK)
        last = min(end, (block + 1) * BLOCK)
        pieces.append((block, row, row + last - first))
        first = last
    return pieces
