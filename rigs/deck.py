"""Deck dynamics: the deck rings on its supports, so the cells do not see the force but what the mode makes of it.

Per mode F_meas/F = (2ζω s + ω²) / (s² + 2ζω s + ω²) (metrics, deck model).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_OVERSAMPLING = 4
"""Internal samples per ADC sample. The mode is solved exactly for a force that is straight between them."""
POINTS_PER_PERIOD = 16
"""At least so many internal samples per period of the fastest mode."""
MIN_INTERNAL_RATE_HZ = 2000.0
"""A straight line between samples must still follow a heel impact when the ADC is slow."""


@dataclass(frozen=True)
class DeckMode:
    """One vibration mode of the deck or machine on its supports."""

    fn_Hz: float
    """Natural frequency, Hz; 0 or infinite means rigid: the cells see the force itself."""
    zeta: float = 0.03
    """Damping ratio, 0 to below 1."""

    @property
    def rigid(self) -> bool:
        """Whether the mode changes nothing."""
        return self.fn_Hz == 0.0 or math.isinf(self.fn_Hz)

    def transfer(self) -> tuple[Floats, Floats]:
        """Numerator and denominator of F_meas/F in s, highest power first."""
        omega = 2.0 * math.pi * self.fn_Hz
        damping = 2.0 * self.zeta * omega
        return np.array([damping, omega**2]), np.array([1.0, damping, omega**2])


def discretise(mode: DeckMode, rate_Hz: float) -> tuple[Floats, Floats]:
    """Difference equation of a mode, exact for a force that is straight between samples (first-order hold).

    Args:
        mode: A mode that is not rigid.
        rate_Hz: Internal sample rate, Hz.

    Returns:
        Coefficients b and a for `scipy.signal.lfilter`, three each; b sums to a: a standing load is passed unchanged.
    """
    from scipy.signal import cont2discrete

    b, a, _ = cont2discrete(mode.transfer(), 1.0 / rate_Hz, method="foh")
    return np.ravel(b), np.ravel(a)


def oversampling(modes: Sequence[DeckMode], rate_Hz: float) -> int:
    """Internal samples per ADC sample that the modes need; 1 if all are rigid.

    Args:
        modes: The modes at work.
        rate_Hz: ADC sample rate, Hz.

    Returns:
        An integer of at least 1.
    """
    moving = [mode.fn_Hz for mode in modes if not mode.rigid]
    if not moving:
        return 1
    wanted = max(POINTS_PER_PERIOD * max(moving), MIN_INTERNAL_RATE_HZ)
    return max(MIN_OVERSAMPLING, math.ceil(wanted / rate_Hz))


class Deck:
    """Turns the wrench on the belt into the wrench on the cells, block after block; holds the ringing in between.

    Fx follows the x mode, Fy the y mode, Fz and the three moments the z mode.

    Args:
        modes: The modes along x, y and z.
        rate_Hz: ADC sample rate, Hz.
        belts: Number of belts, each on a deck of its own.
    """

    def __init__(self, modes: tuple[DeckMode, DeckMode, DeckMode], rate_Hz: float, belts: int = 1) -> None:
        self.factor = oversampling(modes, rate_Hz)
        """Internal samples per ADC sample."""
        groups = ((modes[0], [0]), (modes[1], [1]), (modes[2], [2, 3, 4, 5]))
        self._groups = [(rows, *discretise(mode, rate_Hz * self.factor)) for mode, rows in groups if not mode.rigid]
        self._state: list[Floats] | None = None
        self._belts = belts

    def feed(self, wrench: Floats) -> Floats:
        """Pass the next block through the modes; the first sample ever finds the deck at rest under its load.

        Args:
            wrench: (B, 6, n × factor) in N and N·m at the internal rate, its first sample at an ADC sample.

        Returns:
            (B, 6, n) at the ADC's rate.
        """
        from scipy.signal import lfilter

        if self._state is None:
            self._state = [self._rest(wrench, *group) for group in self._groups]
        out = wrench[:, :, :: self.factor].copy()
        for i, (rows, b, a) in enumerate(self._groups):
            rung, self._state[i] = lfilter(b, a, wrench[:, rows], axis=-1, zi=self._state[i])
            out[:, rows] = rung[:, :, :: self.factor]
        return out

    def _rest(self, wrench: Floats, rows: list[int], b: Floats, a: Floats) -> Floats:
        from scipy.signal import lfilter_zi

        return wrench[:, rows, :1] * lfilter_zi(b, a)
