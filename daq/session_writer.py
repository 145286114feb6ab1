"""Writes a session while it is recorded: into a journal at once, into HDF5 when it ends."""

import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.chunk import Chunk
from daq.errors import SessionError
from daq.finalise import finalise
from daq.journal import JournalWriter, journal_path
from daq.session_format import SessionHeader, to_json
from daq.session_records import MOST_ROWS, RecordKind, encode_column, encode_rows


class SessionWriter:
    """A session being recorded. Whatever a call has taken survives the death of the process.

    Every call may raise SessionError when the disk is full or failing; then `abandon`, and nothing taken before is
    lost. Calls may come from several threads.

    Args:
        path: The session; neither it nor its journal may exist.
        header: What is known at the start.
        sync_every_s: Time between syncs: what a power loss can take.

    Raises:
        SessionError: If the session or its journal exists, or cannot be made there.
    """

    def __init__(self, path: Path | str, header: SessionHeader, sync_every_s: float = 1.0) -> None:
        self.path = Path(path)
        self.session_id = uuid.uuid4().hex
        self._lock, self._rows = threading.Lock(), 0
        start = {"session_id": self.session_id, "header": header.to_dict()}
        if self.path.exists():
            raise SessionError(
                str(path),
                expected="a new file",
                seen="one that exists",
                next_step="Choose another name: recorded data is never overwritten.",
            )
        self._journal = JournalWriter(journal_path(self.path), sync_every_s)
        try:
            self._record(RecordKind.HEADER, start)
            self._journal.sync()
        except SessionError:  # nothing is in it yet: leave no trace
            self._journal.close()
            self._journal.path.unlink(missing_ok=True)
            raise

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self._rows

    @property
    def journal_bytes(self) -> int:
        """Size of the journal."""
        return self._journal.size

    def append(self, chunk: Chunk) -> None:
        """Take samples and the gaps between them.

        Args:
            chunk: The next n samples.
        """
        with self._lock:
            at = 0
            for row, lost in zip(chunk.gap_row.tolist(), chunk.gap_lost.tolist(), strict=True):
                self._append_rows(chunk, at, row)
                self._record(RecordKind.GAP, {"row": self._rows, "lost": lost})
                at = row
            self._append_rows(chunk, at, len(chunk))

    def _append_rows(self, chunk: Chunk, start: int, stop: int) -> None:
        # In turn with the gaps, so that a journal cut anywhere still has a gap wherever frames are missing.
        for at in range(start, stop, MOST_ROWS):
            n = min(MOST_ROWS, stop - at)
            self._journal.append(RecordKind.ROWS, encode_rows(chunk, at, at + n), n)
            self._rows += n

    def epoch(self, row: int, boot: int, tick_offset: int) -> None:
        """Say that from a row on, the device counts its ticks anew: session tick = tick + tick_offset.

        Args:
            row: First row of the epoch.
            boot: Boot id.
            tick_offset: Ticks to add from here on.
        """
        self._record(RecordKind.EPOCH, {"row": int(row), "boot": int(boot), "tick_offset": int(tick_offset)})

    def clock(self, host_s: float, tick: int, rtt_s: float) -> None:
        """Keep a pair of host time and device time.

        Args:
            host_s: Host clock in the middle of the round trip, s.
            tick: Session tick.
            rtt_s: Round trip, s.
        """
        self._record(RecordKind.CLOCK, {"host_s": float(host_s), "tick": int(tick), "rtt_s": float(rtt_s)})

    def event(self, kind: str, row: int, text: str = "", data: Mapping[str, Any] | None = None) -> None:
        """Keep a marker, a bout, a note, a tare or a note of the system.

        Args:
            kind: Which of them.
            row: The row it lies before.
            text: What a person typed or should read.
            data: Particulars, plain values.
        """
        self._record(RecordKind.EVENT, {"kind": kind, "row": int(row), "text": text, "data": dict(data or {})})

    def _record(self, kind: RecordKind, value: Mapping[str, Any]) -> None:
        self._journal.append(kind, to_json(value).encode())

    def finish(
        self,
        steps: Mapping[str, NDArray[Any]] | None = None,
        steps_attrs: Mapping[str, Any] | None = None,
        summary: Mapping[str, Any] | None = None,
    ) -> Path:
        """End the recording: write the finished file and remove the journal.

        Args:
            steps: The step table, one-dimensional arrays of one length by column; None if there is none.
            steps_attrs: algorithm_version, protocol, flag_names and others.
            summary: Summary of the session.

        Returns:
            The finished file.

        Raises:
            SessionError: If that cannot be done now; everything, steps included as far as there was room, stays in
                the journal for `stance recover`.
        """
        try:
            columns = None if steps is None else as_columns(steps)
            for name, column in (columns or {}).items():
                self._journal.append(RecordKind.COLUMN, encode_column(name, column), len(column))
            end = {"columns": None if columns is None else len(columns), "rows": self._rows}
            self._record(RecordKind.END, end | {"steps_attrs": steps_attrs or {}, "summary": summary or {}})
            self._journal.sync()
            found = finalise(self._journal.path, self.path)
            if found.rows != self._rows:
                raise SessionError(
                    str(self._journal.path),
                    expected=f"all {self._rows} rows written",
                    seen=f"{found.rows} that can still be read",
                    next_step="The disk is damaging data. The session holds what can be read; the journal is kept.",
                )
        finally:
            self._journal.close()
        self._journal.path.unlink(missing_ok=True)
        return self.path

    def abandon(self) -> None:
        """Stop without finishing; the journal stays for `stance recover`. Does nothing after `finish`."""
        self._journal.close()

    def __enter__(self) -> "SessionWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.abandon()


def as_columns(steps: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Check a step table before anything of it is written.

    Args:
        steps: Columns by name.

    Returns:
        The columns as arrays of numbers, truth values or fixed-width text.

    Raises:
        ValueError: If columns differ in length, have unusable names or hold objects.
    """
    columns = {name: _as_array(column) for name, column in steps.items()}
    for name, column in columns.items():
        if column.ndim != 1 or column.dtype.kind not in "fiubU":
            raise ValueError(f"column {name} has shape {column.shape} of {column.dtype}")
        if not name.strip(".") or "/" in name or "\0" in name:
            raise ValueError(f"{name!r} cannot be the name of a column")
    if len({len(column) for column in columns.values()}) > 1:
        raise ValueError("columns of a step table must have one length")
    return columns


def _as_array(column: Any) -> NDArray[Any]:
    array = np.asarray(column)
    return array.astype("U") if array.dtype.kind == "T" else array  # T: NumPy's own variable-width text
