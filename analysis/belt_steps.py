"""From one belt's zeroed force to steps: running contacts, walking steps, and what is neither."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analysis.contacts import CUT, NO_CONTACTS, ContactDetector, Contacts, Kind, OpenSpell, Spells
from analysis.protocol import Protocol
from analysis.walking import WalkSplitter
from analysis.walking_steps import OPEN, Steps
from analysis.wrench import FZ

Floats = NDArray[np.float64]

LUMP_S = 0.25
"""A long spell is looked at so often: its steps are final seconds later anyway."""


class State(IntEnum):
    """What goes on at a sample."""

    EMPTY = 0
    """Nothing presses on the belt, or its zero is not known."""
    STEP = Kind.STEP
    """A running contact."""
    SCUFF = Kind.SCUFF
    """A contact too short for a step."""
    STANDING = Kind.LONG
    """Loaded for long, and not split into walking steps."""
    UNSEEN = Kind.UNSEEN
    """A contact that was under way when the segment began."""
    WALKING = 5
    """Walking, each foot's share known."""


@dataclass(frozen=True)
class Progress:
    """What became known of one belt."""

    zeroed: Floats
    """(6, m) samples with the exact zero removed, continuing where the last call stopped."""
    contacts: Contacts
    """Contacts that became final."""
    left_share: Floats
    """(m,) the left foot's share of the vertical force; NaN where nobody walks."""
    state: NDArray[np.int8]
    """(m,) `State` of each sample."""
    unsure: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    """(u,) samples between whose flights the zero jumped; counted like `zeroed`, but ahead of it."""

    def then(self, later: "Progress") -> "Progress":
        """This and what became known next."""
        return Progress(
            np.concatenate((self.zeroed, later.zeroed), axis=1),
            self.contacts.then(later.contacts),
            np.concatenate((self.left_share, later.left_share)),
            np.concatenate((self.state, later.state)),
            np.concatenate((self.unsure, later.unsure)),
        )


class BeltSteps:
    """Streams zeroed force; gives out samples as soon as it is known to which step they belong."""

    def __init__(self, sample_rate_Hz: float, protocol: Protocol, *, splits: bool = True) -> None:
        self._detector = ContactDetector(sample_rate_Hz, protocol)
        self._splitter = WalkSplitter(sample_rate_Hz, protocol) if splits else None
        self._lump = round(LUMP_S * sample_rate_Hz)
        self._walked = 0
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._detector.restart()
        self._held = np.empty((6, 0))
        self._base = 0  # samples given out
        self._spell: OpenSpell | None = None  # the long spell that is being split …
        self._given = self._taken = 0  # … how much of it was given out, and taken in

    @property
    def horizon(self) -> int:
        """No contact still to come begins before this sample of the segment."""
        if self._spell is None or self._splitter is None:
            return self._base
        return min(self._base, self._spell.on + self._splitter.horizon)

    @property
    def ignored(self) -> int:
        """Scuffs, and long spells that were no walking."""
        return self._detector.ignored - self._walked

    @property
    def distances_m(self) -> Floats:
        """(k,) what the split cannot explain in each of the latest double supports; see `distance_from_line`."""
        return self._splitter.distances_m if self._splitter is not None else np.empty(0)

    def feed(self, zeroed: Floats) -> Progress:
        """Take the next samples.

        Args:
            zeroed: (6, n) N and N·m.

        Returns:
            What became known.
        """
        self._held = np.concatenate((self._held, zeroed), axis=1)
        return self._advance(self._detector.feed(zeroed[FZ]))

    def finish(self) -> Progress:
        """End the segment and prepare for the next.

        Returns:
            All that is left.
        """
        progress = self._advance(self._detector.finish())
        self.restart()
        return progress

    def _advance(self, spells: Spells) -> Progress:
        share = np.full(self._held.shape[1], np.nan)
        contacts = spells.contacts
        for i in np.flatnonzero(spells.kind == Kind.LONG):  # a handful in an hour
            on, end = int(spells.on[i]), int(spells.off[i])
            until = self._detector.end if end == CUT else end
            contacts = contacts.then(self._walk(OpenSpell(on, until, bool(spells.seen[i]), True), share, least=0))
            contacts = contacts.then(self._end_walk(share, ended=end != CUT))
        spell, limit = self._detector.open, self._detector.end
        if spell is not None:
            limit = spell.on
            if spell.long:
                contacts = contacts.then(self._walk(spell, share, least=self._lump))
                limit = spell.on + self._given
        return self._give(spells, contacts, share, limit)

    def _walk(self, spell: OpenSpell, share: Floats, *, least: int) -> Contacts:
        """Split a long spell as far as it is known, if that is `least` samples more; writes the left foot's share."""
        if self._spell is None:
            self._given = self._taken = 0
            if self._splitter is not None:
                self._splitter.start(seen=spell.seen)
        self._spell = spell
        if spell.until - spell.on - self._taken < least:
            return NO_CONTACTS
        new = self._held[:, spell.on + self._taken - self._base : spell.until - self._base]
        self._taken += new.shape[1]
        if self._splitter is None:
            self._given = self._taken
            return NO_CONTACTS
        return self._found(*self._splitter.feed(new), share)

    def _end_walk(self, share: Floats, *, ended: bool) -> Contacts:
        contacts = NO_CONTACTS
        if self._splitter is not None and self._spell is not None:
            contacts = self._found(*self._splitter.finish(ended=ended), share)
            self._walked += int(self._splitter.walked and self._spell.seen)
        self._spell = None
        return contacts

    def _found(self, steps: Steps, part: Floats, share: Floats) -> Contacts:
        assert self._spell is not None
        begin = self._spell.on + self._given - self._base
        share[begin : begin + part.size] = part
        self._given += part.size
        return Contacts(
            steps.on + self._spell.on, np.where(steps.off == OPEN, CUT, steps.off + self._spell.on), steps.foot
        )

    def _give(self, spells: Spells, contacts: Contacts, share: Floats, limit: int) -> Progress:
        """Hand out the samples up to a limit, with what they are."""
        count = limit - self._base
        on, off, kind = spells.on, np.where(spells.off == CUT, limit, spells.off), spells.kind
        if self._spell is not None:
            on, off, kind = np.append(on, self._spell.on), np.append(off, limit), np.append(kind, Kind.LONG)
        edges = np.clip(np.stack((on, off), axis=1).ravel(), self._base, limit)
        kinds = np.append(np.stack((np.zeros_like(kind), kind), axis=1).ravel(), State.EMPTY).astype(np.int8)
        state = np.repeat(kinds, np.diff(np.concatenate(([self._base], edges, [limit]))))
        share = share[:count]
        state[(state == State.STANDING) & ~np.isnan(share)] = State.WALKING
        progress = Progress(self._held[:, :count], contacts, share, state)
        self._held = self._held[:, count:].copy()
        self._base = limit
        return progress
