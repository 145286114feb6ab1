"""The path of the centre of pressure (COP) in the frame of the moving belt.

The foot stands on the belt, and the belt runs. A point fixed on the belt keeps its *belt-frame* coordinate

    X_b(t) = x(t) + ∫ v dτ

so in X_b the COP shows what it does under the foot alone (metrics specification 1 and 6). The integral is the belt
sensor's travel, dips of speed included, else the set speed times time; it counts from each step's own `on`. The COP is
taken where Fz ≥ 200 N: a newton of noise on each of four cells 0.7 m before and behind the centre is 7 mm there, 28 mm
at 50 N.

Where fore-aft force is not measured, the cells show x_app = x − h·Fx/Fz with h the belt's height above them. A
spring-leg runner's h·F̂x/Fz is then added (`modelled.spring_leg_ratio`); what was added is kept, because half of it is
its standard uncertainty, and so is that nothing could be added.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch
from analysis.belt_way import belt_way
from analysis.modelled import sees_fx, spring_leg_ratio, spring_leg_reach
from analysis.ragged import integrate, value_at, window_max
from analysis.registration import BALL_WINDOW
from analysis.stances import NONE
from analysis.wrench import MY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LOADED_N = 200.0
"""Least vertical force at which a COP is believed."""


@dataclass(frozen=True)
class Moments:
    """Three moments of each step's path; (j,) arrays each."""

    strike: Floats
    """Where the force first reaches `LOADED_N`."""
    end: Floats
    """Where it last falls below."""
    ball: Floats
    """The ball point: force-weighted mean over `BALL_WINDOW`, 50 to 80 % of contact."""


@dataclass(frozen=True)
class BeltPath:
    """The path of those steps of a batch whose COP can be told."""

    of: Ints
    """(j,) their numbers in the batch."""
    moment_Nm: Floats
    """(t,) Fz·X_b of every sample of the batch; means nothing outside those steps' contacts."""
    position: Moments
    """When, in samples after `on`; for the ball point the middle of its window."""
    x_b_m: Moments
    """Belt-frame COP, m; at a step's `on` the belt's frame and the lab's agree."""
    modelled_m: Moments
    """What was added for fore-aft force, m: 0 where that is measured, NaN where it could not be modelled."""
    travelled: Bools
    """(j,) the belt's way was measured, not reckoned from the set speed."""

    def loaded(self, batch: Batch) -> tuple[Ints, Ints]:
        """First and last sample (j,) of each path at or above `LOADED_N`."""
        on = batch.stances.on[self.of]
        first, last = np.ceil(self.position.strike), np.ceil(self.position.end) - 1
        return on + first.astype(np.int64), on + last.astype(np.int64)


def belt_frame_path(batch: Batch) -> Floats:
    """X_b sample by sample, for a picture of how the load runs through the foot.

    Args:
        batch: The steps.

    Returns:
        (t,) m; NaN below 200 N, outside contact and where it cannot be told.
    """
    path = belt_path(batch)
    out = np.full(batch.force_N.size, np.nan)
    use = np.zeros(out.size + 1, np.int64)
    first, last = path.loaded(batch)
    use[first], use[last + 1] = 1, -1
    inside = np.cumsum(use[:-1]) > 0
    out[inside] = path.moment_Nm[inside] / batch.force_N[inside]
    return out


def belt_path(batch: Batch) -> BeltPath:
    """Follow the COP along the belt.

    Args:
        batch: The steps.

    Returns:
        The path of every running step with touchdown, toe-off, 200 N, a measured moment My and a belt whose way is
        known; followers that get no row are included.
    """
    stances, force = batch.stances, batch.force_N
    begin, end = batch.at_ref.touchdown, batch.at_ref.toe_off
    first, last = _loaded(batch)
    moment_seen = np.asarray(["My" in belt.observable for belt in batch.setup.belts], np.bool_)
    can = ~np.isnan(begin + end + first + last) & moment_seen[stances.belt] & (stances.foot == 0)
    way, known, travelled = _way(batch, can)
    of = np.flatnonzero(can & known)
    on = stances.on[of]
    first, last, begin, end = (values[of] for values in (first, last, begin, end))
    window = [begin + share * (end - begin) for share in BALL_WINDOW]
    position = Moments(first, last, 0.5 * (window[0] + window[1]))
    added, gain, offset = _modelled(batch, of, position)
    moment = force * way - stances.wrench[MY]
    if gain.any():
        moment += force * (offset + gain * _since_on(batch))
    x_b = Moments(
        value_at(moment, on, first) / LOADED_N,  # between samples Fz·X_b is the straight line, not Fz·x: the foot rests
        value_at(moment, on, last) / LOADED_N,
        integrate(moment, on, *window) / integrate(force, on, *window),
    )
    return BeltPath(of, moment, position, x_b, added, travelled[of])


def _since_on(batch: Batch) -> Floats:
    """(t,) samples since the own step's `on`; whole numbers, so the same in every batch."""
    stances = batch.stances
    since: Floats = np.arange(stances.tick.size, dtype=np.float64)
    since -= np.repeat(stances.on, stances.end - stances.start)
    return since


def _loaded(batch: Batch) -> tuple[Floats, Floats]:
    """Where each contact's force first reaches `LOADED_N` and last falls below, (k,) samples after `on`, or NaN."""
    force, on = batch.force_N, batch.stances.on
    off = np.where(batch.stances.off == NONE, on, batch.stances.off)
    above = force >= LOADED_N
    rise = np.append(np.flatnonzero(~above[:-1] & above[1:]) + 1, force.size)
    fall = np.append(-1, np.flatnonzero(above[:-1] & ~above[1:]) + 1)
    begins = rise[np.searchsorted(rise[:-1], on)]
    ends = fall[np.searchsorted(fall, off, side="right") - 1]
    there = (begins < ends) & (begins <= off)
    out = np.full((2, on.size), np.nan)
    for row, sample in zip(out, (begins[there], ends[there]), strict=True):
        before, after = force[sample - 1], force[sample]
        row[there] = (sample - on[there]) - (after - LOADED_N) / (after - before)
    return out[0], out[1]


def _way(batch: Batch, wanted: Bools) -> tuple[Floats, Bools, Bools]:
    """Belt's way since `on` of every sample (t,) m; for which steps (k,) it is known, and for which measured."""
    stances, speed = batch.stances, batch.setup.runner.belt_speed_m_s
    lengths = stances.end - stances.start
    missing = np.isnan(stances.travel_m)
    measured = np.zeros(len(stances), np.bool_)
    if not missing.all():
        first = stances.on[wanted] + np.floor(batch.at_ref.touchdown[wanted]).astype(np.int64)
        last = stances.on[wanted] + np.ceil(batch.at_ref.toe_off[wanted]).astype(np.int64)
        measured[wanted] = window_max(missing.astype(np.float64), first, last) == 0.0
    way = _since_on(batch) * (np.nan if speed is None else speed * batch.interval_s)
    if measured.any():
        travelled = stances.travel_m - np.repeat(stances.travel_m[stances.on], lengths)
        way = np.where(np.repeat(measured, lengths), travelled, way)
    known = wanted & (measured | (speed is not None))
    return np.where(np.repeat(known, lengths), way, 0.0), known, measured


def _modelled(batch: Batch, of: Ints, position: Moments) -> tuple[Moments, Floats, Floats]:
    """What a spring-leg runner's fore-aft force adds to the apparent COP, h·F̂x/Fz = h·ratio(t/t_c).

    The ratio is a straight line in time: besides its values at `position` the line itself is given for all samples of
    the batch, as slope per sample after `on` (t,) and value at `on` (t,); both are 0 where nothing is added.
    """
    stances, leg = batch.stances, batch.setup.runner.leg_m
    height = np.where(sees_fx(batch), 0.0, batch.setup.belt_height_m)[of]
    begin, end = batch.at_ref.touchdown[of], batch.at_ref.toe_off[of]
    reach = spring_leg_reach(belt_way(batch, batch.at_ref.touchdown, batch.at_ref.toe_off))[of]

    def at(moment: Floats) -> Floats:
        ratio = spring_leg_ratio((moment - begin) / (end - begin), reach, np.nan if leg is None else leg)
        return np.where(height == 0.0, 0.0, height * ratio)

    added = Moments(at(position.strike), at(position.end), at(position.ball))
    line = np.zeros((2, len(stances)))
    at_begin, at_end = np.nan_to_num(at(begin)), np.nan_to_num(at(end))
    line[0, of] = (at_end - at_begin) / (end - begin)
    line[1, of] = at_begin - line[0, of] * begin
    lengths = stances.end - stances.start
    return added, np.repeat(line[0], lengths), np.repeat(line[1], lengths)
