"""Vertical force of one stance in closed form (metrics, oracles O1 to O3)."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

G = 9.80665


class VerticalShape(Protocol):
    """Vertical force of one stance, the same every step; flight follows."""

    mass_kg: float
    contact_s: float
    flight_s: float

    def force_N(self, since_s: Floats) -> Floats:
        """Vertical force at times since touchdown, within the stance."""
        ...

    @property
    def impulse_Ns(self) -> float:
        """Vertical impulse of one stance."""
        ...


@dataclass(frozen=True)
class HalfSine:
    """O1: Fz = Fmax sin(πt/tc), Fmax such that the impulse is body weight × step time."""

    mass_kg: float = 70.0
    """Body mass, kg."""
    contact_s: float = 0.25
    """Contact time, s."""
    flight_s: float = 0.10
    """Flight time, s."""

    @property
    def impulse_Ns(self) -> float:
        """Vertical impulse of one stance: m g (tc + tf), N·s."""
        return self.mass_kg * G * (self.contact_s + self.flight_s)

    @property
    def peak_N(self) -> float:
        """Amplitude of the half-sine, N."""
        return math.pi / 2 * self.impulse_Ns / self.contact_s

    def force_N(self, since_s: Floats) -> Floats:
        """Vertical force, N, at times since touchdown (n,), s."""
        return self.peak_N * np.sin(np.pi / self.contact_s * since_s)


@dataclass(frozen=True)
class TwoMass:
    """O2: Clark, Ryan & Weyand 2017, a limb impact and a body pulse, both raised cosines."""

    mass_kg: float = 70.0
    """Body mass, kg."""
    contact_s: float = 0.24
    """Contact time, s."""
    flight_s: float = 0.10
    """Flight time, s."""
    limb_dv_m_s: float = 1.10
    """Vertical speed the limb loses in `limb_dt_s`, m/s."""
    limb_dt_s: float = 0.027
    """Half the duration of the limb impact, s."""
    limb_share: float = 0.08
    """Mass of foot and shank, as a share of body mass."""

    @property
    def impulse_Ns(self) -> float:
        """Vertical impulse of one stance: m g (tc + tf), N·s."""
        return self.mass_kg * G * (self.contact_s + self.flight_s)

    @property
    def limb_impulse_Ns(self) -> float:
        """Impulse of the limb impact J1 = m1 (Δv1/Δt1 + g) 2Δt1, N·s."""
        mean = self.limb_share * self.mass_kg * (self.limb_dv_m_s / self.limb_dt_s + G)
        return mean * 2 * self.limb_dt_s

    def force_N(self, since_s: Floats) -> Floats:
        """Vertical force, N, at times since touchdown (n,), s."""
        dt, tc = self.limb_dt_s, self.contact_s
        limb = _raised_cosine(since_s, self.limb_impulse_Ns / dt, dt, dt, dt)
        body = 2 * (self.impulse_Ns - self.limb_impulse_Ns) / tc
        return limb + _raised_cosine(since_s, body, 0.47 * tc, 0.47 * tc, 0.53 * tc)


@dataclass(frozen=True)
class SineAndImpact:
    """O3: a half-sine plus a Gaussian heel impact; together they carry body weight."""

    mass_kg: float = 70.0
    """Body mass, kg."""
    contact_s: float = 0.25
    """Contact time, s."""
    flight_s: float = 0.10
    """Flight time, s."""
    impact_N: float = 500.0
    """Height of the impact, N."""
    impact_at_s: float = 0.030
    """Time of its top after touchdown, s."""
    impact_sd_s: float = 0.008
    """Its standard deviation in time, s."""

    @property
    def gauss_impulse_Ns(self) -> float:
        """Impulse of the whole Gaussian, tails included, N·s."""
        return self.impact_N * self.impact_sd_s * math.sqrt(2 * math.pi)

    @property
    def peak_N(self) -> float:
        """Amplitude of the half-sine, N."""
        whole = self.mass_kg * G * (self.contact_s + self.flight_s)
        return math.pi / 2 * (whole - self.gauss_impulse_Ns) / self.contact_s

    @property
    def impulse_Ns(self) -> float:
        """Vertical impulse of one stance; the Gaussian's tails outside the stance are lost, N·s."""
        scale = self.impact_sd_s * math.sqrt(2)
        early, late = -self.impact_at_s / scale, (self.contact_s - self.impact_at_s) / scale
        inside = (math.erf(late) - math.erf(early)) / 2
        return self.peak_N * 2 * self.contact_s / math.pi + self.gauss_impulse_Ns * inside

    def force_N(self, since_s: Floats) -> Floats:
        """Vertical force, N, at times since touchdown (n,), s."""
        bump = np.exp(-0.5 * ((since_s - self.impact_at_s) / self.impact_sd_s) ** 2)
        return self.peak_N * np.sin(np.pi / self.contact_s * since_s) + self.impact_N * bump


def _raised_cosine(t: Floats, height: float, top: float, rise: float, fall: float) -> Floats:
    """(A/2)(1 + cos(π(t−B)/C)) around its top B, with C = rise before and fall after it."""
    phase = (t - top) / np.where(t < top, rise, fall)
    return np.where(np.abs(phase) < 1.0, height / 2 * (1.0 + np.cos(np.pi * phase)), 0.0)
