"""What may be wrong of a step, source by source, each as an alteration of its samples by one standard uncertainty.

Sources: the calibration's directions, the deck's mode, belt speed, body weight, the clock, and on rigs without fore-aft
cells what braking does to the centre of pressure. Thresholds and the low-pass belong to the protocol: within one they
add nothing. Noise is in `analysis.uncertainty_noise`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.cop import LARGEST_RATIO, MEASURED_SPEED_u, MODEL_SHARE_u, SET_SPEED_u
from analysis.modelled import spring_leg_ratio, spring_leg_reach
from analysis.setup import Setup
from analysis.stances import Stances
from analysis.timing import crossings
from analysis.uncertainty_deck import deck_alterations, fast_part
from analysis.wrench import FZ, MY

Floats = NDArray[np.float64]

CALIBRATION, NOISE, DECK, SPEED, WEIGHT, CLOCK, BRAKING = SOURCES = (
    "calibration", "noise", "deck", "belt speed", "body weight", "clock", "braking model",
)  # fmt: skip
"""Names of the sources, as a budget lists them; noise includes the error of the zero."""
CLOCK_u = 50e-6
"""Relative standard uncertainty of the device's clock: a crystal's tolerance."""
CLOCK_STEP = 100.0
"""The clock is probed by so many times that, so that whole ticks show it."""
STRIDES_WEIGHT_u = 5e-4
"""Relative standard uncertainty of a body weight found from 20 strides: the mean force is the weight but for the change
of vertical velocity, some 0.07 m/s, over 14 s of gravity."""
Alteration = Callable[[Stances], Floats]
"""Alters samples of pairs of steps in place; gives (k,) by which share body weight is another with each step."""


@dataclass(frozen=True)
class Probe:
    """One standard uncertainty of one thing."""

    source: str
    """One of `SOURCES`."""
    belt: int
    """Belt that it is about, −1 for all."""
    alter: Alteration
    """What it does."""
    steps: float = 1.0
    """Standard uncertainties that `alter` goes."""


def systematic_probes(setup: Setup) -> tuple[Probe, ...]:
    """What errs alike in all steps of a session.

    Args:
        setup: Rig and runner.

    Returns:
        The probes; those that cannot alter anything are left out.
    """
    from_strides, rate_Hz = setup.bw_N is None, setup.sample_rate_Hz
    found = [
        Probe(
            CALIBRATION,
            number,
            partial(_misread, direction=direction, belt=number, weighs=from_strides, rate_Hz=rate_Hz),
        )
        for number, belt in enumerate(setup.belts)
        for direction in belt.directions
    ]
    found += [Probe(DECK, -1, alter) for alter in deck_alterations(setup)]
    relative = STRIDES_WEIGHT_u if setup.bw_N is None else setup.u_bw_N / setup.bw_N
    found.append(Probe(WEIGHT, -1, partial(_weigh, share=relative)))
    found.append(Probe(CLOCK, -1, _clock, CLOCK_STEP))
    found.append(Probe(SPEED, -1, partial(_speed, set_m_s=setup.runner.belt_speed_m_s, rate_Hz=setup.sample_rate_Hz)))
    if setup.belt_height_m > 0.0 and not all(belt.measures_braking for belt in setup.belts):
        found.append(Probe(BRAKING, -1, partial(_brake, setup=setup)))
    return tuple(found)


def _per_sample(stances: Stances, values: NDArray[Any]) -> NDArray[Any]:
    """(t,) the value of each sample's step."""
    return np.repeat(values, stances.end - stances.start)


def _none(stances: Stances) -> Floats:
    return np.zeros(len(stances))


def _weigh(stances: Stances, *, share: float) -> Floats:
    """Another body weight alters no force."""
    return np.full(len(stances), share)


def _clock(stances: Stances) -> Floats:
    """A fast crystal counts more ticks, in a step and its follower from one moment on."""
    origin = _per_sample(stances, np.repeat(stances.tick[stances.on[::2]], 2))
    stances.tick[:] += np.rint((stances.tick - origin) * (CLOCK_u * CLOCK_STEP)).astype(np.int64)
    return _none(stances)


def _speed(stances: Stances, *, set_m_s: float | None, rate_Hz: float) -> Floats:
    """A belt that runs faster than measured, or than it was set."""
    since = np.arange(stances.tick.size) / rate_Hz
    by_set = np.nan if set_m_s is None else set_m_s * (1.0 + SET_SPEED_u)
    measured = stances.travel_m * (1.0 + MEASURED_SPEED_u)
    stances.travel_m[:] = np.where(np.isnan(measured), by_set * since, measured)
    return _none(stances)


def _misread(stances: Stances, *, direction: Floats, belt: int, weighs: bool, rate_Hz: float) -> Floats:
    """A read-out that is wrong by one of the belt's directions.

    Of the other belt a step knows the vertical force alone: it is altered by the direction's gain of that.
    """
    wrench, gain = stances.wrench, float(direction[FZ, FZ])
    own = _per_sample(stances, stances.belt == belt).astype(np.float64)
    change = np.zeros_like(wrench)
    for row, factors in zip(change, direction, strict=True):
        for factor, signal in zip(factors, wrench, strict=True):
            if factor != 0.0:
                np.add(row, factor * signal, out=row)
    change *= own
    force = wrench[FZ]
    stances.hf_N[:] += gain * own * stances.hf_N + fast_part(stances, change[FZ] - gain * own * force, rate_Hz)
    alone = stances.next_N == force  # one belt, one foot at a time: the next touchdown is seen by the same cells
    stances.next_N[:] += np.where(alone, change[FZ], gain * stances.next_N)
    before = stances.total_N.copy()
    stances.total_N[:] += change[FZ] + np.where(own > 0.0, 0.0, gain) * (stances.total_N - own * force)
    wrench += change
    if not weighs:
        return _none(stances)
    grown: Floats = np.add.reduceat(stances.total_N - before, stances.start)
    return grown / np.add.reduceat(before, stances.start)


def _brake(stances: Stances, *, setup: Setup) -> Floats:
    """Half of the braking that is modelled, or any that is reckoned with where none is: it moves the apparent COP."""
    at = crossings(stances, setup.protocol.ref_N, setup.protocol, reach=0)
    contact = at.toe_off - at.touchdown
    speed, leg = setup.runner.belt_speed_m_s, setup.runner.leg_m
    way = contact / setup.sample_rate_Hz * (np.nan if speed is None else speed)
    steepness = MODEL_SHARE_u * spring_leg_ratio(
        np.zeros(way.size), spring_leg_reach(way), np.nan if leg is None else leg
    )
    steepness = np.where(np.isnan(steepness), -LARGEST_RATIO / np.sqrt(3.0), steepness)
    unseen = np.asarray([not belt.measures_braking for belt in setup.belts])[stances.belt] & (stances.foot == 0)
    steepness = np.where(unseen & ~np.isnan(contact), steepness, 0.0) * setup.belt_height_m
    since = np.arange(stances.tick.size) - _per_sample(stances, stances.on)
    begin, length = (np.nan_to_num(values, nan=1.0) for values in (at.touchdown, contact))
    phase = (since - _per_sample(stances, begin)) / _per_sample(stances, length)
    stances.wrench[MY] -= stances.wrench[FZ] * _per_sample(stances, steepness) * (1.0 - 2.0 * phase)
    return _none(stances)
