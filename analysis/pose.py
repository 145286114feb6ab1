"""What a teacher of the Pose method looks at: described, never judged (metrics specification 8).

Support time, cadence and bounce are columns of their own groups. Here: how far ahead of the body the foot lands, how
far the body has passed it when it leaves, and how early the load goes off.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.belt_way import belt_way
from analysis.com import Strides, whole_strides
from analysis.com_forward import forward
from analysis.events import first_crossing, last_crossing
from analysis.modelled import sees_fx
from analysis.ragged import value_at
from analysis.rows import fill_rows
from analysis.wrench import FZ, MY

Floats = NDArray[np.float64]

COP_FORCE_N = 200.0
"""Least vertical force at which the centre of pressure is trusted: 1 N of cell noise is 7 mm there."""
STRIKE_S = 0.025
"""The force reaches `COP_FORCE_N` within this time, or its centre of pressure is not that of the landing."""
COM_PER_STATURE = 0.55
"""Assumed height of the centre of mass per stature; ± 5 % of it is ± 5 % of a fall angle."""


def pose_columns(batch: Batch, known: Columns) -> Columns:
    """Pose measures of each running step.

    Args:
        batch: The steps; a step's stride ends at the touchdown after the next.
        known: Columns made so far; `zero_crossing_pct`, `lowest_time_ms`, `contact_time_ms` and
            `active_peak_time_ms` are used.

    Returns:
        `mid_support_distance_m`, `touchdown_ahead_mm`, `fall_angle_toe_off_deg`, `fall_angle_unweighting_deg`,
        `unloading_time_pct` and `late_unweighting_ms`, (k,), null in walking. Where fore-aft force is not measured
        mid-support is the lowest point instead of the end of braking, and lead and fall angles are null.
    """
    runs = batch.whole & (batch.stances.foot == 0)
    unweighted = np.where(runs, _unweighting(batch), np.nan)
    contact_ms = known["contact_time_ms"]
    unloading = 100.0 * (contact_ms - known["active_peak_time_ms"]) / contact_ms
    late = (batch.at_ref.toe_off - unweighted) * (1e3 * batch.interval_s)
    return {
        "mid_support_distance_m": np.where(runs, _mid_support(batch, known), np.nan),
        "unloading_time_pct": np.where(runs, unloading, np.nan),
        "late_unweighting_ms": late,
        **_leans(batch, unweighted),
    }


def _unweighting(batch: Batch) -> Floats:
    """Last fall of the force through body weight, in samples after `on`; NaN where there is none."""
    found = np.full(len(batch), np.nan)
    span, level = batch.span, np.full(batch.span.origin.size, batch.bw_N)
    found[batch.whole] = last_crossing(batch.force_N, level, span.first, span.last, span.origin, rising=False)
    return found


def _mid_support(batch: Batch, known: Columns) -> Floats:
    """Way of the belt while the foot is ahead of the body: v·t0 where Fx is measured, else v·t_low, m."""
    touchdown, toe_off = batch.at_ref.touchdown, batch.at_ref.toe_off
    braked = 0.01 * known["zero_crossing_pct"] * (toe_off - touchdown)
    sunk = known["lowest_time_ms"] * (1e-3 * batch.setup.sample_rate_Hz)
    return belt_way(batch, touchdown, touchdown + np.where(sees_fx(batch), braked, sunk))


def _leans(batch: Batch, unweighted: Floats) -> dict[str, Floats]:
    """Lead of the foot at touchdown and lean of the body over it late in contact, where Fx and My are measured."""
    names = ("touchdown_ahead_mm", "fall_angle_toe_off_deg", "fall_angle_unweighting_deg")
    strides = _measured(batch)
    if not strides.step.size:
        return {name: np.full(len(batch), np.nan) for name in names}
    step = strides.step
    body = forward(batch, strides)
    touchdown, toe_off = batch.at_ref.touchdown, batch.at_ref.toe_off
    landed, leaving = _trusted(batch, strides)

    def foot(at: Floats, carried_to: Floats) -> Floats:
        """Centre of pressure at one moment, carried with the belt to another."""
        return (_cop_x(batch, at) - belt_way(batch, at, carried_to))[step]

    def body_at(position: Floats) -> Floats:
        return body.at(((position - touchdown) * batch.interval_s)[step])

    stature = batch.setup.runner.stature_m
    height = np.nan if stature is None else COM_PER_STATURE * stature
    ahead = foot(landed, touchdown) - body.place_m
    at_toe_off = body_at(toe_off) - foot(leaving, toe_off)
    at_unweighting = body_at(unweighted) - foot(unweighted, unweighted)
    values = (ahead * 1e3, *(np.rad2deg(np.arctan(x / height)) for x in (at_toe_off, at_unweighting)))
    return {name: fill_rows(value, step, len(batch)) for name, value in zip(names, values, strict=True)}


def _measured(batch: Batch) -> Strides:
    """Whole strides of running on belts that measure fore-aft force and its moment."""
    strides = whole_strides(batch)
    sees = np.asarray([{"Fx", "Fz", "My"} <= belt.observable for belt in batch.setup.belts])[batch.stances.belt]
    good = sees & (batch.stances.foot == 0)
    both = good[strides.step] & good[np.minimum(strides.step + 1, len(batch) - 1)]
    return Strides(strides.step[both], strides.row[both], strides.span)


def _trusted(batch: Batch, strides: Strides) -> tuple[Floats, Floats]:
    """First and last moment of each contact at which the centre of pressure can be trusted, in samples after `on`."""
    landed, leaving = np.full(len(batch), np.nan), np.full(len(batch), np.nan)
    step = strides.step
    origin, touchdown = batch.stances.on[step], batch.at_ref.touchdown[step]
    level = np.full(step.size, COP_FORCE_N)
    first = origin + np.floor(touchdown).astype(np.int64)
    soon = first + round(STRIKE_S * batch.setup.sample_rate_Hz)
    last = origin + np.floor(batch.at_ref.toe_off[step]).astype(np.int64)
    landed[step] = first_crossing(batch.force_N, level, first, np.minimum(soon, last), origin, rising=True)
    leaving[step] = last_crossing(batch.force_N, level, (first + last) // 2, last, origin, rising=False)
    return landed, leaving


def _cop_x(batch: Batch, position: Floats) -> Floats:
    """Fore-aft centre of pressure, m forward of the belt's centre, at (k,) moments in samples after `on`."""
    known = ~np.isnan(position)
    origin, at = batch.stances.on[known], position[known]
    out = np.full(position.size, np.nan)
    out[known] = -value_at(batch.stances.wrench[MY], origin, at) / value_at(batch.stances.wrench[FZ], origin, at)
    return out
