"""The force that the steps' metrics were made of, sample by sample: filtered, deck compensated, exactly zeroed.

The live force has a causal zero, because an eye cannot wait. Whoever takes the force elsewhere can.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ExactForce:
    """Samples whose zero became known."""

    tick: Ints
    """(m,) device time."""
    wrench: Floats
    """(belts, 6, m) zeroed, N and N·m; 0 where no zero is known yet."""
    zero: Floats
    """(belts, 6, m) what was taken off."""
    segment: Ints
    """(m,) number of the uninterrupted run of samples that each belongs to, from 0."""

    @classmethod
    def none(cls, belts: int) -> "ExactForce":
        """Nothing."""
        empty = np.empty(0, np.int64)
        return cls(empty, np.empty((belts, 6, 0)), np.empty((belts, 6, 0)), empty)


def join_force(parts: Sequence[ExactForce], belts: int) -> ExactForce:
    """One of several, in order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return ExactForce.none(belts)
    return ExactForce(
        np.concatenate([part.tick for part in parts]),
        np.concatenate([part.wrench for part in parts], axis=2),
        np.concatenate([part.zero for part in parts], axis=2),
        np.concatenate([part.segment for part in parts]),
    )


class ForceCollector:
    """Pairs each belt's zeroed samples with the filtered ones that they were made of, and with their time.

    Args:
        belts: Number of belts; each learns its zero in its own time.
    """

    _tick: Ints
    _filtered: Floats
    _zeroed: list[Floats]

    def __init__(self, belts: int) -> None:
        self._belts = belts
        self._segment = 0
        self._parts: list[ExactForce] = []
        self._restart()

    def feed(self, tick: Ints, filtered: Floats, zeroed: Sequence[Floats]) -> None:
        """Take what one call gave.

        Args:
            tick: (n,) of the filtered samples.
            filtered: (belts, 6, n) not zeroed.
            zeroed: (6, m) of each belt; m may differ from belt to belt and from n.
        """
        self._tick = np.concatenate((self._tick, tick))
        self._filtered = np.concatenate((self._filtered, filtered), axis=2)
        self._zeroed = [np.concatenate(pair, axis=1) for pair in zip(self._zeroed, zeroed, strict=True)]
        ready = min(part.shape[1] for part in self._zeroed)
        if not ready:
            return
        wrench = np.stack([part[:, :ready] for part in self._zeroed])
        tick, filtered = self._tick[:ready], self._filtered[:, :, :ready]
        self._parts.append(ExactForce(tick, wrench, filtered - wrench, np.full(ready, self._segment)))
        self._tick, self._filtered = self._tick[ready:], self._filtered[:, :, ready:]
        self._zeroed = [part[:, ready:] for part in self._zeroed]

    def end_segment(self) -> None:
        """The next sample does not follow the last."""
        self._segment += 1
        self._restart()

    def take(self) -> ExactForce:
        """What became known since the last call."""
        parts, self._parts = self._parts, []
        return join_force(parts, self._belts)

    def _restart(self) -> None:
        self._tick = np.empty(0, np.int64)
        self._filtered = np.empty((self._belts, 6, 0))
        self._zeroed = [np.empty((6, 0)) for _ in range(self._belts)]
