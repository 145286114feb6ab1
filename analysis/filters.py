"""Linear-phase low-pass that gives the same bits live, offline and in replay."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]


@lru_cache(maxsize=32)
def lowpass_taps(sample_rate_Hz: float, cutoff_Hz: float, length_ms: float = 40.0, kaiser_beta: float = 5.0) -> Floats:
    """Symmetric FIR low-pass whose response is −3 dB (1/√2) at the cutoff and 1 at zero.

    The window method puts the −6 dB point at its nominal edge; the edge is therefore moved until the −3 dB point,
    which is what biomechanics calls the cutoff, is where it was asked for.

    Args:
        sample_rate_Hz: Sampling rate, Hz.
        cutoff_Hz: −3 dB frequency, Hz.
        length_ms: Length; 40 ms is 41 taps at 1 kHz. Half of it is the delay.
        kaiser_beta: Shape of the Kaiser window.

    Returns:
        (2·half + 1,) coefficients.

    Raises:
        AnalysisError: The sampling rate is too low for the cutoff.
    """
    from scipy.optimize import brentq
    from scipy.signal import firwin

    half = max(1, round(length_ms / 2000.0 * sample_rate_Hz))
    offsets = np.arange(-half, half + 1)
    edge_limit = 0.4999 * sample_rate_Hz

    def taps(edge_Hz: float) -> Floats:
        return np.asarray(firwin(2 * half + 1, edge_Hz, window=("kaiser", kaiser_beta), fs=sample_rate_Hz))

    def excess(edge_Hz: float) -> float:
        phase = np.cos(2.0 * np.pi * cutoff_Hz / sample_rate_Hz * offsets)
        return float(taps(edge_Hz) @ phase - np.sqrt(0.5))

    low = 0.02 * cutoff_Hz
    if cutoff_Hz >= edge_limit or excess(edge_limit) < 0.0 or excess(low) > 0.0:
        raise AnalysisError(
            f"low-pass of {cutoff_Hz:g} Hz",
            expected=f"a sampling rate well above {2 * cutoff_Hz:g} Hz and a length that can hold the cutoff",
            seen=f"{sample_rate_Hz:g} Hz and {length_ms:g} ms",
        )
    found = taps(brentq(excess, low, edge_limit, xtol=1e-9))
    found = 0.5 * (found + found[::-1])  # exact symmetry, so that the phase is exactly linear
    found.flags.writeable = False
    return found


class LinearPhaseFIR:
    """Streaming FIR: output sample i is centred on input sample i + half; nothing is padded.

    Each output is one dot product of its own neighbourhood in a fixed order (`scipy.ndimage.correlate1d`), so
    cutting the input differently cannot change it.
    """

    def __init__(self, taps: Floats, rows: int) -> None:
        self.taps = taps
        self.half = len(taps) // 2
        self._rows = rows
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next sample starts a new segment."""
        self._tail = np.empty((self._rows, 0))

    def feed(self, signal: Floats) -> Floats:
        """Filter the next samples.

        Args:
            signal: (rows, n) consecutive samples.

        Returns:
            (rows, m) every output whose whole neighbourhood is known; the first belongs to input sample `half`.
        """
        from scipy.ndimage import correlate1d

        joined = np.concatenate((self._tail, signal), axis=1)
        ready = joined.shape[1] - 2 * self.half
        if ready <= 0:
            self._tail = joined
            return np.empty((self._rows, 0))
        self._tail = joined[:, ready:].copy()
        filtered: Floats = correlate1d(joined, self.taps, axis=1, mode="constant")
        return filtered[:, self.half : self.half + ready]
