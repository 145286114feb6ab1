"""Braking and propulsion of each stance, where fore-aft force is measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.ragged import Span, integrate, ragged_index, window_max, window_min

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ForeAft:
    """Positive magnitudes, per stance."""

    braking_peak_N: Floats
    """(k,) −min Fx."""
    braking_time_s: Floats
    """(k,) its time after touchdown."""
    braking_impulse_Ns: Floats
    """(k,) −∫ min(Fx, 0) dt."""
    propulsive_peak_N: Floats
    """(k,) max Fx."""
    propulsive_impulse_Ns: Floats
    """(k,) ∫ max(Fx, 0) dt; net impulse is propulsive − braking."""


def fore_aft(force_N: Floats, span: Span, interval_s: float) -> ForeAft:
    """Measure braking and propulsion over the whole stance.

    Args:
        force_N: (t,) fore-aft force, + forward.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.

    Returns:
        The metrics.
    """
    first, last = span.first, span.last
    lowest = window_min(force_N, first, last)
    when = _first_equal(force_N, first, last, lowest)
    return ForeAft(
        braking_peak_N=np.maximum(-lowest, 0.0),
        braking_time_s=((when - span.origin) - span.touchdown) * interval_s,
        braking_impulse_Ns=-integrate(np.minimum(force_N, 0.0), span.origin, span.touchdown, span.toe_off) * interval_s,
        propulsive_peak_N=np.maximum(window_max(force_N, first, last), 0.0),
        propulsive_impulse_Ns=integrate(np.maximum(force_N, 0.0), span.origin, span.touchdown, span.toe_off)
        * interval_s,
    )


def _first_equal(
    force_N: Floats, first: NDArray[np.int64], last: NDArray[np.int64], value: Floats
) -> NDArray[np.int64]:
    """First sample of each window that has the given value, which occurs in it."""
    owner = np.repeat(np.arange(first.size), last - first + 1)
    index, _ = ragged_index(first, last - first + 1)
    hits = np.flatnonzero(force_N[index] == value[owner])
    _, earliest = np.unique(owner[hits], return_index=True)
    where: NDArray[np.int64] = index[hits[earliest]]
    return where
