"""Calibration files on disk: a new one is there whole or not at all, and the older one is kept."""

from datetime import datetime
from pathlib import Path

from daq.calibration_read import load_calibration
from daq.errors import RigError
from daq.replace_file import replace_file


def replace_calibration(path: Path, text: str) -> None:
    """Write beside, then put in place; the older file keeps a name with the day it was made.

    Args:
        path: The file.
        text: What is to be in it.

    Raises:
        RigError: It cannot be written; nothing has changed then.
    """
    try:
        replace_file(path, text, before=lambda: keep_older(path))
    except OSError as error:
        raise RigError(
            str(path),
            expected="a calibration file that can be written",
            seen=error.strerror or str(error),
            next_step="The older file, if there is one, is as it was.",
        ) from error


def keep_older(path: Path) -> None:
    """Copy the file that is there, if there is one, to a name of its own with its day.

    Args:
        path: The file, a calibration or the plan of one.

    Raises:
        OSError: It cannot be copied.
    """
    if not path.is_file():
        return
    data = path.read_bytes()
    for number in range(1, 1_000):
        day = _day_of(path) + (f"-{number}" if number > 1 else "")
        kept = path.with_name(f"{path.name.removesuffix('.toml')}.{day}.toml")
        try:
            with kept.open("xb") as stream:
                stream.write(data)
        except FileExistsError:
            if kept.read_bytes() != data:
                continue
        return
    raise OSError(f"a thousand older files of {path.name}")


def _day_of(path: Path) -> str:
    """The day a calibration was made; of a file that cannot be read, the day it was last written."""
    try:
        return load_calibration(path).made_on
    except RigError:
        return datetime.fromtimestamp(path.stat().st_mtime).astimezone().strftime("%Y-%m-%d")
