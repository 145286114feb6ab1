"""What a worker of a cluster does: the same as a process of this machine, asked and answered in plain values."""

from pathlib import Path
from typing import Any

from daq.optional import need
from daq.results import software_version
from stance.batch_job import Job, Settings
from stance.batch_session import SessionUnseenError, analyse_session


def analyse_remote(values: dict[str, Any], software: str) -> tuple[bytes | None, str]:
    """Analyse a session.

    Args:
        values: A `Job` as plain values.
        software: Version of whoever asks; a worker that came later may have another.

    Returns:
        The part, or None if it could not be tried here; what went wrong, if anything did.
    """
    mine = software_version()
    if mine != software:
        return None, f"a worker has {mine}, not {software}"
    job = Job(**{**values, "settings": Settings(**values["settings"])})
    try:
        outcome = analyse_session(job)
    except SessionUnseenError as error:
        return None, f"a worker cannot see it: {error}"
    return outcome.part, outcome.trouble


def worker_version(path: str) -> tuple[str, str]:
    """What a batch asks every worker before it begins.

    Args:
        path: A session that it should see.

    Returns:
        Version of this software, and what is wrong here; empty if nothing.
    """
    need("pyarrow", "export")
    try:
        Path(path).stat()
    except OSError as error:
        return software_version(), error.strerror or str(error)
    return software_version(), ""
