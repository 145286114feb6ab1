"""Vertical metrics of each stance: active peak, impact peak, impulses, unloading."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.curve import Curve, vertex, whole_steps
from analysis.peaks import stance_peaks
from analysis.protocol import Protocol
from analysis.ragged import Span, integrate, window_sum

Floats = NDArray[np.float64]

GRID = 0.005
"""Spacing, as a share of contact, at which the active peak is sought."""
NOISE_SD = 3.0
"""A peak stands out by at least this many standard deviations of the flight's noise."""
IMPACT_FROM_S, IMPACT_TO_S, IMPACT_TO_SHARE = 0.005, 0.050, 0.30
"""An impact peak lies after 5 ms and not after 50 ms or 30 % of contact."""
EARLY_S = 0.050
"""The first part of contact, of which the impulse is given."""


@dataclass(frozen=True)
class Peak:
    """A maximum of each of k stances; NaN where a stance has none."""

    height_N: Floats
    """(k,) force there."""
    position: Floats
    """(k,) samples after the step's origin."""
    prominence_N: Floats
    """(k,) how far it stands out; zeros where that has no meaning."""


def vertical_columns(batch: Batch, known: Columns) -> Columns:  # noqa: ARG001 – all groups are called alike
    """Vertical metrics (metrics, section 4).

    Args:
        batch: The steps.
        known: Not needed.

    Returns:
        (k,) columns in N, body weights (BW), ms, BW·s and BW/s.
    """
    bw_N, interval, span = batch.bw_N, batch.interval_s, batch.span
    curve = whole_steps(batch)
    noise = batch.flight_sd_N[batch.whole]
    least = least_prominence(batch.setup.protocol, bw_N, noise)
    active = active_peak(curve, span, batch.setup.protocol, apart_N=least)
    impact = impact_peak(curve, span, interval, active, least_prominence_N=least)
    contact_s = (span.toe_off - span.touchdown) * interval
    impulse = vertical_impulse(batch.force_N, span, interval)
    columns = {
        "active_peak_N": active.height_N,
        "active_peak_BW": active.height_N / bw_N,
        "active_peak_time_ms": (active.position - span.touchdown) * interval * 1e3,
        "impact_peak_BW": impact.height_N / bw_N,
        "impact_peak_time_ms": (impact.position - span.touchdown) * interval * 1e3,
        "impact_prominence_BW": impact.prominence_N / bw_N,
        "u_impact_prominence_BW": np.where(np.isnan(impact.height_N), np.nan, np.sqrt(2.0) * noise / bw_N),
        "vertical_impulse_BW_s": impulse / bw_N,
        "average_force_BW": impulse / contact_s / bw_N,
        "effective_contact_ms": time_above(batch.force_N, span, bw_N) * interval * 1e3,
        "impulse_50ms_BW_s": early_impulse(batch.force_N, span, interval) / bw_N,
        "unloading_rate_BW_s": unloading_rate(curve, span, interval, active) / bw_N,
    }
    return batch.spread(columns)


def least_prominence(protocol: Protocol, bw_N: float, noise_N: Floats) -> Floats:
    """How far a peak must stand out to be one: max(0.02 BW, 3 σ of the flight's noise).

    Args:
        protocol: Gives the share of body weight.
        bw_N: Body weight, N; NaN if it is not known, which leaves the noise.
        noise_N: (k,) standard deviation of the force in flight, NaN where it is not known.

    Returns:
        (k,) N.
    """
    return np.fmax(np.fmax(protocol.impact_prominence_BW * bw_N, NOISE_SD * noise_N), 0.0)


def vertical_impulse(force_N: Floats, span: Span, interval_s: float) -> Floats:
    """J_z = ∫ Fz dt over the stance.

    Args:
        force_N: (t,) vertical force.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.

    Returns:
        (k,) N·s.
    """
    impulse: Floats = integrate(force_N, span.origin, span.touchdown, span.toe_off) * interval_s
    return impulse


def early_impulse(force_N: Floats, span: Span, interval_s: float) -> Floats:
    """∫ Fz dt over the first 50 ms of contact: a cheap index of the impact.

    Args:
        force_N: (t,) vertical force.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.

    Returns:
        (k,) N·s; NaN where contact is shorter.
    """
    stop = span.touchdown + EARLY_S / interval_s
    impulse = np.full(stop.size, np.nan)
    long = stop <= span.toe_off
    impulse[long] = integrate(force_N, span.origin[long], span.touchdown[long], stop[long]) * interval_s
    return impulse


def time_above(force_N: Floats, span: Span, level_N: float) -> Floats:
    """Time during which the force exceeds a level; above body weight, Cavagna's effective contact time.

    Within an interval between samples the force is taken as straight.

    Args:
        force_N: (t,) vertical force.
        span: Where each contact begins and ends.
        level_N: The level, above the force at touchdown and toe-off.

    Returns:
        (k,) samples.
    """
    over = force_N - level_N
    size, positive = np.abs(over), np.maximum(over, 0.0)
    both = size[:-1] + size[1:]
    share = (positive[:-1] + positive[1:]) / np.where(both > 0.0, both, 1.0)
    return window_sum(share, span.first - 1, span.last)


def active_peak(curve: Curve, span: Span, protocol: Protocol, *, apart_N: Floats) -> Peak:
    """Active (thrust) peak: the maximum N of Fz in 40–60 % of contact (Alcantara et al. 2022, PeerJ 10:e12752).

    The window keeps out the impact peak, which can be the higher one. Where the force still rises beyond the window's
    edge the peak lies outside; it is then sought in 30–75 %. So that no step flips between the two, a point s outside
    the window counts in proportion as the way to it is free of valleys:

        F_act = N + max over s of (F(s) − N)₊ · (1 − D(s) / D₀)₊

    with D(s) the deepest drop, below N and below what was passed, on the way from the window's edge to s, and D₀ the
    prominence that makes a peak a peak of its own. With the peak inside the window this is the published value; with
    one hump that peaks outside it, its top; an impact peak behind a valley of D₀ or more has no say. F_act changes
    continuously with the force.

    Args:
        curve: Vertical force of the steps.
        span: Where each contact begins and ends.
        protocol: Gives both windows.
        apart_N: (k,) D₀.

    Returns:
        Height, and the position of the highest point that counts.
    """
    low, high = protocol.active_fallback
    (begin, end), points = protocol.active_window, round((high - low) / GRID) + 1
    share = np.linspace(low, high, points)
    left, right = round((begin - low) / GRID), points - 1 - round((high - end) / GRID)
    share[left], share[right] = begin, end
    position = span.touchdown[:, None] + (span.toe_off - span.touchdown)[:, None] * share
    force = curve.at(position)
    inner = left + force[:, left : right + 1].argmax(axis=1)
    place, height = _refined(force, inner, (left, right))
    weight = np.concatenate(
        (
            _free_way(force[:, left::-1], height, apart_N)[:, ::-1],
            np.zeros((len(force), right - left - 1)),
            _free_way(force[:, right:], height, apart_N),
        ),
        axis=1,
    )
    outer = (np.maximum(force - height[:, None], 0.0) * weight).argmax(axis=1)
    outer_place, outer_height = _refined(force, outer, (0, points - 1))
    rows = np.arange(len(force))
    excess = np.maximum(outer_height - height, 0.0) * weight[rows, outer]
    place = np.where(excess > 0.0, outer_place, place)
    spacing = (span.toe_off - span.touchdown) * ((high - low) / (points - 1))
    at = span.touchdown + (span.toe_off - span.touchdown) * low + spacing * place
    return Peak(height + excess, at, np.zeros(len(force)))


def _free_way(outwards: Floats, height: Floats, apart_N: Floats) -> Floats:
    """(k, p) weight of each point on the way outwards from the window's edge, which comes first."""
    passed = np.maximum(np.maximum.accumulate(outwards, axis=1), height[:, None])
    drop = np.maximum.accumulate(passed - outwards, axis=1)
    weight: Floats = np.maximum(1.0 - drop / np.maximum(apart_N, 1e-9)[:, None], 0.0)
    return weight


def _refined(force: Floats, index: NDArray[np.int64], bounds: tuple[int, int]) -> tuple[Floats, Floats]:
    """Place on the grid and height of the top next to a grid point, not beyond the bounds."""
    rows, last = np.arange(len(force)), force.shape[1] - 1
    before, after = force[rows, np.maximum(index - 1, 0)], force[rows, np.minimum(index + 1, last)]
    middle = force[rows, index]
    inside = (index > bounds[0]) & (index < bounds[1]) & (middle >= before) & (middle >= after)
    shift, top = vertex(before, middle, after)
    place = index.astype(np.float64) + np.where(inside, shift, 0.0)
    height: Floats = np.where(inside, top, middle)
    return place, height


def impact_peak(curve: Curve, span: Span, interval_s: float, active: Peak, *, least_prominence_N: Floats) -> Peak:
    """Impact (passive) peak: first local maximum in (5 ms, min(50 ms, 0.30 t_c)] that stands out.

    It lies before the active peak, and its prominence is its height above the valley between the two (or above the
    lowest force before it, if that is higher), whichever of the peaks is the higher one: measured against the whole
    contact, prominence would jump by 2 BW when the impact peak grows past the active one. Time and height are read
    between samples.

    Args:
        curve: Vertical force of the steps.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.
        active: The active peaks.
        least_prominence_N: (k,) smallest prominence of a peak worth the name.

    Returns:
        The peaks.
    """
    first = span.first
    stop = np.maximum(curve.origin + np.floor(active.position).astype(np.int64) + 1, first)
    peaks = stance_peaks(curve.signal, first, stop)
    sample = first[peaks.stance] + peaks.position
    shift, refined = vertex(curve.signal[sample - 1], peaks.height, curve.signal[sample + 1])
    near = (sample - curve.origin[peaks.stance]) + shift
    time = (near - span.touchdown[peaks.stance]) * interval_s
    latest = np.minimum(IMPACT_TO_S, IMPACT_TO_SHARE * (span.toe_off - span.touchdown) * interval_s)
    chosen = (time > IMPACT_FROM_S) & (time <= latest[peaks.stance])
    chosen &= peaks.prominence + (refined - peaks.height) >= least_prominence_N[peaks.stance]
    stance, which = np.unique(peaks.stance[chosen], return_index=True)  # the first of each stance
    at, valley = span.touchdown.copy(), np.full(first.size, np.nan)
    at[stance] = near[chosen][which]
    valley[stance] = (peaks.height - peaks.prominence)[chosen][which]
    position, height = curve.top(at)
    none = np.isnan(valley)
    return Peak(np.where(none, np.nan, height), np.where(none, np.nan, position), height - valley)


def unloading_rate(curve: Curve, span: Span, interval_s: float, active: Peak) -> Floats:
    """Mean rate of fall from 80 to 20 % of the active peak, on the falling edge that leads to toe-off.

    Args:
        curve: Vertical force of the steps.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.
        active: The active peaks.

    Returns:
        (k,) N/s, positive; NaN where the force does not cross both levels.
    """
    high, low = 0.8 * active.height_N, 0.2 * active.height_N
    at_high = curve.last_fall(high, active.position, span.toe_off)
    leaves_below = curve.at(span.toe_off) < low
    after = np.where(leaves_below, span.toe_off, curve.last - curve.origin)  # else the flank ends in flight
    at_low = curve.first_fall(low, at_high, after)
    rate: Floats = (high - low) / ((at_low - at_high) * interval_s)
    return rate
