"""A batch of steps cut out of the stream, laid end to end, ready to be measured all at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from analysis.ragged import ragged_index
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NONE = -1
"""In place of a sample number: there is none."""


@dataclass(frozen=True)
class Stances:
    """k steps and their t samples. Sample numbers count within the batch."""

    wrench: Floats
    """(6, t) zeroed wrench of the step's own belt, N and N·m."""
    total_N: Floats
    """(t,) vertical force of all belts together, N."""
    next_N: Floats
    """(t,) vertical force of the belt on which the next contact happens, N."""
    hf_N: Floats
    """(t,) high-frequency part of the vertical force, N; NaN near the ends of a segment."""
    travel_m: Floats
    """(t,) way the belt has gone, as measured, m; NaN without a belt sensor."""
    tick: Ints
    """(t,) device time of each sample, ticks."""
    flags: NDArray[np.uint8]
    """(t,) `SampleFlag` bits."""
    start: Ints
    """(k,) where each step's samples begin; some of the flight before is included."""
    on: Ints
    """(k,) first sample at or above the arming threshold."""
    off: Ints
    """(k,) first sample below the disarming threshold; NONE if a gap cut the contact."""
    next_on: Ints
    """(k,) the next contact's `on`; NONE if no touchdown follows."""
    belt: Ints
    """(k,) number of the belt."""
    gap: NDArray[np.bool_]
    """(k,) whether the step touches a gap."""
    foot: NDArray[np.int8]
    """(k,) 0 for a running step; +1 left, −1 right walking step, whose wrench is that foot's share."""
    side: NDArray[np.int8]
    """(k,) +1 left, −1 right, 0 not known."""
    by_sequence: NDArray[np.bool_]
    """(k,) whether the side follows from the order of the steps alone."""

    def __len__(self) -> int:
        return self.start.size

    @property
    def end(self) -> Ints:
        """(k,) where each step's samples end."""
        return np.append(self.start[1:], self.tick.size)

    def part(self, first: int, last: int) -> "Stances":
        """Steps first … last − 1 with their samples."""
        begin = int(self.start[first]) if first < len(self) else self.tick.size
        end = int(self.end[last - 1]) if last > first else begin
        columns: dict[str, NDArray[np.generic]] = {}
        for item in fields(self):
            values = getattr(self, item.name)
            if item.name in _PER_SAMPLE:
                columns[item.name] = values[..., begin:end]
            elif item.name in _MARKS:
                chosen = values[first:last]
                columns[item.name] = np.where(chosen == NONE, NONE, chosen - begin)
            else:
                columns[item.name] = values[first:last]
        return Stances(**columns)  # type: ignore[arg-type]


_MARKS = ("start", "on", "off", "next_on")
_PER_SAMPLE = ("wrench", "total_N", "next_N", "hf_N", "travel_m", "tick", "flags")


def join(batches: Sequence[Stances]) -> Stances:
    """One batch of several, in order."""
    if len(batches) == 1:
        return batches[0]
    shifts = np.cumsum([0] + [b.tick.size for b in batches[:-1]])
    columns: dict[str, NDArray[np.generic]] = {
        "wrench": np.concatenate([b.wrench for b in batches], axis=1),
    }
    for field in fields(Stances)[1:]:
        parts = [getattr(b, field.name) for b in batches]
        if field.name in _MARKS:
            parts = [np.where(p == NONE, NONE, p + s) for p, s in zip(parts, shifts, strict=True)]
        columns[field.name] = np.concatenate(parts)
    return Stances(**columns)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Timeline:
    """Zeroed samples of all belts on one clock, from sample `base` of the segment on."""

    base: int
    """Segment sample number of the first sample held."""
    wrench: Floats
    """(belts, 6, n) N and N·m."""
    hf_N: Floats
    """(belts, n) high-frequency vertical force, N."""
    left_share: Floats
    """(belts, n) the left foot's share of the force; NaN where nobody walks."""
    travel_m: Floats
    """(n,) way the belt has gone, m; NaN without a belt sensor."""
    tick: Ints
    """(n,) device time in ticks."""
    flags: NDArray[np.uint8]
    """(n,) `SampleFlag` bits."""

    def cut(
        self,
        on: Ints,
        off: Ints,
        next_on: Ints,
        belt: Ints,
        next_belt: Ints,
        foot: NDArray[np.int8],
        next_foot: NDArray[np.int8],
        *,
        gap: NDArray[np.bool_],
        before: int,
        after: int,
        sure: int,
    ) -> Stances:
        """Cut steps out.

        Args:
            on: (k,) segment sample numbers, as in `Stances`.
            off: (k,) likewise, or NONE.
            next_on: (k,) likewise, or NONE.
            belt: (k,) number of the belt.
            next_belt: (k,) belt of the next contact; any where there is none.
            foot: (k,) 0, or +1 and −1 for the left and right foot of a walker on one belt.
            next_foot: (k,) likewise of the next contact.
            gap: (k,) whether the step touches a gap.
            before: Samples of flight to keep before `on` …
            after: … and after `off` where no touchdown follows …
            sure: … or where it came before `off`: double support on two belts. As many are there with any chunks.

        Returns:
            The batch.
        """
        limit = self.base + self.tick.size
        begin = np.maximum(on - before, 0)
        followed = np.maximum(next_on + 1, off + sure)
        end = np.where(next_on != NONE, followed, np.where(off != NONE, off + after, limit))
        end = np.minimum(end, limit)
        index, start = ragged_index(begin - self.base, end - begin)
        shift = start - begin
        length = end - begin
        own = np.repeat(belt, length) * self.tick.size + index
        following = np.repeat(next_belt, length) * self.tick.size + index
        flat = self.wrench.transpose(1, 0, 2).reshape(6, -1)  # belts side by side, so one gather serves all
        wrench, next_N = flat[:, own], flat[FZ, following]
        if foot.any() or next_foot.any():
            share = self.left_share.reshape(-1)
            wrench = wrench * _own_share(share[own], np.repeat(foot, length))
            next_N = next_N * _own_share(share[following], np.repeat(next_foot, length))
        return Stances(
            wrench=wrench,
            total_N=self.wrench[:, FZ].sum(axis=0)[index],
            next_N=next_N,
            hf_N=self.hf_N.reshape(-1)[own],
            travel_m=self.travel_m[index],
            tick=self.tick[index],
            flags=self.flags[index],
            start=start,
            on=on + shift,
            off=np.where(off == NONE, NONE, off + shift),
            next_on=np.where(next_on == NONE, NONE, next_on + shift),
            belt=belt,
            gap=gap,
            foot=foot,
            side=np.zeros(foot.size, np.int8),
            by_sequence=np.zeros(foot.size, np.bool_),
        )


def _own_share(left_share: Floats, foot: NDArray[np.int8]) -> Floats:
    """Share of the force that a walking step's own foot carries; 1 for a running step."""
    left = np.where(np.isnan(left_share), 1.0, left_share)
    right = np.where(np.isnan(left_share), 1.0, 1.0 - left_share)
    return np.where(foot == 0, 1.0, np.where(foot > 0, left, right))
