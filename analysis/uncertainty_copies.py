"""Copies of steps, to be altered and measured again: what a source of error does to a number is seen, not derived."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, make_batch
from analysis.events import first_crossing
from analysis.ragged import Span, ragged_index
from analysis.setup import Setup
from analysis.stances import NONE, Stances
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_S = 0.006
"""How far an altered force may move the samples at which contact is decided."""
_MARKS = ("start", "on", "off", "next_on")
_PER_SAMPLE = ("wrench", "total_N", "next_N", "hf_N", "travel_m", "tick", "flags")


@dataclass(frozen=True)
class Pairs:
    """s steps that are looked at, each with the step behind it, which it needs."""

    stances: Stances
    """(2s,) step, follower, step, follower, …"""
    step: Ints
    """(s,) numbers of the steps in the session."""
    flight_sd_N: Floats
    """(2s,) noise of each, as the batch they come from knows it."""
    sd: Floats
    """(s, 6) noise of every component, averaged over flights."""

    def __len__(self) -> int:
        return self.step.size

    def part(self, first: int, last: int) -> "Pairs":
        """Pairs first … last − 1."""
        return Pairs(
            self.stances.part(2 * first, 2 * last),
            self.step[first:last],
            self.flight_sd_N[2 * first : 2 * last],
            self.sd[first:last],
        )


def pick(stances: Stances, which: Ints) -> Stances:
    """Some steps, each as often as it is named, with samples of their own."""
    length = (stances.end - stances.start)[which]
    index, start = ragged_index(stances.start[which], length)
    return _taken(stances, which, index, start)


def _taken(stances: Stances, which: Ints, index: Ints, start: Ints) -> Stances:
    shift = start - stances.start[which]
    columns: dict[str, NDArray[np.generic]] = {}
    for item in fields(stances):
        values = getattr(stances, item.name)
        if item.name in _PER_SAMPLE:
            columns[item.name] = np.take(values, index, axis=-1)
        elif item.name in _MARKS:
            columns[item.name] = np.where(values[which] == NONE, NONE, values[which] + shift)
        else:
            columns[item.name] = values[which]
    return Stances(**columns)  # type: ignore[arg-type]


def lay_out(batch: Batch, rows: Ints, step: Ints, sd: Floats) -> Pairs:
    """Take steps and their followers out of a batch.

    A step's samples end where the next contact is decided. An altered force may cross the threshold a little later, so
    every step is carried on for `REACH_S` along its last slope.

    Args:
        batch: The steps.
        rows: (s,) those to look at.
        step: (s,) their numbers in the session.
        sd: (s, 6) noise of every component.

    Returns:
        The pairs.
    """
    stances = batch.stances
    which = np.stack((rows, np.minimum(rows + 1, len(stances) - 1)), axis=1).ravel()
    more = reach(batch.setup)
    length = (stances.end - stances.start)[which]
    index, start = ragged_index(stances.start[which], length + more)
    last = np.repeat(stances.end[which] - 1, length + more)
    beyond = np.maximum(index - last, 0)
    found = _taken(stances, which, np.minimum(index, last), start)
    # Flags, ticks and travel hold still there; nothing reads them behind the next touchdown.
    carry = beyond * np.repeat(stances.next_on[which] == stances.end[which] - 1, length + more)
    places = np.flatnonzero(carry)
    for signal, source in (
        (found.wrench, stances.wrench),
        (found.next_N, stances.next_N),
        (found.total_N, stances.total_N),
    ):
        at = last[places]
        signal[..., places] += carry[places] * (source[..., at] - source[..., at - 1])
    return Pairs(found, step, batch.flight_sd_N[which], sd)


def reach(setup: Setup) -> int:
    """`REACH_S` in samples."""
    return max(2, round(REACH_S * setup.sample_rate_Hz))


def decide_again(stances: Stances, setup: Setup) -> Stances:
    """Contacts of running steps decided anew by the altered force, near where they were.

    Args:
        stances: The steps, altered.
        setup: Thresholds and rate.

    Returns:
        The same with other `on`, `off` and `next_on`.
    """
    near, protocol = reach(setup), setup.protocol
    force = stances.wrench[FZ]
    runs = stances.foot == 0

    def moved(signal: Floats, level_N: float, at: Ints, *, rising: bool) -> Ints:
        can = runs & (at != NONE)
        first = np.where(can, np.maximum(at - near, stances.start), 0)
        last = np.where(can, np.minimum(at + near, stances.end - 1), 0)
        found = first_crossing(signal, np.full(at.size, level_N), first, last, at, rising=rising)
        return np.where(np.isnan(found), at, at + np.ceil(np.nan_to_num(found)).astype(np.int64))

    return replace(
        stances,
        on=moved(force, protocol.on_N, stances.on, rising=True),
        off=moved(force, protocol.off_N, stances.off, rising=False),
        next_on=moved(stances.next_N, protocol.on_N, stances.next_on, rising=True),
    )


def batch_of(stances: Stances, setup: Setup, bw_N: float, flight_sd_N: Floats, first_tick: int) -> Batch:
    """Pairs as a batch of which only the first of each pair is measured.

    Args:
        stances: (2c,) steps and followers.
        setup: Rates, belts, protocol, runner.
        bw_N: Body weight.
        flight_sd_N: (2c,) noise to judge peaks by: that of the steps as they were.
        first_tick: Tick at which the session's time is zero.

    Returns:
        The batch.
    """
    batch = make_batch(stances, setup, rows=len(stances), bw_N=bw_N, first_tick=first_tick)
    whole = batch.whole & (np.arange(len(stances)) % 2 == 0)
    at = batch.at_ref
    span = Span(stances.on[whole], at.touchdown[whole], at.toe_off[whole])
    return replace(batch, whole=whole, span=span, flight_sd_N=flight_sd_N)
