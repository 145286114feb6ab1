"""Lines in the spectrum of a force: mains hum, the motor's drive, rollers.

A line is a bin of the periodogram that stands `RATIO` times above its neighbourhood. Of noise, a bin's power over its
mean is exponentially distributed, and the neighbourhood's median tells that mean to 15 %: the chance that one of 40,000
bins (9 signals, 8 s at 1 kHz) passes 40 times is 1 in 100,000. Whether a line matters is another question, answered in
newtons (`analysis.doctor_hum`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_S = 3.0
"""Shorter stretches cannot tell a line from its neighbours."""
LEAST_HZ = 5.0
"""Below it drift and single jumps live, which have lights of their own."""
RATIO = 40.0
NEIGHBOURS = 50
"""Bins on either side that make the neighbourhood."""
_APART = 4
"""Bins: the main lobe of the window."""
_CLIP = 8.0
"""Robust standard deviations: what lies further out is a jump, not a wave."""


@dataclass(frozen=True)
class Line:
    """One line of one signal."""

    frequency_Hz: float
    """Where it is."""
    amplitude_N: float
    """Amplitude of the sine; its rms is 0.707 of it."""

    @property
    def rms_N(self) -> float:
        """Root mean square, N."""
        return self.amplitude_N / float(np.sqrt(2.0))


def without_trend(force_N: Floats) -> Floats:
    """Take straight lines off, and cut off what stands out: a jump of a loose wire would fill the whole spectrum.

    Args:
        force_N: (n, S), N.

    Returns:
        (n, S), N, about zero.
    """
    n = len(force_N)
    t = np.linspace(-1.0, 1.0, n)[:, np.newaxis]
    middle = np.median(force_N, axis=0)
    spread = np.median(np.abs(force_N - middle), axis=0) / 0.6745
    tame = np.clip(force_N, middle - _CLIP * spread, middle + _CLIP * spread)
    tame = tame - tame.mean(axis=0)
    flat: Floats = tame - t * ((t * tame).sum(axis=0) / (t * t).sum())
    return flat


def find_lines(force_N: Floats, sample_rate_Hz: float) -> list[list[Line]]:
    """Find the lines of some signals.

    Args:
        force_N: (n, S), N, without a gap.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        For each signal its lines, strongest first; none if the stretch is shorter than `LEAST_S`.
    """
    from scipy.ndimage import maximum_filter1d, median_filter

    n = len(force_N)
    if n < LEAST_S * sample_rate_Hz:
        return [[] for _ in range(force_N.shape[1])]
    flat = without_trend(force_N)
    window = np.hanning(n + 1)[:-1, np.newaxis]
    power = np.abs(np.fft.rfft(flat * window, axis=0)) ** 2
    around = median_filter(power, size=(2 * NEIGHBOURS + 1, 1), mode="mirror") / np.log(2.0)
    highest = power == maximum_filter1d(power, 2 * _APART + 1, axis=0)
    found = highest & (power > RATIO * around) & (power > 0.0)
    first = int(np.ceil(LEAST_HZ * n / sample_rate_Hz))
    found[:first] = found[-2:] = False
    return [
        sorted(
            (_line(flat[:, s], window[:, 0], power[:, s], int(k), sample_rate_Hz) for k in np.flatnonzero(found[:, s])),
            key=lambda line: -line.amplitude_N,
        )
        for s in range(force_N.shape[1])
    ]


def _line(flat: Floats, window: Floats, power: Floats, k: int, sample_rate_Hz: float) -> Line:
    """The line at bin k: frequency by a parabola through the logarithms, amplitude by the windowed sine there."""
    low, here, high = np.log(np.maximum(power[k - 1 : k + 2], 1e-300))
    bend = low - 2.0 * here + high
    at = k + (float(np.clip(0.5 * (low - high) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0)
    turn = np.exp(-2j * np.pi * at / flat.size * np.arange(flat.size))
    amplitude = 2.0 * abs(complex((window * flat) @ turn)) / float(window.sum())
    return Line(at * sample_rate_Hz / flat.size, amplitude)
