"""Foot strike of every step from force alone: no markers, no foot registration (metrics specification 5.4).

One number is measured, the *advance*: belt-frame centre of pressure (COP) under the ball of the foot in push-off minus
that of the landing. `strike_model` turns it into a probability and a class; docs/foot-strike.md says how well that goes
and what force cannot tell.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns, flight_sd
from analysis.belt_way import belt_way
from analysis.cop import MEASURED_SPEED_u, SET_SPEED_u
from analysis.events import first_crossing
from analysis.foot_strike_model import MODEL
from analysis.modelled import sees_fx
from analysis.ragged import value_at
from analysis.strike_model import StrikeModel
from analysis.wrench import FZ, MY

Floats = NDArray[np.float64]

LOADED_N = 200.0
"""The landing begins where the force first reaches this: below it the COP is mostly noise …"""
LANDING_S = 0.010
"""… and lasts this long: one sample on the steep flank would be noise again."""
LANDING_POINTS = 5
PUSH_OFF = (0.50, 0.80)
"""Share of contact in which the COP lies still under the ball of the foot, whatever landed first."""
PUSH_OFF_POINTS = 13
LATEST_LANDING = 0.5
"""A landing that ends later than this share of contact is none."""
LEAST_FORCE_N = 100.0
"""A COP is not believed if the force falls below this after it had reached `LOADED_N`."""


@dataclass(frozen=True)
class Advance:
    """Advance of each whole step, (j,)."""

    apparent_m: Floats
    """As the moments tell it, m: where fore-aft force is not measured, it holds −h·Fx/Fz. NaN where not to be told."""
    u_m: Floats
    """Its standard uncertainty from noise and belt speed, m."""
    speed_m_s: Floats
    """Mean belt speed between landing and push-off, m/s."""


def foot_strike_columns(batch: Batch, known: Columns, model: StrikeModel = MODEL) -> Columns:
    """Class and probability of every step.

    `foot_strike_p` is the probability of the class named; for "uncertain", that of rearfoot. `rearfoot_p` is the
    probability of a rearfoot strike for every step: this is what is calibrated.

    Args:
        batch: The steps. Without stature in its setup the advance is taken as that of a runner of mean stature, and
            with a belt height but no fore-aft force it is freed of the expected bias; both less surely.
        known: Not used.
        model: Coefficients.

    Returns:
        `foot_strike`, `foot_strike_p`, `rearfoot_p`, `cop_advance_mm` and `u_cop_advance_mm`, (k,). Null: in walking,
        without belt speed or the moment My, and where the force does not reach 200 N at once.
    """
    del known
    found = measure_advance(batch)
    advance, u = _unbiased(batch, found, model)
    scaled, u_scaled = _scaled(advance, u, batch.setup.runner.stature_m, model)
    p = model.rearfoot_p(scaled, u_scaled)
    name, named_p = model.verdict(p, model.forefoot_share(scaled, u_scaled))
    columns: dict[str, NDArray[Any]] = {
        "foot_strike": name.astype("<U16"),
        "foot_strike_p": named_p,
        "rearfoot_p": p,
        "cop_advance_mm": 1e3 * advance,
        "u_cop_advance_mm": 1e3 * u,
    }
    return batch.spread(columns)


def measure_advance(batch: Batch) -> Advance:
    """Measure the advance of every whole step.

    Averages run over a fixed number of moments, not over samples: the same at any rate, and for any batch.

    Args:
        batch: The steps.

    Returns:
        Advances, those of `batch.whole`.
    """
    on, whole = batch.stances.on, batch.whole
    begin, end = batch.span.touchdown, batch.span.toe_off
    loaded = _loaded(batch)
    landing = np.linspace(0.0, LANDING_S, LANDING_POINTS) * batch.setup.sample_rate_Hz
    push_off = np.linspace(*PUSH_OFF, PUSH_OFF_POINTS)
    x_landing, u_landing = _cop(batch, loaded[:, None] + landing)
    x_ball, u_ball = _cop(batch, begin[:, None] + (end - begin)[:, None] * push_off)
    middle = loaded + 0.5 * LANDING_S * batch.setup.sample_rate_Hz
    later = begin + 0.5 * (PUSH_OFF[0] + PUSH_OFF[1]) * (end - begin)
    way = _way(batch, middle, later)
    speed = way / ((later - middle) * batch.interval_s)
    travel = batch.stances.travel_m
    measured = ~np.isnan(travel[on[whole]])
    u_way = way * np.where(measured, MEASURED_SPEED_u, SET_SPEED_u)
    late = middle - begin > LATEST_LANDING * (end - begin)
    apparent = np.where(late, np.nan, x_ball - x_landing + way)
    return Advance(apparent, np.sqrt(u_landing * u_landing + u_ball * u_ball + u_way * u_way), speed)


def _loaded(batch: Batch) -> Floats:
    """(j,) where the force of each whole step first reaches 200 N; NaN in walking and where My is not measured."""
    span, whole = batch.span, batch.whole
    level = np.full(span.origin.size, LOADED_N)
    first = span.origin + np.floor(span.touchdown).astype(np.int64)
    loaded = first_crossing(batch.force_N, level, first, span.last, span.origin, rising=True)
    told = np.asarray(["My" in belt.observable for belt in batch.setup.belts], np.bool_)[batch.stances.belt]
    return np.where((told & (batch.stances.foot == 0))[whole], loaded, np.nan)


def _cop(batch: Batch, at: Floats) -> tuple[Floats, Floats]:
    """Mean COP over (j, P) moments, in samples after `on`, and its standard uncertainty from noise; (j,), m."""
    fz, my = _sampled(batch, batch.force_N, at), _sampled(batch, batch.stances.wrench[MY], at)
    believed = fz > LEAST_FORCE_N
    force = np.where(believed, fz, 1.0)
    x = _row_mean(np.where(believed, -my / force, np.nan))
    noise = np.hypot(_moment_sd(batch), x * batch.flight_sd_N[batch.whole])
    return x, noise * _row_mean(1.0 / force)


def _sampled(batch: Batch, signal: Floats, at: Floats) -> Floats:
    origin = np.repeat(batch.span.origin, at.shape[1])
    place = at.ravel()
    told = ~np.isnan(place)
    out = np.full(place.size, np.nan)
    out[told] = value_at(signal, origin[told], place[told])
    return out.reshape(at.shape)


def _row_mean(values: Floats) -> Floats:
    """Mean of each row, summed column by column: the same bits however many rows there are."""
    total = values[:, 0].copy()
    for column in range(1, values.shape[1]):
        total += values[:, column]
    mean: Floats = total / values.shape[1]
    return mean


def _moment_sd(batch: Batch) -> Floats:
    """(j,) noise of My in the flight beside each whole step, N·m."""
    stances = batch.stances
    moment = np.broadcast_to(stances.wrench[MY], (FZ + 1, stances.tick.size))
    return flight_sd(replace(stances, wrench=moment), batch.setup.sample_rate_Hz)[batch.whole]


def _way(batch: Batch, start: Floats, stop: Floats) -> Floats:
    """Way of the belt between two moments of each whole step, (j,), m."""
    ends = np.full((2, len(batch)), np.nan)
    ends[:, batch.whole] = start, stop
    return belt_way(batch, ends[0], ends[1])[batch.whole]


def _unbiased(batch: Batch, found: Advance, model: StrikeModel) -> tuple[Floats, Floats]:
    """Advance and its uncertainty, the expected h·Fx/Fz taken out where fore-aft force is not measured."""
    advance, u = model.true_advance(found.apparent_m, found.u_m, found.speed_m_s, batch.setup.belt_height_m)
    measured = sees_fx(batch)[batch.whole]
    return np.where(measured, found.apparent_m, advance), np.where(measured, found.u_m, u)


def _scaled(advance: Floats, u: Floats, stature_m: float | None, model: StrikeModel) -> tuple[Floats, Floats]:
    """Advance and uncertainty scaled to the model's stature."""
    if stature_m is None:
        return advance, np.hypot(u, model.stature_spread * advance)
    scale = model.stature_m / stature_m
    return advance * scale, u * scale
