"""One lock on an open file, on every system. The only file here that speaks to fcntl and msvcrt.

The lock goes when the process does, however it dies, so a killed recorder never leaves one behind.
"""

import errno
import os
import sys
import weakref

_BUSY = {errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
# Windows locks bytes, and nobody may read a locked byte: lock one that no journal will ever reach.
_FAR_AWAY = 1 << 62


class LockedFile:
    """An open file descriptor that a forked child does not carry on, so that the lock dies with its owner.

    Args:
        fd: An open file descriptor; it belongs to this object from now on.

    Attributes:
        fd: The descriptor, or -1 after `close`.
        held: Whether the lock is ours. On file systems without locks nobody can hold one; then it is True.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.held = _try_lock(fd)
        _open_files.add(self)

    def close(self) -> None:
        """Close the file and with it give up the lock; a second call does nothing."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


_open_files: "weakref.WeakSet[LockedFile]" = weakref.WeakSet()


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            at = os.lseek(fd, 0, os.SEEK_CUR)
            os.lseek(fd, _FAR_AWAY, os.SEEK_SET)
            try:
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(fd, at, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY  # some network drives know no locks: recording there must still work
    return True


def _forget_in_child() -> None:
    for file in list(_open_files):
        file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
