"""Force for the eye: filtered, with the zero as known now, and whether a foot is on the belt. Not for the record."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.events import SchmittTrigger
from analysis.protocol import Protocol
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Live:
    """Filtered force with the zero as known now."""

    tick: Ints
    """(n,) device time, ticks."""
    wrench: Floats
    """(belts, 6, n) N and N·m."""
    contact: NDArray[np.bool_]
    """(belts, n) whether a foot is on the belt, by the protocol's thresholds alone."""

    @classmethod
    def none(cls, belts: int) -> "Live":
        """Of no samples."""
        return cls(np.empty(0, np.int64), np.empty((belts, 6, 0)), np.empty((belts, 0), np.bool_))


def join_live(parts: Sequence[Live], belts: int) -> Live:
    """One of several, in order.

    Args:
        parts: What was given out.
        belts: Number of belts, for when there are none.

    Returns:
        All of it.
    """
    if len(parts) == 1:
        return parts[0]
    parts = [Live.none(belts), *parts]
    return Live(
        np.concatenate([part.tick for part in parts]),
        np.concatenate([part.wrench for part in parts], axis=2),
        np.concatenate([part.contact for part in parts], axis=1),
    )


class LiveForce:
    """Zeroes the filtered force for display. The zero goes in a straight line from what it was a call ago."""

    def __init__(self, belts: int, protocol: Protocol) -> None:
        self._touching = [SchmittTrigger(protocol.on_N, protocol.off_N) for _ in range(belts)]
        self._level: Floats | None = None

    def feed(self, tick: Ints, wrench: Floats, level: Floats) -> Live:
        """Take what left the filter.

        Args:
            tick: (n,) device time.
            wrench: (belts, 6, n) filtered, not zeroed.
            level: (belts, 6) zero as known now.

        Returns:
            The same for the eye.
        """
        now = level[:, :, None]
        before, self._level = now if self._level is None else self._level, now
        shown = wrench - (before + (now - before) * (np.arange(1, tick.size + 1) / max(tick.size, 1)))
        contact = np.stack([one.states(force) for one, force in zip(self._touching, shown[:, FZ], strict=True)])
        return Live(tick, shown, contact)

    def tare(self) -> None:
        """The zero is another one from here on, at once."""
        self._level = None

    def restart(self) -> None:
        """Begin a new segment; the zero survives."""
        for trigger in self._touching:
            trigger.reset()
