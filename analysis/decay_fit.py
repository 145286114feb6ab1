"""Fit of one free decay: damped sines, as many as ring audibly, by least squares.

The force is x(t) = c + d·t + Σ exp(−ζωt)·(a cos ω_d t + b sin ω_d t), ω_d = ω√(1 − ζ²), one term per mode. Least
squares is maximum likelihood in white noise, so its covariance gives the standard uncertainties. By hand, zero
crossings give the same ω_d, and the logarithm of the ratio of one peak to the next, δ = 2πζ/√(1 − ζ²), the same ζ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_S = 1.5
"""Of each decay at most so much is used …"""
SETTLED = 3.0
"""… and no more than this many time constants 1/(ζω): 5 % is left then, the rest is noise."""
MODES = 3
"""Modes fitted together at most; near neighbours would bend the frequency of the one that is wanted."""
WORTHWHILE = 0.3
"""Another mode is kept if it explains this share of what was left unexplained."""
LOWEST_HZ = 10.0
"""Below this it is the person on the deck, not the deck."""


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
    explained: float
    """Share of the variance that the modes explain."""
    disturbed: float
    """Share of the variance that they leave, yet rings at the same frequency: half a period later it is reversed."""


def fit_decay(ring: Floats, sample_rate_Hz: float) -> Decay | None:
    """Fit one free decay.

    Args:
        ring: (n,) force from when the hammer is gone.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        Its strongest mode; None if there is nothing that rings and dies away.
    """
    ring = ring[: round(LONGEST_S * sample_rate_Hz)]
    poles = _guess(ring, sample_rate_Hz) if ring.size >= 32 else None
    if poles is None:
        return None
    poles = _refine(ring, sample_rate_Hz, poles)
    decay, _ = poles[0]
    if decay <= 0.0:
        return None
    ring = ring[: max(32, int(SETTLED / decay * sample_rate_Hz))]
    poles = _more_modes(ring, sample_rate_Hz, _refine(ring, sample_rate_Hz, poles))
    return _describe(ring, sample_rate_Hz, poles)


def _basis(count: int, sample_rate_Hz: float, poles: Floats) -> Floats:
    """(count, 2 + 2M): offset, slope, and a cosine and a sine that die away for each pole (decay 1/s, ω_d rad/s)."""
    t = np.arange(count) / sample_rate_Hz
    columns = [np.ones(count), t / t[-1] - 0.5]
    for decay, omega in poles:
        fall = np.exp(-decay * t)
        columns += [fall * np.cos(omega * t), fall * np.sin(omega * t)]
    return np.column_stack(columns)


def _left(ring: Floats, sample_rate_Hz: float, poles: Floats) -> tuple[Floats, Floats]:
    """What the best amplitudes leave of the ring, and those amplitudes."""
    basis = _basis(ring.size, sample_rate_Hz, poles)
    amplitudes: Floats = np.linalg.lstsq(basis, ring, rcond=None)[0].astype(np.float64)
    return ring - basis @ amplitudes, amplitudes


def _guess(ring: Floats, sample_rate_Hz: float) -> Floats | None:
    """(1, 2) decay and angular frequency of the strongest line: the peak of the spectrum, the fall of its envelope."""
    still = ring - ring.mean()
    size = 8 * (1 << int(np.ceil(np.log2(still.size))))
    spectrum = np.abs(np.fft.rfft(still, size))
    frequency = np.fft.rfftfreq(size, 1.0 / sample_rate_Hz)
    spectrum[frequency < max(LOWEST_HZ, 2.0 * sample_rate_Hz / still.size)] = 0.0  # two periods at the least
    peak = float(frequency[int(np.argmax(spectrum))])
    period = max(2, round(sample_rate_Hz / max(peak, 1.0)))
    pieces = still.size // period
    if peak <= 0.0 or pieces < 3:
        return None
    turned = still * np.exp(-2j * np.pi * peak / sample_rate_Hz * np.arange(still.size))
    envelope = np.abs(turned[: pieces * period].reshape(pieces, period).mean(axis=1))
    strong = np.flatnonzero(envelope < 0.1 * envelope[0])
    until = max(3, int(strong[0]) if strong.size else pieces)
    t = (np.arange(until) + 0.5) * period / sample_rate_Hz
    slope = np.polyfit(t, np.log(np.maximum(envelope[:until], 1e-300)), 1)[0]
    return np.array([[max(-float(slope), 1e-3 * peak), 2.0 * np.pi * peak]])


def _refine(ring: Floats, sample_rate_Hz: float, poles: Floats) -> Floats:
    """Least squares over all poles; the amplitudes follow by projection.

    Golub and Pereyra (1973), SIAM J Numer Anal 10:413.
    """
    from scipy.optimize import least_squares

    scale = np.tile([0.1, 1.0], len(poles)) * np.repeat(poles[:, 1], 2)

    def residual(x: Floats) -> Floats:
        return _left(ring, sample_rate_Hz, (x * scale).reshape(-1, 2))[0]

    found = least_squares(residual, poles.ravel() / scale, xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=60)
    refined: Floats = (found.x * scale).reshape(-1, 2)
    return refined


def _more_modes(ring: Floats, sample_rate_Hz: float, poles: Floats) -> Floats:
    """Add modes as long as each explains much of what was left; strongest first."""
    left, _ = _left(ring, sample_rate_Hz, poles)
    while len(poles) < MODES:
        further = _guess(left, sample_rate_Hz)
        if further is None:
            break
        together = _refine(ring, sample_rate_Hz, np.vstack((poles, further)))
        rest, amplitudes = _left(ring, sample_rate_Hz, together)
        if np.sum(rest**2) > (1.0 - WORTHWHILE) * np.sum(left**2) or (together <= 0.0).any():
            break
        strength = np.hypot(amplitudes[2::2], amplitudes[3::2])
        poles, left = together[np.argsort(-strength)], rest
    return poles


def _describe(ring: Floats, sample_rate_Hz: float, poles: Floats) -> Decay | None:
    left, amplitudes = _left(ring, sample_rate_Hz, poles)
    decay, omega_d = poles[0]
    omega = float(np.hypot(decay, omega_d))
    if decay <= 0.0 or not 2.0 * np.pi * LOWEST_HZ < omega_d < np.pi * sample_rate_Hz:
        return None
    freedom = max(1, ring.size - amplitudes.size - poles.size)
    covariance = np.linalg.pinv(_information(ring.size, sample_rate_Hz, poles, amplitudes)) * np.sum(left**2) / freedom
    by_omega = np.array([decay, omega_d]) / omega  # ω = √(decay² + ω_d²), ζ = decay/ω
    by_zeta = np.array([omega_d**2, -decay * omega_d]) / omega**3
    block = covariance[:2, :2]
    slow, _ = _left(ring, sample_rate_Hz, np.empty((0, 2)))
    total = max(float(np.sum(slow**2)), 1e-300)
    half_period = round(np.pi / omega_d * sample_rate_Hz)
    return Decay(
        natural_frequency_Hz=omega / (2.0 * np.pi),
        damping=float(decay) / omega,
        u_natural_frequency_Hz=float(np.sqrt(by_omega @ block @ by_omega)) / (2.0 * np.pi),
        u_damping=float(np.sqrt(by_zeta @ block @ by_zeta)),
        amplitude=float(np.hypot(amplitudes[2], amplitudes[3])),
        explained=1.0 - float(np.sum(left**2)) / total,
        disturbed=-float(np.sum(left[half_period:] * left[:-half_period])) / total,
    )


def _information(count: int, sample_rate_Hz: float, poles: Floats, amplitudes: Floats) -> Floats:
    """JᵀJ of the whole model: the poles first, then the amplitudes."""
    basis = _basis(count, sample_rate_Hz, poles)
    t = np.arange(count) / sample_rate_Hz
    columns = []
    for i in range(len(poles)):
        cosine, sine = basis[:, 2 + 2 * i], basis[:, 3 + 2 * i]
        a, b = amplitudes[2 + 2 * i : 4 + 2 * i]
        columns += [-t * (a * cosine + b * sine), t * (b * cosine - a * sine)]
    jacobian = np.column_stack((*columns, basis))
    information: Floats = jacobian.T @ jacobian
    return information
