"""Which bouts of which sessions a comparison is made of, from the words that somebody gave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from analysis.errors import AnalysisError
from daq.bouts import BoutSpan

BEFORE, AFTER = "before", "after"
MARK = "#"
"""Between a session's path and the name of a bout in it."""

Spans = Callable[[Path], Sequence[BoutSpan]]
"""Gives the bouts of a session."""


@dataclass(frozen=True)
class Pick:
    """Bouts of one session that belong to one side of the comparison."""

    path: Path
    """The session."""
    spans: tuple[BoutSpan, ...]
    """Its bouts, in order of time."""


@dataclass(frozen=True)
class Choice:
    """Both sides."""

    names: tuple[str, str]
    """What they are called: after the bouts, after the files, or "before" and "after"."""
    before: tuple[Pick, ...]
    """Sessions with their bouts, in the order given."""
    after: tuple[Pick, ...]
    """Likewise."""


@dataclass(frozen=True)
class _Words:
    """A session and a name or pattern of bouts in it; empty for all."""

    path: Path
    bout: str


def choose(sessions: Sequence[str], before: Sequence[str], after: Sequence[str], spans: Spans) -> Choice:
    """Find the bouts of both sides.

    Args:
        sessions: Sessions, FILE or FILE#BOUT.
        before: Where sessions are given, names or patterns of bouts in them; else sessions, FILE or FILE#BOUT.
        after: Likewise.
        spans: Gives the bouts of a session.

    Returns:
        Both sides; no bout belongs to both.

    Raises:
        AnalysisError: It is not clear which bouts are meant; it says what there is.
    """
    if before or after:
        choice = _by_side(sessions, before, after, spans)
    elif len(sessions) == 2:
        words = [_words(text) for text in sessions]
        names = _distinct(*(_label([one]) for one in words))
        choice = Choice(names, _picked(words[:1], spans, BEFORE), _picked(words[1:], spans, AFTER))
    elif len(sessions) == 1:
        choice = _two_names(_words(sessions[0]).path, spans)
    else:
        raise AnalysisError("comparison", **_unclear(sessions))
    _refuse_shared(choice)
    return choice


def _by_side(sessions: Sequence[str], before: Sequence[str], after: Sequence[str], spans: Spans) -> Choice:
    if not (before and after):
        there, lacking = (BEFORE, AFTER) if before else (AFTER, BEFORE)
        raise AnalysisError("comparison", expected=f"both sides, --{BEFORE} and --{AFTER}", seen=f"--{there} only",
                            next_step=f"Add --{lacking}.")  # fmt: skip
    if sessions:
        paths = [_words(text).path for text in sessions]
        first, second = ([_Words(path, name) for name in side for path in paths] for side in (before, after))
        names = _distinct(" + ".join(before), " + ".join(after))
    else:
        first, second = ([_words(text) for text in side] for side in (before, after))
        names = _distinct(_label(first) or BEFORE, _label(second) or AFTER)
    return Choice(names, _picked(first, spans, BEFORE), _picked(second, spans, AFTER))


def _words(text: str) -> _Words:
    """FILE or FILE#BOUT; a file whose own name has the mark is a file."""
    path, mark, bout = text.partition(MARK)
    return _Words(Path(path), bout.strip()) if mark and not Path(text).exists() else _Words(Path(text), "")


def _label(words: Sequence[_Words]) -> str:
    """A name for a side: of its file, its bout or both; empty where there is no single one."""
    stems, bouts = {one.path.stem for one in words}, {one.bout for one in words}
    if len(stems) == 1 and len(bouts) == 1:
        return " ".join(filter(None, (*stems, *bouts)))
    return bouts.pop() if len(bouts) == 1 else ""


def _distinct(first: str, second: str) -> tuple[str, str]:
    """Names that differ; "before" and "after" where they would not."""
    return (first, second) if first and second and first != second else (BEFORE, AFTER)


def picked(texts: Sequence[str], spans: Spans, side: str) -> tuple[Pick, ...]:
    """The bouts of sessions.

    Args:
        texts: FILE or FILE#BOUT.
        spans: Gives the bouts of a session.
        side: What they are for: the option, without its dashes.

    Returns:
        Sessions with the bouts meant. An AnalysisError says which there are instead.
    """
    return _picked([_words(text) for text in texts], spans, side)


def _picked(words: Sequence[_Words], spans: Spans, side: str) -> tuple[Pick, ...]:
    """The bouts that are meant, each once."""
    found: dict[Path, list[BoutSpan]] = {}
    for one in words:
        there = found.setdefault(one.path, [])
        there += [span for span in spans(one.path) if _meant(span, one.bout) and span not in there]
    picks = [Pick(path, tuple(sorted(there, key=lambda span: span.start_s))) for path, there in found.items() if there]
    if not picks:
        paths = list(found)
        wanted = " or ".join(dict.fromkeys(repr(one.bout) for one in words))
        raise AnalysisError(
            ", ".join(str(path) for path in paths), expected=f"a bout {wanted} for --{side}",
            seen="; ".join(_there(path, spans(path)) for path in paths),
            next_step="Give one of these names, or a pattern such as 'pose*'.",
        )  # fmt: skip
    return tuple(picks)


def _meant(span: BoutSpan, wanted: str) -> bool:
    """Whether a bout goes by a name or pattern; upper and lower case are alike, and so are repetitions of a name."""
    names, wanted = {span.name.casefold(), span.said.casefold()}, wanted.casefold()
    return not wanted or wanted in names or any(name and fnmatchcase(name, wanted) for name in names)


def _there(path: Path, spans: Sequence[BoutSpan]) -> str:
    named = list(dict.fromkeys(span.said for span in spans if span.said))
    return f"{', '.join(named)} in {path.name}" if named else f"no named bouts in {path.name}"


def _two_names(path: Path, spans: Spans) -> Choice:
    """One session in which two names were given: the first against the second."""
    names = list(dict.fromkeys(span.said for span in spans(path) if span.said))
    if len(names) == 2:
        sides = [_picked([_Words(path, name)], spans, side) for name, side in zip(names, (BEFORE, AFTER), strict=True)]
        return Choice((names[0], names[1]), *sides)
    if not names:
        raise AnalysisError(
            str(path), expected="bouts to compare", seen="one session in which no bout was named",
            next_step="Give a second session, or name bouts while recording: B in the window, or --bout NAME.",
        )  # fmt: skip
    raise AnalysisError(
        str(path), expected="two kinds of bouts", seen=_there(path, spans(path)),
        next_step=f"Say which: --{BEFORE} NAME --{AFTER} NAME." if len(names) > 2 else "Give a second session.",
    )  # fmt: skip


def _unclear(sessions: Sequence[str]) -> dict[str, str]:
    """What to say of no session, or of three and more."""
    if not sessions:
        return {
            "expected": "two sessions, or one and the names of its bouts",
            "seen": "none",
            "next_step": "For example: stance compare before.h5 after.h5",
        }
    named = [f"--{BEFORE} {sessions[0]}", *(f"--{AFTER} {name}" for name in sessions[1:])]
    return {
        "expected": "to know which sessions are before and which after",
        "seen": f"{len(sessions)} sessions",
        "next_step": f"Say it of each: stance compare {' '.join(named)}. Or name bouts of them: "
        f"stance compare {' '.join(sessions)} --{BEFORE} NAME --{AFTER} NAME",
    }


def _refuse_shared(choice: Choice) -> None:
    sides = [{(pick.path.resolve(), span) for pick in side for span in pick.spans}
             for side in (choice.before, choice.after)]  # fmt: skip
    shared = sides[0] & sides[1]
    if shared:
        named = ", ".join(sorted(f"{span.name} in {path.name}" if span.name else path.name for path, span in shared))
        raise AnalysisError("comparison", expected="bouts that belong to one side", seen=f"in both: {named}",
                            next_step="Give two sessions, or two names of bouts.")  # fmt: skip
