"""Opens a finished session, or says in one sentence why a file is none."""

import contextlib
from pathlib import Path
from typing import Any

from daq.errors import SessionError
from daq.hdf5_access import attribute, reading
from daq.journal import SUFFIX, journal_path
from daq.session_format import FORMAT, FORMAT_VERSION
from daq.session_reader import Session


def open_session(path: Path | str) -> Session:
    """Open a finished session.

    Args:
        path: The file.

    Returns:
        The session; close it, or use it as a context manager.

    Raises:
        SessionError: If there is no such file, it is unfinished, foreign, of a newer version, or damaged.
    """
    import h5py

    path = Path(path)
    _refuse_others(path)
    with reading(path), contextlib.ExitStack() as until_known_good:
        file = until_known_good.enter_context(h5py.File(path, "r"))
        if not _is_ours(file.attrs):
            raise SessionError(
                str(path),
                expected="a session of stance",
                seen="an HDF5 file of another program",
                next_step="Give the .h5 file of a recording made with stance.",
            )
        version = attribute(file.attrs, "format_version", int)
        if version > FORMAT_VERSION:
            raise SessionError(
                str(path),
                expected=f"format version {FORMAT_VERSION} or older",
                seen=f"version {version}, written by a newer stance",
                next_step="Update stance.",
            )
        session = Session(path, file)
        until_known_good.pop_all()
    return session


def _is_ours(attributes: Any) -> bool:
    try:
        return bool(attribute(attributes, "format", str) == FORMAT)
    except (KeyError, ValueError):
        return False


def _refuse_others(path: Path) -> None:
    import h5py

    journal = path if path.name.endswith(SUFFIX) else journal_path(path)
    unfinished = path == journal or not path.exists()
    if unfinished and journal.exists():
        raise SessionError(
            str(path),
            expected="a finished session",
            seen=f"the journal of an unfinished one, {journal.name}",
            next_step=f"If it is not being recorded right now, type `stance recover {path}`.",
        )
    if not path.is_file():
        seen = "a directory" if path.is_dir() else "nothing of that name"
        raise SessionError(str(path), expected="a session file", seen=seen,
                           next_step="Give the .h5 file of a recording; `stance demo` makes one.")  # fmt: skip
    with reading(path), path.open("rb"):
        if not h5py.is_hdf5(path):
            raise SessionError(str(path), expected="a session file (HDF5)", seen="a file of another kind",
                               next_step="Give the .h5 file of a recording.")  # fmt: skip
