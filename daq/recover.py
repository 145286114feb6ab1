"""Finishes a session whose recorder or machine died: from the journal to HDF5, or only tidies up."""

import os
from dataclasses import dataclass
from pathlib import Path

from daq.errors import SessionError
from daq.filelock import LockedFile
from daq.finalise import Finalised, finalise, start_of
from daq.journal import journal_path, open_locked, session_path
from daq.journal_reader import JournalReader
from daq.session_open import open_session
from daq.session_records import RecordKind


@dataclass(frozen=True)
class Recovery:
    """What recovery found and did.

    Attributes:
        path: The finished session.
        rows: Rows of raw data in it.
        seconds: What they amount to at the device's sample rate, s; gaps not counted.
        unusable_bytes: Bytes of the journal that could not be used.
        finished_now: Whether the session was finished now; otherwise it was complete already.
        kept: The journal, kept because whole records lie behind damage in its middle; None otherwise.
        text: All that for people.
    """

    path: Path
    rows: int
    seconds: float
    unusable_bytes: int
    finished_now: bool
    kept: Path | None
    text: str


def find_unfinished(path: Path | str) -> Path | None:
    """Look for the journal of a session that has not been finished, or whose journal was left over.

    Args:
        path: A session or a journal; it need not exist.

    Returns:
        The journal, or None if there is none.
    """
    journal = journal_path(session_path(Path(path)))
    return journal if journal.is_file() else None


def recover(path: Path | str) -> Recovery:
    """Finish a session that was interrupted; harmless if there is nothing to do.

    SessionError tells that the session is being recorded right now, that its journal holds nothing usable, that the
    disk is full, or that another session is in the way. The journal is then as it was.

    Args:
        path: The session or its journal.

    Returns:
        What was found and done.
    """
    session = session_path(Path(path))
    journal = find_unfinished(session)
    if journal is None:
        return _complete_already(session)
    lock = _lock(journal)
    try:
        state = os.fstat(lock.fd)
        if not state.st_nlink:  # somebody else finished it a moment ago
            return _complete_already(session)
        finished_now = not session.exists()
        found = None
        if state.st_size:
            found = finalise(journal, session) if finished_now else _compare(journal, session)
    finally:
        lock.close()
    if found is None:  # killed before the first record: an empty journal would only block the name
        journal.unlink(missing_ok=True)
        return _complete_already(session)
    return _report(session, found, finished_now=finished_now, kept=_put_away(journal, found))


def _lock(journal: Path) -> LockedFile:
    try:
        lock = open_locked(journal)
    except OSError as error:
        raise SessionError(
            str(journal), expected="a journal that can be opened", seen=error.strerror or str(error)
        ) from error
    if not lock.held:
        lock.close()
        raise SessionError(
            str(journal),
            expected="an unfinished session that nobody is at work on",
            seen="one that is being recorded or recovered right now",
            next_step="Stop the recorder; it finishes the session by itself.",
        )
    return lock


def _complete_already(session: Path) -> Recovery:
    with open_session(session) as found:
        rows, rate = found.rows, found.header.sample_rate_Hz
        whole = Finalised(found.session_id, found.header, rows, found.ended, found.unusable_bytes, damaged=False)
    return Recovery(
        session,
        rows,
        _seconds(whole),
        found.unusable_bytes,
        finished_now=False,
        kept=None,
        text=f"{session} is complete: {rows} samples at {rate:g} Hz; nothing to recover.",
    )


def _compare(journal: Path, session: Path) -> Finalised:
    """Make sure that a finished session holds all of the journal beside it: the recorder died between two steps."""
    reader = JournalReader(journal)
    session_id, header = start_of(reader)
    rows = sum(record.n for record in reader if record.kind == RecordKind.ROWS)
    with open_session(session) as finished:
        readable = sum(len(chunk) for chunk in finished.chunks())
        if finished.session_id != session_id or readable < rows:
            raise SessionError(
                str(session),
                expected=f"the finished session of {journal.name}, {rows} samples",
                seen=f"another one, {readable} samples",
                next_step="Move it elsewhere, then recover again: nothing is overwritten.",
            )
        damaged = reader.unusable_bytes > 0 and reader.more_behind_the_damage()
        return Finalised(session_id, header, readable, finished.ended, reader.unusable_bytes, damaged)


def _put_away(journal: Path, found: Finalised) -> Path | None:
    """Remove a journal, unless there may be more to be had from it by hand."""
    if not found.damaged:
        journal.unlink(missing_ok=True)
        return None
    number = 1
    while (kept := journal.with_name(f"{journal.name}.damaged{number}")).exists():
        number += 1
    return journal.rename(kept)


def _seconds(found: Finalised) -> float:
    rate = found.header.sample_rate_Hz
    return found.rows / rate if rate > 0 else 0.0


def _report(session: Path, found: Finalised, *, finished_now: bool, kept: Path | None) -> Recovery:
    what = "finished from its journal" if finished_now else "complete already; the journal left over is removed"
    parts = [f"{session} is {what}: {found.rows} samples, {_seconds(found):.1f} s"]
    if not found.ended:
        parts.append("the recording had not ended by itself")
    if found.unusable_bytes:
        parts.append(f"the last {found.unusable_bytes} bytes of the journal could not be used")
    if kept is not None:
        parts.append(f"as whole records lie behind the damage, the journal is kept as {kept.name}")
    text = "; ".join(parts) + "."
    return Recovery(session, found.rows, _seconds(found), found.unusable_bytes, finished_now, kept, text)
