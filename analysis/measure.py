"""From a batch of stances to rows of the step table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.flags import INVALIDATING, SampleFlag, StepFlag
from analysis.fore_aft import ForeAft, fore_aft
from analysis.protocol import Protocol
from analysis.ragged import Span, integrate
from analysis.stances import NONE, Stances
from analysis.steps import StepTable
from analysis.timing import Crossings, crossings, next_touchdown, seconds
from analysis.vertical import active_peak, impact_peak, vertical_impulse
from analysis.wrench import FX, FZ, Belt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_S = 0.05
"""How far beyond the decision a crossing of an unusual threshold is sought."""


@dataclass(frozen=True)
class Setup:
    """What the analysis must know of the rig and the runner."""

    sample_rate_Hz: float
    """True sampling rate."""
    tick_rate_Hz: float
    """Device ticks per second."""
    belts: Sequence[Belt]
    """One belt, or two of a split treadmill."""
    protocol: Protocol
    """Filter, thresholds and definitions."""
    bw_N: float | None = None
    """Body weight if known beforehand; otherwise found from the first strides."""


@dataclass(frozen=True)
class StepLoads:
    """What body weight and weight closure are made of."""

    impulse_Ns: Floats
    """(k,) ∫ Fz dt from touchdown to the next touchdown; NaN where none follows or the step is not valid."""
    time_s: Floats
    """(k,) the step's duration, likewise."""


def step_flags(stances: Stances, at_ref: Crossings) -> NDArray[np.uint32]:
    """Marks of each step, gathered from its samples and its shape.

    Args:
        stances: The steps.
        at_ref: Crossings of the reporting threshold.

    Returns:
        (k,) `StepFlag` bits.
    """
    if len(stances) == 0:
        return np.empty(0, np.uint32)
    own = np.bitwise_or.reduceat(stances.flags, stances.start).astype(np.uint32)
    flags = own & np.uint32(SampleFlag.ADC | SampleFlag.SATURATED | SampleFlag.LATE)
    complete = stances.off != NONE
    missing = np.isnan(at_ref.touchdown) | (np.isnan(at_ref.toe_off) & complete)
    for where, flag in (
        (stances.gap, StepFlag.GAP),
        (missing, StepFlag.NO_CROSSING),
        (stances.next_on == NONE, StepFlag.NO_NEXT),
    ):
        flags[where] |= np.uint32(flag)
    return flags


def step_loads(stances: Stances, setup: Setup) -> StepLoads:
    """Impulse and duration of each whole step, over all belts.

    Args:
        stances: The steps.
        setup: Rates and protocol.

    Returns:
        Impulses and times.
    """
    at_ref = crossings(stances, setup.protocol.ref_N, setup.protocol, reach=0)
    following = next_touchdown(stances, setup.protocol.ref_N)
    sound = (step_flags(stances, at_ref) & np.uint32(INVALIDATING)) == 0
    use = sound & ~np.isnan(following) & ~np.isnan(at_ref.touchdown)
    impulse, time = np.full(len(stances), np.nan), np.full(len(stances), np.nan)
    interval = 1.0 / setup.sample_rate_Hz
    impulse[use] = integrate(stances.total_N, stances.on[use], at_ref.touchdown[use], following[use]) * interval
    time[use] = (following[use] - at_ref.touchdown[use]) * interval
    return StepLoads(impulse, time)


def measure(stances: Stances, setup: Setup, *, bw_N: float, first_step: int, first_tick: int) -> StepTable:
    """Measure every step of a batch.

    Args:
        stances: The steps, in order of touchdown.
        setup: Rates, belts and protocol.
        bw_N: Body weight, NaN if it is not known: columns that need it are then null.
        first_step: Number of the first of these steps in the session.
        first_tick: Tick at which the session's time is zero.

    Returns:
        One row per step.
    """
    at_ref = crossings(stances, setup.protocol.ref_N, setup.protocol, reach=0)
    following = next_touchdown(stances, setup.protocol.ref_N)
    flags = step_flags(stances, at_ref)
    columns: dict[str, NDArray[Any]] = {
        "step": np.arange(first_step, first_step + len(stances)),
        "flags": flags,
        "valid": (flags & np.uint32(INVALIDATING)) == 0,
        "belt": np.asarray([belt.name for belt in setup.belts])[stances.belt],
    }
    columns["side"] = np.where(columns["belt"] == "", "?", columns["belt"])
    columns |= _times(stances, setup, at_ref, following, first_tick)
    columns["contact_time_20N_ms"] = _contact_ms(stances, setup, 20.0, first_tick)
    columns["contact_time_5pctBW_ms"] = (
        np.full(len(stances), np.nan) if np.isnan(bw_N) else _contact_ms(stances, setup, 0.05 * bw_N, first_tick)
    )
    whole = ~np.isnan(at_ref.touchdown + at_ref.toe_off)
    span = Span(stances.on[whole], at_ref.touchdown[whole], at_ref.toe_off[whole])
    columns |= _spread(_vertical(stances, span, setup, bw_N), whole)
    sees_fx = np.asarray([belt.measures_braking for belt in setup.belts])[stances.belt]
    columns |= _spread(_braking(stances, span, setup, bw_N), whole, keep=sees_fx)
    columns["braking_evidence"] = np.where(sees_fx, "measured", "")
    return StepTable(columns)


def _times(stances: Stances, setup: Setup, at_ref: Crossings, following: Floats, first_tick: int) -> dict[str, Floats]:
    def time(position: Floats) -> Floats:
        return seconds(stances, position, tick_rate_Hz=setup.tick_rate_Hz, first_tick=first_tick)

    touchdown, toe_off, after = time(at_ref.touchdown), time(at_ref.toe_off), time(following)
    flight = after - toe_off
    step = after - touchdown
    return {
        "touchdown_s": touchdown,
        "toe_off_s": toe_off,
        "contact_time_ms": (toe_off - touchdown) * 1e3,
        "flight_time_ms": np.where(flight > 0.0, flight, np.nan) * 1e3,
        "step_time_ms": step * 1e3,
        "cadence_spm": 60.0 / step,
    }


def _contact_ms(stances: Stances, setup: Setup, level_N: float, first_tick: int) -> Floats:
    at = crossings(stances, level_N, setup.protocol, reach=round(REACH_S * setup.sample_rate_Hz))
    begin, end = (
        seconds(stances, position, tick_rate_Hz=setup.tick_rate_Hz, first_tick=first_tick)
        for position in (at.touchdown, at.toe_off)
    )
    return (end - begin) * 1e3


def _vertical(stances: Stances, span: Span, setup: Setup, bw_N: float) -> dict[str, Floats]:
    force, interval = stances.wrench[FZ], 1.0 / setup.sample_rate_Hz
    active = active_peak(force, span, setup.protocol)
    least = setup.protocol.impact_prominence_BW * bw_N
    height, when, prominence = impact_peak(force, span, interval, least_prominence_N=least)
    return {
        "active_peak_N": active,
        "active_peak_BW": active / bw_N,
        "impact_peak_BW": height / bw_N,
        "impact_peak_time_ms": when * 1e3,
        "impact_prominence_BW": prominence / bw_N,
        "vertical_impulse_BW_s": vertical_impulse(force, span, interval) / bw_N,
    }


def _braking(stances: Stances, span: Span, setup: Setup, bw_N: float) -> dict[str, Floats]:
    result: ForeAft = fore_aft(stances.wrench[FX], span, 1.0 / setup.sample_rate_Hz)
    return {
        "braking_peak_BW": result.braking_peak_N / bw_N,
        "braking_time_ms": result.braking_time_s * 1e3,
        "braking_impulse_BW_s": result.braking_impulse_Ns / bw_N,
        "propulsive_peak_BW": result.propulsive_peak_N / bw_N,
        "propulsive_impulse_BW_s": result.propulsive_impulse_Ns / bw_N,
    }


def _spread(
    columns: dict[str, Floats], whole: NDArray[np.bool_], *, keep: NDArray[np.bool_] | None = None
) -> dict[str, Floats]:
    """Put values of the whole stances back among all rows; null elsewhere and where `keep` says no."""
    out = {}
    for name, values in columns.items():
        full = np.full(whole.size, np.nan)
        full[whole] = values
        out[name] = full if keep is None else np.where(keep, full, np.nan)
    return out
