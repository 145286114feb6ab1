"""Parts of all sessions, put together into two Parquet files, some at a time: memory does not grow with them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from daq.errors import SessionError
from daq.optional import need
from daq.results import software_version
from stance.batch_archive import Archive
from stance.batch_job import Job, Settings
from stance.batch_parts import Part, PartStore
from stance.batch_schema import LIGHTS, OTHER_LIGHTS, SEVERITY, Field, arrow_schema, session_fields, step_fields
from stance.batch_session import DONE, FAILED

STEPS, SESSIONS = "steps.parquet", "sessions.parquet"
GROUP_ROWS = 32_768
"""Steps of one row group: some tens of megabytes in memory."""
GROUP_SESSIONS = 1_024


@dataclass
class Merged:
    """What the two tables hold."""

    done: int = 0
    """Sessions with all they can have."""
    steps: int = 0
    """Steps of these."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Sessions that could not be analysed, and why."""
    copies: list[tuple[str, str]] = field(default_factory=list)
    """Files that hold the same session as another, and that other."""


class TableFile:
    """A Parquet file being written in row groups, beside its place.

    Args:
        path: Its place.
        fields: Its columns.
        group: Rows of one group.
        about: What the file says of itself.
    """

    def __init__(self, path: Path, fields: tuple[Field, ...], group: int, about: dict[str, str]) -> None:
        self._pa, pq = need("pyarrow", "export"), need("pyarrow.parquet", "export")
        self._path, self._group = path, group
        self._schema = arrow_schema(fields, about)
        self.beside = path.with_name(f".{path.name}.{os.getpid()}")
        self._stream = self.beside.open("wb")
        texts = [one.name for one in fields if one.kind in {"text", "texts"}]
        self._writer = pq.ParquetWriter(self._stream, self._schema, compression="snappy", use_dictionary=texts)
        self._waiting: list[Any] = []
        self._rows = 0

    def add(self, table: Any) -> None:
        """Append rows.

        Args:
            table: Arrow table with the columns of the schema.
        """
        self._waiting.append(table.select(self._schema.names).replace_schema_metadata())
        self._rows += table.num_rows
        if self._rows >= self._group:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            # One dictionary per row group, whatever the sessions called things.
            table = self._pa.concat_tables(self._waiting).unify_dictionaries().cast(self._schema)
            self._writer.write_table(table, row_group_size=self._group)
        self._waiting, self._rows = [], 0

    def finish(self) -> None:
        """Write the rest, to the disk."""
        self._flush()
        self._writer.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def publish(self) -> None:
        """Put it in its place."""
        self.beside.replace(self._path)

    def abandon(self) -> None:
        """Leave nothing behind; does nothing after `publish`."""
        with suppress(OSError):
            self._stream.close()
        with suppress(OSError):
            self.beside.unlink(missing_ok=True)


def merge(archive: Archive, settings: Settings, store: PartStore, left: dict[str, str], out: Path) -> Merged:
    """Write both tables, in the order of the files' names.

    Args:
        archive: What lies in the archive.
        settings: What was asked.
        store: The parts.
        left: Sessions without a part → why.
        out: The folder for the tables.

    Returns:
        What they hold.

    Raises:
        SessionError: They cannot be written; those that were there stay.
    """
    about = _about(archive, settings)
    merged = Merged()
    try:
        with ExitStack() as until_written:
            steps = TableFile(out / STEPS, step_fields(settings), GROUP_ROWS, about)
            until_written.callback(steps.abandon)
            sessions = TableFile(out / SESSIONS, session_fields(settings), GROUP_SESSIONS, about)
            until_written.callback(sessions.abandon)
            lines: list[dict[str, Any]] = []
            for line, part in _lines(archive, store, left, merged):
                if part is not None:
                    steps.add(_with_session(part.steps, line, settings))
                lines.append(line)
                if len(lines) >= GROUP_SESSIONS:
                    sessions.add(_session_rows(lines, settings))
                    lines = []
            sessions.add(_session_rows(lines, settings))
            steps.finish()
            sessions.finish()
            steps.publish()
            sessions.publish()
    except OSError as error:
        raise SessionError(
            str(out),
            expected="room for the tables",
            seen=error.strerror or str(error),
            next_step="Make room, then run the same command: what is analysed is kept.",
        ) from error
    return merged


def _about(archive: Archive, settings: Settings) -> dict[str, str]:
    """Both files carry the same digest, which tells that they belong together."""
    digest = sha256("\n".join(job.part for job in archive.jobs).encode()).hexdigest()[:24]
    return {"software": software_version(), "protocol": settings.protocol or "each session's own", "batch": digest}


def _lines(
    archive: Archive, store: PartStore, left: dict[str, str], merged: Merged
) -> Iterator[tuple[dict[str, Any], Part | None]]:
    """A line for every file, and the part of those whose steps count."""
    known: dict[str, str] = {}
    for job in archive.jobs:
        line, part = _line(job, store, left)
        if line["state"] == DONE:
            first = known.setdefault(line["session_id"], job.name)
            if first != job.name:
                what = {"state": "copy", "error": f"the same session as {first}"}
                line = {"path": job.name, "session_id": line["session_id"], **what}  # numbers must not count twice
                merged.copies.append((job.name, first))
                part = None
            else:
                merged.done += 1
                merged.steps += line["steps"]
        else:
            merged.failed.append((job.name, line["error"]))
            part = None
        yield line, part
    for name in archive.unfinished:
        yield {"path": name, "state": "unfinished", "error": "a recording that was not finished: stance recover"}, None
    for name, why in archive.unreadable:
        merged.failed.append((name, why))
        yield {"path": name, "state": FAILED, "error": why}, None


def _line(job: Job, store: PartStore, left: dict[str, str]) -> tuple[dict[str, Any], Part | None]:
    part = None if job.name in left else store.get(job)
    if part is None:
        why = left.get(job.name, "what was kept of it is damaged: run the same command again")
        return {"path": job.name, "state": FAILED, "error": why}, None
    return {"path": job.name, **part.line}, part


def _with_session(steps: Any, line: dict[str, Any], settings: Settings) -> Any:
    """Steps with the columns that say whose they are."""
    pa = need("pyarrow", "export")
    kind = pa.dictionary(pa.int32(), pa.string())
    numbers = pa.repeat(pa.scalar(0, pa.int32()), steps.num_rows)
    there = set(steps.column_names)
    for one in step_fields(settings):
        if one.name not in there:
            word = line[one.name]
            same = pa.DictionaryArray.from_arrays(numbers, pa.array([word])) if word else pa.nulls(steps.num_rows, kind)
            steps = steps.append_column(one.name, same)
    return steps


def _session_rows(lines: list[dict[str, Any]], settings: Settings) -> Any:
    """Lines as a table; what a line does not tell is null."""
    pa = need("pyarrow", "export")
    fields = session_fields(settings)
    flat = [_flat(line) for line in lines]
    schema = arrow_schema(fields, {})
    columns = {one.name: pa.array([line.get(one.name) for line in flat], schema.field(one.name).type) for one in fields}
    return pa.table(columns)


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    """A line with a key for every column; an empty text is null."""
    flat = {name: None if value == "" else value for name, value in line.items()}
    others: dict[str, str] = {}
    for name, state in flat.pop("lights", None) or ():
        where, key = (flat, f"light_{name}") if name in LIGHTS else (others, name)
        where[key] = max(where.get(key) or state, state, key=SEVERITY.index)
    if line["state"] == DONE:
        flat[OTHER_LIGHTS] = [f"{name}={state}" for name, state in others.items()]
    for name, told in (flat.pop("summary", None) or {}).items():
        flat |= {name: told["mean"], f"u_{name}": told["u"], f"n_{name}": told["n"]}
    return flat
