"""Left or right from the alternation of where steps land sideways, step by step of a run.

Running feet alternate, and each lands on its own side of a midline that wanders. The sideways place of one step says
little (a runner may cross over); the alternation over many steps says it almost surely. So every step is judged by
the steps about it, each counted with the parity of its place in time: a missed contact is an interval of two steps, a
false contact has no place of its own, and neither turns left into right for the others (metrics: sides).
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Sides = NDArray[np.int8]

BEHIND = 16
"""Steps before a step that have a say in its side …"""
AHEAD = 1
"""… and steps after it. More would be surer, and later."""
FIRST = 10
"""The first steps of a run are judged together, when there are this many of them and their sides are sure …"""
MOST_FIRST = 24
"""… or this many."""
REGULAR = 0.30
"""An interval counts as one step if it is within this share of the typical one."""
OVERLAP = float(np.sqrt(4.0 / 1.5))
"""Neighbouring differences share steps: with independent scatter σ one has an SD of √1.5 σ, their mean one of 2σ/√n."""
SURE_T = 3.0
"""Least t-statistic of the alternation for a side of its own; below it, the sequence carries on."""
FEWEST = 4
"""Fewer alternations than this say nothing."""
BY_SEQUENCE = 2
"""Magnitude of a side that follows from the sequence alone; 1 is a side that the places of the steps tell."""


@dataclass(frozen=True)
class Landings:
    """What the side of a step is told from."""

    time_s: Floats
    """(k,) when the contact began."""
    y_m: Floats
    """(k,) force-weighted sideways place in mid-contact; NaN if it was not seen."""
    known: Sides
    """(k,) side that the belt or the walking foot tells; 0 otherwise."""
    last: Bools
    """(k,) no step of the same run follows."""
    by_belt: Bools
    """(k,) whether it is the belt that tells `known`: only a runner whose feet keep to their belts is believed."""

    def __len__(self) -> int:
        return self.time_s.size

    def part(self, chosen: slice) -> "Landings":
        """Some of them."""
        return Landings(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def then(self, more: "Landings") -> "Landings":
        """These, then more."""
        pairs = ((getattr(self, field.name), getattr(more, field.name)) for field in fields(self))
        return Landings(*(np.concatenate(pair) for pair in pairs))

    def told(self) -> Sides:
        """(k,) side that is told, step by step: by the walking foot, or by a belt that a neighbour does not share.

        Both feet on one belt of a split treadmill are no rare thing; then the belt tells nothing.
        """
        apart = self.known[1:] != self.known[:-1]
        believed = np.full(len(self), len(self) == 1)
        believed[1:] |= apart
        believed[:-1] |= apart
        return np.where(self.by_belt & ~believed, 0, self.known).astype(np.int8)


NO_LANDINGS = Landings(
    np.empty(0), np.empty(0), np.empty(0, np.int8), np.empty(0, np.bool_), np.empty(0, np.bool_)
)  # fmt: skip


class Alternation:
    """Judges the steps of run after run; a side, once given, never changes."""

    def __init__(self) -> None:
        self._decided = np.empty(0, np.int8)
        self._run = NO_LANDINGS  # the run under way: judged steps that still have a say, then those to be judged
        self._judged = 0  # how many of them are judged …
        self._before = 0  # … and how many of the run's steps went by before them
        self._first: int | None = None  # how many are judged together at the run's beginning, once that is known
        self._parity = 0  # parity of the last step judged surely, as side · (−1)^slot
        self._slot = 0

    def feed(self, landings: Landings) -> None:
        """Take the next steps, in order.

        Args:
            landings: k steps, of one run or several.
        """
        ends = np.append(np.flatnonzero(landings.last) + 1, len(landings))
        begin = 0
        for end in np.unique(ends).tolist():  # runs, not steps: there are few
            self._run = self._run.then(landings.part(slice(begin, end)))
            self._judge(ended=bool(end and landings.last[end - 1]))
            begin = end

    def end_run(self) -> None:
        """No step to come belongs to the run under way."""
        self._judge(ended=True)

    @property
    def decided(self) -> int:
        """Steps whose side is decided and not yet taken."""
        return self._decided.size

    def take(self, count: int) -> Sides:
        """Sides of the next steps.

        Args:
            count: How many, at most `decided`.

        Returns:
            (count,) +1 left, −1 right, 0 not known; ±`BY_SEQUENCE` where only the sequence tells.
        """
        sides, self._decided = self._decided[:count], self._decided[count:]
        return sides

    def _judge(self, *, ended: bool) -> None:
        """Decide the steps that have all the neighbours they wait for."""
        if self._first is None:
            self._first = self._beginning(ended=ended)
        ready = 0 if self._first is None else len(self._run) - (0 if ended else AHEAD)
        if ready > self._judged:
            self._decided = np.concatenate((self._decided, self._sides(ready)))
            self._judged = ready
        if ended:
            self._run, self._judged, self._before, self._parity, self._slot = NO_LANDINGS, 0, 0, 0, 0
            self._first = None
        elif self._judged:
            drop = max(0, self._judged - BEHIND - 1)
            self._run, self._judged, self._before = (
                self._run.part(slice(drop, None)),
                self._judged - drop,
                self._before + drop,
            )

    def _beginning(self, *, ended: bool) -> int | None:
        """How many steps at the beginning of the run are judged together; None if that is still open."""
        total = len(self._run)
        if total <= AHEAD and not ended:
            return None
        if total and self._run.told()[0]:
            return 1
        for first in range(FIRST, min(MOST_FIRST, total - AHEAD) + 1):  # once per run
            self._first = first
            steps = np.arange(1)
            typical, _ = self._places(steps)
            if self._evidence(steps, typical)[1][0]:
                return first
        if ended:
            return min(max(total, 1), MOST_FIRST)
        return MOST_FIRST if total >= MOST_FIRST + AHEAD else None

    def _sides(self, ready: int) -> Sides:
        run = self._run
        steps = np.arange(self._judged, ready)
        typical, slot = self._places(steps)
        own, sure = self._evidence(steps, typical)
        known = run.told()[steps].astype(np.int64)
        own, sure = np.where(known != 0, known, own), sure | (known != 0)
        parity = np.where(sure, own * _alternate(slot), 0)
        carried = np.concatenate(([self._parity], parity))
        latest = np.maximum.accumulate(np.where(carried != 0, np.arange(carried.size), 0))
        parity = carried[latest][1:]
        self._parity, self._slot = int(parity[-1]), int(slot[-1])
        return np.where(sure, own, BY_SEQUENCE * parity * _alternate(slot)).astype(np.int8)

    def _window(self, steps: Ints) -> tuple[Ints, Bools]:
        """Numbers of the steps that have a say in each of `steps`, (k, w), and which of them exist.

        A step's window is fixed by its place in the run alone: the first steps share theirs, later ones look back.
        """
        assert self._first is not None
        in_run = steps + self._before
        begins = in_run < self._first
        first = np.where(begins, 0, np.maximum(in_run - BEHIND, 0))
        last = np.where(begins, self._first - 1, in_run) + AHEAD
        reach = np.arange(MOST_FIRST + AHEAD + 1)
        numbers = first[:, None] + reach
        exists = (numbers <= last[:, None]) & (numbers < self._before + len(self._run))
        return np.where(exists, numbers - self._before, 0), exists

    def _places(self, steps: Ints) -> tuple[Floats, Ints]:
        """Typical interval about each of `steps`, s, and the slot of each in the run, counted in such intervals."""
        numbers, exists = self._window(steps)
        time = self._run.time_s
        follows = exists[:, 1:] & exists[:, :-1]
        interval = np.where(follows, time[numbers[:, 1:]] - time[numbers[:, :-1]], np.nan)
        typical = _median(np.where(interval > 0.0, interval, np.nan))  # both feet may land at once
        since = np.where(steps > 0, time[steps] - time[np.maximum(steps - 1, 0)], 0.0)
        ahead = np.where(np.isnan(typical), 1.0, np.round(since / typical))
        gained = np.where(steps + self._before > 0, ahead, 0.0).astype(np.int64)
        slot: Ints = self._slot + np.cumsum(gained)
        return typical, slot

    def _evidence(self, steps: Ints, typical: Floats) -> tuple[Ints, Bools]:
        """Side of each of `steps` by the alternation about it, and whether that is sure."""
        numbers, exists = self._window(steps)
        time, y = self._run.time_s[numbers], self._run.y_m[numbers]
        known = self._run.known[numbers]
        exists = exists & ((known == 0) | self._run.by_belt[numbers])
        ratio = (time[:, 1:] - time[:, :-1]) / typical[:, None]
        one_belt = known[:, 1:] == known[:, :-1]  # each belt counts its places from its own middle
        regular = exists[:, 1:] & exists[:, :-1] & one_belt & (np.abs(ratio - 1.0) <= REGULAR)
        aside = y[:, 1:-1] - 0.5 * (y[:, :-2] + y[:, 2:])  # the midline's wandering drops out
        use = regular[:, 1:] & regular[:, :-1] & ~np.isnan(aside)
        away = np.round((time[:, 1:-1] - self._run.time_s[steps][:, None]) / typical[:, None])
        turned = np.where(use, aside * _alternate(np.where(use, away, 0.0).astype(np.int64)), np.nan)
        limit = 2.0 * _median(np.abs(turned))[:, None]
        turned = np.clip(turned, -limit, limit)
        count = use.sum(axis=1)
        enough = count >= FEWEST
        some = np.maximum(count, 2)
        mean = _total(turned) / some
        spread = np.sqrt(_total((turned - mean[:, None]) ** 2) / (some - 1) / some)
        sure = enough & (np.abs(mean) > SURE_T * OVERLAP * spread) & (mean != 0.0)
        return np.sign(np.where(np.isnan(mean), 0.0, mean)).astype(np.int64), sure


def _alternate(slot: Ints) -> Ints:
    """(−1)^slot."""
    sign: Ints = 1 - 2 * (slot % 2)
    return sign


def _median(values: Floats) -> Floats:
    """Median of each row without its NaN; NaN for a row of none."""
    ordered = np.sort(values, axis=1)  # NaN go last
    count = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    low, high = ordered[rows, np.maximum(count - 1, 0) // 2], ordered[rows, np.maximum(count, 1) // 2]
    return np.where(count > 0, 0.5 * (low + high), np.nan)


def _total(values: Floats) -> Floats:
    """Sum of each row without its NaN, in a fixed order."""
    return np.cumsum(np.where(np.isnan(values), 0.0, values), axis=1)[:, -1]
