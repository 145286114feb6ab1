"""Steps to be measured, with what every metric needs of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.flags import SampleFlag, StepFlag
from analysis.ragged import Span, window_sum
from analysis.setup import Setup
from analysis.sides import wrong_belt
from analysis.stances import NONE, Stances
from analysis.timing import Crossings, crossings, next_touchdown, seconds
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]
"""Columns of the step table by name, one value per step of the batch."""

QUIET_S = 0.030
SETTLED_S = 0.005
SHORTEST_FLIGHT = 8
"""Samples from which the noise of a flight is told."""
NOISE_SD = 2.0
"""Noise gate of one step: beyond it noise itself arms the detector. A session should keep five (see its light)."""
REACH_S = 0.05
"""How far beyond the decision a crossing of an unusual threshold is sought."""


@dataclass(frozen=True)
class Batch:
    """k steps, of which the first `rows` are to be measured; those behind them are known but not yet due."""

    stances: Stances
    """The steps, in order of touchdown."""
    rows: int
    """How many get a row now. Step i is followed by step i + 1 of this batch if its `next_on` is not NONE."""
    setup: Setup
    """Rates, belts, protocol, runner."""
    bw_N: float
    """Body weight; NaN if it is not known."""
    first_tick: int
    """Tick at which the session's time is zero."""
    at_ref: Crossings
    """Touchdown and toe-off at the protocol's reporting threshold, in samples after `on`."""
    following: Floats
    """(k,) the next touchdown, in samples after `on`; NaN if none follows."""
    flags: NDArray[np.uint32]
    """(k,) `StepFlag` bits."""
    flight_sd_N: Floats
    """(k,) standard deviation of the vertical force in the flight behind (else before) each step; NaN if unknown."""
    whole: Bools
    """(k,) steps among the first `rows` with both touchdown and toe-off."""
    span: Span
    """Where each whole step's contact begins and ends."""

    def __len__(self) -> int:
        return len(self.stances)

    @property
    def interval_s(self) -> float:
        """Sampling interval, s."""
        return 1.0 / self.setup.sample_rate_Hz

    @property
    def force_N(self) -> Floats:
        """(t,) vertical force of each step's own belt, or own foot where it walks."""
        force: Floats = self.stances.wrench[FZ]
        return force

    @property
    def has_next(self) -> Bools:
        """(k,) steps whose follower is in this batch."""
        present: Bools = self.stances.next_on != NONE
        present = present.copy()
        present[-1:] = False
        return present

    def seconds(self, position: Floats) -> Floats:
        """Device time of (k,) positions in samples after `on`, s."""
        return seconds(self.stances, position, tick_rate_Hz=self.setup.tick_rate_Hz, first_tick=self.first_tick)

    def crossings_of(self, level_N: float) -> Crossings:
        """Touchdown and toe-off of every step at another threshold, N."""
        reach = round(REACH_S * self.setup.sample_rate_Hz)
        return crossings(self.stances, level_N, self.setup.protocol, reach=reach)

    def spread(self, columns: Columns, *, keep: Bools | None = None) -> dict[str, NDArray[Any]]:
        """Put values of the whole steps back among all k; null elsewhere and where `keep` (k,) says no."""
        out: dict[str, NDArray[Any]] = {}
        for name, values in columns.items():
            text = values.dtype.kind == "U"
            full = np.full(len(self), "" if text else np.nan, values.dtype if text else np.float64)
            full[self.whole] = values
            out[name] = full if keep is None else np.where(keep, full, "" if text else np.nan)
        return out


def make_batch(stances: Stances, setup: Setup, *, rows: int, bw_N: float, first_tick: int) -> Batch:
    """Find what every metric needs.

    Args:
        stances: The steps.
        setup: Rates, belts, protocol, runner.
        rows: How many of them are to be measured.
        bw_N: Body weight, NaN if it is not known.
        first_tick: Tick at which the session's time is zero.

    Returns:
        The batch.
    """
    level = setup.protocol.ref_level_N(bw_N)
    reach = 0 if setup.protocol.ref_pctBW is None else round(REACH_S * setup.sample_rate_Hz)
    at_ref = crossings(stances, level, setup.protocol, reach=reach)
    noise = flight_sd(stances, setup.sample_rate_Hz)
    flags = step_flags(stances, at_ref)
    with np.errstate(invalid="ignore"):
        noisy = (NOISE_SD * noise > setup.protocol.on_N) & (
            stances.next_on != NONE
        )  # just before contact, filters ring
    flags[noisy] |= np.uint32(StepFlag.NOISY)
    if len(setup.belts) > 1:
        flags[wrong_belt(stances, at_ref, noise)] |= np.uint32(StepFlag.WRONG_BELT)
    whole = ~np.isnan(at_ref.touchdown + at_ref.toe_off)
    whole[rows:] = False
    return Batch(
        stances=stances,
        rows=rows,
        setup=setup,
        bw_N=bw_N,
        first_tick=first_tick,
        at_ref=at_ref,
        following=next_touchdown(stances, level),
        flags=flags,
        flight_sd_N=noise,
        whole=whole,
        span=Span(stances.on[whole], at_ref.touchdown[whole], at_ref.toe_off[whole]),
    )


def step_flags(stances: Stances, at_ref: Crossings) -> NDArray[np.uint32]:
    """Marks of each step, gathered from its samples and its shape.

    Args:
        stances: The steps.
        at_ref: Crossings of the reporting threshold.

    Returns:
        (k,) `StepFlag` bits.
    """
    if len(stances) == 0:
        return np.empty(0, np.uint32)
    own = np.bitwise_or.reduceat(stances.flags, stances.start).astype(np.uint32)
    flags = own & np.uint32(SampleFlag.ADC | SampleFlag.SATURATED | SampleFlag.LATE)
    complete = stances.off != NONE
    missing = np.isnan(at_ref.touchdown) | (np.isnan(at_ref.toe_off) & complete)
    for where, flag in (
        (stances.gap, StepFlag.GAP),
        (missing, StepFlag.NO_CROSSING),
        (stances.next_on == NONE, StepFlag.NO_NEXT),
        (stances.by_sequence, StepFlag.SIDE_BY_SEQUENCE),
    ):
        flags[where] |= np.uint32(flag)
    return flags


def flight_windows(stances: Stances, sample_rate_Hz: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Bools]:
    """Samples beside each step in which nothing presses on the belt.

    The middle half of the flight behind each step; where there is none, the last `QUIET_S` before its touchdown.

    Args:
        stances: The steps.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (k,) first and (k,) last sample, and (k,) whether they are enough to tell the noise.
    """
    flown = np.where((stances.next_on != NONE) & (stances.off != NONE), stances.next_on - stances.off, 0)
    quarter = flown // 4
    settled = round(SETTLED_S * sample_rate_Hz)
    last_before = stances.on - 1 - settled
    first_before = np.maximum(last_before - round(QUIET_S * sample_rate_Hz) + 1, stances.start)
    behind = flown >= 2 * SHORTEST_FLIGHT
    first = np.where(behind, stances.off + quarter, first_before)
    last = np.where(behind, stances.next_on - 1 - quarter, last_before)
    enough = last - first + 1 >= SHORTEST_FLIGHT
    return first, last, enough & (stances.foot == 0)  # a walker's foot is never alone with the belt's noise


def flight_sd(stances: Stances, sample_rate_Hz: float) -> Floats:
    """Noise of the vertical force where nothing presses on the belt, deck ringing included.

    Args:
        stances: The steps.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (k,) standard deviation, N, over `flight_windows`; NaN where too few samples are unloaded.
    """
    force = stances.wrench[FZ]
    first, last, known = flight_windows(stances, sample_rate_Hz)
    out = np.full(len(stances), np.nan)
    if known.any():
        n = (last - first + 1)[known]
        mean = window_sum(force, first[known], last[known]) / n
        square = window_sum(force * force, first[known], last[known]) / n
        out[known] = np.sqrt(np.maximum(square - mean * mean, 0.0) * n / (n - 1))
    return out


Group = Callable[[Batch, Columns], Columns]
"""A group of metrics: takes the batch and the columns made so far, gives (k,) columns."""
