"""Pairs each contact with the next one, on whichever belt, and cuts its samples out of the stream."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.belt_chain import Progress
from analysis.protocol import Protocol
from analysis.stances import NONE, Stances, Timeline

Ints = NDArray[np.int64]

BEFORE_S = 0.1
AFTER_S = 0.05


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
        self._tick = np.empty(0, np.int64)
        self._flags = np.empty(0, np.uint8)
        self._on, self._off, self._belt = (np.empty(0, np.int64) for _ in range(3))

    def feed(
        self, tick: Ints, flags: NDArray[np.uint8], progress: Sequence[Progress], horizons: Sequence[int]
    ) -> Stances | None:
        """Take what the belts' chains gave out.

        Args:
            tick: (n,) device time of the next filtered samples (the chains may lag behind them).
            flags: (n,) their `SampleFlag` bits.
            progress: Of each belt.
            horizons: Of each belt: no contact still to come begins before it.

        Returns:
            Steps that are complete now, or None.
        """
        self._take(tick, flags, progress)
        horizon = min(horizons)
        known = int(np.searchsorted(self._on, horizon))
        closed = max(known - 1, 0)  # the last one's next touchdown is not known yet …
        if known and horizon - self._off[known - 1] > self._longest_flight:
            closed = known  # … unless it has been away too long for there to be one
        # In double support a contact can end after the next has begun, and after what the other belt's chain gave out.
        late = np.flatnonzero(self._off[:closed] + self._sure > self._base + self._ready)
        closed = int(late[0]) if late.size else closed
        steps = self._cut(closed, self._next_on(known)[:closed], np.zeros(closed, np.bool_)) if closed else None
        self._on, self._off, self._belt = self._on[closed:], self._off[closed:], self._belt[closed:]
        self._forget(min(int(self._on[0]) if self._on.size else horizon, horizon) - self._before)
        return steps

    def finish(
        self, tick: Ints, flags: NDArray[np.uint8], progress: Sequence[Progress], *, gap: bool
    ) -> Stances | None:
        """End the segment.

        Args:
            tick: As in `feed`.
            flags: As in `feed`.
            progress: The last of each belt.
            gap: Whether data are missing after it; at the end of a session they are not.

        Returns:
            The remaining steps, or None. A contact cut by a gap is among them, one cut by the session's end is not.
        """
        self._take(tick, flags, progress)
        if not gap:
            keep = self._off != NONE
            self._on, self._off, self._belt = self._on[keep], self._off[keep], self._belt[keep]
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
        """Samples that every belt's chain gave out."""
        return min(z.shape[1] for z in self._zeroed)

    def _take(self, tick: Ints, flags: NDArray[np.uint8], progress: Sequence[Progress]) -> None:
        self._tick = np.concatenate((self._tick, tick))
        self._flags = np.concatenate((self._flags, flags))
        for number, part in enumerate(progress):
            self._zeroed[number] = np.concatenate((self._zeroed[number], part.zeroed), axis=1)
            self._on = np.concatenate((self._on, part.contacts.on))
            self._off = np.concatenate((self._off, part.contacts.off))
            self._belt = np.concatenate((self._belt, np.full(len(part.contacts), number)))
        if self._belts > 1:
            order = np.lexsort((self._belt, self._on))  # two feet may land on the same sample
            self._on, self._off, self._belt = self._on[order], self._off[order], self._belt[order]

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
            self._tick[:ready],
            self._flags[:ready],
        )
        return timeline.cut(
            self._on[:count],
            self._off[:count],
            next_on,
            self._belt[:count],
            np.append(self._belt[1:], 0)[:count],
            gap=gap,
            before=self._before,
            after=self._after,
            sure=self._sure,
        )

    def _forget(self, before: int) -> None:
        drop = max(0, before - self._base)
        if drop:
            self._zeroed = [z[:, drop:].copy() for z in self._zeroed]
            self._tick, self._flags = self._tick[drop:].copy(), self._flags[drop:].copy()
            self._base += drop
