"""Braking as a spring-leg runner would show it: modelled, never measured.

Vertical cells alone cannot see braking: centre of pressure and fore-aft force enter them as one sum, Σ x_i f_i =
x·Fz − h·Fx. What can be said without fore-aft cells is what a leg of length L would do if it carried the body's centre
of mass over a foot that rides back with the belt, half of the way before and half of it behind mid-stance:

    Fz = F̂·sin(π t/t_c),   Fx = −Fz·s·(½ − t/t_c)/L,   s = v·t_c − d

(metrics specification 7.2, tier C). It is symmetric by construction, sees neither an overstride nor a difference
between the feet, and changes only with contact time, flight time, speed and leg length.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.belt_way import belt_way
from analysis.stiffness import morin_peak_BW

Floats = NDArray[np.float64]

COP_TRAVEL_M = 0.16
"""Mean way of the centre of pressure under the foot in running (Lee and Farley 1998, as cited by Morin et al. 2005)."""
_ROOT = 0.8603335890193797  # x·tan x = 1: where sin(πφ)·(½ − φ) is largest, φ = ½ − x/π = 0.226
PEAK_FACTOR = float(np.cos(_ROOT)) * _ROOT / np.pi
"""Largest value of sin(πφ)·(½ − φ): 0.17860."""
IMPULSE_FACTOR = 1.0 / (2.0 * np.pi) - 1.0 / np.pi**2
"""Its integral from 0 to ½: 0.057834."""


def spring_leg_reach(contact_way_m: Floats) -> Floats:
    """Way of the hip over the foot in one stance, s = v·t_c − d, the roll of the centre of pressure taken off.

    Args:
        contact_way_m: (k,) way of the belt in contact, v·t_c, m (`belt_way` from touchdown to toe-off).

    Returns:
        (k,) m; NaN where the belt moves less than the centre of pressure, which is no running, or is not known.
    """
    reach = contact_way_m - COP_TRAVEL_M
    return np.where(reach > 0.0, reach, np.nan)


def spring_leg_ratio(phase: Floats, reach_m: Floats, leg_m: float) -> Floats:
    """Modelled F̂x/Fz of a spring-leg runner: −(s/L)·(½ − t/t_c), negative (braking) in the first half of contact.

    On a rig without fore-aft cells the apparent centre of pressure is displaced by −h·Fx/Fz: x = x_app + h·F̂x/Fz takes
    the modelled part of that out, and half of the correction is its standard uncertainty (metrics specification 6).

    Args:
        phase: (…) t/t_c, 0 at touchdown and 1 at toe-off; any shape that broadcasts with `reach_m`.
        reach_m: (…) way of the hip over the foot from `spring_leg_reach`, m; for a (k, p) grid of phases give (k, 1).
        leg_m: Leg length, m.

    Returns:
        Ratio of fore-aft to vertical force, in the broadcast shape, elementwise.
    """
    ratio: Floats = (reach_m / -leg_m) * (0.5 - phase)
    return ratio


def sees_fx(batch: Batch) -> NDArray[np.bool_]:
    """(k,) steps on a belt whose sensors measure fore-aft force."""
    seen: NDArray[np.bool_] = np.asarray([belt.measures_braking for belt in batch.setup.belts])[batch.stances.belt]
    return seen


def modelled_columns(batch: Batch, known: Columns) -> Columns:
    """Modelled braking peak and impulse where fore-aft force is not measured (metrics specification 7.2, tier C).

        F̂_brk = 0.17860·F̂·s/L at t = 0.226 t_c,   Ĵ_brk = F̂·(s/L)·t_c·(1/2π − 1/π²),   F̂ = (π/2)·(t_f/t_c + 1)·BW

    Args:
        batch: The steps.
        known: Columns made so far; `contact_time_ms` and `flight_time_ms` are used.

    Returns:
        `modelled_braking_peak_BW` and `modelled_braking_impulse_BW_s`, (k,): null on a belt that measures fore-aft
        force, in walking, and where speed, leg length or flight time is not known.
    """
    contact_s, flight_s = known["contact_time_ms"] * 1e-3, known["flight_time_ms"] * 1e-3
    leg = batch.setup.runner.leg_m
    way = belt_way(batch, batch.at_ref.touchdown, batch.at_ref.toe_off)
    steepness = spring_leg_reach(way) / (np.nan if leg is None else leg)
    peak_BW = np.where(sees_fx(batch) | (batch.stances.foot != 0), np.nan, morin_peak_BW(contact_s, flight_s))
    return {
        "modelled_braking_peak_BW": PEAK_FACTOR * peak_BW * steepness,
        "modelled_braking_impulse_BW_s": IMPULSE_FACTOR * peak_BW * steepness * contact_s,
    }
