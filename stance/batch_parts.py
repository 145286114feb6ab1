"""Parts: what one session gave, as one small Arrow file, and the folder that keeps them until all are there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from daq.errors import SessionError
from daq.formats.parquet_out import steps_to_arrow
from daq.optional import need
from daq.replace_file import replace_file
from daq.session_format import to_json
from stance.batch_job import Job

LINE = b"session"
"""Where a part keeps the session's line, in the metadata of its schema."""


@dataclass(frozen=True)
class Bouts:
    """Names of a session's bouts, and where they are."""

    names: tuple[str, ...] = ()
    """One each; empty for a stretch that nobody named."""
    spans_s: tuple[tuple[float, float], ...] = ()
    """Beginning and end, device time since the first sample, s."""

    def of(self, touchdown_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """The bout that each step belongs to.

        Args:
            touchdown_s: (k,) touchdowns, s.

        Returns:
            (k,) numbers of bouts; −1 for none.
        """
        found = np.full(touchdown_s.shape, -1, np.int64)
        for number, (start_s, end_s) in enumerate(self.spans_s):
            if self.names[number]:
                found[(touchdown_s >= start_s) & (touchdown_s < end_s)] = number
        return found


@dataclass(frozen=True)
class Part:
    """A part, read."""

    line: dict[str, Any]
    """The session's line."""
    steps: Any
    """Arrow table: the bout of each step, and the columns of the step table."""


def encode_part(table: StepTable, bouts: Bouts, line: dict[str, Any]) -> bytes:
    """Write a part.

    Args:
        table: Steps of the session.
        bouts: Its bouts.
        line: What the table of sessions tells of it; plain values.

    Returns:
        The bytes of an Arrow file.
    """
    pa = need("pyarrow", "export")
    arrow = steps_to_arrow(table)
    arrow = arrow.append_column("bout", _texts(pa, np.array([*bouts.names, ""]), bouts.of(table["touchdown_s"])))
    arrow = arrow.replace_schema_metadata({LINE: to_json(line).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, arrow.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(arrow)
    return bytes(sink.getvalue())


def decode_part(content: bytes) -> Part:
    """Read a part.

    Args:
        content: Its bytes.

    Returns:
        The part.

    Raises:
        ValueError: They are none, or damaged.
    """
    pa = need("pyarrow", "export")
    try:
        arrow = pa.ipc.open_file(pa.BufferReader(content)).read_all()
        return Part(json.loads(arrow.schema.metadata[LINE]), arrow.replace_schema_metadata())
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def _texts(pa: Any, words: NDArray[Any], which: NDArray[np.int64]) -> Any:
    """Texts as numbers into a list of words."""
    numbers = pa.array(which, pa.int32(), mask=(which < 0) | (words[which] == ""))
    return pa.DictionaryArray.from_arrays(numbers, pa.array(words.tolist(), pa.string()))


class PartStore:
    """The folder of parts.

    Args:
        folder: It must exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._families: dict[str, set[str]] = {}
        for path in folder.glob("*-*.arrow"):
            self._families.setdefault(path.name.partition("-")[0], set()).add(path.name)

    def __contains__(self, job: Job) -> bool:
        return job.part in self._families.get(job.family, ())

    def put(self, job: Job, content: bytes) -> None:
        """Keep a part, whole or not at all; those of earlier contents of the same file go.

        Args:
            job: Of which session.
            content: The part.

        Raises:
            SessionError: The disk is full or failing.
        """
        try:
            replace_file(self._folder / job.part, content)
            for old in self._families.get(job.family, set()) - {job.part}:
                (self._folder / old).unlink(missing_ok=True)
            self._families[job.family] = {job.part}
        except OSError as error:
            raise SessionError(
                str(self._folder),
                expected="room to keep what is done",
                seen=error.strerror or str(error),
                next_step="Make room, then run the same command: it goes on from here.",
            ) from error

    def get(self, job: Job) -> Part | None:
        """Read a part.

        Args:
            job: Of which session.

        Returns:
            The part; None if there is none. One that is damaged is removed.
        """
        try:
            return decode_part((self._folder / job.part).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            self.forget(job)
            return None

    def forget(self, job: Job) -> None:
        """Remove the part of a session."""
        (self._folder / job.part).unlink(missing_ok=True)
        self._families.get(job.family, set()).discard(job.part)
