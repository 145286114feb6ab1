"""Contacts of a foot with the belt: hysteresis and debounce over a stream, without a loop over steps."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analysis.events import SchmittTrigger
from analysis.protocol import Protocol

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CUT = -1
"""In place of a contact's end: the segment ended during it."""


@dataclass(frozen=True)
class Contacts:
    """Contacts that are final: nothing that comes later can change them."""

    on: Ints
    """(k,) first sample at or above the arming threshold."""
    off: Ints
    """(k,) first sample below the disarming threshold; −1 if the segment ended during the contact."""
    foot: NDArray[np.int8]
    """(k,) 0 for a running step, +1 and −1 for a left and a right walking step."""

    def __len__(self) -> int:
        return self.on.size

    def then(self, later: "Contacts") -> "Contacts":
        """These and others, in order of their beginning."""
        on, off = np.concatenate((self.on, later.on)), np.concatenate((self.off, later.off))
        order = np.argsort(on, kind="stable")
        return Contacts(on[order], off[order], np.concatenate((self.foot, later.foot))[order])


NO_CONTACTS = Contacts(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int8))


class Kind(IntEnum):
    """What a loaded spell is, by its length."""

    STEP = 1
    """Neither too short nor too long for a step."""
    SCUFF = 2
    """Shorter than the shortest contact."""
    LONG = 3
    """Longer than the longest contact: standing, or walking on one belt, which never unloads it."""
    UNSEEN = 4
    """Under way when the segment began, and not long: nobody saw it begin, so it is no step."""


@dataclass(frozen=True)
class Spells:
    """Loaded spells that are final, of every kind."""

    on: Ints
    """(k,) first sample at or above the arming threshold."""
    off: Ints
    """(k,) first sample below the disarming threshold, CUT if the segment ended first."""
    kind: NDArray[np.int8]
    """(k,) `Kind`."""
    seen: Bools
    """(k,) whether it began within the segment."""

    @property
    def contacts(self) -> Contacts:
        """Those that are steps."""
        steps = self.kind == Kind.STEP
        return Contacts(self.on[steps], self.off[steps], np.zeros(int(steps.sum()), np.int8))


@dataclass(frozen=True)
class OpenSpell:
    """The loaded spell under way."""

    on: int
    """Its first sample."""
    until: int
    """It surely lasts up to this sample; behind it a flight may have begun, too short as yet to be believed."""
    seen: bool
    """Whether it began within the segment."""
    long: bool
    """Whether it already is too long for a step."""


class ContactDetector:
    """Finds contacts in a zeroed vertical force.

    FLIGHT → CONTACT when the force rises through `on_N`, CONTACT → FLIGHT when it falls below `off_N`. A flight
    shorter than `min_flight_ms` is chatter and joins its neighbours; a contact shorter than `min_contact_ms` is a
    scuff and no step, nor is one longer than `max_contact_ms`. A bare threshold instead finds false contacts in
    filter and deck ringing: 40 of 506 on one real runner.
    """

    def __init__(self, sample_rate_Hz: float, protocol: Protocol) -> None:
        per_ms = sample_rate_Hz / 1000.0
        self._min_contact = protocol.min_contact_ms * per_ms
        self._max_contact = protocol.max_contact_ms * per_ms
        self._min_flight = max(1, round(protocol.min_flight_ms * per_ms))
        self._trigger = SchmittTrigger(protocol.on_N, protocol.off_N)
        self._ignored = 0
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._trigger.reset()
        self._end = 0
        self._unseen = False
        self._on = np.empty(0, np.int64)  # at most one spell is open or unconfirmed between calls
        self._off = np.empty(0, np.int64)

    @property
    def open(self) -> OpenSpell | None:
        """The spell under way, or not yet surely over."""
        if not self._on.size:
            return None
        on, seen = int(self._on[0]), not self._unseen
        until = int(self._off[0]) if self._off.size else self._end
        return OpenSpell(on, until, seen, until - on > self._max_contact)

    @property
    def end(self) -> int:
        """Samples taken since the segment began."""
        return self._end

    @property
    def ignored(self) -> int:
        """Scuffs and long spells so far."""
        spell = self.open
        return self._ignored + int(spell is not None and spell.long and spell.seen)

    def feed(self, force_N: Floats) -> Spells:
        """Take the next samples.

        Args:
            force_N: (n,) zeroed vertical force.

        Returns:
            Spells whose end is confirmed by a long enough flight.
        """
        if self._end == 0 and force_N.size and force_N[0] >= self._trigger.off:
            self._on, self._unseen = np.asarray([0]), True  # nobody saw this contact begin
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
        return self._sort(on[:closed], off[:closed])

    def finish(self) -> Spells:
        """End the segment.

        Returns:
            The last spell, if its flight was cut short or it was cut itself (`off` −1).
        """
        on, off = self._on, self._off
        self._on = self._off = np.empty(0, np.int64)
        return self._sort(on, off if on.size == off.size else np.full(on.size, CUT))

    def _sort(self, on: Ints, off: Ints) -> Spells:
        length = np.where(off == CUT, self._end, off) - on
        too_short = (length < self._min_contact) & (off != CUT)
        too_long = length > self._max_contact
        kind = np.where(too_long, Kind.LONG, np.where(too_short, Kind.SCUFF, Kind.STEP)).astype(np.int8)
        seen = np.ones(on.size, np.bool_)
        seen[:1] = not self._unseen
        kind[~seen & ~too_long] = Kind.UNSEEN
        self._ignored += int((seen & (kind != Kind.STEP)).sum())
        if on.size:
            self._unseen = False
        return Spells(on, off, kind, seen)
