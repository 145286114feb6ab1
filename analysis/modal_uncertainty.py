"""How well a joint fit of free decays knows its first mode: from the noise left, and from how far the blows agree.

Noise around a deck is not white: broad noise of belt and motor rings in it too. So the variance of the fit is taken
with the spectrum of what is left (the "sandwich" of White 1980, Econometrica 48:817), and beside it that between blows
(each blow one cluster): both count, the latter the more the more blows there are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.decay_fit import mode_gradient
from analysis.decay_model import SLOW_HZ, Fitted, slow_terms
from analysis.deck import transfer
from analysis.setup import Mode

Floats = NDArray[np.float64]

SMOOTH_HZ = 5.0
"""The spectrum of what is left is smoothed over this band."""
CLIP = 5.0
"""What stands out from the noise by so much is a line."""
NOISE_FREEDOM = 6.0
"""The variance by noise counts as much as one from so many blows more."""
EARLY = 2.0
"""While the mode rings, for so many time constants, noise may be larger than later."""


@dataclass(frozen=True)
class Known:
    """How well the first mode is known."""

    u_natural_frequency_Hz: float
    """Standard uncertainty of its natural frequency, Hz."""
    u_damping: float
    """Standard uncertainty of ζ."""


def how_well(fitted: Fitted, sample_rate_Hz: float) -> Known:
    """Judge a joint fit.

    Args:
        fitted: The fit of k blows.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        Standard uncertainties.
    """
    noise = _noise_products(fitted, sample_rate_Hz)
    own = np.einsum("pnk,qnk->kpq", fitted.tangent, fitted.tangent)
    pull = np.einsum("pnk,nk->kp", fitted.tangent, fitted.left)
    inverse = np.linalg.pinv(own.sum(axis=0), hermitian=True)
    by_noise = inverse @ noise.sum(axis=0) @ inverse
    blows = len(own)
    by_blow = inverse @ (pull.T @ pull) @ inverse * blows / max(1, blows - 1)
    to_mode = mode_gradient(fitted.sines)
    u = [
        _pooled(*pair, blows) for pair in zip(_variances(to_mode, by_noise), _variances(to_mode, by_blow), strict=True)
    ]
    return Known(u[0] / (2.0 * np.pi), u[1])


def _variances(to_mode: Floats, covariance: Floats) -> list[float]:
    block = to_mode @ covariance[:2, :2] @ to_mode.T
    return [max(float(block[0, 0]), 0.0), max(float(block[1, 1]), 0.0)]


def _pooled(by_noise: float, by_blow: float, blows: int) -> float:
    """Standard uncertainty by noise and by the scatter of the blows, the more of this the more blows there are."""
    freedom = blows - 1
    return float(np.sqrt((NOISE_FREEDOM * by_noise + freedom * by_blow) / (NOISE_FREEDOM + freedom)))


def _noise_products(fitted: Fitted, sample_rate_Hz: float) -> Floats:
    """(k, p, p) covariance of each blow's pull on the parameters, by the spectrum of what is left."""
    from scipy.ndimage import uniform_filter1d

    count, blows = fitted.left.shape
    taken = slow_terms(count, sample_rate_Hz).shape[1] + len(fitted.amplitudes) + len(fitted.tangent) / blows
    power = np.mean(np.abs(np.fft.fft(fitted.left, axis=0)) ** 2, axis=1) / max(1.0, count - taken)
    width = max(3, round(SMOOTH_HZ * count / sample_rate_Hz))
    smooth = np.maximum(uniform_filter1d(power, width, mode="wrap"), _rung(fitted, power, sample_rate_Hz))
    smooth = smooth * _early(fitted, sample_rate_Hz)
    waves = np.fft.fft(fitted.tangent, axis=1)
    product: Floats = np.einsum("pfk,f,qfk->kpq", waves.conj(), smooth, waves).real / count
    return product


def _rung(fitted: Fitted, power: Floats, sample_rate_Hz: float) -> Floats:
    """(n,) spectrum of white noise and of white noise that rings in the first mode, as they fit the one that is left.

    The fit takes most of what is left right at the mode, so that is left out and told by what is around it.
    """
    from scipy.optimize import nnls

    frequency = np.abs(np.fft.fftfreq(power.size, 1.0 / sample_rate_Hz))
    omega, damping = float(fitted.sines.natural_rad_s[0]), float(fitted.sines.damping[0])
    mode = omega / (2.0 * np.pi)
    parts = np.column_stack((np.ones(power.size), np.abs(transfer(Mode(mode, damping), frequency)) ** 2))
    told = (frequency > SLOW_HZ) & (np.abs(frequency - mode) > 2.0 * sample_rate_Hz / power.size)
    typical = np.minimum(
        power, CLIP * float(np.median(power[told])) * np.maximum(parts[:, 1], 1.0)
    )  # lines are neither
    spectrum = np.full(power.size, float(np.mean(typical[told])))
    for _ in range(3):  # a periodogram scatters in proportion to the spectrum
        weight = 1.0 / spectrum[told]
        share, _ = nnls(parts[told] * weight[:, np.newaxis], typical[told] * weight)
        spectrum = np.maximum(parts @ share, 1e-300)
    return np.asarray(spectrum)


def _early(fitted: Fitted, sample_rate_Hz: float) -> float:
    """How many times larger the noise power is while the mode rings than on the whole; 1 unless that is certain."""
    from scipy.stats import chi2

    count, blows = fitted.left.shape
    until = min(count, max(8, round(EARLY / float(fitted.sines.poles[0, 0]) * sample_rate_Hz)))
    free = np.maximum(1.0 - fitted.leverage, 0.05)[:, np.newaxis]
    power = fitted.left**2 / free
    ratio = float(power[:until].mean() / max(float(power.mean()), 1e-300))
    freedom = until * blows
    return ratio if ratio > chi2.isf(1e-3, freedom) / freedom else 1.0
