"""Which jumps of the centre of pressure are the double supports of walking.

One jump forward is a shift of weight. Walking is a row of them: each time the weight goes to a foot further in front,
between them the centre of pressure rides backwards with the belt, the rhythm is that of steps, and the feet stand to
the left and to the right in turn. Standing, swaying, squatting and shifting weight fail one of these.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.ragged import window_min
from analysis.walking_share import fit_lines
from analysis.walking_transfers import APART_S

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EDGE_S = 0.03
"""Time left out between a jump and the single support next to it."""
SUPPORT_S = 0.08
"""Length of single support from which a foot's own centre of pressure is carried on."""
LONGEST_JUMP_S = 0.5
RIDE_M_S = -0.15
"""In single support the centre of pressure rides backwards faster than this."""
FEWEST_N = 150.0
"""Less than this is no person."""
FLIGHT_BW = 0.05
"""Force below this share of the weight is flight: running, not walking."""
LONGEST_SUPPORT_S = 0.9
SHORTEST_STEP_S, LONGEST_STEP_S = 0.25, 1.25
BEHIND, AHEAD = 8, 2
"""Jumps before and after a jump that have a say in which foot it leads to."""
FEWEST = 3
"""A shorter row of jumps is no walking."""
LEAST_WIDTH_M = 0.012
"""Mean distance of the feet sideways; nearer to each other, left and right cannot be told."""


@dataclass(frozen=True)
class Transfers:
    """k jumps in a row, in samples of the stretch."""

    begin: Ints
    """(k,) where the centre of pressure begins to jump forward."""
    end: Ints
    """(k,) where it has arrived."""
    number: Ints
    """(k,) count in the stretch."""
    sound: Bools
    """(k,) whether each looks like a double support by itself."""
    hind: Floats
    """(k, 3) line of the foot that stood before, counted from `begin`, as `fit_lines` gives it."""
    front: Floats
    """(k, 3) line of the foot that stands after, counted from `end`."""

    def __len__(self) -> int:
        return self.begin.size

    def take(self, chosen: slice | NDArray[Any]) -> "Transfers":
        """Some of them."""
        return Transfers(*(getattr(self, item.name)[chosen] for item in fields(self)))

    def then(self, later: "Transfers") -> "Transfers":
        """These and later ones."""
        pairs = ((getattr(self, item.name), getattr(later, item.name)) for item in fields(self))
        return Transfers(*(np.concatenate(pair) for pair in pairs))

    def moved(self, by: int) -> "Transfers":
        """The same, counted from a place so many samples earlier."""
        return Transfers(self.begin + by, self.end + by, self.number, self.sound, self.hind, self.front)

    @classmethod
    def none(cls) -> "Transfers":
        """No jumps."""
        whole = np.empty(0, np.int64)
        return cls(whole, whole, whole, np.empty(0, np.bool_), np.empty((0, 3)), np.empty((0, 3)))


@dataclass(frozen=True)
class Verdict:
    """What k jumps are."""

    foot: NDArray[np.int8]
    """(k,) foot that each leads to: +1 left, −1 right; 0 where it is not walking."""
    linked: Bools
    """(k,) whether the jump before is of the same row."""


def describe(begin: Ints, end: Ints, number: int, signals: Floats, rate_Hz: float) -> Transfers:
    """Look at each jump by itself.

    Args:
        begin: (k,) beginning of each jump, in samples of `signals`.
        end: (k,) its end.
        number: Count of the first one.
        signals: (3, n) vertical force in N, x and y of the centre of pressure in m.
        rate_Hz: Sampling rate, Hz.

    Returns:
        The jumps, in samples of `signals`.
    """
    force, x, y = signals
    edge, length = round(EDGE_S * rate_Hz), max(2, round(SUPPORT_S * rate_Hz))
    before, after = begin - edge - length, end + edge + 1
    sound = (before >= 0) & (after + length <= x.size) & (end - begin <= LONGEST_JUMP_S * rate_Hz)
    hind, front = np.full((begin.size, 3), np.nan), np.full((begin.size, 3), np.nan)
    hind[sound] = fit_lines(x, y, before[sound], length, begin[sound])
    front[sound] = fit_lines(x, y, after[sound], length, end[sound])
    load = np.full(begin.size, np.nan)
    within = before[sound][:, None] + np.arange(length), after[sound][:, None] + np.arange(length)
    load[sound] = sum(force[index].sum(axis=1) for index in within) / (2.0 * length)
    ride = RIDE_M_S / rate_Hz
    ahead = front[:, 0] - (hind[:, 0] + hind[:, 1] * (end - begin))
    sound &= (hind[:, 1] < ride) & (front[:, 1] < ride) & (ahead > 0.0)  # a comparison with NaN is false
    sound &= (load > FEWEST_N) & (window_min(force, begin, end) > FLIGHT_BW * load)
    return Transfers(begin, end, number + np.arange(begin.size), sound, hind, front)


def linked(jumps: Transfers, rate_Hz: float) -> Bools:
    """Whether the time since the jump before is that of a step: (k,), the first False."""
    support = np.append(-1, jumps.begin[1:] - jumps.end[:-1])[: len(jumps)]
    step = np.append(-1, np.diff(jumps.end))[: len(jumps)]
    fits: Bools = (support >= round(APART_S * rate_Hz)) & (support <= LONGEST_SUPPORT_S * rate_Hz)
    fits &= (step >= SHORTEST_STEP_S * rate_Hz) & (step <= LONGEST_STEP_S * rate_Hz)
    return fits


def judge(jumps: Transfers, rate_Hz: float) -> Verdict:
    """Tell walking from the jumps about each jump: `BEHIND` before it and `AHEAD` after it.

    Left and right alternate, so the sideways way of every jump counts with its turn; the sum over the row tells the
    foot more surely than one jump can, and a runner's wander cancels in it.

    Args:
        jumps: All jumps about those in question.
        rate_Hz: Sampling rate, Hz.

    Returns:
        The verdict on each.
    """
    count = len(jumps)
    link = linked(jumps, rate_Hz)
    near = np.append(jumps.begin[1:] - jumps.end[:-1] < round(APART_S * rate_Hz), False)[:count]
    sound = jumps.sound & ~near & ~np.append(False, near[:-1])[:count]
    row = np.cumsum(~(sound & link & np.append(False, sound[:-1])[:count]))
    aside = np.where(sound, jumps.front[:, 2] - jumps.hind[:, 2], 0.0)
    turn = np.where(jumps.number % 2 == 0, 1.0, -1.0)
    members, alternating, plain = np.zeros(count), np.zeros(count), np.zeros(count)
    for shift in range(-BEHIND, AHEAD + 1):
        other = np.arange(count) + shift
        inside = (other >= 0) & (other < count)
        other = np.where(inside, other, 0)
        same = inside & (row[other] == row) & sound[other]
        members += same
        alternating += np.where(same, aside[other] * turn[other], 0.0)
        plain += np.where(same, aside[other], 0.0)
    width = np.abs(alternating) / np.maximum(members, 1.0)
    walking = sound & (members >= FEWEST) & (width >= LEAST_WIDTH_M) & (np.abs(alternating) > np.abs(plain))
    foot = np.where(walking, np.sign(alternating) * turn, 0.0).astype(np.int8)
    return Verdict(foot, np.append(False, row[1:] == row[:-1])[:count])


def final(jumps: Transfers, watched: int, rate_Hz: float) -> tuple[int, int]:
    """How many jumps nothing that is still to come can change.

    Args:
        jumps: Those known so far.
        watched: No further jump begins before this sample.
        rate_Hz: Sampling rate, Hz.

    Returns:
        How many may be looked at (the last may yet prove too near to the next), and on how many of these the verdict
        is final.
    """
    usable = len(jumps)
    if usable and watched - jumps.end[-1] < round(APART_S * rate_Hz):
        usable -= 1
    if not usable:
        return 0, 0
    over = usable == len(jumps) and watched - int(jumps.end[-1]) > LONGEST_SUPPORT_S * rate_Hz
    broken = np.flatnonzero(~linked(jumps, rate_Hz)[:usable])
    row_start = int(broken[-1]) if broken.size else 0
    return usable, usable if over else max(usable - AHEAD, row_start)
