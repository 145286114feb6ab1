"""Finds the sessions of one runner in a folder: which there are, whose, in what order, under which protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from analysis.errors import StanceError
from analysis.runner_days import moment_of
from daq.analysed import protocol_of
from daq.anonymise.texts import NO_DATE
from daq.errors import SessionError
from daq.journal import SUFFIX as JOURNAL
from daq.session import Session, open_session

NAMELESS = "(no name)"
"""What sessions without a pseudonym are called in a list."""


@dataclass(frozen=True)
class Skipped:
    """A file that is not in the trends."""

    path: Path
    """The file."""
    reason: str
    """Why."""


@dataclass(frozen=True)
class Card:
    """A session at a glance."""

    path: Path
    """The file."""
    session_id: str
    """Random name given when it was recorded."""
    subject: str
    """The runner's pseudonym."""
    moment: datetime | None
    """When it was recorded, UTC; None if it does not say."""
    protocol: str
    """Name of the protocol it was recorded under."""


def look(folder: Path) -> tuple[list[Card], list[Skipped]]:
    """Every session below a folder, and every file that looks like one and is none.

    Args:
        folder: The folder.

    Returns:
        Sessions, and what is left out.

    Raises:
        SessionError: There is no folder, or no session in it.
    """
    if not folder.is_dir():
        raise SessionError(str(folder), expected="a folder with sessions",
                           seen="a file" if folder.exists() else "nothing of that name",
                           next_step="Give the folder that one runner's sessions are in.")  # fmt: skip
    cards: list[Card] = []
    skipped = [
        Skipped(path, f"unfinished; `stance recover {path.with_name(path.name.removesuffix(JOURNAL))}`")
        for path in sorted(folder.rglob(f"*.h5{JOURNAL}"))
    ]
    for path in sorted(folder.rglob("*.h5")):
        try:
            with open_session(path) as session:
                cards.append(_card(path, session))
        except StanceError as error:
            skipped.append(Skipped(path, reason_of(error)))
    if not cards:
        raise SessionError(**nothing_found(folder, skipped))
    return cards, skipped


def _card(path: Path, session: Session) -> Card:
    return Card(
        path, session.session_id, session.header.subject, moment_of(session.header.created_utc), protocol_of(session)
    )  # fmt: skip


def reason_of(error: StanceError) -> str:
    """Why a file is left out, in few words where it is simply no session."""
    return f"{error.seen}" if error.expected.startswith(("a session", "a whole session")) else str(error)


def nothing_found(folder: Path, skipped: Sequence[Skipped]) -> dict[str, str]:
    """What an error says where nothing is left.

    Args:
        folder: The folder.
        skipped: What was left out.

    Returns:
        Arguments of a SessionError.
    """
    seen = "none" if not skipped else f"{len(skipped)} that cannot be used: " + "; ".join(
        f"{one.path.name}: {one.reason}" for one in skipped[:3]
    )  # fmt: skip
    return {"where": str(folder), "expected": "sessions (.h5) of one runner", "seen": seen,
            "next_step": "Give the folder that they are in."}  # fmt: skip


def of_runner(cards: Sequence[Card], runner: str | None, folder: Path) -> list[Card]:
    """The sessions of one runner.

    Args:
        cards: All sessions.
        runner: Pseudonym; None where there is only one.
        folder: For messages.

    Returns:
        His sessions.

    Raises:
        SessionError: There are several runners, or none of this name.
    """
    names = sorted({card.subject for card in cards})
    if runner is None and len(names) == 1:
        return list(cards)
    chosen = [card for card in cards if runner is not None and card.subject in (runner, "" * (runner == NAMELESS))]
    if not chosen:
        count = ", ".join(f"{name or NAMELESS} ({sum(card.subject == name for card in cards)})" for name in names)
        raise SessionError(
            str(folder), expected="sessions of one runner" if runner is None else f"sessions of {runner!r}",
            seen=f"{len(names)} runners: {count}" if len(names) > 1 else count,
            next_step="Choose one: --runner NAME.",
        )  # fmt: skip
    return chosen


def in_order(cards: Sequence[Card]) -> tuple[list[Card], list[Skipped]]:
    """By time; copies of a session, and those without a date among others with one, are left out.

    Args:
        cards: Sessions of one runner.

    Returns:
        Those that are kept, in order, and those left out.
    """
    first: dict[str, Card] = {}
    for card in cards:
        first.setdefault(card.session_id, card)
    skipped = [
        Skipped(card.path, f"the same session as {first[card.session_id].path.name}")
        for card in cards
        if first[card.session_id] is not card
    ]
    kept = _without_stand_ins(list(first.values()))
    dated = [card for card in kept if card.moment is not None]
    if not dated:
        return sorted(kept, key=lambda card: card.path.name), skipped
    skipped += [Skipped(card.path, "no date, so no place among the others") for card in kept if card.moment is None]
    return sorted(dated, key=lambda card: (card.moment or datetime.min, card.path.name)), skipped


def _without_stand_ins(cards: Sequence[Card]) -> list[Card]:
    """The moment that stands for a date when sessions are anonymised one by one is none where several share it."""
    stand_in = moment_of(NO_DATE)
    if sum(card.moment == stand_in for card in cards) < 2:
        return list(cards)
    return [replace(card, moment=None) if card.moment == stand_in else card for card in cards]


def one_protocol(cards: Sequence[Card]) -> str:
    """The protocol that all were recorded under.

    Args:
        cards: Sessions.

    Returns:
        Its name.

    Raises:
        SessionError: They were recorded under several.
    """
    names = sorted({card.protocol for card in cards})
    if len(names) > 1:
        count = ", ".join(f"{name} ({sum(card.protocol == name for card in cards)})" for name in names)
        raise SessionError(
            "progress", expected="sessions under one protocol", seen=count,
            next_step=f"Have all of them analysed under one: --protocol {names[0]}",
        )  # fmt: skip
    return names[0]
