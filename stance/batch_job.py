"""One session to be analysed for an archive, as plain values that go to another process or machine."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from analysis.protocol import ALGORITHM_VERSION, PROTOCOLS
from analysis.steps import ALL_COLUMNS

PART_VERSION = 1
"""Raised when a part of this software's makes holds other things."""


@dataclass(frozen=True)
class Settings:
    """What is asked of every session alike."""

    protocol: str | None = None
    """Name of the analysis protocol; None for each session's own."""
    stored: bool = False
    """Whether steps kept in a session will do where algorithms and protocol are these."""
    subject: bool = False
    """Whether the runner's pseudonym goes along."""
    date: bool = False
    """Whether the time of the recording goes along."""


@dataclass(frozen=True)
class Job:
    """A session file, as it was seen when the archive was listed."""

    path: str
    """Where it is."""
    name: str
    """The same within the archive, with slashes."""
    size: int
    """Bytes."""
    mtime_ns: int
    """When it was changed, ns."""
    settings: Settings
    """What is asked."""

    @property
    def part(self) -> str:
        """Name of the file that keeps its result: another one for every other question or content."""
        asked = {"name": self.name, **asdict(self.settings)}
        content = [self.size, self.mtime_ns, _makers(self.settings.protocol, ALGORITHM_VERSION)]
        return f"{_digest(asked)}-{_digest(content)}.arrow"

    @property
    def family(self) -> str:
        """What its part shares with those of earlier contents of the file."""
        return self.part.partition("-")[0]


@dataclass(frozen=True)
class Outcome:
    """What became of a job."""

    job: Job
    """The job."""
    part: bytes | None
    """The part to keep; None if it could not be tried, so that the next run shall."""
    trouble: str = ""
    """Why there is no part, or what the part says went wrong; empty if all is well."""


@cache
def _makers(protocol: str | None, algorithms: str) -> str:
    """Everything of this software that a part depends on."""
    names = PROTOCOLS if protocol is None else [protocol]
    rules = {name: PROTOCOLS[name].as_dict() for name in names}
    columns = [(column.name, column.kind) for column in ALL_COLUMNS]
    return _digest([PART_VERSION, algorithms, rules, columns])


def _digest(value: Mapping[str, Any] | list[Any]) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]


def make_job(root: Path, path: Path, settings: Settings) -> Job:
    """A job for a file as it is now.

    Args:
        root: The archive.
        path: The session file in it. An OSError says that it cannot be looked at.
        settings: What is asked.

    Returns:
        The job.
    """
    state = path.stat()
    name = path.relative_to(root).as_posix().encode("utf-8", "replace").decode()  # a name of bytes fits in no table
    return Job(str(path), name, state.st_size, state.st_mtime_ns, settings)
