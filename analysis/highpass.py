"""The fast part of the vertical force: what is left when everything below 10 Hz is taken away, streaming.

The low-pass that is subtracted is the one biomechanics calls "4th-order zero-lag Butterworth": a 2nd-order Butterworth
run forwards and backwards, its cutoff corrected so that the pair has −3 dB at 10 Hz. Running backwards needs the
future without end; here its symmetric impulse response is cut where nothing of it is left (0.16 s), which makes it a
filter with a fixed lag. So slow a filter need not be computed at every sample: blocks of samples are averaged, the
low-pass runs on the averages, and a polynomial leads back to the samples. Blocks are counted from the segment's
first sample, so no cutting into chunks can change a bit.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CUTOFF_HZ = 10.0
"""−3 dB frequency of the low-pass (metrics: Blackmore et al. 2016, J Biomech 49:479, split near 10 Hz)."""
REACH_S = 0.16
"""The impulse response is cut here; what lies beyond sums to less than 0.0003."""
BLOCK_RATE_HZ = 250.0
"""The averages come about this often, or at every sample if those come less often."""
INTERPOLATION = np.arange(-2, 3)
"""Averages through which the polynomial goes, around each block: a quartic (Lagrange)."""


def lowpass_response(frequency_Hz: Floats, sample_rate_Hz: float, cutoff_Hz: float = CUTOFF_HZ) -> Floats:
    """Gain of a 2nd-order Butterworth run forwards and backwards, −3 dB at the cutoff.

    The cutoff of a single pass is corrected by C = (√2 − 1)^¼, applied to tan(π fc/fs) (Robertson et al., Research
    Methods in Biomechanics, 2nd ed., chapter 12; Winter 2009).

    Args:
        frequency_Hz: (n,) frequencies up to half the sampling rate.
        sample_rate_Hz: Sampling rate.
        cutoff_Hz: Where the gain of the pair is 1/√2.

    Returns:
        (n,) gains between 0 and 1; the phase is zero.
    """
    corrected = np.tan(np.pi * cutoff_Hz / sample_rate_Hz) / (np.sqrt(2.0) - 1.0) ** 0.25
    warped = np.tan(np.pi * np.minimum(frequency_Hz / sample_rate_Hz, 0.4999999))
    gain: Floats = 1.0 / (1.0 + (warped / corrected) ** 4)
    return gain


@lru_cache(maxsize=16)
def _design(sample_rate_Hz: float) -> tuple[int, Floats, Floats]:
    """Block length D, (2h+1,) taps on the block averages, (5, D) weights back to the samples of a block."""
    block = max(1, int(sample_rate_Hz / BLOCK_RATE_HZ))
    block_rate = sample_rate_Hz / block
    place = (np.arange(block) - (block - 1) / 2.0) / block  # of a block's samples around its middle
    weights = np.ones((INTERPOLATION.size, block))
    for row, node in enumerate(INTERPOLATION):
        for other in INTERPOLATION[node != INTERPOLATION]:
            weights[row] *= (place - other) / (node - other)
    half = round(REACH_S * block_rate)
    grid = (np.arange(1 << 14) + 0.5) / (1 << 15) * block_rate  # midpoints of 0 … half the block rate
    turn = 2.0 * np.pi * grid / block_rate
    averaging = np.sinc(grid / block_rate) / np.sinc(grid / sample_rate_Hz)
    wanted = lowpass_response(grid, sample_rate_Hz) / averaging
    taps = np.array([(wanted * np.cos(turn * k)).mean() for k in range(half + 1)])
    taps = np.concatenate((taps[:0:-1], taps))
    taps /= taps.sum()
    for array in (taps, weights):
        array.flags.writeable = False
    return block, taps, weights


class FrequencySplit:
    """Streams each belt's vertical force to its part above 10 Hz: HF(t) = F(t) − LP10(F)(t), zero phase."""

    def __init__(self, sample_rate_Hz: float, belts: int) -> None:
        self._block, self._taps, self._weights = _design(float(sample_rate_Hz))
        self._reach = self._taps.size // 2 + INTERPOLATION.size // 2
        self._belts = belts
        self.restart()

    @property
    def half(self) -> int:
        """Samples without a value at a segment's beginning; at its end up to a block more."""
        return self._reach * self._block

    def restart(self) -> None:
        """Forget the past: the next sample starts a new segment."""
        self._force = np.empty((self._belts, 0))  # what has not been given out yet
        self._means = np.empty((self._belts, 0))  # averages that are still needed
        self._averaged = 0  # samples of `_force` that are in the averages
        self._begun = False

    def feed(self, force_N: Floats) -> Floats:
        """Take the next samples.

        Args:
            force_N: (belts, n) vertical force, N. A constant or slow zero error does not matter.

        Returns:
            (belts, m) high-frequency force of the samples that follow those given out before, N; NaN within `half` of
            the segment's beginning, where the low-pass does not know the past.
        """
        self._force = np.concatenate((self._force, force_N), axis=1)
        self._average()
        ready = self._means.shape[1] - 2 * self._reach
        if ready <= 0:
            return np.empty((self._belts, 0))
        low = self._lowpass(ready)
        self._means = self._means[:, ready:].copy()
        head = 0 if self._begun else self.half
        self._begun = True
        count = head + low.shape[1]
        given = self._force[:, :count].copy()
        given[:, :head] = np.nan
        given[:, head:] -= low
        self._force = self._force[:, count:].copy()
        self._averaged -= count
        return given

    def finish(self) -> Floats:
        """End the segment.

        Returns:
            (belts, m) NaN for every sample not yet given out, so that as many came out as went in.
        """
        return np.full(self._force.shape, np.nan)

    def _average(self) -> None:
        """Append the averages of blocks that are complete now: explicit sums, whose order no chunk can change."""
        blocks = (self._force.shape[1] - self._averaged) // self._block
        if blocks <= 0:
            return
        stop = self._averaged + blocks * self._block
        part = self._force[:, self._averaged : stop].reshape(self._belts, blocks, self._block)
        total = part[:, :, 0].copy()
        for place in range(1, self._block):
            total += part[:, :, place]
        self._means = np.concatenate((self._means, total / self._block), axis=1)
        self._averaged = stop

    def _lowpass(self, ready: int) -> Floats:
        """Low-passed force at every sample of the first `ready` blocks whose neighbourhood is known."""
        from scipy.ndimage import correlate1d

        side = self._taps.size // 2
        slow = correlate1d(self._means, self._taps, axis=1, mode="constant")[:, side : self._means.shape[1] - side]
        low = np.zeros((self._belts, self._block, ready))
        for row, weight in enumerate(self._weights):
            low += weight[:, None] * slow[:, None, row : row + ready]
        return np.ascontiguousarray(low.transpose(0, 2, 1)).reshape(self._belts, ready * self._block)
