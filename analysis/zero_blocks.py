"""What half a second of force tells about its zero; `analysis.causal_zero` draws the conclusions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MEAN_S = 0.03
FLAT_N = 25.0
"""Range within a flat 30 ms, and of the 30 ms means within a block at rest."""
FLAT_SHARE = 0.1
"""A flight may vary by this share of the load, where that is more than `FLAT_N`: a soft deck rings."""
RISE = (0.1, 0.6)
RISE_S = 0.035
"""After a flight the force climbs from 10 % to 60 % of the load within this time. Of 2 200 half seconds of 39 real
running trials the median climb takes 17 ms, and 23 ms or less in nine of ten at the slowest speed; from a walker's
valley (sines of 1.5 to 2.6 steps a second) it takes 45 ms and more, whatever the weight."""
FLIGHT_LOAD_N = 150.0
"""Least height of a running block's mean above its low: half the weight of a child."""
LASTING_S = 0.2
"""A foot's swing is at least this long; no walker's valley stays within `FLAT_N` for so long and yet is deep."""


@dataclass(frozen=True)
class Blocks:
    """What k blocks tell, each for itself."""

    low: Floats
    """(6, k) lowest 30 ms mean, where the vertical force is lowest."""
    mean: Floats
    """(6, k) mean."""
    usable: Bools
    """(k,) free of bad samples."""
    flat: Bools
    """(k,) usable, and flat where it is lowest."""
    flight: Bools
    """(k,) usable, and the low is a runner's flight: after it the force climbs steeply."""
    rest: Bools
    """(k,) usable, and nothing moves."""
    lasting: Bools
    """(k,) usable, and as low as this for `LASTING_S`."""


def judge(wrench: Floats, bad: Bools, width: int, sample_rate_Hz: float) -> Blocks:
    """Look at blocks of equal length.

    Args:
        wrench: (6, k·width) filtered wrench.
        bad: (k·width,) samples that are marked as wrong.
        width: Samples in a block.
        sample_rate_Hz: Sampling rate.

    Returns:
        What each block tells; a block's values do not depend on the others.
    """
    count = bad.size // width
    shaped = wrench.reshape(6, count, width)
    mean = min(max(2, round(MEAN_S * sample_rate_Hz)), width)
    force = shaped[FZ]
    usable: Bools = np.logical_not(bad.reshape(count, width).any(axis=1))
    total = np.cumsum(shaped, axis=2)
    means = np.concatenate((total[:, :, mean - 1 : mean], total[:, :, mean:] - total[:, :, :-mean]), axis=2)
    means /= mean
    lowest = np.argmin(means[FZ], axis=1)
    rows = np.arange(count)
    low = means[:, rows, lowest]
    average = total[:, :, -1] / width
    load = average[FZ] - low[FZ]
    span = np.ptp(force[rows[:, None], lowest[:, None] + np.arange(mean)], axis=1)
    steep = _climb(force, lowest + mean // 2, low[FZ], load) <= max(1, round(RISE_S * sample_rate_Hz))
    calm = span < np.maximum(FLAT_N, FLAT_SHARE * load)
    return Blocks(
        low=low,
        mean=average,
        usable=usable,
        flat=usable & (span < FLAT_N),
        flight=usable & calm & steep & (load >= FLIGHT_LOAD_N),
        rest=usable & (np.ptp(means[FZ], axis=1) < FLAT_N),
        lasting=usable & ((force < low[FZ, :, None] + FLAT_N).sum(axis=1) >= LASTING_S * sample_rate_Hz),
    )


def _climb(force: Floats, low_at: Ints, low_N: Floats, load_N: Floats) -> Ints:
    """Samples in which each block's force climbs after its low, as `RISE` has it; very many if it does not."""
    width = force.shape[1]
    column = np.arange(width)
    start, top = (low_N + share * load_N for share in RISE)
    over = (column >= low_at[:, None]) & (force > top[:, None])
    arrived = np.where(over.any(axis=1), np.argmax(over, axis=1), 1 << 30)
    under = (force < start[:, None]) & (column < arrived[:, None])
    left = width - 1 - np.argmax(under[:, ::-1], axis=1)
    climb: Ints = arrived - left
    return climb
