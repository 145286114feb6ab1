"""What rings after the blows of a tap test: modes and lines found one after the other, then fitted together.

The strongest is sought by a matched filter: the Fourier transform of the rings under a decay e^(−αt), for many α at
once; without decay it is a line of belt or motor. Each find joins the model (`analysis.decay_model`), all is fitted
anew, and what is left is searched again. Least squares is maximum likelihood in white noise. By hand, zero crossings
give the same ω_d, and the logarithm of the ratio of one peak to the next, δ = 2πζ/√(1 − ζ²), the same ζ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.decay_model import (
    HIGHEST,
    LOWEST_HZ,
    MOST_DAMPED,
    NOTHING,
    ROUGHLY,
    Fitted,
    Sines,
    normal_matrix,
    project,
    refine,
    slow_terms,
    without_slow,
)

Floats = NDArray[np.float64]

SETTLED = 3.0
"""After so many time constants 1/(ζω) 5 % is left."""
LONGEST_S = 2.5
MODES = 3
"""Modes fitted together at most; near neighbours would bend the frequency of the one that is wanted."""
LINES = 8
ALONE_S = 1.0
ALONE = (2, 3)
"""Modes and lines at most in a single decay: with more, it would explain a second blow too."""
DECAY_STEP = 1.5
"""Ratio of one tried decay to the next."""
LOCAL_HZ = 30.0
"""Noise is judged within this band."""
APART = 1.5
"""Lines closer together than this over the time that is looked at are one."""
CLEARLY = 4.0
"""What dies away by more than so many time constants is no line."""
LEAST_DECAYS = 0.3
"""In the time that is looked at a mode dies away by at least this many time constants; else it is a line."""
CERTAIN = (10.0, 20.0)
"""A find stands above k blows' noise by this many √k and this much more: one in 10⁸ by chance."""
WORTHWHILE = 0.01
"""A further mode is kept if its amplitude is at least this share of the first one's."""


@dataclass(frozen=True)
class Decay:
    """One free decay."""

    natural_frequency_Hz: float
    """Undamped natural frequency of its strongest mode, Hz."""
    damping: float
    """Damping ratio ζ."""
    u_natural_frequency_Hz: float
    """Standard uncertainty from the noise in this decay, Hz."""
    u_damping: float
    """Likewise of ζ."""
    amplitude: float
    """Of the strongest mode where the fit begins, in the unit of the force."""
    left: float
    """RMS of what the fit leaves, likewise."""
    disturbed: float
    """RMS of what the model leaves in the worst twentieth of a second over that amplitude, noise taken off."""


def fit_decay(ring: Floats, sample_rate_Hz: float) -> Decay | None:
    """Fit one free decay.

    Args:
        ring: (n,) force from when the hammer is gone.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        Its strongest mode; None if there is nothing that rings and dies away.
    """
    ring = ring[: round(ALONE_S * sample_rate_Hz)]
    found = search(ring[:, np.newaxis], sample_rate_Hz, most=ALONE) if ring.size >= 32 else None
    if found is None or not len(found.sines.poles):
        return None
    freedom = max(1, ring.size - slow_terms(ring.size, sample_rate_Hz).shape[1] - 3 * len(found.tangent))
    covariance = np.linalg.pinv(normal_matrix(found)) * found.cost / freedom
    u = np.sqrt(np.maximum(np.diag(_by_mode(found.sines, covariance)), 0.0))
    amplitude = float(found.strength[0, 0])
    return Decay(
        float(found.sines.natural_rad_s[0]) / (2.0 * np.pi), float(found.sines.damping[0]),
        float(u[0]) / (2.0 * np.pi), float(u[1]), amplitude,
        float(np.sqrt(found.cost / ring.size)),
        float(disturbance(found.left, sample_rate_Hz)[0]) / amplitude,
    )  # fmt: skip


def _by_mode(sines: Sines, covariance: Floats) -> Floats:
    """(2, 2) covariance of ω and ζ of the first mode, of that of all parameters."""
    to_mode = mode_gradient(sines)
    return np.asarray(to_mode @ covariance[:2, :2] @ to_mode.T)


def mode_gradient(sines: Sines, mode: int = 0) -> Floats:
    """(2, 2) derivatives of ω = √(α² + ω_d²) and ζ = α/ω by α and ω_d.

    Args:
        sines: Poles.
        mode: Which.

    Returns:
        One row for ω, one for ζ.
    """
    decay, swing = sines.poles[mode]
    omega = float(sines.natural_rad_s[mode])
    return np.array([[decay / omega, swing / omega], [swing**2 / omega**3, -decay * swing / omega**3]])


def disturbance(left: Floats, sample_rate_Hz: float) -> Floats:
    """How far something in a ring is neither modes nor noise: RMS in its worst 50 ms beyond that of its median 50 ms.

    Args:
        left: (n, k) what the model leaves.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (k,) in the unit of the force; 0 if no part is worse than noise makes it.
    """
    block = max(4, round(0.05 * sample_rate_Hz))
    count = max(1, len(left) // block)
    power = np.mean(left[: count * block].reshape(count, -1, left.shape[1]) ** 2, axis=1)
    usual = np.median(power, axis=0)
    worst = power.max(axis=0) - usual * (1.0 + 5.0 * np.sqrt(2.0 / block))
    excess: Floats = np.sqrt(np.maximum(worst, 0.0))
    return excess


def search(rings: Floats, sample_rate_Hz: float, *, most: tuple[int, int] = (MODES, LINES)) -> Fitted | None:
    """Find modes and lines.

    Args:
        rings: (n, k) force after each of k blows, from when the hammer is gone.
        sample_rate_Hz: Sampling rate, Hz.
        most: Modes and lines at most.

    Returns:
        The model, its modes in the order of their strength; None if nothing rings.
    """
    rings = without_slow(rings, sample_rate_Hz)
    fitted = project(rings, sample_rate_Hz, NOTHING)
    while len(fitted.sines.poles) + fitted.sines.lines.size < sum(most):
        found = _strongest(fitted.left, sample_rate_Hz)
        if found is None:
            break
        tried = _with(rings, sample_rate_Hz, fitted, found, most)
        if tried is None:
            break
        fitted = tried
    if not len(fitted.sines.poles):
        return None
    return _in_order(rings, sample_rate_Hz, refine(rings, sample_rate_Hz, fitted.sines))


def _strongest(left: Floats, sample_rate_Hz: float) -> tuple[float, float] | None:
    """Decay, 1/s, and angular frequency, rad/s, of what explains most; None if all of it may be noise."""
    count, blows = left.shape
    t = np.arange(count) / sample_rate_Hz
    size = 2 << int(np.ceil(np.log2(count)))
    frequency = np.fft.rfftfreq(size, 1.0 / sample_rate_Hz)
    most = 2.0 * np.pi * HIGHEST * sample_rate_Hz * MOST_DAMPED
    number = max(2, int(np.log(most * t[-1]) / np.log(DECAY_STEP)))
    decays = np.concatenate(([0.0], DECAY_STEP ** np.arange(number) / t[-1]))
    falls = np.exp(-np.outer(decays, t))
    explained = np.stack([
        np.sum(np.abs(np.fft.rfft(left * fall[:, np.newaxis], size, axis=0)) ** 2, axis=1) / np.sum(fall**2)
        for fall in falls
    ])  # fmt: skip
    noise = _around(explained[0], max(5, round(LOCAL_HZ / frequency[1]))) / blows
    allowed = (frequency > LOWEST_HZ) & (frequency < HIGHEST * sample_rate_Hz)
    modal = decays[:, np.newaxis] < MOST_DAMPED * 2.0 * np.pi * frequency
    certain = explained > noise * (blows + CERTAIN[0] * np.sqrt(blows) + CERTAIN[1])
    score = np.where(allowed & modal & certain, explained, 0.0)
    row, column = np.unravel_index(int(np.argmax(score)), score.shape)
    if score[row, column] <= 0.0:
        return None
    return float(decays[row]), 2.0 * np.pi * float(frequency[column])


def _around(power: Floats, width: int) -> Floats:
    """Typical power near each frequency: medians of blocks, joined by straight lines."""
    count = max(1, power.size // width)
    medians = np.median(power[: count * width].reshape(count, width), axis=1)
    around: Floats = np.interp(np.arange(power.size), (np.arange(count) + 0.5) * width, medians)
    return around


def _with(
    rings: Floats, sample_rate_Hz: float, fitted: Fitted, found: tuple[float, float], most: tuple[int, int]
) -> Fitted | None:
    """The model with one more mode or one more line, whichever explains more; None if it is neither."""
    sines, duration = fitted.sines, len(rings) / sample_rate_Hz
    decay, swing = found
    tried: list[Fitted] = []
    new = bool((np.abs(sines.lines - swing) * duration > APART * 2.0 * np.pi).all())
    if sines.lines.size < most[1] and new and decay * duration < CLEARLY:
        tried.append(refine(rings, sample_rate_Hz, Sines(sines.poles, np.append(sines.lines, swing)), ROUGHLY))
    if len(sines.poles) < most[0]:
        pole = [max(decay, 1.0 / duration), swing]
        mode = refine(rings, sample_rate_Hz, Sines(np.vstack((sines.poles, pole)), sines.lines), ROUGHLY)
        if _worthwhile(mode, duration):
            tried.append(mode)
    tried = [one for one in tried if one.cost < (1.0 - 1e-6) * fitted.cost]
    return min(tried, key=lambda one: one.cost) if tried else None


def _worthwhile(fitted: Fitted, duration: float) -> bool:
    strength = np.sqrt(np.mean(fitted.strength**2, axis=1))
    dies = fitted.sines.poles[:, 0] * duration > LEAST_DECAYS
    return bool(dies.all() and (strength >= WORTHWHILE * strength.max()).all())


def _in_order(rings: Floats, sample_rate_Hz: float, fitted: Fitted) -> Fitted:
    """Strongest mode first: by the deflection it stands for, amplitude over frequency."""
    strength = np.sqrt(np.mean(fitted.strength**2, axis=1)) / fitted.sines.natural_rad_s
    order = np.argsort(-strength)
    return project(rings, sample_rate_Hz, Sines(fitted.sines.poles[order], fitted.sines.lines))
