"""Zero on command: the mean reading of a second or more with nobody on the belt, which may be running."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FZ, Belt
from daq.errors import DeviceError

SECONDS = 1.0
MOST_SECONDS = 60.0
"""Longest tare that may be asked for: in a minute a cell drifts by as much as a longer mean would gain."""
QUIET_N = 20.0
"""Largest SD of the vertical force of an empty belt, motor running."""


class TareCollector:
    """Collects counts until there are enough for a zero.

    Args:
        belts: Give the force, which must be steady.
        sample_rate_Hz: Sampling rate, Hz.
        future: Who waits for the answer; None if nobody asked but the recording itself.
        seconds: How long to collect.
    """

    def __init__(
        self,
        belts: Sequence[Belt],
        sample_rate_Hz: float,
        future: Future[dict[str, Any]] | None,
        seconds: float = SECONDS,
    ) -> None:
        self.future = future
        self._belts = belts
        self._needed = max(1, round(seconds * sample_rate_Hz))
        self._parts: list[NDArray[np.int32]] = []

    @property
    def missing(self) -> int:
        """Samples still needed."""
        return self._needed - sum(len(part) for part in self._parts)

    def feed(self, counts: NDArray[np.int32]) -> bool:
        """Take samples.

        Args:
            counts: (n, C).

        Returns:
            Whether there are enough now.
        """
        self._parts.append(counts)
        return self.missing <= 0

    def result(self) -> dict[str, Any]:
        """Mean and SD of every channel.

        Returns:
            Plain values: "counts", "sd", "n", "force_sd_N".

        Raises:
            DeviceError: The force varies too much for an empty belt.
        """
        counts = np.concatenate(self._parts)[: self._needed].astype(np.float64)
        spread = max(float((counts @ belt.matrix[FZ]).std()) for belt in self._belts)
        if spread > QUIET_N:
            raise DeviceError(
                "tare",
                expected=f"an empty belt (force steady within {QUIET_N:g} N)",
                seen=f"a force that varies by {spread:.0f} N",
                next_step="Step off the belt and record again."
                if self.future is None
                else "Step off the belt and tare again; the zero is unchanged.",
            )
        return {
            "counts": counts.mean(axis=0).tolist(),
            "sd": counts.std(axis=0).tolist(),
            "n": len(counts),
            "force_sd_N": spread,
        }
