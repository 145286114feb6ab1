"""Free decays of several blows, with poles in common: the model, and its least-squares fit.

After each blow the force is y(t) = Σ exp(−αt)·(a cos ω_d t + b sin ω_d t) + lines + what is slow + noise. The poles
(α, ω_d) are the deck's and the same after every blow; amplitudes are each blow's own. So are those of the lines, the
sinusoids of belt and motor, for a belt does not keep its speed well enough to carry a phase from blow to blow. What is
slow (offset, drift, a person's sway) is a sum of cosines up to `SLOW_HZ`. The amplitudes follow by projection (Golub
and Pereyra 1973, SIAM J Numer Anal 10:413, with the Jacobian of Kaufman 1975, BIT 15:49), so one QR serves all blows.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLOW_HZ = 4.0
"""What changes more slowly is no ringing."""
LOWEST_HZ = 10.0
"""A mode below this would be the person on the deck, not the deck."""
HIGHEST = 0.48
"""Nor can a mode lie above this share of the sampling rate."""
MOST_DAMPED = 0.4
STEPS = 60
SMALL = 1e-7
"""Relative step at which the fit has settled …"""
GAIN = 1e-9
"""… or share of what is left by which a step no longer betters it: a ten-thousandth of a standard deviation."""
ROUGHLY = 1e-4
"""The same where the fit is only on its way."""


@dataclass(frozen=True)
class Sines:
    """What is not linear in the model."""

    poles: Floats
    """(M, 2) decay α, 1/s, and damped angular frequency ω_d, rad/s, of each mode."""
    lines: Floats
    """(L,) angular frequency of each line, rad/s."""

    @property
    def natural_rad_s(self) -> Floats:
        """(M,) ω = √(α² + ω_d²)."""
        return np.hypot(self.poles[:, 0], self.poles[:, 1])

    @property
    def damping(self) -> Floats:
        """(M,) ζ = α/ω."""
        return np.asarray(self.poles[:, 0] / self.natural_rad_s)

    def vector(self) -> Floats:
        """(2M + L,) all of it."""
        return np.concatenate((self.poles.ravel(), self.lines))

    def moved(self, step: Floats) -> "Sines":
        """The same with a step (2M + L,) added."""
        x = self.vector() + step
        return Sines(x[: self.poles.size].reshape(-1, 2), x[self.poles.size :])

    def possible(self, sample_rate_Hz: float) -> bool:
        """Whether every mode dies away, swings, and lies where modes are looked for."""
        band = 2.0 * np.pi * np.array([0.8 * LOWEST_HZ, HIGHEST * sample_rate_Hz])
        swing = np.concatenate((self.poles[:, 1], self.lines))
        inside = bool(((swing > band[0]) & (swing < band[1])).all())
        return inside and bool(((self.poles[:, 0] > 0.0) & (self.damping < MOST_DAMPED)).all())


NOTHING = Sines(np.empty((0, 2)), np.empty(0))


@dataclass(frozen=True)
class Fitted:
    """The model at its best amplitudes."""

    sines: Sines
    """Poles and lines."""
    amplitudes: Floats
    """(2M + 2L, k) cosine and sine of each mode and each line after each blow, where the fit begins."""
    left: Floats
    """(n, k) what the model leaves."""
    tangent: Floats
    """(2M + L, n, k) derivative by each parameter, less what the amplitudes can make up for."""
    leverage: Floats
    """(n,) share of each sample that the amplitudes take to themselves."""

    @property
    def strength(self) -> Floats:
        """(M, k) amplitude of each mode after each blow, where the fit begins."""
        modes = self.amplitudes[: 2 * len(self.sines.poles)]
        return np.hypot(modes[::2], modes[1::2])

    @property
    def cost(self) -> float:
        """Sum of the squares of what is left."""
        return float(np.sum(self.left**2))


@lru_cache(maxsize=8)
def slow_terms(count: int, sample_rate_Hz: float) -> Floats:
    """(count, s) cosines up to `SLOW_HZ`, orthonormal; the first is the offset."""
    terms = 2 + int(2.0 * SLOW_HZ * count / sample_rate_Hz)
    phase = np.pi / count * np.outer(np.arange(count) + 0.5, np.arange(min(terms, count)))
    slow: Floats = np.cos(phase) * np.sqrt(2.0 / count)
    slow[:, 0] /= np.sqrt(2.0)
    slow.flags.writeable = False
    return slow


def without_slow(values: Floats, sample_rate_Hz: float) -> Floats:
    """(n, …) the same without what is slow."""
    slow = slow_terms(len(values), sample_rate_Hz)
    flat = values.reshape(len(values), -1)
    rest: Floats = (flat - slow @ (slow.T @ flat)).reshape(values.shape)
    return rest


def project(rings: Floats, sample_rate_Hz: float, sines: Sines) -> Fitted:
    """Find the best amplitudes for given poles and lines.

    Args:
        rings: (n, k) force after each of k blows, without what is slow (`without_slow`).
        sample_rate_Hz: Sampling rate, Hz.
        sines: Poles and lines.

    Returns:
        The model with those amplitudes.
    """
    count = len(rings)
    t = np.arange(count) / sample_rate_Hz
    decay = np.concatenate((sines.poles[:, 0], np.zeros(sines.lines.size)))
    swing = np.concatenate((sines.poles[:, 1], sines.lines))
    turning = np.exp(np.outer(t, -decay + 1j * swing))
    waves = without_slow(np.stack((turning.real, turning.imag), axis=-1).reshape(count, -1), sample_rate_Hz)
    q, r = np.linalg.qr(waves)
    on_q = q.T @ rings
    amplitudes = np.linalg.lstsq(r, on_q, rcond=None)[0] if swing.size else np.empty((0, rings.shape[1]))
    raw = _derivatives(t, turning, amplitudes, len(sines.poles))
    raw = without_slow(np.moveaxis(raw, 0, 1), sample_rate_Hz).reshape(count, -1)
    tangent = (raw - q @ (q.T @ raw)).reshape(count, -1, rings.shape[1])
    slow = slow_terms(count, sample_rate_Hz)
    leverage = np.sum(q**2, axis=1) + np.sum(slow**2, axis=1)
    return Fitted(sines, amplitudes, rings - q @ on_q, np.moveaxis(tangent, 1, 0), leverage)


def _derivatives(t: Floats, turning: NDArray[np.complex128], amplitudes: Floats, modes: int) -> Floats:
    """(2M + L, n, k) derivatives of the model by α and ω_d of each mode and ω of each line, at fixed amplitudes."""
    waves = turning[:, :, np.newaxis] * (amplitudes[::2] - 1j * amplitudes[1::2])  # (n, M + L, k)
    falling = -t[:, np.newaxis, np.newaxis] * waves  # d/dα is its real part, d/dω its imaginary part
    parts = [part for m in range(modes) for part in (falling[:, m].real, falling[:, m].imag)]
    parts += [falling[:, m].imag for m in range(modes, falling.shape[1])]
    return np.stack(parts) if parts else np.empty((0, t.size, amplitudes.shape[1]))


def normal_matrix(fitted: Fitted) -> Floats:
    """(p, p) what the blows together say of the parameters: sums of products of the derivatives."""
    flat = np.ascontiguousarray(fitted.tangent).reshape(len(fitted.tangent), -1)
    product: Floats = flat @ flat.T
    return product


def refine(rings: Floats, sample_rate_Hz: float, sines: Sines, gain: float = GAIN) -> Fitted:
    """Least squares over poles and lines (Levenberg 1944 and Marquardt 1963, with steps scaled by the diagonal).

    Args:
        rings: (n, k) force after each of k blows, without what is slow.
        sample_rate_Hz: Sampling rate, Hz.
        sines: Where to begin.
        gain: Share of the cost; a step that betters it by less is the last.

    Returns:
        The best model near by.
    """
    best, caution = project(rings, sample_rate_Hz, sines), 1e-3
    for _ in range(STEPS):
        matrix = normal_matrix(best)
        scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
        gradient = np.einsum("pnk,nk->p", best.tangent, best.left) / scale
        damped = matrix / np.outer(scale, scale) + caution * np.eye(scale.size)
        step = np.linalg.solve(damped, gradient) / scale
        moved = best.sines.moved(step)
        tried = project(rings, sample_rate_Hz, moved) if moved.possible(sample_rate_Hz) else None
        if tried is not None and tried.cost <= best.cost:
            settled = best.cost - tried.cost <= gain * best.cost
            best, caution = tried, max(0.1 * caution, 1e-9)
            if settled or np.all(np.abs(step) < SMALL * best.sines.vector()):
                break
        else:
            caution *= 10.0
            if caution > 1e6:
                break
    return best
