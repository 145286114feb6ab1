"""Text files of a rig, its description and its calibration: read from disk and understood as TOML, or refused."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daq.errors import RigError

MAX_BYTES = 1_000_000


def read_text(path: Path, *, most_bytes: int = MAX_BYTES) -> str:
    """Read a text file word for word.

    Args:
        path: The file.
        most_bytes: A larger file is not one of ours.

    Returns:
        Its text, without a byte order mark.

    Raises:
        RigError: It cannot be read, is too large, or is no text.
    """
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise RigError(str(path), expected="a text file of a few kilobytes", seen=f"{size / 1e6:.1f} MB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RigError(str(path), expected="a readable file", seen=error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        seen = f"a byte 0x{error.object[error.start]:02x} at {error.start}"
        raise RigError(str(path), expected="UTF-8 text", seen=seen) from None


def parse_toml(text: str, where: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Understand TOML.

    Args:
        text: The file's content.
        where: Its path or name, for messages.
        parse_float: Makes a number of each text with a point or an exponent.

    Returns:
        Its content.

    Raises:
        RigError: The text is no TOML; says the line.
    """
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        line = re.match(r"line (\d+), column", place)
        if line:
            message += f" in: {text.splitlines()[int(line[1]) - 1].strip()[:80]}"
        raise RigError(f"{where}, {place.rstrip(')')}", expected="TOML", seen=message) from None
    except RecursionError:
        raise RigError(where, expected="TOML", seen="brackets nested too deep") from None
