"""What lies in an archive: session files, journals of sessions never finished, folders that cannot be read."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daq.errors import SessionError
from daq.journal import SUFFIX
from stance.batch_job import Job, Settings, make_job

ENDING = ".h5"


@dataclass(frozen=True)
class Archive:
    """The files of an archive, each list in the order of their names."""

    jobs: tuple[Job, ...]
    """Session files."""
    unfinished: tuple[str, ...]
    """Journals without a session beside them."""
    unreadable: tuple[tuple[str, str], ...]
    """Folders and files that could not be looked at, and why."""


def list_archive(root: Path, settings: Settings) -> Archive:
    """Look through a folder and all in it; links to folders are not followed, hidden files are left out.

    Args:
        root: The folder.
        settings: What is asked of every session.

    Returns:
        What lies there.

    Raises:
        SessionError: There is no such folder, or nothing of ours in it.
    """
    if not root.is_dir():
        raise SessionError(str(root), expected="a folder of sessions",
                           seen="a file" if root.exists() else "nothing of that name",
                           next_step="Give the folder that holds the .h5 files.")  # fmt: skip
    root = root.absolute()  # not resolved: a cluster knows the archive by the name that it was given
    trouble: list[tuple[str, str]] = []
    jobs, journals = [], []
    for path in _files(root, trouble):
        if path.name.endswith(ENDING + SUFFIX):
            if not path.with_name(path.name.removesuffix(SUFFIX)).exists():
                journals.append(path.relative_to(root).as_posix())
            continue
        try:
            jobs.append(make_job(root, path, settings))
        except OSError as error:
            trouble.append((path.relative_to(root).as_posix(), error.strerror or str(error)))
    if not jobs and not journals:
        seen = f"none; {trouble[0][0]}: {trouble[0][1]}" if trouble else "none"
        raise SessionError(
            str(root),
            expected=f"session files (*{ENDING})",
            seen=seen,
            next_step="Give the folder that holds them; folders in it are looked through too.",
        )
    jobs.sort(key=lambda job: job.name)
    return Archive(tuple(jobs), tuple(sorted(journals)), tuple(sorted(trouble)))


def _files(root: Path, trouble: list[tuple[str, str]]) -> Iterator[Path]:
    """Every file that may be ours; what cannot be listed goes into `trouble`."""

    def refused(error: OSError) -> None:
        trouble.append((os.path.relpath(error.filename or root, root), error.strerror or str(error)))

    for folder, folders, names in os.walk(root, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name.lower().endswith((ENDING, ENDING + SUFFIX)):
                yield Path(folder, name)
