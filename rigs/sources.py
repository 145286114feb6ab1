"""Forces to put on a virtual belt: anything that can tell the wrench at any time, as a smooth function."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

Floats = NDArray[np.float64]
Centres = Sequence[tuple[float, float]]
"""Where the centres of the belts' surfaces are, (x, y) in m: one, or left and right."""

ONE_BELT: Centres = ((0.0, 0.0),)


class ForceSource(Protocol):
    """A known ground reaction force; what the virtual treadmill stands under."""

    title: str
    """One line for people."""
    belts: int
    """Belts the source tells apart: 1, or 2 in the order left, right."""

    def wrench(self, t_s: Floats) -> Floats:
        """Wrench on each belt about its own surface centre, (belts, 6, n), N and N·m, at times (n,) in s from 0."""
        ...

    def distance_m(self, t_s: Floats) -> Floats:
        """Way the belt has gone since time 0, (n,), m."""
        ...


class SteadyBelt:
    """A belt at constant speed.

    Args:
        speed_m_s: Belt speed, m/s.
    """

    def __init__(self, speed_m_s: float = 0.0) -> None:
        self.speed_m_s = speed_m_s

    def distance_m(self, t_s: Floats) -> Floats:
        """Way the belt has gone since time 0, m, at times t_s (n,) in s."""
        return self.speed_m_s * t_s


@dataclass(frozen=True)
class Load:
    """A force at a point of the belt."""

    force_N: tuple[float, float, float]
    """Ground reaction Fx, Fy, Fz, N: a weight of 700 N has Fz = +700."""
    x_m: float = 0.0
    """Forward of the belt's centre, m."""
    y_m: float = 0.0
    """Left of the belt's centre, m."""

    def wrench(self, centres: Centres = ONE_BELT) -> Floats:
        """Wrench on each belt about its own centre, (belts, 6); the load lies on the belt nearest in y.

        Args:
            centres: Centres of the belts.

        Returns:
            N and N·m.
        """
        fx, fy, fz = self.force_N
        out = np.zeros((len(centres), 6))
        belt = int(np.argmin([abs(self.y_m - y) for _, y in centres]))
        x, y = self.x_m - centres[belt][0], self.y_m - centres[belt][1]
        out[belt] = fx, fy, fz, y * fz, -x * fz, x * fy - y * fx
        return out


class StaticLoads(SteadyBelt):
    """Loads laid on the belt one after the other; the last one stays.

    Args:
        loads: The loads in order; none = an empty belt.
        hold_s: How long each one lies, s.
        speed_m_s: Belt speed, m/s.
        centres: Centres of the belts.
    """

    def __init__(
        self,
        loads: Sequence[Load] = (),
        hold_s: float = math.inf,
        *,
        speed_m_s: float = 0.0,
        centres: Centres = ONE_BELT,
    ) -> None:
        super().__init__(speed_m_s)
        self.loads, self.belts = tuple(loads), len(centres)
        self.title = f"{len(self.loads)} static load(s)" if self.loads else "empty belt"
        self._hold_s = hold_s
        nothing = Load((0.0, 0.0, 0.0))
        self._table = np.stack([load.wrench(centres) for load in self.loads or [nothing]], axis=-1)

    def wrench(self, t_s: Floats) -> Floats:
        """Wrench of the load that lies at t_s (n,): (belts, 6, n)."""
        turn = np.clip((t_s + 1e-9) // self._hold_s, 0, self._table.shape[-1] - 1).astype(np.intp)
        return self._table[:, :, turn]


class Taps(SteadyBelt):
    """A hammer that taps one point of the belt again and again, in half-sine blows: the input of a tap test.

    Args:
        load: Peak force of a blow and where it falls.
        every_s: Time between blows, s; the first falls after half of it.
        width_s: Duration of a blow, s.
        centres: Centres of the belts.
    """

    def __init__(
        self, load: Load, every_s: float = 2.0, width_s: float = 0.004, *, centres: Centres = ONE_BELT
    ) -> None:
        super().__init__()
        self.belts, self.title = len(centres), f"taps every {every_s:g} s"
        self._wrench, self._every_s, self._width_s = load.wrench(centres), every_s, width_s

    def wrench(self, t_s: Floats) -> Floats:
        """Wrench of the blows at t_s (n,): (belts, 6, n)."""
        since = np.mod(t_s - self._every_s / 2, self._every_s)
        blow = np.where(since < self._width_s, np.sin(np.pi * since / self._width_s), 0.0)
        return self._wrench[:, :, np.newaxis] * blow


class Sampled(SteadyBelt):
    """A sampled force, joined by cubic splines, so that it can be asked for at any time.

    Args:
        wrench: (B, 6, n) in N and N·m about the belt-surface centre.
        fs_Hz: Sample rate of `wrench`, Hz.
        loop: Play it for ever, n samples being one period. Otherwise the belt is empty from the last sample on.
        speed_m_s: Belt speed, m/s, or one per sample (n,).
        title: One line for people.
    """

    def __init__(
        self, wrench: Floats, fs_Hz: float, *, loop: bool, speed_m_s: float | Floats = 0.0, title: str = ""
    ) -> None:
        speed = np.broadcast_to(np.asarray(speed_m_s, np.float64), wrench.shape[-1:])
        super().__init__(float(np.mean(speed)))
        self.belts, self.title = len(wrench), title
        self.duration_s = wrench.shape[-1] / fs_Hz if loop else (wrench.shape[-1] - 1) / fs_Hz
        self._loop = loop
        self._spline = _spline(wrench, fs_Hz, loop)
        self._way = _spline(speed, fs_Hz, loop).antiderivative() if np.ptp(speed) else None

    def wrench(self, t_s: Floats) -> Floats:
        """Wrench at t_s (n,): (B, 6, n)."""
        if self._loop:
            return np.ascontiguousarray(self._spline(np.mod(t_s, self.duration_s)))
        inside = (t_s >= 0.0) & (t_s <= self.duration_s)
        out: Floats = self._spline(np.where(inside, t_s, 0.0)) * inside
        return out

    def distance_m(self, t_s: Floats) -> Floats:
        """Way the belt has gone since time 0 at t_s (n,); after the end the belt keeps its mean speed."""
        if self._way is None:
            return super().distance_m(t_s)
        laps, rest = np.divmod(t_s, self.duration_s) if self._loop else (0.0, np.minimum(t_s, self.duration_s))
        way: Floats = laps * self._way(self.duration_s) + self._way(rest)
        return way if self._loop else way + self.speed_m_s * (t_s - rest)


def _spline(values: Floats, fs_Hz: float, loop: bool) -> "CubicSpline":
    """Join samples on the last axis by a cubic spline; a loop's spline has no seam."""
    from scipy.interpolate import CubicSpline

    if loop:
        values = np.concatenate([values, values[..., :1]], axis=-1)
    t = np.arange(values.shape[-1]) / fs_Hz
    return CubicSpline(t, values, axis=-1, bc_type="periodic" if loop else "not-a-knot")
