"""Files for other programs: all of them are there, whole, or none is; one that exists is never overwritten."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from daq.errors import FormatError


class NewFiles:
    """A context in which files are written beside their places; at its end all take them, after an error none.

    Attributes:
        paths: The files begun so far, in order.
    """

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._open: list[tuple[IO[bytes], Path, Path]] = []

    def begin(self, path: Path) -> IO[bytes]:
        """Begin a file.

        Args:
            path: Where it shall be.

        Returns:
            The stream to write it to; it is closed with the context.

        Raises:
            FormatError: The file exists, or its directory cannot be written to.
        """
        refuse_existing_file(path)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            stream = beside.open("w+b")
        except OSError as error:
            raise FormatError(str(path), **_cannot(error)) from error
        self._open.append((stream, beside, path))
        self.paths.append(path)
        return stream

    def __enter__(self) -> "NewFiles":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._place()
            elif isinstance(error, OSError) and self.paths:
                raise FormatError(str(self.paths[-1]), **_cannot(error)) from error
        finally:
            for stream, beside, _path in self._open:
                with suppress(OSError):
                    stream.close()
                with suppress(OSError):
                    beside.unlink(missing_ok=True)

    def _place(self) -> None:
        placed: list[Path] = []
        try:
            for stream, _, _ in self._open:
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()
            for _, beside, path in self._open:
                refuse_existing_file(path)
                beside.replace(path)
                placed.append(path)
        except (OSError, FormatError) as error:
            for path in placed:
                path.unlink(missing_ok=True)
            if isinstance(error, FormatError):
                raise
            raise FormatError(str(self.paths[len(placed)]), **_cannot(error)) from error


def refuse_existing_file(path: Path) -> None:
    """Refuse to write where a file is.

    Args:
        path: The file.

    Raises:
        FormatError: There is one, or no directory for it.
    """
    if path.exists() or path.is_symlink():
        raise FormatError(str(path), expected="a new file to write", seen="one of that name",
                          next_step="Choose another name with -o, or remove it.")  # fmt: skip
    if not path.parent.is_dir():
        raise FormatError(str(path), expected="a directory to write in", seen=f"no directory {path.parent}",
                          next_step="Make it, or choose another -o.")  # fmt: skip


def write_text_rows(stream: IO[bytes], row: str, values: Any) -> None:
    """Write rows of numbers as text: one format for all of them at once, several times faster than row by row.

    Args:
        stream: Where to.
        row: %-format of one row, line end included.
        values: (rows, columns) numbers; NaN is written as NaN, which spreadsheets, R and MATLAB know.
    """
    text = (row * len(values)) % tuple(values.ravel().tolist())
    stream.write(text.replace("nan", "NaN").encode("ascii"))


def _cannot(error: OSError) -> dict[str, str]:
    """What to say where writing failed."""
    return {
        "expected": "a file that can be written",
        "seen": error.strerror or str(error),
        "next_step": "Make room, or choose another -o.",
    }
