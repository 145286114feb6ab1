"""What real cells, their cables and their converter add to the force, as numbers; all of it is off unless asked for."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Draw(IntEnum):
    """Numbers of the random streams that fix a machine's hidden constants; a new one never shifts the others."""

    GAIN = 10
    PLACE = 11
    OFF_AXIS = 12
    NEIGHBOURS = 13
    ZERO_PER_C = 14
    SPAN_PER_C = 15
    MAINS = 16
    MOTOR = 17


def draw(seed: int, what: Draw, *shape: int) -> Floats:
    """Hidden constants of a machine.

    Args:
        seed: The machine; the same seed is the same machine.
        what: Which constants.
        *shape: Shape.

    Returns:
        Uniform between −1 and 1, of this shape.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, int(what)])).uniform(-1.0, 1.0, shape)


@dataclass(frozen=True)
class CellBehaviour:
    """What real cells and their ADC add to the force. Values are per cell."""

    noise_N: float = 0.0
    """Standard deviation of the white noise of one cell, N."""
    offset_N: float = 0.0
    """Largest zero offset of a cell, N; each cell draws its own between plus and minus this."""
    drift_N_per_min: float = 0.0
    """Linear drift of every cell, N/min."""
    warmup_N: float = 0.0
    """Warm-up: at first every cell reads this much too high, N …"""
    warmup_s: float = 600.0
    """… and loses it exponentially with this time constant, s."""
    gain: float = 1.0
    """All cells read this factor too high."""
    stuck: tuple[int, ...] = ()
    """Channels that read one constant value."""
    swap: tuple[tuple[int, int], ...] = ()
    """Pairs of channels whose plugs are interchanged."""
    spike: float = 0.0
    """Probability that one value has one wrong bit of the upper 16: the ±2ⁿ spikes of a bad connection."""
    loose: tuple[int, ...] = ()
    """Channels that lose contact for moments."""
    saturate: tuple[int, ...] = ()
    """Channels that stay at the upper end of the range."""
    nonlinearity_pct: float = 0.0
    """Quadratic error of every cell at its capacity, % of capacity."""
    hysteresis_pct: float = 0.0
    """How much more every cell reads while a load grows than while it shrinks, % of capacity."""
    creep_pct: float = 0.0
    """A standing load reads so much higher in the end, % of the load …"""
    creep_s: float = 300.0
    """… and gets there exponentially with this time constant, s."""
    temp_C: float = 0.0
    """The machine gets so much warmer in the end, °C …"""
    temp_s: float = 600.0
    """… and gets there exponentially with this time constant, s."""
    zero_N_per_C: float = 0.0
    """Largest shift of a cell's zero per degree, N/°C; each cell draws its own."""
    span_pct_per_C: float = 0.0
    """Largest change of a cell's sensitivity per degree, %/°C; each cell draws its own."""
    mains_N: float = 0.0
    """Amplitude of the mains' hum on every cell, N, each with its own phase."""
    mains_Hz: float = 50.0
    """Its frequency, Hz."""
    motor_N: float = 0.0
    """Amplitude of the motor's shaking on every cell while the belt runs, N, each with its own phase."""
    motor_Hz: float = 27.0
    """Its frequency, Hz."""

    def zero_N(self, t_s: Floats) -> Floats:
        """What drift and warm-up add to every cell at t_s, of any shape, N."""
        warm = self.warmup_N * np.exp(-t_s / self.warmup_s)
        return self.drift_N_per_min / 60.0 * t_s + warm

    def warmth_C(self, t_s: Floats) -> Floats:
        """How much warmer the machine is at t_s, of any shape, than at time 0, °C."""
        return self.temp_C * -np.expm1(-t_s / self.temp_s)

    @property
    def yields(self) -> bool:
        """Whether the cells answer to a force with more than a factor."""
        warms = self.temp_C != 0.0 and self.span_pct_per_C != 0.0
        return warms or any((self.nonlinearity_pct, self.hysteresis_pct, self.creep_pct))
