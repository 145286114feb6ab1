"""Vertical metrics of each stance: impulse, active peak, impact peak."""

import numpy as np
from numpy.typing import NDArray

from analysis.peaks import stance_peaks
from analysis.protocol import Protocol
from analysis.ragged import Span, integrate, window_max

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


def _peak_in(force_N: Floats, span: Span, window: tuple[float, float]) -> tuple[Floats, Ints, Ints]:
    length = span.toe_off - span.touchdown
    first = span.origin + np.ceil(span.touchdown + window[0] * length).astype(np.int64)
    last = np.maximum(span.origin + np.floor(span.touchdown + window[1] * length).astype(np.int64), first)
    return window_max(force_N, first, last), first, last


def active_peak(force_N: Floats, span: Span, protocol: Protocol) -> Floats:
    """Active (thrust) peak: the maximum in 40–60 % of contact (Alcantara et al. 2022, PeerJ 10:e12752).

    The window keeps out the impact peak, which can be the higher one. If the maximum lies on the window's edge it is
    not a peak but a flank, and the maximum in 30–75 % counts instead.

    Args:
        force_N: (t,) vertical force.
        span: Where each contact begins and ends.
        protocol: Gives both windows.

    Returns:
        (k,) N.
    """
    peak, first, last = _peak_in(force_N, span, protocol.active_window)
    wide, _, _ = _peak_in(force_N, span, protocol.active_fallback)
    on_edge = (peak == force_N[first]) | (peak == force_N[last])
    return np.where(on_edge, wide, peak)


def impact_peak(
    force_N: Floats, span: Span, interval_s: float, *, least_prominence_N: float
) -> tuple[Floats, Floats, Floats]:
    """Impact (passive) peak: first local maximum in (5 ms, min(50 ms, 0.30 t_c)] that stands out.

    Args:
        force_N: (t,) vertical force.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.
        least_prominence_N: Smallest prominence of a peak worth the name.

    Returns:
        Height in N, time after touchdown in s and prominence in N, each (k,) and NaN where a step has no impact peak.
    """
    first = span.first
    peaks = stance_peaks(force_N, first, span.last + 1)
    place = (first - span.origin)[peaks.stance] + peaks.position
    time = (place - span.touchdown[peaks.stance]) * interval_s
    latest = np.minimum(0.050, 0.30 * (span.toe_off - span.touchdown) * interval_s)
    chosen = (time > 0.005) & (time <= latest[peaks.stance]) & (peaks.prominence >= least_prominence_N)
    stance, which = np.unique(peaks.stance[chosen], return_index=True)  # the first of each stance
    height, at, prominence = (np.full(first.size, np.nan) for _ in range(3))
    height[stance] = peaks.height[chosen][which]
    at[stance] = time[chosen][which]
    prominence[stance] = peaks.prominence[chosen][which]
    return height, at, prominence
