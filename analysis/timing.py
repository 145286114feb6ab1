"""Touchdown, toe-off and the times between them, interpolated between samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.events import last_crossing
from analysis.protocol import Protocol
from analysis.ragged import value_at
from analysis.stances import NONE, Stances
from analysis.wrench import FZ

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crossings:
    """Where the vertical force of each step crosses a level, in fractional samples after its `on`."""

    touchdown: Floats
    """(k,) last upward crossing before the contact is decided; NaN if there is none."""
    toe_off: Floats
    """(k,) last downward crossing before its end is decided; NaN if there is none."""


def crossings(stances: Stances, level_N: float, protocol: Protocol, *, reach: int) -> Crossings:
    """Touchdown and toe-off at a reporting threshold.

    Args:
        stances: The steps.
        level_N: Threshold in newtons.
        protocol: Gives the deciding thresholds.
        reach: Samples searched beyond the decision when the level lies outside the deciding thresholds.

    Returns:
        Positions in samples after `on`.
    """
    force = stances.wrench[FZ]
    level = np.full(len(stances), level_N)
    complete = stances.off != NONE
    last = np.where(complete, stances.off, stances.on)
    on_limit = np.minimum(stances.on + reach, last) if level_N > protocol.on_N else stances.on
    off_limit = np.minimum(last + reach, stances.end - 2) if level_N < protocol.off_N else last
    touchdown = last_crossing(force, level, stances.start, on_limit, stances.on, rising=True)
    decided = np.where(complete, off_limit, stances.on)
    toe_off = last_crossing(force, level, stances.on, decided, stances.on, rising=False)
    return Crossings(touchdown, toe_off)


def next_touchdown(stances: Stances, level_N: float) -> Floats:
    """Position of the following touchdown on the same threshold, by the following contact's own crossing.

    Only the samples up to the next contact's decision belong to this step, which suffices: the crossing lies before.

    Args:
        stances: The steps.
        level_N: Threshold in newtons, not above the arming threshold.

    Returns:
        (k,) position in samples after `on`, NaN if no touchdown follows.
    """
    level = np.full(len(stances), level_N)
    first = np.where(stances.next_on != NONE, stances.on, 0)
    last = np.where(stances.next_on != NONE, stances.next_on, 0)
    return last_crossing(stances.next_N, level, first, last, stances.on, rising=True)


def seconds(stances: Stances, position: Floats, *, tick_rate_Hz: float, first_tick: int) -> Floats:
    """Device time of fractional sample positions.

    Args:
        stances: The steps.
        position: (k,) positions in samples after `on`, NaN allowed.
        tick_rate_Hz: Device ticks per second.
        first_tick: Tick at which the session's time is zero.

    Returns:
        (k,) seconds, NaN where the position is.
    """
    known = ~np.isnan(position)
    out = np.full(position.size, np.nan)
    ticks = (stances.tick - first_tick).astype(np.float64)
    out[known] = value_at(ticks, stances.on[known], position[known]) / tick_rate_Hz
    return out
