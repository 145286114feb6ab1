"""A stretch of delivered samples, as every stage after the decoder sees it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.layout import CHANNELS


@dataclass(frozen=True)
class Chunk:
    """n samples in order, each delivered once; within a boot, seq and tick only ever rise.

    Attributes:
        counts: ADC counts, int32, shape (n, 8), C order; of an imported force N and N·m, float64, shape (n, C).
        seq: Conversion number, unwrapped within a boot, shape (n,).
        tick: Device ticks at data-ready, unwrapped within a boot, shape (n,).
        boot: Boot id, shape (n,).
        status: `Status` bits, shape (n,).
        belt: Belt pulses, unwrapped within a boot, shape (n,); of an imported force its way in micrometres.
        gap_row: A gap lies before this row of the chunk, shape (g,).
        gap_lost: Samples lost there, shape (g,); -1 is unknown because the device rebooted.
    """

    counts: NDArray[Any]
    seq: NDArray[np.int64]
    tick: NDArray[np.int64]
    boot: NDArray[np.uint16]
    status: NDArray[np.uint8]
    belt: NDArray[np.int64]
    gap_row: NDArray[np.int64]
    gap_lost: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.seq)

    @classmethod
    def empty(cls) -> "Chunk":
        """Make a chunk of no samples."""
        none = np.empty(0, np.int64)
        counts = np.empty((0, CHANNELS), np.int32)
        return cls(counts, none, none, none.astype(np.uint16), none.astype(np.uint8), none, none, none)

    @classmethod
    def concat(cls, chunks: "Sequence[Chunk]") -> "Chunk":
        """Join chunks that follow each other.

        Args:
            chunks: In the order of time; may be empty.

        Returns:
            One chunk; gap rows count from its start.
        """
        if len(chunks) == 1:
            return chunks[0]
        if not chunks:
            return cls.empty()
        before = np.cumsum([0] + [len(chunk) for chunk in chunks[:-1]])
        columns = {f.name: np.concatenate([getattr(chunk, f.name) for chunk in chunks]) for f in fields(cls)}
        columns["gap_row"] = np.concatenate([chunk.gap_row + rows for chunk, rows in zip(chunks, before, strict=True)])
        return cls(**columns)
