"""A local command channel: the only way a window starts, stops, tares or marks a recorder in another process.

The recorder holds a `ControlServer`, a window a `ControlClient`; they find each other by a file (`running_recorders`).
"""

import json
import threading
import time
from contextlib import ExitStack
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any, NoReturn

from daq.channel import COMMANDS, MAX_REPLY_BYTES, MAX_REQUEST_BYTES, Patient, cut, raise_again
from daq.control_server import ControlServer, Handler
from daq.errors import LinkError
from daq.recorders import FAMILY, RecorderInfo, running_recorders

__all__ = ["COMMANDS", "ControlClient", "ControlServer", "Handler", "RecorderInfo", "running_recorders"]


class ControlClient:
    """A window's end of the channel; may be shared by threads. Made by `ControlClient.connect`."""

    def __init__(self, info: RecorderInfo, connection: Any) -> None:
        self.info = info
        self._connection = connection
        self._number = 0
        self._lock = threading.Lock()

    @classmethod
    def connect(cls, where: str | Path | RecorderInfo | None = None, timeout_s: float = 2.0) -> "ControlClient":
        """Connect to a running recorder.

        Args:
            where: A `RecorderInfo`, its file, or the path of the session being recorded; None takes the only recorder.
            timeout_s: How long to wait for the recorder's side of the greeting, s.

        Returns:
            The connected client. A LinkError says: no such recorder, several to choose from, or no answer.
        """
        info = where if isinstance(where, RecorderInfo) else _find(where)
        try:
            with ExitStack() as undo:
                connection = undo.enter_context(Client(info.address, FAMILY))
                answer_challenge(Patient(connection, timeout_s), info.authkey)
                deliver_challenge(Patient(connection, timeout_s), info.authkey)
                undo.pop_all()
        except (EOFError, OSError, AuthenticationError) as error:
            _lost(info, error)
        return cls(info, connection)

    def call(self, command: str, *, timeout_s: float = 10.0, **args: Any) -> dict[str, Any]:
        """Give a command and wait for the answer.

        Args:
            command: One of COMMANDS.
            timeout_s: How long to wait for the answer, s.
            **args: Arguments of the command, JSON values.

        Returns:
            What the recorder's handler returned. What it raised is raised here (same class); a LinkError says: unknown
            command, request too long, no answer in time, or recorder gone.
        """
        with self._lock:
            try:
                reply = self._exchange(command, args, timeout_s)
            except (EOFError, OSError, ValueError, TypeError, KeyError) as error:
                _lost(self.info, error)
        if "error" in reply:
            raise_again(self.info.session or self.info.address, reply["error"])
        return dict(reply["result"])

    def close(self) -> None:
        """Hang up; may be called twice. A thread that waits for an answer is told that there will be none."""
        cut(self._connection)
        self._connection.close()

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, command: str, args: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self._number += 1
        request = json.dumps({"id": self._number, "command": command, "args": args}, allow_nan=False).encode()
        if len(request) > MAX_REQUEST_BYTES:
            raise LinkError(
                command,
                expected=f"a command of at most {MAX_REQUEST_BYTES} bytes",
                seen=f"{len(request)} bytes",
                next_step="Shorten the text.",
            )
        until_s = time.monotonic() + timeout_s
        self._connection.send_bytes(request)
        while True:
            patient = Patient(self._connection, max(0.0, until_s - time.monotonic()))
            reply = json.loads(patient.recv_bytes(MAX_REPLY_BYTES))
            if reply["id"] in (self._number, None):  # else: the late answer to a call that was given up
                return dict(reply)


def _find(where: str | Path | None) -> RecorderInfo:
    running = running_recorders()
    wanted = None if where is None else Path(where).absolute()
    found = [r for r in running if wanted is None or r.file.absolute() == wanted or _same(r.session, wanted)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(r.session or f"process {r.pid}" for r in running)
    raise LinkError(
        str(where or "recorder"),
        expected="one running recorder" + (f" of {where}" if where else ""),
        seen=f"{len(found) or 'none'}" + (f" (running: {names})" if names else ""),
        next_step="Name the session to attach to." if names else "Start one: stance record -o FILE",
    )


def _same(session: str, wanted: Path) -> bool:
    return bool(session) and Path(session).resolve() == wanted.resolve()


def _lost(info: RecorderInfo, error: BaseException) -> NoReturn:
    raise LinkError(
        info.session or info.address,
        expected=f"an answer of the recorder (process {info.pid})",
        seen=str(error) or type(error).__name__,
        next_step="If the recorder died, the session is safe: stance recover SESSION.",
    ) from error
