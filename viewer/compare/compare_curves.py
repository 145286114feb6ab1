"""Curves of the steps that are compared: kept once they are there, asked for again until then. No Qt."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.stance_curves import POINTS, SIGNALS
from viewer.source import Ints, Source

RETRY_S = 0.4
"""Between two questions for what was not there."""
PATIENCE = 50
"""Questions in a row without any news after which nobody waits any more."""


class CurveStore:
    """Curves by step number, of one source and take.

    Args:
        monotonic: Gives seconds; decides when to ask again.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._of: tuple[object, ...] = ()
        self._known: dict[int, NDArray[np.float32]] = {}
        self._wanted: Ints = np.empty(0, np.int64)
        self._again_s, self._vain = -np.inf, 0

    def want(self, steps: Ints, belonging_to: tuple[object, ...]) -> None:
        """Say what is needed; what is not is forgotten.

        Args:
            steps: (k,) numbers of steps.
            belonging_to: What makes curves worthless when it changes, such as the source and its table.
        """
        if belonging_to != self._of:
            self._of, self._known = belonging_to, {}
        wanted = set(steps.tolist())
        self._known = {step: values for step, values in self._known.items() if step in wanted}
        self._wanted, self._again_s, self._vain = np.unique(steps), -np.inf, 0

    @property
    def absent(self) -> int:
        """How many of the wanted are not there."""
        return self._wanted.size - len(self._known)

    @property
    def waiting(self) -> bool:
        """Whether more may come."""
        return self.absent > 0 and self._vain < PATIENCE

    def ask(self, source: Source) -> bool:
        """Ask for what is missing, if it is time to.

        Args:
            source: Where the curves come from.

        Returns:
            Whether there is something new.
        """
        now_s = self._monotonic()
        if not self.waiting or now_s < self._again_s:
            return False
        self._again_s = now_s + RETRY_S
        missing = np.array([step for step in self._wanted.tolist() if step not in self._known], np.int64)
        found = source.curves(missing)
        there = ~np.isnan(found.of("Fz_N")).all(axis=1)
        self._known |= {int(step): values for step, values in zip(missing[there], found.values[there], strict=True)}
        self._vain = 0 if there.any() else self._vain + 1
        return bool(there.any()) or not self.waiting

    def curves(self, steps: Ints, signal: str) -> NDArray[np.float32]:
        """Take one signal of some steps.

        Args:
            steps: (k,) their numbers.
            signal: One of `analysis.stance_curves.SIGNALS`.

        Returns:
            (m, 201) curves of those that are there.
        """
        row = SIGNALS.index(signal)
        found = [self._known[step][row] for step in steps.tolist() if step in self._known]
        return np.stack(found) if found else np.empty((0, POINTS), np.float32)
