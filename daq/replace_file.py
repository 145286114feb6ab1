"""A file that is there whole or not at all: written beside the old one, safely on the disk, then put in its place."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: Path, content: str | bytes, before: Callable[[], object] | None = None) -> None:
    """Write a file in one step; whatever goes wrong leaves the old one as it was.

    Args:
        path: The file, there or not. An OSError says why it cannot be written.
        content: What it shall hold; text is written in UTF-8 with the line ends that it has.
        before: Is called when all is on the disk, just before the old file goes.
    """
    target = path.resolve()  # behind a link: a rename works only within one disk, and the link shall stay one
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        if before is not None:
            before()
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
