"""Where the centre of mass is above the belt, fore and aft, from measured force alone.

Motion: as for height, fore-aft acceleration is integrated twice over a whole stride whose mean velocity in the
laboratory is zero, since the runner stays on the belt.

Place: forces alone leave the origin of that motion open; the moments close it. Over a stride the body's angular
momentum about its own centre of mass returns to where it was, so the moment of the ground's force about that centre
vanishes on average: ∫ [Fz·(x_com − x_cop) − Fx·z_com] dt = 0. Fx sums to nothing over a stride and z_com changes
little, which leaves ∫ Fz·x_com dt = ∫ Fz·x_cop dt = −∫ My dt: the force-weighted means of centre of mass and centre of
pressure agree. This is the complementary filter of metrics specification 8 (low-pass of the centre of pressure below
0.2 Hz, time constant 0.8 s) taken over exactly one stride of 0.7 s, without its ripple.

On an incline gravity makes Fx sum to m·g·sin(incline)·T, and what comes out is the point of the belt vertically below
the centre of mass.

Left out: what the changing height adds to ∫ Fx·z_com dt, below 1 mm; air and handrail; and a runner who drifts along
the belt at u, which shifts a place within the stride by up to u times half of its duration, 7 mm for 0.02 m/s.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch
from analysis.com import POINTS, Course, Strides, course
from analysis.protocol import G
from analysis.ragged import integrate
from analysis.wrench import FX, FZ, MY

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forward:
    """Fore-aft motion of the centre of mass in each of n steps, in the laboratory: x(t) = x₀ + u₀t − ½āt² + ∫∫Fx/m."""

    place_m: Floats
    """(n,) x₀, at touchdown, + forward of the belt's centre."""
    velocity_m_s: Floats
    """(n,) u₀, at touchdown."""
    offset_m_s2: Floats
    """(n,) ā, the stride's mean acceleration: a zero error, drift, or gravity's part on an incline."""
    double_m: Floats
    """(n, POINTS) ∫∫ Fx/m dt dt from touchdown to the next touchdown."""
    duration_s: Floats
    """(n,) from touchdown to the next touchdown."""

    def at(self, time_s: Floats) -> Floats:
        """Place of the centre of mass.

        Args:
            time_s: (n,) time after touchdown, within the step; NaN allowed.

        Returns:
            (n,) m forward of the belt's centre.
        """
        share = np.nan_to_num(time_s / self.duration_s) * (POINTS - 1)
        before = np.clip(np.floor(share), 0, POINTS - 2).astype(np.int64)
        rows = np.arange(before.size)
        low, high = self.double_m[rows, before], self.double_m[rows, before + 1]
        swing = low + (high - low) * (share - before)
        place: Floats = self.place_m + time_s * (self.velocity_m_s - 0.5 * self.offset_m_s2 * time_s) + swing
        return place


def forward(batch: Batch, strides: Strides) -> Forward:
    """Fore-aft motion in the first step of each stride.

    Args:
        batch: The steps, on belts that measure Fx, Fz and My.
        strides: The n whole strides.

    Returns:
        Place and motion in the laboratory.
    """
    wrench, interval, span = batch.stances.wrench, batch.interval_s, strides.span
    along, up = (course(part, span, interval) for part in (wrench[FX], wrench[FZ]))
    moment = -integrate(wrench[MY], span.origin, span.touchdown, span.toe_off) * interval
    first, second = strides.row, strides.row + 1
    duration = along.duration_s
    stride = duration[first] + duration[second]
    incline = batch.setup.runner.incline_deg or 0.0
    impulse = up.impulse_Ns[first] + up.impulse_Ns[second]
    mass = impulse / (stride * G * float(np.cos(np.deg2rad(incline))))
    offset = (along.impulse_Ns[first] + along.impulse_Ns[second]) / (stride * mass)
    double = along.double_Nss[first] + along.impulse_Ns[first] * duration[second] + along.double_Nss[second]
    start = 0.5 * offset * stride - double / (mass * stride)

    late = duration[first]  # the second step begins with what the first one left
    place_late = start * late + along.double_Nss[first] / mass - 0.5 * offset * late * late
    start_late = start + along.impulse_Ns[first] / mass - offset * late
    swings = _weighted_swings(up, along)
    by_time, by_square = _by_time(up)
    weighted = (
        start * by_time[first]
        - offset * by_square[first]
        + place_late * up.impulse_Ns[second]
        + start_late * by_time[second]
        - offset * by_square[second]
        + (swings[first] + swings[second]) / mass
    )
    place = (moment[first] + moment[second] - weighted) / impulse
    return Forward(place, start, offset, along.twice_Nss[first] / mass[:, None], duration[first])


def _integral(values: Floats, duration_s: Floats) -> Floats:
    """Trapezoidal integral of each row of a grid."""
    inner: Floats = values.sum(axis=1) - 0.5 * (values[:, 0] + values[:, -1])
    return inner * (duration_s / (POINTS - 1))


def _weighted_swings(up: Course, along: Course) -> Floats:
    """∫ Fz·(∫∫ Fx) dt of every step."""
    return _integral(up.force_N * along.twice_Nss, up.duration_s)


def _by_time(up: Course) -> tuple[Floats, Floats]:
    """∫ Fz·t dt and ∫ Fz·½t² dt of every step, by parts: of the running integrals there are."""
    once, twice, duration = up.impulse_Ns, up.double_Nss, up.duration_s
    thrice = _integral(up.twice_Nss, duration)
    by_time = duration * once - twice
    by_square: Floats = 0.5 * duration * duration * once - duration * twice + thrice
    return by_time, by_square
