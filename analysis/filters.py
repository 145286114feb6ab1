"""Linear-phase low-pass that gives the same bits live, offline and in replay."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.protocol import Protocol

Floats = NDArray[np.float64]

TAIL = 1e-6
"""Share of an impulse response, in absolute value, that may be cut off."""
WEIGHING_S = 0.25
"""Long enough to calm a converter's noise, short enough to see who steps on."""


def design_taps(protocol: Protocol, sample_rate_Hz: float) -> Floats:
    """The low-pass that a protocol asks for, as one symmetric FIR: it streams, and gives the same bits offline.

    Args:
        protocol: Its filter, cutoff, length and window.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (2·half + 1,) coefficients.

    Raises:
        AnalysisError: The filter is none of "fir" and "butterworth".
    """
    if protocol.filter == "fir":
        return lowpass_taps(sample_rate_Hz, protocol.cutoff_Hz, protocol.filter_length_ms, protocol.kaiser_beta)
    if protocol.filter == "butterworth":
        return butterworth_taps(sample_rate_Hz, protocol.cutoff_Hz)
    raise AnalysisError(
        f"protocol {protocol.name}", expected="a filter fir or butterworth", seen=f"filter {protocol.filter!r}"
    )


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


@lru_cache(maxsize=32)
def butterworth_taps(sample_rate_Hz: float, cutoff_Hz: float) -> Floats:
    """The zero-lag 4th-order Butterworth of biomechanics, as its impulse response.

    A 2nd-order Butterworth run forwards and backwards has the autocorrelation of its impulse response as impulse
    response. The cutoff of each pass is corrected by C = (√2 − 1)^¼ on tan(π fc/fs), so that both together have −3 dB
    at fc (Robertson et al., Research Methods in Biomechanics, 2nd ed.). What is cut off at the ends is
    `TAIL` of the whole; away from the ends of a record the result is `scipy.signal.filtfilt`'s.

    Args:
        sample_rate_Hz: Sampling rate, Hz.
        cutoff_Hz: −3 dB frequency of both passes together, Hz.

    Returns:
        (2·half + 1,) coefficients; half is 2.5 / cutoff.

    Raises:
        AnalysisError: The sampling rate is too low for the cutoff.
    """
    from scipy.signal import butter, lfilter

    if not 0.0 < cutoff_Hz < 0.5 * sample_rate_Hz:
        raise AnalysisError(
            f"low-pass of {cutoff_Hz:g} Hz",
            expected=f"a sampling rate above {2 * cutoff_Hz:g} Hz",
            seen=f"{sample_rate_Hz:g} Hz",
        )
    corrected = np.tan(np.pi * cutoff_Hz / sample_rate_Hz) / (np.sqrt(2.0) - 1.0) ** 0.25
    b, a = butter(2, 2.0 / np.pi * np.arctan(corrected))
    impulse = np.zeros(int(8.0 * sample_rate_Hz / cutoff_Hz) + 32)  # by then it has sunk below 1e-15
    impulse[0] = 1.0
    backwards = lfilter(b, a, impulse)[::-1]
    later = lfilter(b, a, backwards)[::-1]  # from the middle to the end
    beyond = np.cumsum(np.abs(later[::-1]))[::-1]
    half = int(np.argmax(beyond <= 0.5 * TAIL * (2.0 * beyond[0] - abs(later[0])))) - 1
    found = np.concatenate((later[half:0:-1], later[: half + 1]))
    found /= found.sum()
    found.flags.writeable = False
    return np.asarray(found)


def weighing_taps(sample_rate_Hz: float) -> Floats:
    """Low-pass for loads that rest: a Hann window, which never swings below zero, however suddenly a load comes.

    Args:
        sample_rate_Hz: Sampling rate, Hz; any.

    Returns:
        (2·half + 1,) coefficients, all above 0, `WEIGHING_S` long.
    """
    half = max(2, round(0.5 * WEIGHING_S * sample_rate_Hz))
    taps = 1.0 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
    found: Floats = taps / taps.sum()
    return found


class LinearPhaseFIR:
    """Streaming FIR: output sample i is centred on input sample i + half; nothing is padded.

    Each output is one dot product of its own neighbourhood in a fixed order (`scipy.ndimage.correlate1d`), so
    cutting the input differently cannot change it.

    Args:
        taps: (2·half + 1,) impulse response for all rows, or (rows, 2·half + 1) one for each.
        rows: Number of signals.

    Raises:
        AnalysisError: The taps have no middle, or there is not one set for each row.
    """

    def __init__(self, taps: Floats, rows: int) -> None:
        if taps.shape[-1] % 2 == 0 or taps.shape[:-1] not in {(), (rows,)}:
            raise AnalysisError(
                "filter", expected=f"an odd number of coefficients, once or for {rows} rows", seen=f"shape {taps.shape}"
            )
        self.taps = taps
        self.half = taps.shape[-1] // 2
        self._rows = rows
        by_row = np.broadcast_to(taps, (rows, taps.shape[-1]))
        same = bool((by_row == by_row[:1]).all())
        # correlate1d runs through its weights the other way round than a convolution
        self._weights = [np.array(row[::-1]) for row in (by_row[:1] if same else by_row)]
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
        joined = np.concatenate((self._tail, signal), axis=1)
        ready = joined.shape[1] - 2 * self.half
        if ready <= 0:
            self._tail = joined
            return np.empty((self._rows, 0))
        self._tail = joined[:, ready:].copy()
        return self._correlate(joined)[:, self.half : self.half + ready]

    def _correlate(self, joined: Floats) -> Floats:
        from scipy.ndimage import correlate1d

        if len(self._weights) == 1:
            filtered: Floats = correlate1d(joined, self._weights[0], axis=1, mode="constant")
            return filtered
        filtered = np.empty_like(joined)
        for row, weights, out in zip(joined, self._weights, filtered, strict=True):
            correlate1d(row, weights, output=out, mode="constant")
        return filtered
