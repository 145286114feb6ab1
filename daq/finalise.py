"""Turns a journal into a finished session: streamed, into a `.tmp`, synced, then put in place in one step."""

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.errors import SessionError
from daq.guarded_file import GuardedFile
from daq.journal import VERSION, recover_hint, sync_directory
from daq.journal_reader import JournalReader, Record
from daq.session_format import BLOCK_ROWS, ClockPairs, Epochs, Event, Gaps, SessionHeader, row_dtype
from daq.session_hdf5 import SessionFile
from daq.session_records import MOST_ROWS, RecordKind, decode_column, decode_json, row_channels


@dataclass(frozen=True)
class Finalised:
    """What became of a journal.

    Attributes:
        session_id: Random name of the session.
        header: What was known at its start.
        rows: Rows of raw data.
        ended: Whether the recording had ended as it should.
        unusable_bytes: Bytes at the end of the journal that could not be used.
        damaged: Whether whole records lie behind the unusable place: the journal is worth keeping.
    """

    session_id: str
    header: SessionHeader
    rows: int
    ended: bool
    unusable_bytes: int
    damaged: bool


def tmp_path(path: Path) -> Path:
    """Name the file in which a session is put together."""
    return path.with_name(path.name + ".tmp")


def start_of(reader: JournalReader) -> tuple[str, SessionHeader]:
    """Read the first record of a journal.

    Args:
        reader: The journal.

    Returns:
        Session id and header.

    Raises:
        SessionError: If it is empty, damaged at its start, of a newer version, or no journal of a session.
    """
    where = str(reader.path)
    if reader.version > VERSION:
        raise SessionError(
            where,
            expected=f"a journal of version {VERSION}",
            seen=f"version {reader.version}",
            next_step="Update stance, then recover it.",
        )
    first = next(iter(reader), None)
    if first is None or first.kind != RecordKind.HEADER:
        raise SessionError(
            where,
            expected="the start of a session",
            seen=f"{reader.size} bytes without one",
            next_step="Nothing was recorded, or the file is damaged at its start; it is left as it is.",
        )
    try:
        start = decode_json(first.payload)
        return str(start["session_id"]), SessionHeader.from_dict(start["header"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SessionError(where, expected="the header of a session", seen=str(error)) from error


def finalise(journal: Path, path: Path) -> Finalised:
    """Write the finished session of a journal; the journal stays as it is.

    Args:
        journal: The journal; nobody writes to it meanwhile.
        path: The session; must not exist.

    Returns:
        What was found.

    Raises:
        SessionError: If the journal does not hold a session, `path` exists, or the disk is full or failing. Then
            there is no session and no `.tmp`, and the journal is as it was.
    """
    reader = JournalReader(journal)
    session_id, header = start_of(reader)
    tmp = tmp_path(path)
    try:
        tmp.unlink(missing_ok=True)
        found = _write(reader, tmp, session_id, header)
        _put_in_place(tmp, path)
    except OSError as error:
        raise SessionError(
            str(path),
            expected=f"to finish the session, which takes up to {reader.size / 1e6:.0f} MB",
            seen=error.strerror or str(error),
            next_step=recover_hint(path, error),
        ) from error
    finally:
        _discard(tmp)
    return found


@contextlib.contextmanager
def new_session(path: Path, expected: str) -> Iterator[Path]:
    """A session that is there whole or not at all: written beside its place, and put there at the context's end.

    Args:
        path: The session; must not exist, now or then.
        expected: What is tried, for messages, for example "to write the session".

    Yields:
        Path: Where to write it, synced to the disk by whoever does.

    Raises:
        SessionError: The disk is full or failing, or something has appeared under this name meanwhile.
    """
    tmp = tmp_path(path)
    try:
        tmp.unlink(missing_ok=True)
        yield tmp
        _put_in_place(tmp, path)
    except OSError as error:
        raise SessionError(
            str(path), expected=expected, seen=error.strerror or str(error),
            next_step="Make room, or choose another --out.",
        ) from error  # fmt: skip
    finally:
        _discard(tmp)


def _put_in_place(tmp: Path, path: Path) -> None:
    if path.exists():
        raise FileExistsError(errno.EEXIST, "another file that has appeared under this name meanwhile")
    os.replace(tmp, path)  # noqa: PTH105 - the name that says what is meant: atomic
    sync_directory(path.parent)


def _discard(tmp: Path) -> None:
    with contextlib.suppress(OSError):  # on a failing disk, the error on its way to the user says more
        tmp.unlink(missing_ok=True)


def _write(reader: JournalReader, tmp: Path, session_id: str, header: SessionHeader) -> Finalised:
    with contextlib.closing(GuardedFile(tmp)) as file:
        with contextlib.closing(SessionFile(file, header, session_id)) as session:
            content = _Content(session, file)
            _fill(content, reader, header.channels)
        file.sync()
    damaged = reader.unusable_bytes > 0 and reader.more_behind_the_damage()
    return Finalised(session_id, header, session.rows, content.ended, reader.unusable_bytes, damaged)


def _fill(content: "_Content", reader: JournalReader, channels: int) -> None:
    try:
        for record in reader:
            content.take(record)
        content.finish(channels, reader.unusable_bytes)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise SessionError(
            str(reader.path),
            expected="records that this version understands",
            seen=str(error),
            next_step="The journal is left as it is; please report this.",
        ) from error


@dataclass
class _Content:
    """Sorts records into the file: rows as they come, the small tables and the steps at the end."""

    session: SessionFile
    file: GuardedFile
    channels: int = 0
    ended: bool = False
    waiting: list[bytes] = field(default_factory=list)
    waiting_rows: int = 0
    tables: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        kind = RecordKind(record.kind)
        if kind is RecordKind.ROWS:
            self._take_rows(record)
        elif kind is RecordKind.COLUMN:
            self.columns.update([decode_column(record.payload)])
        elif kind is RecordKind.END:
            self.end, self.ended = decode_json(record.payload), True
        elif kind is not RecordKind.HEADER:
            self.tables.setdefault(kind, []).append(decode_json(record.payload))

    def _take_rows(self, record: Record) -> None:
        channels = row_channels(len(record.payload), record.n)
        if not self.channels:
            self.channels = channels
            self.session.begin_rows(channels)
        if channels != self.channels:
            raise ValueError(f"rows of {channels} channels after rows of {self.channels}")
        self.waiting.append(record.payload)
        self.waiting_rows += record.n
        if self.waiting_rows >= MOST_ROWS:
            self._pass_on(self.waiting_rows % BLOCK_ROWS)

    def _pass_on(self, keep: int) -> None:
        """Hand the rows over, but for the last few that do not fill a chunk."""
        rows = np.frombuffer(b"".join(self.waiting), row_dtype(self.channels))
        ready = len(rows) - keep
        self.session.add_rows(rows[:ready])
        self.file.check()
        self.waiting, self.waiting_rows = [rows[ready:].tobytes()], keep

    def finish(self, channels: int, unusable_bytes: int) -> None:
        if not self.channels:
            self.channels = max(1, channels)
            self.session.begin_rows(self.channels)
        self._pass_on(0)
        self.session.add_tables(
            Gaps(*self._table(RecordKind.GAP, ("row", "<i8"), ("lost", "<i8"))),
            Epochs(*self._table(RecordKind.EPOCH, ("row", "<i8"), ("boot", "<i8"), ("tick_offset", "<i8"))),
            ClockPairs(*self._table(RecordKind.CLOCK, ("host_s", "<f8"), ("tick", "<i8"), ("rtt_s", "<f8"))),
            [Event(**event) for event in self.tables.get(RecordKind.EVENT, [])],
        )
        if self.end.get("columns") is not None:
            self.session.add_steps(self.columns, self.end["steps_attrs"])
        self.file.check()
        self.session.finish(self.end.get("summary", {}), ended=self.ended, unusable_bytes=unusable_bytes)

    def _table(self, kind: RecordKind, *columns: tuple[str, str]) -> list[NDArray[Any]]:
        found = self.tables.get(kind, [])
        return [np.array([row[name] for row in found], dtype) for name, dtype in columns]
