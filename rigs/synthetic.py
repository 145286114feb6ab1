"""Synthetic runners whose truth is known in closed form (metrics, oracles O1 to O4); one stance is in `rigs.shapes`."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rigs.shapes import G, HalfSine, SineAndImpact, TwoMass, VerticalShape

__all__ = ["G", "HalfSine", "SineAndImpact", "StepTruth", "Steps", "SyntheticRunner", "TwoMass", "VerticalShape"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """Truth about the steps of a synthetic runner, one entry per step: times from the start of the force, s."""

    touchdown_s: Floats
    """(k,) first instant of contact, s."""
    toe_off_s: Floats
    """(k,) last instant of contact, s."""
    side: tuple[str, ...]
    """"L" or "R" per step."""


@dataclass(frozen=True)
class StepTruth:
    """Truth about every single step of a synthetic runner."""

    bw_N: float
    """Body weight, N."""
    vertical_impulse_Ns: float
    """∫Fz dt over the stance, N·s."""
    active_peak_N: float
    """Highest force after 30 % of the stance, N."""
    active_peak_time_s: float
    """Its time after touchdown, s."""
    impact_peak_N: float | None
    """First local maximum before 50 ms and 30 % of the stance, N; None if the force only rises."""
    impact_peak_time_s: float | None
    """Its time after touchdown, s."""
    braking_peak_N: float
    """Largest braking force, as a positive number, N."""
    braking_impulse_Ns: float
    """Braking impulse, as a positive number, N·s; the propulsive impulse is the same."""


class SyntheticRunner:
    """Runs for ever, sides in turn, the foot riding the belt backwards while it stands.

    Fx = −braking × BW × sin(2πt/tc) (O4). The run begins in flight.

    Args:
        shape: Vertical force of a stance.
        speed_m_s: Belt speed, m/s.
        braking_BW: Amplitude of the fore-aft force, body weights.
        foot_x_m: Where the foot lands, m forward of the belt's centre; by default so that it stands centred.
        roll_m: How far the COP moves forward along the foot during the stance, m.
        step_width_m: Distance between left and right feet, m.
        first_side: Side of the first step.
    """

    def __init__(
        self,
        shape: VerticalShape,
        speed_m_s: float = 3.0,
        *,
        braking_BW: float = 0.25,
        foot_x_m: float | None = None,
        roll_m: float = 0.0,
        step_width_m: float = 0.08,
        first_side: Literal["L", "R"] = "L",
    ) -> None:
        self.shape, self.speed_m_s, self.braking_BW = shape, speed_m_s, braking_BW
        self.foot_x_m = speed_m_s * shape.contact_s / 2 if foot_x_m is None else foot_x_m
        self.roll_m, self.step_width_m, self.first_side = roll_m, step_width_m, first_side
        self.belts = 2
        self.title = f"synthetic runner, {shape.mass_kg:g} kg, {speed_m_s:g} m/s"

    @property
    def step_s(self) -> float:
        """Time from touchdown to touchdown, s."""
        return self.shape.contact_s + self.shape.flight_s

    def wrench(self, t_s: Floats) -> Floats:
        """Wrench of the left and of the right foot at t_s (n,): (2, 6, n), N and N·m."""
        count, since = np.divmod(t_s - self.shape.flight_s, self.step_s)
        stance = (count >= 0) & (since < self.shape.contact_s)
        since = np.where(stance, since, 0.0)
        fz = np.where(stance, self.shape.force_N(since), 0.0)
        fx = self._braking_N * -np.sin(2 * np.pi / self.shape.contact_s * since)
        left = (count % 2 == 0) == (self.first_side == "L")
        x = self.foot_x_m + (self.roll_m / self.shape.contact_s - self.speed_m_s) * since
        y = np.where(left, 0.5, -0.5) * self.step_width_m
        zero = np.zeros_like(fz)
        both = np.stack([fx, zero, fz, y * fz, -x * fz, -y * fx])
        return np.stack([both * left, both * ~left])

    def distance_m(self, t_s: Floats) -> Floats:
        """Way the belt has gone since time 0 at t_s (n,), m."""
        return self.speed_m_s * t_s

    def steps(self, until_s: float) -> Steps:
        """List the steps that are over before a time.

        Args:
            until_s: Time, s from the start of the force.

        Returns:
            Their touchdowns, toe-offs and sides.
        """
        k = np.arange(max(0, math.floor(until_s / self.step_s + 1e-9)))
        touchdown: Floats = (self.shape.flight_s + k * self.step_s).astype(np.float64)
        second = "R" if self.first_side == "L" else "L"
        sides = tuple(second if odd else self.first_side for odd in k % 2)
        return Steps(touchdown, touchdown + self.shape.contact_s, sides)

    @cached_property
    def truth(self) -> StepTruth:
        """What a perfect instrument finds in every step."""
        tc = self.shape.contact_s
        impact = _first_maximum(self.shape.force_N, min(0.050, 0.30 * tc))
        active = _maximum(self.shape.force_N, 0.30 * tc, 0.75 * tc)
        return StepTruth(
            bw_N=self.shape.mass_kg * G,
            vertical_impulse_Ns=self.shape.impulse_Ns,
            active_peak_N=active[1],
            active_peak_time_s=active[0],
            impact_peak_N=impact[1] if impact else None,
            impact_peak_time_s=impact[0] if impact else None,
            braking_peak_N=self._braking_N,
            braking_impulse_Ns=self._braking_N * tc / math.pi,
        )

    @property
    def _braking_N(self) -> float:
        return self.braking_BW * self.shape.mass_kg * G


def _maximum(force: Callable[[Floats], Floats], start: float, end: float) -> tuple[float, float]:
    """Time and height of the highest point, refined until the time is exact to about 1e-9 s."""
    for _ in range(6):
        t = np.linspace(start, end, 201)
        best = int(np.argmax(force(t)))
        start, end = t[max(best - 1, 0)], t[min(best + 1, 200)]
    return float(t[best]), float(force(t)[best])


def _first_maximum(force: Callable[[Floats], Floats], end: float) -> tuple[float, float] | None:
    """The first local maximum in (5 ms, end], if the force has one."""
    t = np.arange(0.005, end, 1e-4)
    falling = np.flatnonzero(np.diff(force(t)) < 0.0)
    if not len(falling):
        return None
    top = t[falling[0]]
    return _maximum(force, top - 2e-4, top + 2e-4)
