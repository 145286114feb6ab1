"""Re-analyse an archive: every session of a folder, on all cores or a cluster, into two tables; to be resumed."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from analysis.protocol import get_protocol
from daq.errors import SessionError
from daq.filelock import LockedFile
from daq.optional import need
from daq.replace_file import replace_file
from daq.results import software_version
from stance.batch_archive import list_archive
from stance.batch_job import Job, Outcome, Settings
from stance.batch_merge import SESSIONS, STEPS, Merged, merge
from stance.batch_parts import PartStore
from stance.batch_progress import BatchProgress
from stance.batch_session import FAILED

PARTS, MARK = "parts", "batch.json"
"""The folder of parts in the one for the tables, and the file in it that says that both are a batch's."""


class Workers(Protocol):
    """Whoever does the work."""

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Analyse sessions; give out what became of each, as it comes."""
        ...


@dataclass(frozen=True)
class BatchReport:
    """What a batch did."""

    out: Path
    """The folder with the tables."""
    protocol: str | None
    """Protocol of every session; None: each its own."""
    found: int
    """Session files in the archive."""
    analysed: int
    """Analysed now, the failed ones among them."""
    kept: int
    """Taken from an earlier run."""
    unfinished: tuple[str, ...]
    """Journals of recordings that were not finished."""
    merged: Merged
    """What the tables hold."""

    @property
    def files(self) -> tuple[Path, Path]:
        """The two tables: steps, sessions."""
        return self.out / STEPS, self.out / SESSIONS

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        merged = self.merged
        return {
            "out": str(self.out),
            "files": {"steps": STEPS, "sessions": SESSIONS},
            "software": software_version(),
            "protocol": self.protocol,
            "found": self.found,
            "analysed_now": self.analysed,
            "kept": self.kept,
            "done": merged.done,
            "steps": merged.steps,
            "failed": [{"path": path, "error": why} for path, why in merged.failed],
            "copies": [{"path": path, "same_as": first} for path, first in merged.copies],
            "unfinished": list(self.unfinished),
        }


def run_batch(
    root: Path, out: Path, settings: Settings, workers: AbstractContextManager[Workers], *, retry: bool = False
) -> BatchReport:
    """Analyse what is not analysed yet, and write the tables.

    Args:
        root: The archive.
        out: The folder for the tables; it is made, or it is that of an earlier run. A SessionError says that it
            cannot be used, or is being used.
        settings: What is asked of every session.
        workers: Who does the work; entered only if there is any.
        retry: Whether sessions that failed before are tried again.

    Returns:
        What was done.
    """
    need("pyarrow", "export")
    if settings.protocol is not None:
        get_protocol(settings.protocol)
    archive = list_archive(root, settings)
    with _folder(out) as store:
        todo = [job for job in archive.jobs if job not in store or (retry and _failed(store, job))]
        left = _analyse(todo, store, workers) if todo else {}
        merged = merge(archive, settings, store, left, out)
    found = len(archive.jobs)
    return BatchReport(out, settings.protocol, found, len(todo), found - len(todo), archive.unfinished, merged)


def _failed(store: PartStore, job: Job) -> bool:
    part = store.get(job)
    return part is None or part.line["state"] == FAILED


def _analyse(todo: list[Job], store: PartStore, workers: AbstractContextManager[Workers]) -> dict[str, str]:
    """Keep a part of every session; those that could not be tried → why."""
    # The longest first: begun last, it would keep one core busy when all others have nothing to do.
    order = sorted(todo, key=lambda job: (-job.size, job.name))
    with workers as entered:
        progress = BatchProgress(len(todo), sum(job.size for job in todo))
        left: dict[str, str] = {}
        done = 0
        try:
            for outcome in entered.run(order):
                done += _keep(outcome, store, left)
                if outcome.trouble:
                    progress.say(f"{outcome.job.name} is skipped: {outcome.trouble}")
                progress.step(outcome.job.size, failed=bool(outcome.trouble))
        except BaseException:
            progress.say(
                f"Stopped; {done:,} of {len(todo):,} sessions are analysed and kept. The same command goes on there."
            )
            raise
    progress.end()
    return left


def _keep(outcome: Outcome, store: PartStore, left: dict[str, str]) -> int:
    """Keep what became of a session; how many parts that makes."""
    if outcome.part is None:
        left[outcome.job.name] = outcome.trouble
        return 0
    store.put(outcome.job, outcome.part)
    return 1


@contextmanager
def _folder(out: Path) -> Iterator[PartStore]:
    """The folder for the tables, ours alone as long as this lasts."""
    parts = out / PARTS
    mark = parts / MARK
    try:
        if not mark.exists():
            _refuse_others(out)
            parts.mkdir(parents=True, exist_ok=True)
            replace_file(mark, json.dumps({"made_by": "stance batch", "software": software_version()}))
        lock = LockedFile(os.open(mark, os.O_RDWR))
    except OSError as error:
        raise SessionError(str(out), expected="a folder to write in", seen=error.strerror or str(error),
                           next_step="Choose another -o.") from error  # fmt: skip
    try:
        if not lock.held:
            raise SessionError(str(out), expected="a folder without another batch at work", seen="one in use",
                               next_step="Wait for the other one, or choose another -o.")  # fmt: skip
        yield PartStore(parts)
    finally:
        lock.close()


def _refuse_others(out: Path) -> None:
    for path in (out / STEPS, out / SESSIONS, out / PARTS):
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise SessionError(str(path), expected="a new folder, or that of an earlier batch",
                               seen="something that no batch has made here",
                               next_step="Choose another -o: nothing is overwritten.")  # fmt: skip
