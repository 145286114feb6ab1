"""The append-only journal that a recording is kept in until it ends: CRC per record, nothing ever rewritten.

Record, little-endian: magic, journal id, kind, version, n, payload bytes, seq, time, CRC-32 of all that and of the
payload, payload. The id differs from journal to journal, so that blocks of an older file which a power loss leaves
behind are not taken for records of this one.
"""

import errno
import os
import secrets
import struct
import threading
import time
import zlib
from pathlib import Path

from daq.errors import SessionError
from daq.filelock import LockedFile

MAGIC = b"\x9dSJ\n"
VERSION = 1
MAX_PAYLOAD = 1 << 26
HEAD = struct.Struct("<4sIHHIIQq")  # magic, journal id, kind, version, n, payload bytes, seq, time in Unix ns
CRC = struct.Struct("<I")
SUFFIX = ".journal"

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_write = os.write
_sync = getattr(os, "fdatasync", os.fsync)
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def journal_path(path: Path) -> Path:
    """Name the journal of a session: NAME.h5.journal beside NAME.h5. A SessionError says that it is no file name."""
    if not path.name:
        raise SessionError(str(path), expected="the name of a session file", seen="a directory")
    return path.with_name(path.name + SUFFIX)


def session_path(path: Path) -> Path:
    """Name the session of a path that may be its journal."""
    if not path.name:
        return path
    return path.with_name(path.name.removesuffix(SUFFIX))


def recover_hint(path: Path, error: OSError) -> str:
    """Say what to do after a failed write: nothing is lost as long as the journal is there."""
    first = "free some space" if error.errno in _FULL else "see to the disk"
    return f"All earlier data is kept: {first}, then type `stance recover {session_path(path)}`."


def _why_not_kept(path: Path, error: OSError) -> dict[str, str]:
    return {
        "expected": "a disk that takes what is recorded",
        "seen": error.strerror or str(error),
        "next_step": recover_hint(path, error),
    }


def _why_not_made(path: Path, error: OSError) -> dict[str, str]:
    session = session_path(path)
    if isinstance(error, FileExistsError):
        return {
            "expected": "a new file",
            "seen": "the journal of an unfinished session",
            "next_step": f"Type `stance recover {session}`, or choose another name.",
        }
    return {
        "expected": "a directory to record into",
        "seen": error.strerror or str(error),
        "next_step": f"Make {path.parent} or choose another place with --out.",
    }


def sync_directory(directory: Path) -> None:
    """Make a new or renamed entry of a directory outlive a power loss, where the system can."""
    try:
        fd = os.open(directory, os.O_RDONLY)
    except OSError:  # Windows opens no directories, and needs no such thing
        return
    try:
        os.fsync(fd)
    except OSError:
        pass  # some network drives refuse; the data itself is synced all the same
    finally:
        os.close(fd)


def open_locked(path: Path, *, create: bool = False) -> LockedFile:
    """Open a journal under the lock that says that somebody is at work on it.

    Args:
        path: The journal.
        create: Make it; it must not exist yet.

    Returns:
        The open file; look at `held`.
    """
    flags = _FLAGS | _CLOEXEC | (os.O_CREAT | os.O_EXCL if create else 0)
    return LockedFile(os.open(path, flags, 0o666))


class JournalWriter:
    """Appends records; whatever was appended survives the death of this process at any moment.

    A side thread syncs about once a second, which bounds what a power loss can take. After a failed write or sync
    nothing more is accepted: a recording with a hole in its middle would be worse than a shorter one.

    Args:
        path: The journal; must not exist.
        sync_every_s: Time between syncs.

    Raises:
        SessionError: If the journal exists, or cannot be made here.
    """

    def __init__(self, path: Path, sync_every_s: float = 1.0) -> None:
        self.path = path
        try:
            self._file = open_locked(path, create=True)
        except OSError as error:
            raise SessionError(str(path), **_why_not_made(path, error)) from error
        if not self._file.held:
            self._file.close()
            raise SessionError(str(path), expected="a journal of our own", seen="another process holding it")
        self._id = secrets.randbits(32)
        # Next seq and size of the good part in one object: an interrupt can never separate them.
        self._good = (0, 0)
        self._torn = self._dirty = False
        self._failure: dict[str, str] = {}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._syncer = threading.Thread(target=self._sync_loop, args=(sync_every_s,), name="journal sync", daemon=True)
        sync_directory(path.parent)
        self._syncer.start()

    @property
    def size(self) -> int:
        """Bytes of whole records."""
        return self._good[1]

    def append(self, kind: int, payload: bytes, n: int = 0) -> None:
        """Add one record, whole or not at all.

        Args:
            kind: What it is; 0 to 65535.
            payload: What it holds.
            n: Number of items in it.

        Raises:
            ValueError: If the payload is larger than any reader would believe.
            SessionError: If the disk is full or failing, now or at the last sync, or the journal is closed.
        """
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a record of {len(payload)} bytes; {MAX_PAYLOAD} is the most")
        with self._lock:
            if self._failure:
                raise SessionError(str(self.path), **self._failure)
            if self._torn:  # an interrupt (Ctrl-C) hit the last append
                self._cut_back()
            seq, size = self._good
            head = HEAD.pack(MAGIC, self._id, kind, VERSION, n, len(payload), seq, time.time_ns())
            record = b"".join((head, CRC.pack(zlib.crc32(payload, zlib.crc32(head))), payload))
            self._torn = True
            try:
                self._write_whole(record)
            except OSError as error:
                self._cut_back()
                self._failure = _why_not_kept(self.path, error)
                raise SessionError(str(self.path), **self._failure) from error
            self._good = (seq + 1, size + len(record))
            self._torn = False
            self._dirty = True

    def _write_whole(self, record: bytes) -> None:
        done = _write(self._file.fd, record)
        while done < len(record):
            more = _write(self._file.fd, record[done:])
            if more <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            done += more

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._file.fd, self._good[1])
            self._torn = False
        except OSError:
            pass  # the reader stops at a torn record by itself

    def _sync_loop(self, every_s: float) -> None:
        while not self._stop.wait(every_s):
            if self._dirty:
                self._dirty = False
                try:
                    _sync(self._file.fd)
                except OSError as error:  # raised at the next append: the kernel forgets it after this
                    self._failure = _why_not_kept(self.path, error)
                    return

    def sync(self) -> None:
        """Wait until everything appended so far would outlive a power loss.

        Raises:
            SessionError: If the disk fails, or has failed before.
        """
        if self._failure:
            raise SessionError(str(self.path), **self._failure)
        try:
            _sync(self._file.fd)
        except OSError as error:
            self._failure = _why_not_kept(self.path, error)
            raise SessionError(str(self.path), **self._failure) from error

    def close(self) -> None:
        """Sync and close, keeping the file, and give up the lock. A second call does nothing.

        A sync that fails here raises SessionError like `sync`, unless an earlier failure has been raised already.
        """
        if self._file.fd < 0:
            return
        self._stop.set()
        self._syncer.join()
        try:
            if self._torn:
                self._cut_back()
            if not self._failure:
                self.sync()
        finally:
            self._file.close()
            self._failure = self._failure or {"expected": "an open journal", "seen": "a closed one"}
