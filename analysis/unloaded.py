"""An unloaded reading: mean, noise and how well the mean is known, though it drifts and hums meanwhile."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_BLOCKS, LEAST_BLOCKS = 20, 4
BLOCK_S = 0.25
"""A block holds at least a few periods of mains and motor, so that these average out in it."""


@dataclass(frozen=True)
class Unloaded:
    """What some seconds of readings say; units are those of the readings."""

    mean: Floats
    """(C,) mean: the reading in the middle of the time."""
    sd: Floats
    """(C,) standard deviation of a sample about the straight line through all: noise without drift."""
    u_mean: Floats
    """(C,) standard uncertainty of the mean."""
    slope_per_s: Floats
    """(C,) slope of that line, per second."""


def unloaded(values: Floats, sample_rate_Hz: float) -> Unloaded:
    """Take the mean and tell how well it is known.

    Slow noise makes neighbouring samples alike, so that SD/√n promises too much. The means of blocks scatter by what
    truly is left (batch means, Law & Kelton); the larger of the two counts.

    Args:
        values: (n, C), n at least 2.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        The reading.
    """
    n = len(values)
    t_s = (np.arange(n) - (n - 1) / 2) / sample_rate_Hz
    mean = values.mean(axis=0)
    slope = t_s @ values / (t_s @ t_s)
    rest = values - mean - t_s[:, np.newaxis] * slope
    sd = np.sqrt(np.sum(rest**2, axis=0) / max(n - 2, 1))
    blocks = int(np.clip(n / sample_rate_Hz / BLOCK_S, LEAST_BLOCKS, MOST_BLOCKS))
    u_mean = sd / math.sqrt(n)
    if n >= 2 * blocks:
        used = n - n % blocks
        means = rest[:used].reshape(blocks, -1, values.shape[1]).mean(axis=1)
        u_mean = np.maximum(u_mean, np.sqrt(np.sum(means**2, axis=0) / (blocks - 2) / blocks))
    return Unloaded(mean, sd, u_mean, slope)
