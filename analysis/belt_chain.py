"""What happens to one belt's wrench: zero, exact zero, contacts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.causal_zero import CausalZero
from analysis.contacts import ContactDetector, Contacts
from analysis.protocol import Protocol
from analysis.wrench import FZ
from analysis.zero import ExactZero, FlightKnots

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Progress:
    """What a belt's chain gave out."""

    zeroed: Floats
    """(6, m) samples with the exact zero removed, continuing where the last call stopped."""
    contacts: Contacts
    """Contacts that became final."""


class BeltChain:
    """Streams one belt through causal zero → flight knots → exact zero → contacts."""

    def __init__(self, sample_rate_Hz: float, protocol: Protocol) -> None:
        self._causal = CausalZero(sample_rate_Hz)
        self._knots = FlightKnots(sample_rate_Hz, protocol.on_N, protocol.off_N)
        self._exact = ExactZero(sample_rate_Hz)
        self._detector = ContactDetector(sample_rate_Hz, protocol)

    @property
    def level(self) -> Floats:
        """(6,) zero as known now, for display; zeros before the first one is found."""
        return self._causal.level if self._causal.level is not None else np.zeros(6)

    @property
    def horizon(self) -> int:
        """No contact still to come begins before this sample of the segment."""
        return self._detector.horizon

    @property
    def ignored(self) -> int:
        """Contacts dropped as scuffs or standing."""
        return self._detector.ignored

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
        zeroed = self._exact.feed(samples, zero, knots)
        return Progress(zeroed, self._detector.feed(zeroed[FZ]))

    def finish(self) -> Progress:
        """End the segment and prepare for the next; what is known of the zero survives.

        Returns:
            All that is left.
        """
        samples, zero = self._causal.finish()
        knots = self._knots.feed(samples, zero)
        parts = [self._exact.feed(samples, zero, knots)]
        parts.append(self._exact.feed(np.empty((6, 0)), np.empty((6, 0)), self._knots.finish()))
        parts.append(self._exact.finish())
        zeroed = np.concatenate(parts, axis=1)
        found = [self._detector.feed(zeroed[FZ]), self._detector.finish()]
        for stage in (self._causal, self._knots, self._exact, self._detector):
            stage.restart()
        return Progress(zeroed, Contacts(np.concatenate([c.on for c in found]), np.concatenate([c.off for c in found])))
