"""How the metal of a load cell answers to a force: creep, hysteresis, nonlinearity, warmth.

All of it adds to the ideal answer, block after block, without a loop over samples.
"""

import math

import numpy as np
from numpy.typing import NDArray

from rigs.cells import CellBehaviour, Draw, draw

Floats = NDArray[np.float64]

PLAY_SHARES = (0.0025, 0.005, 0.01, 0.02)
"""Play of the elements that make the hysteresis, as shares of capacity; each makes the same part of it."""
FORGOTTEN = 8.0
"""After so many time constants creep has forgotten what was before: e⁻⁸ is 0.03 %."""


def follow_play(force_N: Floats, play_N: Floats, before_N: Floats) -> Floats:
    """Follow forces with play: the follower stands still until the force has moved it against one of its two stops.

    Sample k limits the follower to force[k] ± play. Limiting to one range and then to another is limiting to a third
    one, so all follow from their predecessors in log2(n) rounds that double the reach. Every result is one of the
    force[k] ± play, or `before_N`: it does not depend on how the stream is cut, to the last bit.

    Args:
        force_N: (C, n) forces, N.
        play_N: (C,) half the play, N.
        before_N: (C,) where the followers stood before the first sample, N.

    Returns:
        (C, n) where they stand, N.
    """
    low, high = force_N - play_N[:, np.newaxis], force_N + play_N[:, np.newaxis]
    reach = 1
    while reach < force_N.shape[1]:
        low_then = np.clip(low[:, :-reach], low[:, reach:], high[:, reach:])
        high[:, reach:] = np.clip(high[:, :-reach], low[:, reach:], high[:, reach:])
        low[:, reach:] = low_then
        reach *= 2
    return np.clip(before_N[:, np.newaxis], low, high)


class Material:
    """Deviation of the cells from the ideal, block after block; new, it has never carried anything.

    Hysteresis is a sum of elements with play that rub (Prandtl–Ishlinskii, equal parts): its loops close, do not depend
    on speed, and remember how far the load went back before. Up and down differ by hysteresis_pct of capacity
    wherever the load has moved at least 4 % of capacity in each direction; smaller loops are flatter.

    Args:
        cells: Sizes.
        capacity_N: (C,) rated load of the cells, N.
        rate_Hz: Sample rate, Hz.
        seed: The machine.
    """

    def __init__(self, cells: CellBehaviour, capacity_N: Floats, rate_Hz: float, seed: int) -> None:
        self._cells, self._capacity_N = cells, capacity_N
        self._span_per_C = cells.span_pct_per_C / 100.0 * draw(seed, Draw.SPAN_PER_C, len(capacity_N))
        self._forget = math.exp(-1.0 / (rate_Hz * cells.creep_s))
        self._crept = np.zeros((len(capacity_N), 1))  # state of the filter
        self._followers_N = [np.zeros(len(capacity_N)) for _ in PLAY_SHARES]

    def feed(self, force_N: Floats, t_s: Floats) -> Floats:
        """Follow the next samples.

        Args:
            force_N: (C, n) force on each cell, N.
            t_s: (n,) times, s.

        Returns:
            (C, n) what the cells read too high, N.
        """
        cells, more = self._cells, np.zeros_like(force_N)
        if cells.creep_pct:
            more += cells.creep_pct / 100.0 * self._creep(force_N)
        if cells.hysteresis_pct:
            more += self._rub(force_N)
        if cells.nonlinearity_pct:
            more += cells.nonlinearity_pct / 100.0 * force_N**2 / self._capacity_N[:, np.newaxis]
        if cells.temp_C and cells.span_pct_per_C:
            more += (force_N + more) * self._span_per_C[:, np.newaxis] * cells.warmth_C(t_s)
        return more

    def _creep(self, force_N: Floats) -> Floats:
        """The force through a low-pass of the creep's time constant, from nothing on, N."""
        from scipy.signal import lfilter

        crept, self._crept = lfilter([1.0 - self._forget], [1.0, -self._forget], force_N, axis=-1, zi=self._crept)
        return np.asarray(crept)

    def _rub(self, force_N: Floats) -> Floats:
        part_N = self._cells.hysteresis_pct / 100.0 * self._capacity_N[:, np.newaxis] / 2.0 / len(PLAY_SHARES)
        more = np.zeros_like(force_N)
        for i, share in enumerate(PLAY_SHARES):
            play_N = share * self._capacity_N
            stand_N = follow_play(force_N, play_N, self._followers_N[i])
            self._followers_N[i] = stand_N[:, -1].copy()
            more += part_N * (force_N - stand_N) / play_N[:, np.newaxis]
        return more


def memory_s(cells: CellBehaviour) -> float:
    """For how long a cell's reading tells of what it carried, s, hysteresis left aside."""
    return FORGOTTEN * cells.creep_s if cells.creep_pct else 0.0
