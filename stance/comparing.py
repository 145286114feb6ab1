"""Before and after: bouts of sessions compared, with the statistics that the design carries.

import stance

comparison = stance.compare("before.h5", "after.h5", primary="contact_time_ms")
print(comparison.differences["contact_time_ms"])
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.comparison import METRICS, Comparison, compare_bouts
from analysis.errors import AnalysisError
from daq.analysed import Analysed, analysed, protocol_of
from daq.bouts import BoutSpan, session_bouts
from daq.session import Session, open_session
from stance.comparing_bouts import Times, bouts_of, refuse_copies, times_of
from stance.comparing_choice import Choice, Pick, choose, picked

Given = str | Path | Session
Several = Given | Sequence[Given]
BASELINE = "baseline"


@dataclass(frozen=True)
class Compared:
    """A comparison with what it was made of."""

    choice: Choice
    """Its bouts, by side."""
    sessions: tuple[Analysed, ...]
    """The sessions they are of, in the order given."""
    baseline: tuple[Analysed, ...]
    """The runner's own earlier sessions."""
    comparison: Comparison
    """What was found."""


@dataclass(frozen=True)
class _Card:
    """What must be known of a session before it is analysed."""

    spans: tuple[BoutSpan, ...]
    protocol: str


def compare(
    *sessions: Given, before: Several = (), after: Several = (), protocol: str | None = None, baseline: Several = (),
    primary: str | None = None, days_apart: bool = False,
) -> Comparison:  # fmt: skip
    """Compare two conditions: two sessions, bouts within sessions, or several sessions each.

    >>> comparison = stance.compare("before.h5", "after.h5")
    >>> comparison = stance.compare("session.h5", before="easy", after="pose*")
    >>> comparison = stance.compare(before=["a1.h5", "a2.h5"], after=["b1.h5#pose", "b2.h5#pose"])

    Args:
        *sessions: Sessions, each a path or FILE#BOUT.
        before: Where sessions are given, names or patterns of bouts in them; else sessions.
        after: Likewise.
        protocol: Name of the protocol that everything is analysed under; by default the sessions' own, if it is one.
        baseline: The runner's own earlier sessions, of which the minimal detectable change is made.
        primary: The one metric that was chosen before looking; all others are exploratory.
        days_apart: Sessions without a date are each of another day, in the order given; else they count as one day.

    Returns:
        Differences with their intervals, and what kind of comparison it is. A StanceError says why none can be made.
    """
    texts = [_texts(some) for some in (sessions, before, after, baseline)]
    return prepare(*texts, protocol=protocol, primary=primary, days_apart=days_apart).comparison


def prepare(
    sessions: Sequence[str], before: Sequence[str], after: Sequence[str], baseline: Sequence[str] = (), *,
    protocol: str | None = None, primary: str | None = None, days_apart: bool = False,
    again: Callable[[str], str] = "protocol={!r}".format, progress: Callable[[str], None] = lambda _: None,
) -> Compared:  # fmt: skip
    """Find the bouts, analyse their sessions where that was not done, and compare.

    Args:
        sessions: FILE or FILE#BOUT.
        before: Names of bouts, or sessions where none are given.
        after: Likewise.
        baseline: FILE or FILE#BOUT.
        protocol: Name of the protocol for everything; None for the sessions' own.
        primary: The one metric that was chosen before looking.
        days_apart: Sessions without a date are each of another day.
        again: What to type to have everything analysed under a protocol.
        progress: Told what is being done.

    Returns:
        The comparison with its material. A StanceError says why none can be made.
    """
    cards: dict[Path, _Card] = {}

    def spans(path: Path) -> tuple[BoutSpan, ...]:
        if path not in cards:
            cards[path] = _card(path)
        return cards[path].spans

    choice = choose(sessions, before, after, spans)
    earlier = _earlier(baseline, spans)
    names = {pick.path: protocol or cards[pick.path].protocol for pick in (*choice.before, *choice.after, *earlier)}
    _refuse_protocols(names, again)
    known: dict[Path, Analysed] = {}
    for path, name in names.items():
        progress(f"{path.name} under {name} …")
        known[path] = analysed(path, name)
    refuse_copies((*choice.before, *choice.after), known)
    refuse_copies((*choice.after, *earlier), known)
    in_order = dict.fromkeys(pick.path for pick in (*earlier, *choice.before, *choice.after))
    times = times_of([known[path] for path in in_order], days_apart=days_apart)
    parts = zip((*choice.names, BASELINE), (choice.before, choice.after, earlier), strict=True)
    sides = [bouts_of(picks, name, known, times) for name, picks in parts]
    found = compare_bouts([*sides[0], *sides[1]], choice.names, METRICS, baseline=sides[2], primary=primary)
    found = replace(found, notes=(*found.notes, *_notes(choice, known, times)))
    mine = dict.fromkeys(pick.path for pick in (*choice.before, *choice.after))
    others = dict.fromkeys(pick.path for pick in earlier if pick.path not in mine)
    return Compared(choice, tuple(known[path] for path in mine), tuple(known[path] for path in others), found)


def _texts(given: Several) -> list[str]:
    some = [given] if isinstance(given, str | Path | Session) else list(given)
    return [str(one.path if isinstance(one, Session) else one) for one in some]


def _card(path: Path) -> _Card:
    with open_session(path) as session:
        return _Card(tuple(session_bouts(session)), protocol_of(session))


def _earlier(baseline: Sequence[str], spans: Callable[[Path], Sequence[BoutSpan]]) -> tuple[Pick, ...]:
    """The bouts of the runner's own earlier sessions."""
    return picked(baseline, spans, BASELINE) if baseline else ()


def _refuse_protocols(names: dict[Path, str], again: Callable[[str], str]) -> None:
    """Results under different protocols are not compared; all sessions have what it takes to use one."""
    if len(set(names.values())) > 1:
        first = next(iter(names.values()))
        raise AnalysisError(
            "comparison", expected="sessions under one protocol",
            seen=", ".join(f"{path.name} under {name}" for path, name in names.items()),
            next_step=f"Analyse all of them again under one: {again(first)}",
        )  # fmt: skip


def _notes(choice: Choice, known: dict[Path, Analysed], times: Times) -> list[str]:
    """What the steps themselves cannot tell: who measured, and in which order."""
    notes = []
    first, last = (
        [times.began_s[pick.path] + span.start_s for pick in side for span in pick.spans]
        for side in (choice.before, choice.after)
    )
    if times.ordered and min(first) > max(last):
        notes.append(f"“{choice.names[0]}” was recorded after “{choice.names[1]}”: are they the wrong way round?")
    if not all(one.header.subject for one in known.values()):
        notes.append("No runner is named in some session: all such steps are taken as one runner's.")
    return notes
