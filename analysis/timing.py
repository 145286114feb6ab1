"""Touchdown, toe-off and the times between them, interpolated between samples."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.events import first_crossing, last_crossing
from analysis.protocol import Protocol
from analysis.ragged import value_at
from analysis.stances import NONE, Stances
from analysis.wrench import FZ

if TYPE_CHECKING:
    from analysis.batch import Batch, Columns

Floats = NDArray[np.float64]

CLEAR_OF_NOISE = 5.0
"""A threshold below the disarming one must be this many standard deviations of the flight's noise."""
LEVEL = re.compile(r"(\d+(?:\.\d+)?)(N|pctBW)")
"""A threshold in words: "30N" or "10pctBW"."""
MOST = {"N": 1000.0, "pctBW": 100.0}
"""No threshold of contact is higher: a force above it is not reached by every step."""
ALWAYS = ("20N", "5pctBW")
"""Thresholds at which every step's contact time is given, so that it can be matched to any paper."""


@dataclass(frozen=True)
class Crossings:
    """Where the vertical force of each step crosses a level, in fractional samples after its `on`."""

    touchdown: Floats
    """(k,) upward crossing that belongs to the step's beginning; NaN if there is none."""
    toe_off: Floats
    """(k,) downward crossing that belongs to its end; NaN if there is none."""


def crossings(stances: Stances, level_N: float, protocol: Protocol, *, reach: int) -> Crossings:
    """Touchdown and toe-off at a reporting threshold.

    Contact is decided by the protocol's two thresholds; a reporting threshold only places its ends. Each end is the
    crossing nearest to the decision on the way to it: between the deciding thresholds the last one before the decision
    (metrics, section 3), and outside them the first one behind it. Later crossings are another event: ringing in
    flight below the disarming threshold, the valley behind the impact above the arming one.

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
    if level_N > protocol.on_N:
        limit = np.minimum(stances.on + reach, last)
        touchdown = first_crossing(force, level, stances.on - 1, limit, stances.on, rising=True)
    else:
        touchdown = last_crossing(force, level, stances.start, stances.on, stances.on, rising=True)
    if level_N < protocol.off_N:
        limit = np.where(complete, np.minimum(last + reach, stances.end - 1), stances.on)
        toe_off = first_crossing(force, level, last - 1, limit, stances.on, rising=False)
    else:
        toe_off = last_crossing(force, level, stances.on, last, stances.on, rising=False)
    return Crossings(touchdown, toe_off)


def next_touchdown(stances: Stances, level_N: float) -> Floats:
    """Position of the following touchdown on the same threshold, by the following contact's own crossing.

    Only the samples up to the next contact's decision belong to this step. That suffices up to the arming threshold,
    for the crossing lies before; above it the crossing can lie behind them, and is then not known.

    Args:
        stances: The steps.
        level_N: Threshold in newtons.

    Returns:
        (k,) position in samples after `on`, NaN if no touchdown follows or it is not known.
    """
    level = np.full(len(stances), level_N)
    ended = (stances.off != NONE) & (stances.off <= stances.next_on)  # else both feet bear at once
    first = np.where(ended, stances.off, np.where(stances.next_on != NONE, stances.on, 0))
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


def level_N(text: str, bw_N: float) -> float:
    """Force of a threshold in words.

    Args:
        text: For example "30N" or "10pctBW".
        bw_N: Body weight, N; NaN if it is not known.

    Returns:
        The threshold in N; NaN if it needs a body weight that is not known.

    Raises:
        AnalysisError: The text names no threshold above zero and up to `MOST`.
    """
    match = LEVEL.fullmatch(text)
    if match is None or not 0.0 < float(match[1]) <= MOST[match[2]]:
        most = " or ".join(f"{value:g}{unit}" for unit, value in MOST.items())
        raise AnalysisError(
            "contact threshold", expected=f"a force such as 30N or 10pctBW, above 0 and up to {most}", seen=repr(text)
        )
    return float(match[1]) * (1.0 if match[2] == "N" else 0.01 * bw_N)


def contact_ms(batch: "Batch", level_N: float) -> Floats:
    """Contact time of every step at a threshold of its own choice.

    Below the disarming threshold nothing but the threshold tells flight from contact; the time is null there where
    the threshold is not `CLEAR_OF_NOISE` (metrics, section 3, noise gate).

    Args:
        batch: The steps.
        level_N: Threshold in newtons, NaN if it is not known.

    Returns:
        (k,) ms, NaN where touchdown or toe-off cannot be told.
    """
    at = batch.crossings_of(level_N)
    duration: Floats = (batch.seconds(at.toe_off) - batch.seconds(at.touchdown)) * 1e3
    if level_N < batch.setup.protocol.off_N:
        clear = batch.flight_sd_N * CLEAR_OF_NOISE <= level_N
        duration = np.where(clear, duration, np.nan)
    return duration


def times_columns(batch: "Batch", known: "Columns") -> "Columns":  # noqa: ARG001 – all groups are called alike
    """Times of every step, from device ticks.

    Contact time is toe-off − touchdown; flight time the next touchdown − toe-off, null where the feet overlap; step
    time the next touchdown − touchdown; cadence 60 / step time; duty factor contact time / stride time, the stride
    being touchdown to the next but one, which is the same foot's (metrics, section 3).

    Args:
        batch: The steps.
        known: Not needed.

    Returns:
        (k,) columns in s, ms, steps per minute and, for the duty factor, a share.
    """
    touchdown, toe_off = batch.seconds(batch.at_ref.touchdown), batch.seconds(batch.at_ref.toe_off)
    following = batch.seconds(batch.following)
    next_but_one = np.full(len(batch), np.nan)
    next_but_one[:-1] = np.where(batch.has_next[:-1], following[1:], np.nan)
    flight, step = following - toe_off, following - touchdown
    step = np.where(step > 0.0, step, np.nan)  # on two belts both feet may land at once
    columns: dict[str, Floats] = {
        "touchdown_s": touchdown,
        "toe_off_s": toe_off,
        "contact_time_ms": (toe_off - touchdown) * 1e3,
        "flight_time_ms": np.where(flight > 0.0, flight, np.nan) * 1e3,
        "step_time_ms": step * 1e3,
        "cadence_spm": 60.0 / step,
        "duty_factor": (toe_off - touchdown) / (next_but_one - touchdown),
    }
    for text in dict.fromkeys((*ALWAYS, *batch.setup.contact_levels)):
        columns[f"contact_time_{text}_ms"] = contact_ms(batch, level_N(text, batch.bw_N))
    return columns
