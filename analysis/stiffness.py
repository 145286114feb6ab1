"""Vertical and leg stiffness of the spring-mass runner: from force, and apart from it from times alone.

The two are never mixed in one column: the sine of the times-only method lies some 7 to 9 % below the measured peak
(metrics specification 4.2).
"""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.belt_way import belt_way
from analysis.protocol import G
from analysis.touch import touches

Floats = NDArray[np.float64]


def leg_shortening(leg_m: float, contact_way_m: Floats, sinking_m: Floats) -> Floats:
    """ΔL = L − √(L² − (v·t_c/2)²) + Δy (Morin et al. 2005, J Appl Biomech 21:167, after McMahon and Cheng 1990).

    Args:
        leg_m: Leg length L, m.
        contact_way_m: (k,) way of the belt in contact, v·t_c, m.
        sinking_m: (k,) how far the centre of mass sinks in contact, Δy, m.

    Returns:
        (k,) m; NaN where the leg would not reach so far.
    """
    square = leg_m * leg_m - 0.25 * contact_way_m * contact_way_m
    reaches = square > 0.0  # False for NaN
    return np.where(reaches, leg_m - np.sqrt(np.where(reaches, square, 0.0)) + sinking_m, np.nan)


def morin_peak_BW(contact_s: Floats, flight_s: Floats) -> Floats:
    """Peak of the sine that carries the step's impulse: F̂/(m·g) = (π/2)·(t_f/t_c + 1) (Morin et al. 2005).

    Args:
        contact_s: (k,) contact time, s.
        flight_s: (k,) flight time, s.

    Returns:
        (k,) body weights.
    """
    peak: Floats = 0.5 * np.pi * (flight_s / contact_s + 1.0)
    return peak


def morin_sinking_m(contact_s: Floats, flight_s: Floats) -> Floats:
    """Sinking of the sine's centre of mass: Δŷ = F̂·t_c²/(m·π²) − g·t_c²/8 (Morin et al. 2005); needs no mass.

    Args:
        contact_s: (k,) contact time, s.
        flight_s: (k,) flight time, s.

    Returns:
        (k,) m.
    """
    sinking: Floats = G * contact_s * contact_s * (morin_peak_BW(contact_s, flight_s) / np.pi**2 - 0.125)
    return sinking


def _stiffness_kN_m(force_N: Floats, way_m: Floats) -> Floats:
    shortens = way_m > 0.0  # False for NaN
    return np.where(shortens, 1e-3 * force_N / np.where(shortens, way_m, 1.0), np.nan)


def stiffness_columns(batch: Batch, known: Columns) -> Columns:
    """Stiffness of each running step (metrics specification 4.2; Morin et al. 2005).

        k_vert = F_act/Δy,   k_leg = F_act/ΔL;   times only: the same with F̂ and Δŷ

    Δy and ΔL are counted from the first to the last touch (see `analysis.touch`); the times-only values are made of the
    reported contact and flight times, as a wearable would.

    Args:
        batch: The steps.
        known: Columns made so far; `active_peak_N`, `com_fall_contact_mm`, `contact_time_ms` and `flight_time_ms`
            are used.

    Returns:
        `k_vert_kN_m`, `k_leg_kN_m`, `morin_peak_BW`, `morin_k_vert_kN_m` and `morin_k_leg_kN_m`, (k,): null in
        walking; for the leg, without speed and leg length or stature; times-only in newtons, without body weight.
    """
    runner = batch.setup.runner
    leg = np.nan if runner.leg_m is None else runner.leg_m
    way = belt_way(batch, *touches(batch))
    reported_way = belt_way(batch, batch.at_ref.touchdown, batch.at_ref.toe_off)
    runs = batch.stances.foot == 0
    contact_s = np.where(runs, known["contact_time_ms"] * 1e-3, np.nan)
    flight_s = known["flight_time_ms"] * 1e-3
    active, sinking = known["active_peak_N"], known["com_fall_contact_mm"] * 1e-3
    peak_BW, model_sinking = morin_peak_BW(contact_s, flight_s), morin_sinking_m(contact_s, flight_s)
    return {
        "k_vert_kN_m": _stiffness_kN_m(active, sinking),
        "k_leg_kN_m": _stiffness_kN_m(active, leg_shortening(leg, way, sinking)),
        "morin_peak_BW": peak_BW,
        "morin_k_vert_kN_m": _stiffness_kN_m(peak_BW * batch.bw_N, model_sinking),
        "morin_k_leg_kN_m": _stiffness_kN_m(peak_BW * batch.bw_N, leg_shortening(leg, reported_way, model_sinking)),
    }
