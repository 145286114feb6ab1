"""Pairs each contact with the next one, on whichever belt, and cuts its samples out of the stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.belt_chain import Progress
from analysis.flags import SampleFlag
from analysis.protocol import Protocol
from analysis.stances import NONE, Stances, Timeline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BEFORE_S = 0.1
AFTER_S = 0.05


@dataclass(frozen=True)
class Marks:
    """What goes with n filtered samples besides the force."""

    tick: Ints
    """(n,) device time, ticks."""
    flags: NDArray[np.uint8]
    """(n,) `SampleFlag` bits, widened by the filter."""
    travel_m: Floats
    """(n,) way the belt has gone, m; NaN without a belt sensor."""

    @classmethod
    def none(cls) -> "Marks":
        """Of no samples."""
        return cls(np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0))


class Assembler:
    """Holds the zeroed samples of all belts until the steps that need them are complete."""

    def __init__(self, sample_rate_Hz: float, belts: int, protocol: Protocol) -> None:
        self._belts = belts
        self._before = round(BEFORE_S * sample_rate_Hz)
        self._after = round(AFTER_S * sample_rate_Hz)
        self._sure = max(1, round(protocol.min_flight_ms * sample_rate_Hz / 1000.0))
        self._longest_flight = protocol.max_flight_ms * sample_rate_Hz / 1000.0
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._base = 0
        self._zeroed = [np.empty((6, 0)) for _ in range(self._belts)]
        self._hf = np.empty((self._belts, 0))
        self._share = [np.empty(0) for _ in range(self._belts)]
        self._told = [0] * self._belts  # up to where each belt has told where its zero is unsure
        self._tick = np.empty(0, np.int64)
        self._flags = np.empty(0, np.uint8)
        self._travel = np.empty(0)
        self._on, self._off, self._belt = (np.empty(0, np.int64) for _ in range(3))
        self._foot = np.empty(0, np.int8)

    def feed(self, marks: Marks, hf_N: Floats, progress: Sequence[Progress], horizons: Sequence[int]) -> Stances | None:
        """Take what the belts' chains gave out.

        Args:
            marks: Of the next filtered samples (the chains may lag behind them).
            hf_N: (belts, h) high-frequency force, continuing where the last call stopped.
            progress: Of each belt.
            horizons: Of each belt: no contact still to come begins before it.

        Returns:
            Steps that are complete now, or None.
        """
        self._take(marks, hf_N, progress)
        horizon = min(horizons)
        known = int(np.searchsorted(self._on, horizon))
        closed = max(known - 1, 0)  # the last one's next touchdown is not known yet …
        if known and horizon - self._off[known - 1] > self._longest_flight:
            closed = known  # … unless it has been away too long for there to be one
        # In double support a contact can end after the next has begun, and after what the other belt's chain gave out.
        needed = np.maximum(self._off[:closed] + self._sure, self._next_on(known)[:closed] + 1)
        late = np.flatnonzero(needed > self._base + self._ready)
        closed = int(late[0]) if late.size else closed
        steps = self._cut(closed, self._next_on(known)[:closed], np.zeros(closed, np.bool_)) if closed else None
        self._keep(slice(closed, None))
        self._forget(min(int(self._on[0]) if self._on.size else horizon, horizon) - self._before)
        return steps

    def finish(self, hf_N: Floats, progress: Sequence[Progress], *, gap: bool) -> Stances | None:
        """End the segment.

        Args:
            hf_N: The last, as in `feed`.
            progress: The last of each belt.
            gap: Whether data are missing after it; at the end of a session they are not.

        Returns:
            The remaining steps, or None. A contact cut by a gap is among them, one cut by the session's end is not.
        """
        self._take(Marks.none(), hf_N, progress)
        if not gap:
            self._keep(self._off != NONE)
        count = self._on.size
        touches = np.zeros(count, np.bool_)
        if count and gap:
            end = self._base + self._ready
            touches = self._off == NONE  # on two belts not only the last one may be cut
            touches[-1] |= end - self._off[-1] <= self._longest_flight
        steps = self._cut(count, self._next_on(count), touches) if count else None
        self.restart()
        return steps

    @property
    def _ready(self) -> int:
        """Samples of which all is known."""
        return min(self._hf.shape[1], *(z.shape[1] for z in self._zeroed))

    def _take(self, marks: Marks, hf_N: Floats, progress: Sequence[Progress]) -> None:
        self._tick = np.concatenate((self._tick, marks.tick))
        self._flags = np.concatenate((self._flags, marks.flags))
        self._travel = np.concatenate((self._travel, marks.travel_m))
        self._hf = np.concatenate((self._hf, hf_N), axis=1)
        for number, part in enumerate(progress):
            told = self._told[number] - self._base
            self._flags[told : told + part.unsure.size] |= part.unsure * np.uint8(SampleFlag.ADC)
            self._told[number] += part.unsure.size
            self._zeroed[number] = np.concatenate((self._zeroed[number], part.zeroed), axis=1)
            self._share[number] = np.concatenate((self._share[number], part.left_share))
            self._foot = np.concatenate((self._foot, part.contacts.foot))
            self._on = np.concatenate((self._on, part.contacts.on))
            self._off = np.concatenate((self._off, part.contacts.off))
            self._belt = np.concatenate((self._belt, np.full(len(part.contacts), number)))
        if self._belts > 1:
            order = np.lexsort((self._belt, self._on))  # two feet may land on the same sample
            self._keep(order)

    def _keep(self, chosen: slice | NDArray[Any]) -> None:
        self._on, self._off = self._on[chosen], self._off[chosen]
        self._belt, self._foot = self._belt[chosen], self._foot[chosen]

    def _next_on(self, known: int) -> Ints:
        """The next contact's beginning for each of the first `known` contacts."""
        following = np.append(self._on[1:known], NONE)[:known]
        too_far = (following - self._off[:known] > self._longest_flight) | (self._off[:known] == NONE)
        return np.where(too_far, NONE, following)

    def _cut(self, count: int, next_on: Ints, gap: NDArray[np.bool_]) -> Stances:
        ready = self._ready
        timeline = Timeline(
            self._base,
            np.stack([z[:, :ready] for z in self._zeroed]),
            self._hf[:, :ready],
            np.stack([share[:ready] for share in self._share]),
            self._travel[:ready],
            self._tick[:ready],
            self._flags[:ready],
        )
        return timeline.cut(
            self._on[:count],
            self._off[:count],
            next_on,
            self._belt[:count],
            np.append(self._belt[1:], 0)[:count],
            self._foot[:count],
            np.append(self._foot[1:], np.int8(0))[:count],
            gap=gap,
            before=self._before,
            after=self._after,
            sure=self._sure,
        )

    def _forget(self, before: int) -> None:
        drop = min(max(0, before - self._base), self._ready)
        if drop:
            self._zeroed = [z[:, drop:].copy() for z in self._zeroed]
            self._hf = self._hf[:, drop:].copy()
            self._share = [share[drop:].copy() for share in self._share]
            self._tick, self._flags = self._tick[drop:].copy(), self._flags[drop:].copy()
            self._travel = self._travel[drop:].copy()
            self._base += drop
