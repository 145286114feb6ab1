"""Puts the report of a session in its place."""

import contextlib
import os
from pathlib import Path

from daq.errors import SessionError


def write_report(session: Path, out: Path) -> None:
    """Write the report of a session: one HTML page, complete in itself.

    Args:
        session: A finished session.
        out: The page; must not exist.

    Raises:
        SessionError: The session cannot be read, `out` exists, or it cannot be written.
    """
    from viewer.report.material import gather
    from viewer.report.page import render

    session, out = Path(session), Path(out)
    _refuse(out)
    page = render(gather(session))
    try:
        _put(page.encode(), out)
    except OSError as error:
        raise SessionError(
            str(out), expected="to write the report", seen=error.strerror or str(error),
            next_step="Make room, or choose another name for it.",
        ) from error  # fmt: skip


def _refuse(out: Path) -> None:
    if out.exists():
        raise SessionError(
            str(out), expected="a new file", seen="one that exists",
            next_step="Choose another name for the report, or move the old one away.",
        )  # fmt: skip
    if not out.parent.is_dir():
        raise SessionError(
            str(out), expected="a directory to write in", seen=f"no directory {out.parent}",
            next_step="Make it, or choose another name for the report.",
        )  # fmt: skip


def _put(data: bytes, out: Path) -> None:
    """All of it or nothing: a reader never meets half a page."""
    tmp = out.with_name(out.name + ".tmp")
    try:
        with tmp.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _refuse(out)  # something may have appeared there meanwhile
        tmp.replace(out)
    finally:
        with contextlib.suppress(OSError):
            tmp.unlink(missing_ok=True)
