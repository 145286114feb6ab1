"""What comes into the signals from outside: temperature, mains, the motor, contacts that come loose."""

import math

import numpy as np
from numpy.typing import NDArray

from daq.wire import CHANNELS
from rigs.cells import CellBehaviour, Draw, draw
from rigs.randomness import LOOSE, random_block

Floats = NDArray[np.float64]

LOOSE_PER_S = 0.5
"""A loose contact opens so often."""
OPEN_S = (0.005, 0.050)
"""It stays open for a time between these."""
FLOATING = 0.9
"""An open input floats to somewhere within this share of the range."""
MOVING_M_S = 0.01
"""A belt slower than this stands."""


class Disturbances:
    """What is added to the signals, in newtons on the cell.

    Args:
        cells: Sizes.
        seed: The machine.
    """

    def __init__(self, cells: CellBehaviour, seed: int) -> None:
        self._cells, self._seed = cells, seed
        self._zero_N_per_C = cells.zero_N_per_C * draw(seed, Draw.ZERO_PER_C, CHANNELS)[:, np.newaxis]
        self._mains_phase = math.pi * draw(seed, Draw.MAINS, CHANNELS)[:, np.newaxis]
        self._motor_phase = math.pi * draw(seed, Draw.MOTOR, CHANNELS)[:, np.newaxis]
        self.any = any((cells.temp_C and cells.zero_N_per_C, cells.mains_N, cells.motor_N))
        """Whether there is anything to add."""

    def added_N(self, taken_s: Floats, moving: NDArray[np.bool_]) -> Floats:
        """What is added to each cell.

        Args:
            taken_s: Times of the samples, s, (n,) or (CHANNELS, n).
            moving: (n,) whether the belt runs.

        Returns:
            (CHANNELS, n) N.
        """
        cells = self._cells
        added = np.zeros((CHANNELS, taken_s.shape[-1]))
        if cells.temp_C and cells.zero_N_per_C:
            added += self._zero_N_per_C * cells.warmth_C(taken_s)
        if cells.mains_N:
            added += cells.mains_N * np.sin(2.0 * math.pi * cells.mains_Hz * taken_s + self._mains_phase)
        if cells.motor_N:
            shaken = cells.motor_N * np.sin(2.0 * math.pi * cells.motor_Hz * taken_s + self._motor_phase)
            added += np.where(moving, shaken, 0.0)
        return added

    def open_contacts(self, t_s: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """When loose contacts are open, and where the inputs then float to.

        Openings are drawn for each whole second, so that a block knows of one that began in the block before.

        Args:
            t_s: (n,) times of the samples, s.

        Returns:
            (CHANNELS, n) whether the contact is open, and the level as a share of full scale, −1 to 1.
        """
        is_open = np.zeros((CHANNELS, len(t_s)), np.bool_)
        level = np.zeros((CHANNELS, len(t_s)))
        seconds = range(max(0, math.floor(t_s[0] - OPEN_S[1])), math.floor(t_s[-1]) + 1)
        for second in seconds:
            for channel, begins, ends, floats in self._openings(second):
                if channel in self._cells.loose:
                    span = slice(*np.searchsorted(t_s, (begins, ends)))
                    is_open[channel, span], level[channel, span] = True, floats
        return is_open, level

    def _openings(self, second: int) -> list[tuple[int, float, float, float]]:
        """Channel, begin and end (s), and level of each opening that begins in a second; drawn for all channels."""
        random = random_block(self._seed, second, LOOSE)
        channels = np.repeat(np.arange(CHANNELS), random.poisson(LOOSE_PER_S, CHANNELS))
        begins = second + random.random(channels.size)
        ends = begins + random.uniform(*OPEN_S, channels.size)
        levels = random.uniform(-FLOATING, FLOATING, channels.size)
        return list(zip(channels.tolist(), begins.tolist(), ends.tolist(), levels.tolist(), strict=True))
