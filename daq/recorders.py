"""Who is recording: a small file per running recorder, in a directory that only its user can read."""

import getpass
import json
import os
import re
import secrets
import socket
import stat
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from daq.errors import LinkError

__all__ = ["FAMILY", "RecorderInfo", "new_address", "publish", "retract", "running_recorders", "runtime_directory"]

FAMILY = "AF_PIPE" if sys.platform == "win32" else "AF_UNIX"


@dataclass(frozen=True)
class RecorderInfo:
    """One running recorder, as it published itself.

    Attributes:
        pid: Process id.
        address: Where its `ControlServer` listens (socket path or pipe name).
        authkey: Shared secret of its channel.
        session: Path of the session being recorded; empty if none.
        rings: Names of its shared-memory rings.
        started_unix_s: Wall-clock time at which it was published, s.
        file: The file it was read from.
    """

    pid: int
    address: str
    authkey: bytes = field(repr=False)
    session: str
    rings: tuple[str, ...]
    started_unix_s: float
    file: Path


def runtime_directory() -> Path:
    """Give the private directory of this user's recorders, created if need be.

    Returns:
        `stance-<user>` in the system's temporary directory; on POSIX owned by the user, mode 0700. A LinkError says
        that it belongs to someone else.
    """
    directory = Path(tempfile.gettempdir()) / f"stance-{_user()}"
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    if sys.platform != "win32":
        _make_private(directory)
    return directory


def new_address() -> str:
    """Give an unused address for a listener: a socket path in the private directory, or a pipe name on Windows."""
    name = f"{os.getpid()}-{secrets.token_hex(4)}"
    return rf"\\.\pipe\stance-{name}" if FAMILY == "AF_PIPE" else str(runtime_directory() / f"{name}.sock")


def publish(
    file: Path, *, address: str, authkey: bytes, session: str, rings: Sequence[str], started_unix_s: float
) -> None:
    """Write a recorder's file, readable by its user only and never seen half written.

    Args:
        file: The file, in `runtime_directory()`.
        address: Where the recorder listens.
        authkey: Shared secret of the channel.
        session: Path of the session; empty if none.
        rings: Names of the rings.
        started_unix_s: Wall-clock time of the recorder's start, s.
    """
    record = {
        "pid": os.getpid(),
        "address": address,
        "authkey": authkey.hex(),
        "session": session,
        "rings": list(rings),
        "started_unix_s": started_unix_s,
    }
    partial = file.with_suffix(f".{secrets.token_hex(4)}.tmp")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(record, out)
    partial.replace(file)


def retract(file: Path) -> None:
    """Remove a recorder's file, and its socket if that lies beside it; neither need exist."""
    with suppress(OSError, LinkError):
        address = Path(_read(file).address)
        if address.parent == file.parent:
            address.unlink(missing_ok=True)
    with suppress(OSError):
        file.unlink(missing_ok=True)


def running_recorders() -> list[RecorderInfo]:
    """List this user's running recorders, and clear away the files of dead ones.

    Returns:
        Recorders in the order of their start.
    """
    running = []
    for file in runtime_directory().glob("*.json"):
        try:
            info = _read(file)
        except (OSError, LinkError):
            continue  # just removed by its owner, or not ours
        if _alive(info):
            running.append(info)
        else:
            retract(file)
    return sorted(running, key=lambda info: info.started_unix_s)


def _read(file: Path) -> RecorderInfo:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return RecorderInfo(
            pid=int(record["pid"]),
            address=str(record["address"]),
            authkey=bytes.fromhex(record["authkey"]),
            session=str(record["session"]),
            rings=tuple(str(name) for name in record["rings"]),
            started_unix_s=float(record["started_unix_s"]),
            file=file,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LinkError(
            str(file),
            expected="the address of a recorder",
            seen=f"something else ({type(error).__name__})",
            next_step="Give the path of the session that is being recorded, or nothing.",
        ) from error


def _user() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in a bare container
        name = str(os.getuid()) if sys.platform != "win32" else "user"
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


if sys.platform == "win32":

    def _alive(info: RecorderInfo) -> bool:
        """Whether the process lives. os.kill(pid, 0) would end it on Windows, hence the long way."""
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(0x1000, False, info.pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return ctypes.get_last_error() == 5  # ERROR_ACCESS_DENIED: it exists
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == 259  # STILL_ACTIVE

else:

    def _alive(info: RecorderInfo) -> bool:
        """Whether somebody listens. Asked of the socket, not of the pid: pids are reused and differ in containers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            try:
                probe.connect(info.address)
            except BlockingIOError:  # its queue is full: busy, not dead
                return True
            except OSError:
                return False
        return True

    def _make_private(directory: Path) -> None:
        entry = os.lstat(directory)
        if not stat.S_ISDIR(entry.st_mode) or entry.st_uid != os.geteuid():
            raise LinkError(
                str(directory),
                expected="a directory of your own",
                seen=f"something that belongs to user {entry.st_uid}",
                next_step="Remove it, or set TMPDIR to a directory of your own.",
            )
        if entry.st_mode & 0o077:
            directory.chmod(0o700)
