"""A file that HDF5 can write to without ever learning that the disk is full.

Told of a failed write, HDF5 raises at flush and at close and then takes the interpreter down with a segmentation
fault. So this file keeps the first error to itself, keeps what follows in memory until HDF5 has closed in peace, and
lets the caller ask for the error.
"""

import errno
import os
from pathlib import Path
from typing import Any

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_write = os.write
_sync = os.fsync


class GuardedFile:
    """A new file for `h5py.File(file, "w")`; call `check` often, so that little has to be kept in memory.

    Args:
        path: The file; must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, _FLAGS, 0o666)
        self._at = self._size = 0
        self._error: BaseException | None = None
        self._kept: list[tuple[int, bytes]] = []  # what could not be written: place and bytes

    def check(self) -> None:
        """Raise the first error of the disk (or an interrupt that came during a write), if there was one."""
        if self._error is not None:
            raise self._error

    def seek(self, to: int, whence: int = os.SEEK_SET) -> int:
        """Move, as files do."""
        self._at = to + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Give the place in the file."""
        return self._at

    def write(self, data: Any) -> int:
        """Write all of a buffer, or remember why not and keep it."""
        rest = bytes(data)
        if self._error is None:
            try:
                os.lseek(self._fd, self._at, os.SEEK_SET)
                done = 0
                while done < len(rest):
                    more = _write(self._fd, rest[done:] if done else rest)
                    if more <= 0:
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    done += more
            except BaseException as error:  # an interrupt (Ctrl-C) included
                self._error = error
        if self._error is not None:
            self._kept.append((self._at, rest))
        self._at += len(rest)
        self._size = max(self._size, self._at)
        return len(rest)

    def read(self, size: int) -> bytes:
        """Read back what was written or kept; zeros where nothing was."""
        out = bytearray(size)
        try:
            os.lseek(self._fd, self._at, os.SEEK_SET)
            done = 0
            while piece := os.read(self._fd, size - done):
                out[done : done + len(piece)] = piece
                done += len(piece)
        except OSError as error:
            self._error = self._error or error
        for at, kept in self._kept:
            first, last = max(at, self._at), min(at + len(kept), self._at + size)
            if first < last:
                out[first - self._at : last - self._at] = kept[first - at : last - at]
        self._at += size
        return bytes(out)

    def truncate(self, size: int) -> int:
        """Cut or extend to a size."""
        self._size = size
        if self._error is None:
            try:
                os.ftruncate(self._fd, size)
            except OSError as error:
                self._error = error
        return size

    def flush(self) -> None:
        """Do nothing: there is no buffer; see `sync`."""

    def sync(self) -> None:
        """Wait until the file would outlive a power loss; raises what `check` raises, and OSError."""
        self.check()
        _sync(self._fd)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
