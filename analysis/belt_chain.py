"""What happens to one belt's wrench: zero, exact zero, steps."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.belt_steps import BeltSteps, Progress
from analysis.causal_zero import CausalZero
from analysis.flight_knots import FlightKnots, Knots, join_knots
from analysis.protocol import Protocol
from analysis.wrench import COMPONENTS
from analysis.zero import ExactZero

__all__ = ["SPLITS", "BeltChain", "Progress"]

Floats = NDArray[np.float64]
SPLITS = frozenset({"Fz", "Mx", "My"})
"""Components that must be seen to tell one foot's force from the other's."""


class BeltChain:
    """Streams one belt through causal zero → flight knots → exact zero → steps."""

    def __init__(
        self, sample_rate_Hz: float, protocol: Protocol, observable: frozenset[str] = frozenset(COMPONENTS)
    ) -> None:
        self._causal = CausalZero(sample_rate_Hz)
        self._knots = FlightKnots(sample_rate_Hz, protocol.on_N, protocol.off_N)
        self._exact = ExactZero(sample_rate_Hz)
        self._steps = BeltSteps(sample_rate_Hz, protocol, splits=observable >= SPLITS)
        self.new_knots = Knots.none()
        """Flights that became known with the last call."""

    @property
    def level(self) -> Floats:
        """(6,) zero as known now, for display; a guess before the first one is proven."""
        return self._causal.guess

    @property
    def horizon(self) -> int:
        """No contact still to come begins before this sample of the segment."""
        return self._steps.horizon

    @property
    def ignored(self) -> int:
        """Spells on the belt that are no steps: scuffs and standing."""
        return self._steps.ignored

    @property
    def zero_known(self) -> bool:
        """Whether a zero was found or given."""
        return self._causal.level is not None

    def tare(self, level: Floats) -> None:
        """Take a measured (6,) zero from here on."""
        self._causal.level = np.array(level, np.float64)

    def feed(self, wrench: Floats, bad: NDArray[np.bool_]) -> Progress:
        """Take the next filtered samples.

        Args:
            wrench: (6, n) N and N·m.
            bad: (n,) samples marked as wrong by the device.

        Returns:
            What became known.
        """
        samples, zero = self._causal.feed(wrench, bad)
        knots = self._knots.feed(samples, zero)
        self.new_knots = knots
        zeroed = self._exact.feed(samples, zero, knots)
        return replace(self._steps.feed(zeroed), unsure=self._exact.unsure)

    def finish(self) -> Progress:
        """End the segment and prepare for the next; what is known of the zero survives.

        Returns:
            All that is left.
        """
        samples, zero = self._causal.finish()
        knots = self._knots.feed(samples, zero)
        last = self._knots.finish()
        self.new_knots = join_knots([knots, last])
        parts, unsure, none = [], [], np.empty((6, 0))
        for new, zeros, found in ((samples, zero, knots), (none, none, last)):
            parts.append(self._exact.feed(new, zeros, found))
            unsure.append(self._exact.unsure)
        parts.append(self._exact.finish())
        unsure.append(self._exact.unsure)
        zeroed = np.concatenate(parts, axis=1)
        for stage in (self._causal, self._knots, self._exact):
            stage.restart()
        progress = self._steps.feed(zeroed).then(self._steps.finish())
        return replace(progress, unsure=np.concatenate(unsure))
