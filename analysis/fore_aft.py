"""Braking and propulsion of each running step where fore-aft force is measured (metrics specification 7.1).

Measured means: the whole machine floats on its cells, motor included, so that belt friction and motor torque are
internal (Willems and Gosseye 2013, J Exp Biol). Elsewhere every measured column is null.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.curve import vertex
from analysis.events import last_crossing
from analysis.modelled import modelled_columns, sees_fx
from analysis.peaks import stance_peaks
from analysis.ragged import Span, integrate, ragged_index, window_max, window_min
from analysis.rows import fill_rows
from analysis.wrench import FX, FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HYSTERESIS_BW = 0.01
"""Fore-aft force within ± this much of zero does not decide between braking and propulsion."""
CROSSING_WINDOW = (0.25, 0.75)
"""Share of contact in which braking may end."""
AFTER_IMPACT_S = 0.050
BEFORE_S = 0.020
"""A foot may brake on the belt that long before its weight reaches the threshold of touchdown."""
SIGMAS = 3.0
"""A first braking peak stands out by as many standard deviations of the flight's noise."""
MEASURED = (
    "braking_peak_BW",
    "braking_peak_after50_BW",
    "braking_time_ms",
    "braking_loading_rate_BW_s",
    "braking_impulse_BW_s",
    "propulsive_peak_BW",
    "propulsive_time_ms",
    "propulsive_impulse_BW_s",
    "net_fore_aft_impulse_BW_s",
    "zero_crossing_pct",
    "force_angle_deg",
)


def fore_aft_columns(batch: Batch, known: Columns) -> Columns:
    """Fore-aft force of each step: measured, or modelled in columns of its own, or null.

    Args:
        batch: The steps.
        known: Columns made so far; `contact_time_ms` and `flight_time_ms` are used.

    Returns:
        The columns of `MEASURED`, null in walking and where the belt's sensors do not see fore-aft force;
        `modelled_braking_peak_BW` and `modelled_braking_impulse_BW_s`; `braking_evidence`: "measured", "modelled", "".
    """
    use = batch.whole & sees_fx(batch) & (batch.stances.foot == 0)
    modelled = modelled_columns(batch, known)
    columns = {name: np.full(len(batch), np.nan) for name in MEASURED}
    if use.any():
        span = Span(batch.stances.on[use], batch.at_ref.touchdown[use], batch.at_ref.toe_off[use])
        lowest = window_min(batch.stances.wrench[FX], span.first, span.last)
        at_lowest = first_equal(batch.stances.wrench[FX], span.first, span.last, lowest)
        measured = _peaks(batch, span, at_lowest) | _impulses(batch, span) | _loading_rate(batch, span, use, at_lowest)
        force_BW = batch.stances.wrench[FX] / batch.bw_N
        crossing = zero_crossing(force_BW, span, HYSTERESIS_BW)
        measured["zero_crossing_pct"] = 100.0 * (crossing - span.touchdown) / (span.toe_off - span.touchdown)
        columns = {name: fill_rows(measured[name], use, len(batch)) for name in MEASURED}
    evidence = np.where(use, "measured", np.where(np.isnan(modelled["modelled_braking_peak_BW"]), "", "modelled"))
    return {**columns, **modelled, "braking_evidence": evidence}


def _peaks(batch: Batch, span: Span, at_lowest: Ints) -> dict[str, Floats]:
    """Largest braking and propulsive force over the whole stance, and their times."""
    force = batch.stances.wrench[FX]
    first, last = span.first, span.last
    lowest, highest = force[at_lowest], window_max(force, first, last)
    at_highest = first_equal(force, first, last, highest)
    late = span.touchdown + AFTER_IMPACT_S * batch.setup.sample_rate_Hz
    after = np.minimum(span.origin + np.ceil(late).astype(np.int64), last)

    def time_ms(signal: Floats, at: Ints) -> Floats:
        peak = (at - span.origin) + peak_position(signal, at, first, last)
        return np.where(signal[at] > 0.0, (peak - span.touchdown) * (1e3 * batch.interval_s), np.nan)

    angle = np.rad2deg(np.arctan2(-lowest, batch.stances.wrench[FZ][at_lowest]))
    return {
        "braking_peak_BW": np.maximum(-lowest, 0.0) / batch.bw_N,
        "braking_peak_after50_BW": np.maximum(-window_min(force, after, last), 0.0) / batch.bw_N,
        "braking_time_ms": time_ms(-force, at_lowest),
        "propulsive_peak_BW": np.maximum(highest, 0.0) / batch.bw_N,
        "propulsive_time_ms": time_ms(force, at_highest),
        "force_angle_deg": np.where(lowest < 0.0, angle, np.nan),
    }


def _impulses(batch: Batch, span: Span) -> dict[str, Floats]:
    """∫ of the backward and of the forward part of the force over the stance, both positive."""
    force, scale = batch.stances.wrench[FX], batch.interval_s / batch.bw_N

    def whole(part: Floats) -> Floats:
        return integrate(part, span.origin, span.touchdown, span.toe_off) * scale

    braking, propulsive = whole(np.maximum(-force, 0.0)), whole(np.maximum(force, 0.0))
    return {
        "braking_impulse_BW_s": braking,
        "propulsive_impulse_BW_s": propulsive,
        "net_fore_aft_impulse_BW_s": propulsive - braking,
    }


def _loading_rate(batch: Batch, span: Span, use: NDArray[np.bool_], at_lowest: Ints) -> dict[str, Floats]:
    """Rise of braking from 20 to 80 % of its first peak, else of its largest; the last rise before that peak."""
    braking = -batch.stances.wrench[FX]
    first, at = span.first, at_lowest.copy()
    noise = np.nan_to_num(batch.flight_sd_N[use])
    least = np.maximum(batch.setup.protocol.impact_prominence_BW * batch.bw_N, SIGMAS * noise)
    peaks = stance_peaks(braking, first, at + 1)  # what comes before the largest; it stands at the edge itself
    chosen = peaks.prominence >= least[peaks.stance]
    stance, which = np.unique(peaks.stance[chosen], return_index=True)
    at[stance] = first[stance] + peaks.position[chosen][which]
    height = braking[at]
    start = np.maximum(batch.stances.start[use], first - round(BEFORE_S * batch.setup.sample_rate_Hz))
    t20, t80 = (last_crossing(braking, part * height, start, at, span.origin, rising=True) for part in (0.2, 0.8))
    took = np.where(height > 0.0, t80 - t20, np.nan)
    return {"braking_loading_rate_BW_s": 0.6 * height / (took * (batch.interval_s * batch.bw_N))}


def zero_crossing(force: Floats, span: Span, hysteresis: float) -> Floats:
    """End of braking: the last crossing from − to + within 25 to 75 % of contact.

    The force must have been below −hysteresis before it and rise above +hysteresis behind it, with the crossing the
    last one in between; ripples about zero do not count.

    Args:
        force: (t,) fore-aft force, + forward.
        span: Where each of k contacts begins and ends.
        hysteresis: In the force's unit.

    Returns:
        (k,) position in samples after the span's origin, NaN where there is no such crossing.
    """
    first, lengths = span.first, span.last - span.first + 1
    index, offsets = ragged_index(first, lengths)
    owner = np.repeat(np.arange(first.size), lengths)
    values, here = force[index], np.arange(index.size)
    decided = np.abs(values) > hysteresis
    previous = np.maximum.accumulate(np.where(decided, here, -1))[:-1]  # the last decided sample before each next one
    turned = decided[1:] & (values[1:] > 0.0) & (previous >= offsets[owner[1:]]) & (values[previous] < 0.0)
    risen = np.flatnonzero(turned) + 1
    negative = np.maximum.accumulate(np.where(values < 0.0, here, -1))[risen]
    low, high = values[negative], values[negative + 1]
    stance = owner[risen]
    at = (index[negative] - span.origin[stance]) - low / (high - low)
    share = (at - span.touchdown[stance]) / (span.toe_off - span.touchdown)[stance]
    inside = (share >= CROSSING_WINDOW[0]) & (share <= CROSSING_WINDOW[1])
    found = np.full(first.size, np.nan)
    found[stance[inside]] = at[inside]  # later ones overwrite earlier ones
    return found


def first_equal(signal: Floats, first: Ints, last: Ints, value: Floats) -> Ints:
    """First sample of each window that has the given value, which occurs in it.

    Args:
        signal: (t,) samples.
        first: (k,) first sample of each window.
        last: (k,) its last sample.
        value: (k,) value sought.

    Returns:
        (k,) sample numbers.
    """
    lengths = last - first + 1
    index, _ = ragged_index(first, lengths)
    owner = np.repeat(np.arange(first.size), lengths)
    hits = np.flatnonzero(signal[index] == value[owner])
    _, earliest = np.unique(owner[hits], return_index=True)
    where: Ints = index[hits[earliest]]
    return where


def peak_position(signal: Floats, at: Ints, first: Ints, last: Ints) -> Floats:
    """Place of a maximum between samples: the vertex of the parabola through it and its neighbours.

    Args:
        signal: (t,) samples.
        at: (k,) the largest sample of each window.
        first: (k,) first sample of each window …
        last: (k,) … and its last one; a maximum there is a flank, and stays where it is.

    Returns:
        (k,) samples after `at`.
    """
    inside = (at > first) & (at < last)
    middle = np.where(inside, at, first + 1)
    place, _ = vertex(signal[middle - 1], signal[middle], signal[middle + 1])
    return np.where(inside, place, 0.0)
