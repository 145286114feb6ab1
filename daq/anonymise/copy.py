"""Writes a session anew without what identifies a person; the samples, and so the steps, stay as they are."""

import contextlib
import copy
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import ALGORITHM_VERSION
from analysis.steps import ALL_COLUMNS, StepTable
from daq.anonymise.check import Secret, leaks
from daq.anonymise.names import LONG_ENOUGH, name_words, names_in, words_in
from daq.anonymise.papers import personal_texts, title_of
from daq.anonymise.texts import Wish, clean_clock, clean_events, clean_header, removed_texts, texts_within
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.finalise import new_session
from daq.force_layout import FORCE
from daq.guarded_file import GuardedFile
from daq.replay import Replay
from daq.results import Results
from daq.session_format import BLOCK_ROWS, FORCE_COLUMNS, RAW_COLUMNS, SessionHeader, row_dtype, to_json
from daq.session_hdf5 import SessionFile
from daq.session_open import open_session
from daq.session_reader import Session
from daq.stored import steps_attributes
from daq.take import refuse_existing

__all__ = ["Anonymised", "Wish", "anonymise"]

ROWS = 16 * BLOCK_ROWS


@dataclass(frozen=True)
class Anonymised:
    """What was written."""

    path: Path
    """The new file."""
    subject: str
    """Pseudonym in it."""
    steps: int | None
    """Steps in its table; None if the original had none."""
    searched: int
    """Texts that were searched for in it, and not found."""


def anonymise(source: Path, out: Path, wish: Wish) -> Anonymised:
    """Write an anonymised copy of a session; the original stays as it is.

    The steps are found again from the copy's own samples, header and events, so that nothing of the original's texts
    can come with them, and must be those that the original holds, to the bit. Before the copy gets its name it is
    searched for everything that was stripped.

    Args:
        source: A finished session.
        out: The copy; must not exist.
        wish: What is to be stripped.

    Returns:
        What was written. A SessionError says that the session cannot be read or analysed, its steps come out otherwise,
        something that was to be stripped is still there, or the copy cannot be written. Then there is none.
    """
    refuse_existing(out)
    with new_session(out, "to write the anonymised session") as tmp, open_session(source) as session:
        return _written(session, tmp, out, wish)


def _written(session: Session, tmp: Path, out: Path, wish: Wish) -> Anonymised:
    clean = _cleaned(session, wish)
    _refuse_names(session, clean, wish)
    found = _analysed(session, clean, exact=not wish.strip_body)
    _write(tmp, session, clean, found)
    secrets = _secrets(session, clean, wish)
    clocks = () if wish.keep_dates or not session.clock.host_s.size else session.clock.host_s[[0, -1]].tolist()
    left = leaks(tmp, secrets, clocks, vocabulary=_vocabulary(clean, found))
    if left:
        raise SessionError(
            str(session.path), expected="a file without anything that was to be stripped", seen="; ".join(left[:5]),
            next_step="Nothing was written. If it is the name of a bout, add --strip-bouts.",
        )  # fmt: skip
    return Anonymised(out, wish.subject, None if found is None else found[1].rows, len(secrets))


def _cleaned(session: Session, wish: Wish) -> Session:
    """The session as it will be: the same samples under a clean header and clean events."""
    clean = copy.copy(session)
    clean.session_id = uuid.uuid4().hex
    clean.header = clean_header(session.header, wish, str(session.path))
    clean.events = tuple(clean_events(session.events, wish))
    clean.clock = clean_clock(session.clock, wish)
    return clean


def _refuse_names(session: Session, clean: Session, wish: Wish) -> None:
    """The runner's name in a text that stays is no anonymity."""
    name = session.header.subject.strip()
    if not name or name == wish.subject:
        return
    typed = {f"the {event.kind} {event.text!r}": event.text for event in clean.events if event.kind != "system"}
    built = {"the name of the rig": clean.header.rig_name, "the title of the rig": title_of(clean.header.rig_text)}
    ways = "Strip those too: --strip-bouts for bouts, no --keep-notes for notes and markers."
    _refuse_word(session, name, typed, ways)
    if len(name) >= LONG_ENOUGH:
        _refuse_word(session, name, built, "A rig keeps its name and title; give the rig file others and record again.")


def _refuse_word(session: Session, name: str, texts: Mapping[str, str], way: str) -> None:
    for what, text in texts.items():
        found = names_in(name, text)
        if found:
            seen = f"{', '.join(map(repr, found))} in {what}"
            raise SessionError(
                str(session.path), expected="texts without any word of the runner's name", seen=seen, next_step=way
            )


def _analysed(session: Session, clean: Session, *, exact: bool) -> tuple[Results, StepTable, Any] | None:
    """Results, steps and protocol of the clean session; None where the original has none."""
    stored = session.steps_attrs
    if not stored:
        return None
    replay = Replay(clean)
    results = replay.run()
    table, old = replay.analyser.table, StepTable(session.steps())
    same = stored["algorithm_version"] == ALGORITHM_VERSION and _name(stored["protocol"]) == replay.protocol.name
    if exact and same and not table.equals(old):
        raise SessionError(
            str(session.path), expected="the same steps as before, to the bit",
            seen=f"others ({table.rows} instead of {old.rows}, or other values)",
            next_step="Nothing was written. Please report this.",
        )  # fmt: skip
    return results, table, replay.protocol


def _name(protocol: Any) -> str:
    return str(protocol.get("name", "")) if isinstance(protocol, Mapping) else ""


def _write(tmp: Path, session: Session, clean: Session, found: tuple[Results, StepTable, Any] | None) -> None:
    columns = RAW_COLUMNS if session.force is None else FORCE_COLUMNS
    with contextlib.closing(GuardedFile(tmp)) as file:
        with contextlib.closing(SessionFile(file, clean.header, clean.session_id, columns)) as new:
            new.begin_rows(session.channels)
            for rows in _rows(session, columns):
                new.add_rows(rows)
                file.check()
            new.add_tables(clean.gaps, clean.epochs, clean.clock, clean.events)
            if found is not None:
                results, table, protocol = found
                new.add_steps(table, steps_attributes(protocol, results))
            summary = {} if found is None else found[0]["summary"]
            new.finish(summary, ended=session.ended, unusable_bytes=session.unusable_bytes)
        file.check()
        file.sync()


def _rows(session: Session, columns: Mapping[str, str]) -> Iterator[NDArray[Any]]:
    for chunk in session.chunks(rows=ROWS):
        if len(chunk):
            yield _packed(chunk, columns)


def _packed(chunk: Chunk, columns: Mapping[str, str]) -> NDArray[Any]:
    rows = np.empty(len(chunk), row_dtype(chunk.counts.shape[1], columns))
    for name in columns:
        rows[name] = getattr(chunk, "counts" if name == "values" else name)
    return rows


def _secrets(session: Session, clean: Session, wish: Wish) -> list[Secret]:
    """Everything that was taken out."""
    header = session.header
    found = [("the session's id", session.session_id), ("the port", header.port)]
    found += [("its path", str(session.path)), ("its file name", session.path.stem)]
    if header.subject != wish.subject:
        found.append(("the runner's name", header.subject))
    if not wish.keep_dates:
        found += _dates(header, clean.header)
    found += [("what was noted", text) for text in removed_texts(session.events, clean.events)]
    papers = personal_texts(header.rig_text, header.calibration_text, str(session.path))
    found += [("what rig and calibration file say", text) for text in papers]
    extra = {name: value for name, value in header.extra.items() if name != FORCE}
    kept = set(texts_within(clean.header.extra))
    found += [("what came with the force", text) for text in texts_within(extra) if text not in kept]
    own = words_in(wish.subject)
    words = [word for word in name_words(header.subject) if not words_in(word) & own]
    return [Secret(what, text) for what, text in found if text.strip()] + [
        Secret("a word of the runner's name", word, word=True) for word in words
    ]


def _dates(header: SessionHeader, clean: SessionHeader) -> Iterator[tuple[str, str]]:
    if header.created_utc != clean.created_utc:
        yield "the date", header.created_utc
    if header.created_utc[:10] != clean.created_utc[:10]:
        yield "the day", header.created_utc[:10]


def _vocabulary(clean: Session, found: tuple[Results, StepTable, Any] | None) -> str:
    """What the software says in this file by itself; it was all made without what was stripped."""
    header = clean.header
    results = {} if found is None else {name: value for name, value in found[0].items() if name != "steps"}
    words = [
        to_json(results),
        "" if found is None else to_json(dict(steps_attributes(found[2], found[0]))),
        to_json(header.protocol),
        to_json(header.device),
        header.rig_text,
        header.calibration_text,
    ]
    words += [header.rig_name, header.software_version, *(column.name for column in ALL_COLUMNS)]
    words += [text for event in clean.events for text in (event.text, event.kind, to_json(event.data))]
    words += [*texts_within(header.extra), to_json(header.extra), "run walk rearfoot midfoot forefoot uncertain none"]
    return "\n".join(words)
