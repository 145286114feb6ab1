"""Where a recording goes: the file asked for, or a name of its own in a folder. Nothing is ever overwritten."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path

from daq.errors import SessionError
from daq.finalise import tmp_path
from daq.journal import journal_path
from daq.take import refuse_existing

__all__ = ["Names", "is_folder"]

SUFFIX = ".h5"
MOST_SHOWN = 300
"""Characters of a name that is refused."""
_SEPARATORS = tuple(sep for sep in (os.sep, os.altsep, "/") if sep)


def is_folder(out: str) -> bool:
    """Whether a name means a folder: one that exists, or one that ends with a separator."""
    return out.endswith(_SEPARATORS) or (bool(out) and Path(out).is_dir())


class Names:
    """Gives each recording of one recorder its file.

    Args:
        out: `RecordOptions.out`.
        runner: Pseudonym of the runner, which becomes part of names of our own.
    """

    def __init__(self, out: str | None, runner: str = "") -> None:
        self._out = out
        self._runner = re.sub(r"[^\w-]+", "-", runner).strip("-")[:40]
        self._used = False

    def check(self) -> None:
        """Refuse, before any port is opened, what cannot be recorded to."""
        if self._out is None:
            return
        with _refusing(self._out):
            if is_folder(self._out):
                _made(Path(self._out))
            else:
                refuse_existing(_possible(Path(self._out)))

    @property
    def folder(self) -> Path | None:
        """Where recordings go, for the space left there; None if nothing is recorded."""
        if self._out is None:
            return None
        return Path(self._out) if is_folder(self._out) else Path(self._out).parent

    @property
    def expected(self) -> str:
        """The file of the first recording if that is settled, else empty."""
        return "" if self._out is None or self._used or is_folder(self._out) else self._out

    def next(self, wanted: str = "", now: datetime | None = None) -> Path | None:
        """Choose the file of the next recording; `taken` says that it was used.

        Args:
            wanted: What was asked for with `start`: a file, a folder, or a bare name in the recorder's own folder.
            now: Local time.

        Returns:
            A path that may be refused as one that exists; None if nothing is recorded. A SessionError says that no file
            can have this name.
        """
        with _refusing(wanted or self._out or ""):
            path = self._chosen(wanted, now)
            return None if path is None else _possible(path)

    def taken(self) -> None:
        """Note that a recording has begun: the name given with the options is used up."""
        self._used = True

    def _chosen(self, wanted: str, now: datetime | None) -> Path | None:
        out = self._placed(wanted) if wanted else self._out
        if out is None:
            return None
        if is_folder(out):
            stem = (now or datetime.now()).strftime("%Y-%m-%d_%H%M%S") + (f"_{self._runner}" if self._runner else "")
            return next(path for path in _numbered(_made(Path(out)) / (stem + SUFFIX)) if _free(path))
        if wanted or not self._used:
            return Path(out)
        return next(path for path in _numbered(Path(out)) if _free(path))

    def _placed(self, wanted: str) -> str:
        """A bare name belongs into the recorder's folder."""
        bare = not wanted.endswith(_SEPARATORS) and Path(wanted).name == wanted
        if not (bare and self._out is not None and is_folder(self._out)):
            return wanted
        return str(_made(Path(self._out)) / (wanted if Path(wanted).suffix else wanted + SUFFIX))


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Say of whatever the system has against a name that it is about the name."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise SessionError(
            _shown(name),
            expected="a name that a session file can have",
            seen=(error.strerror if isinstance(error, OSError) else None) or str(error),
            next_step="Choose another name.",
        ) from error


def _shown(name: str) -> str:
    """A name that may be anything, for a message."""
    shown = name if name.isprintable() else ascii(name)
    return shown if len(shown) <= MOST_SHOWN else shown[: MOST_SHOWN - 1] + "…"


def _possible(path: Path) -> Path:
    """Ask the system about the path and those beside it, which are longer: what it does not understand it refuses."""
    for one in (path, journal_path(path), tmp_path(path)):
        with suppress(FileNotFoundError, NotADirectoryError):
            one.lstat()
    return path


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(_shown(str(folder)), expected="a folder to record into", seen=error.strerror or str(error),
                           next_step="Choose another --out.") from error  # fmt: skip
    return folder


def _numbered(path: Path) -> Iterator[Path]:
    """Give NAME.h5, NAME_2.h5, NAME_3.h5 and so on."""
    yield path
    yield from (path.with_name(f"{path.stem}_{number}{path.suffix}") for number in count(2))


def _free(path: Path) -> bool:
    return not any(taken.exists() for taken in (path, journal_path(path), tmp_path(path)))
