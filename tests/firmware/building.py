"""One build at a time, however many processes run tests side by side."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUILD = Path(__file__).parents[2] / "firmware_arduino" / "build"


@contextmanager
def alone() -> Iterator[None]:
    """Waits until nobody else builds; the lock goes with the process, however it dies."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
