"""When a reading may be taken: what stands on the belt stands still, and has for long enough.

The last 16 batches are looked at. A batch is a whole number of periods of 50 and of 60 Hz mains, so hum is gone from
its mean. How uncertain the mean of all is follows from how batches scatter, and batches of batches: what sways or
drifts scatters as much between long batches, white noise less, and the largest counts (Flyvbjerg and Petersen 1989).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

BATCHES = 16
BATCH_S = {"weight": 0.1, "pull": 0.2, "pole": 0.2, "person": 0.3}
"""Length of a batch, s: a weight is watched for 1.6 s, a person for 4.8 s."""
LIMIT_N = {"weight": 1.0, "pull": 1.5, "pole": 5.0, "person": 15.0}
"""Forces may scatter from batch to batch, and go from the first to the last, by so much …"""
NOISE_SHARE = 4.0
"""… or by so many times what white noise makes of a batch's mean, whichever is larger."""
LEAST_COUNTS = 1.0 / 12.0**0.5
"""Uncertainty of counts that are all the same: rounding."""


@dataclass(frozen=True)
class Steady:
    """A reading that stood still."""

    counts: Floats
    """(C,) mean counts."""
    u_counts: Floats
    """(C,) standard uncertainty of the mean, from noise, sway and drift."""
    seconds: float
    """Time it was averaged over, s."""
    sd_N: float
    """Standard deviation of the force from sample to sample, of the force that scatters most, N."""


class SteadyWatch:
    """Watches counts until they stand still, and goes on watching.

    Args:
        rate_Hz: Sample rate, Hz.
        rows: (k, C) N per count of every force that must stand still: the force rows of all belts' read-outs.
        kind: What is on the belt, one of `analysis.calibration.KINDS`.

    Raises:
        AnalysisError: The kind is not known.
    """

    def __init__(self, rate_Hz: float, rows: Floats, kind: str = "weight") -> None:
        if kind not in BATCH_S:
            raise AnalysisError("steady reading", expected=f"one of {', '.join(BATCH_S)}", seen=repr(kind))
        self._rows = np.atleast_2d(np.asarray(rows, np.float64))
        self._size = max(1, round(BATCH_S[kind] * rate_Hz))
        self._rate_Hz, self._limit_N = rate_Hz, LIMIT_N[kind]
        self.reset()

    def reset(self) -> None:
        """Forget everything: something was put on, or samples were lost."""
        channels = self._rows.shape[1]
        self._open = np.zeros((0, channels))
        self._means = np.zeros((0, channels))
        self._spread = np.zeros((0, len(self._rows)))

    def feed(self, counts: NDArray[np.generic]) -> bool:
        """Watch further samples.

        Args:
            counts: (n, C) in order, without a gap; n may be 0.

        Returns:
            Whether the reading is steady now.
        """
        joined = np.concatenate([self._open, np.asarray(counts, np.float64)])
        full = len(joined) // self._size
        self._open = joined[full * self._size :]
        late = joined[max(0, full - BATCHES) * self._size : full * self._size]
        batches = late.reshape(-1, self._size, joined.shape[1])
        forces = (batches - batches.mean(axis=1, keepdims=True)) @ self._rows.T
        self._means = np.concatenate([self._means, batches.mean(axis=1)])[-BATCHES:]
        self._spread = np.concatenate([self._spread, (forces**2).mean(axis=1)])[-BATCHES:]
        return self.progress == 1.0

    @property
    def progress(self) -> float:
        """How much of the time it has stood still, 0 to 1."""
        still = [n for n in range(2, len(self._means) + 1) if self._still(n)]
        return max(still, default=0) / BATCHES

    @property
    def sd_N(self) -> float:
        """Standard deviation of the force that scatters most, sample to sample, N; NaN before there are any."""
        if len(self._means) < 2:
            return float("nan")
        slow = (self._means @ self._rows.T).var(axis=0)
        return float(np.sqrt((self._spread.mean(axis=0) + slow).max()))

    @property
    def steady(self) -> Steady | None:
        """The reading, if it has stood still for long enough."""
        if self.progress < 1.0:
            return None
        seconds = BATCHES * self._size / self._rate_Hz
        return Steady(self._means.mean(axis=0), _uncertainty(self._means), seconds, self.sd_N)

    def _still(self, n: int) -> bool:
        """Whether forces stood still in the last n batches: scatter and trend are small."""
        forces = self._means[-n:] @ self._rows.T
        white = np.sqrt(self._spread[-n:].mean(axis=0) / self._size)
        limit = np.maximum(self._limit_N, NOISE_SHARE * white)
        time = np.linspace(-0.5, 0.5, n)
        trend = time @ forces / (time @ time)
        return bool((forces.std(axis=0) <= limit).all() and (np.abs(trend) <= limit).all())


def _uncertainty(means: Floats) -> Floats:
    """(C,) standard uncertainty of the mean of batches (16, C), the largest of those from 16, 8 and 4 batches."""
    square = [
        means.reshape(n, -1, means.shape[1]).mean(axis=1).var(axis=0, ddof=1) / n for n in (BATCHES, BATCHES // 2, 4)
    ]
    u: Floats = np.sqrt(np.maximum(np.max(square, axis=0), (means.std(axis=0) == 0.0) * LEAST_COUNTS**2))
    return u
