"""Contacts of a foot with the belt: hysteresis and debounce over a stream, without a loop over steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.events import SchmittTrigger
from analysis.protocol import Protocol

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOT_A_STEP = -1
"""In place of a contact's first sample: its beginning was not seen, or it lasts too long for a step."""


@dataclass(frozen=True)
class Contacts:
    """Contacts that are final: nothing that comes later can change them."""

    on: Ints
    """(k,) first sample at or above the arming threshold."""
    off: Ints
    """(k,) first sample below the disarming threshold; −1 if the segment ended during the contact."""

    def __len__(self) -> int:
        return self.on.size


class ContactDetector:
    """Finds contacts in a zeroed vertical force.

    FLIGHT → CONTACT when the force rises through `on_N`, CONTACT → FLIGHT when it falls below `off_N`. A flight
    shorter than `min_flight_ms` is chatter and joins its neighbours; a contact shorter than `min_contact_ms` is a
    scuff and is dropped, as is one longer than `max_contact_ms`, which is standing. A bare threshold instead finds
    false contacts in filter and deck ringing: 40 of 506 on one real runner.
    """

    def __init__(self, sample_rate_Hz: float, protocol: Protocol) -> None:
        per_ms = sample_rate_Hz / 1000.0
        self._min_contact = protocol.min_contact_ms * per_ms
        self._max_contact = protocol.max_contact_ms * per_ms
        self._min_flight = max(1, round(protocol.min_flight_ms * per_ms))
        self._trigger = SchmittTrigger(protocol.on_N, protocol.off_N)
        self.ignored = 0
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._trigger.reset()
        self._end = 0
        self._on = np.empty(0, np.int64)  # at most one contact is open or unconfirmed between calls
        self._off = np.empty(0, np.int64)

    @property
    def horizon(self) -> int:
        """No contact that is still to come begins before this sample."""
        if not self._on.size:
            return self._end
        if self._on[0] == NOT_A_STEP:
            return int(self._off[0]) if self._off.size else self._end
        return int(self._on[0])

    def feed(self, force_N: Floats) -> Contacts:
        """Take the next samples.

        Args:
            force_N: (n,) zeroed vertical force.

        Returns:
            Contacts whose end is confirmed by a long enough flight.
        """
        if self._end == 0 and force_N.size and force_N[0] >= self._trigger.off:
            self._on = np.asarray([NOT_A_STEP])  # nobody saw this contact begin
        where, up = self._trigger.feed(force_N)
        self._end += force_N.size
        on, off = np.concatenate((self._on, where[up])), np.concatenate((self._off, where[~up]))
        chatter = on[1:] - off[: on.size - 1] < self._min_flight
        on = on[np.concatenate(([True], ~chatter))] if on.size else on
        off = off[np.concatenate((~chatter, np.ones(off.size - chatter.size, np.bool_)))]
        closed = min(on.size, off.size)
        if closed and closed == on.size and self._end - off[-1] < self._min_flight:
            closed -= 1  # the flight after the last contact is not long enough yet
        self._on, self._off = on[closed:], off[closed:]
        if self._on.size > self._off.size and 0 <= self._on[-1] < self._end - self._max_contact:
            self._on[-1] = NOT_A_STEP  # standing: do not keep its samples until it ends
            self.ignored += 1
        return self._real(on[:closed], off[:closed])

    def finish(self) -> Contacts:
        """End the segment.

        Returns:
            The last contact, if its flight was cut short or it was cut itself (`off` −1).
        """
        on, off = self._on, self._off
        self._on = self._off = np.empty(0, np.int64)
        if on.size == off.size:
            return self._real(on, off)
        on = on[on != NOT_A_STEP]
        return Contacts(on, np.full(on.size, -1))

    def _real(self, on: Ints, off: Ints) -> Contacts:
        length = off - on
        seen = on != NOT_A_STEP
        keep = seen & (length >= self._min_contact) & (length <= self._max_contact)
        self.ignored += int(seen.sum() - keep.sum())
        return Contacts(on[keep], off[keep])
