"""Walking steps on their way out: each waits until it is known what follows it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

OPEN = -1
"""In place of a step's end: the segment ended first."""


@dataclass(frozen=True)
class Steps:
    """k walking steps in order of heel strike, in samples of the stretch."""

    on: Ints
    """(k,) first sample at which the foot's own force is at or above the arming threshold."""
    off: Ints
    """(k,) first sample from which on it is below the disarming threshold; OPEN if the segment ended first."""
    foot: NDArray[np.int8]
    """(k,) +1 left, −1 right."""

    def __len__(self) -> int:
        return self.on.size

    def take(self, chosen: slice | NDArray[Any]) -> "Steps":
        """Some of them."""
        return Steps(self.on[chosen], self.off[chosen], self.foot[chosen])

    def then(self, later: "Steps") -> "Steps":
        """These and later ones."""
        on, off = np.concatenate((self.on, later.on)), np.concatenate((self.off, later.off))
        return Steps(on, off, np.concatenate((self.foot, later.foot)))


NO_STEPS = Steps(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int8))


class StepList:
    """Holds steps back until the next one, or the lack of one, is known.

    Where walking becomes irregular, contacts are missing. A step before such a hole would get the step after it as its
    next one and a step time of several; it is dropped unless the hole is too long for that.
    """

    def __init__(self, longest_flight: float) -> None:
        self._longest = longest_flight
        self.restart()

    def restart(self) -> None:
        """Begin a new stretch."""
        self._steps = NO_STEPS

    def waits_from(self, otherwise: int) -> int:
        """Beginning of the first step held back."""
        return min(int(self._steps.on[0]), otherwise) if len(self._steps) else otherwise

    def feed(self, found: Steps, frontier: int) -> Steps:
        """Take the next steps.

        Args:
            found: The steps, in order.
            frontier: No step still to be found begins before it.

        Returns:
            Those that may go.
        """
        held = self._steps.then(found)
        if not len(held):
            return held
        wait = np.append(held.on[1:], frontier) - held.off
        alone = (wait >= 0) & (wait <= self._longest)
        count = len(held) - int(wait[-1] <= self._longest)  # of the last one it may not be known yet
        self._steps = held.take(slice(count, None))
        return held.take(np.flatnonzero(~alone[:count]))

    def finish(self, found: Steps, end: int) -> Steps:
        """End the stretch.

        Args:
            found: The last steps.
            end: First sample of the flight behind it; OPEN if the segment ended first.

        Returns:
            The remaining steps.
        """
        held = self._steps.then(found)
        self._steps = NO_STEPS
        if not len(held):
            return held
        after = held.off[-1] if end == OPEN else end  # a step may follow the flight
        wait = np.append(held.on[1:], after) - held.off
        follows = np.append(np.zeros(len(held) - 1, np.bool_), held.off[-1] in (after, OPEN))
        alone = (wait >= 0) & (wait <= self._longest) & ~follows
        return held.take(~alone)
