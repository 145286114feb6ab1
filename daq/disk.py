"""How much room there is for a recording."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from daq.clock import host_now

__all__ = ["Disk", "Room"]

EVERY_S = 1.0
FINISHING = 2.0
"""When a session ends, its HDF5 file is written beside the journal and takes up to as much again."""


@dataclass(frozen=True)
class Room:
    """Room on a disk."""

    free_bytes: int
    """Free for this user."""
    left_s: float
    """Recording time until it is full, the finished file included."""


class Disk:
    """Looks at a disk now and then."""

    def __init__(self) -> None:
        self._looked_s = -EVERY_S
        self._folder: Path | None = None
        self._free: int | None = None

    def room(self, folder: Path | None, written_bytes: int, bytes_per_s: float) -> Room | None:
        """Tell how long a recording can go on.

        Args:
            folder: Where it is written; None if it is not.
            written_bytes: Size of its journal so far.
            bytes_per_s: What the journal grows by.

        Returns:
            The room; None if there is no telling.
        """
        free = self._look(folder)
        if free is None or bytes_per_s <= 0:
            return None
        return Room(free, max(0.0, free - written_bytes) / (FINISHING * bytes_per_s))

    def _look(self, folder: Path | None) -> int | None:
        now = host_now()
        if folder != self._folder or now - self._looked_s >= EVERY_S:
            self._folder, self._looked_s = folder, now
            self._free = None if folder is None else _free_bytes(folder)
        return self._free


def _free_bytes(folder: Path) -> int | None:
    """Free bytes where a folder lies, or will lie."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
