"""The recorder's end of the control channel.

Each client has a thread of its own, so that a slow, silent or rude one holds up nobody: not the recorder, not another
client.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

from daq.channel import MAX_REPLY_BYTES, MAX_REQUEST_BYTES, Patient, cut, describe, parse
from daq.errors import LinkError, StanceError
from daq.recorders import FAMILY, new_address, publish, runtime_directory

__all__ = ["ControlServer", "Handler"]

MAX_CLIENTS = 32
STUCK_S = 2.0
"""A client in the middle of a message for longer than this gives up its place when places run out."""

Handler = Callable[[str, dict[str, Any]], dict[str, Any]]
_log = logging.getLogger(__name__)


class _Visitor:
    """One connected client."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.busy_since_s: float | None = time.monotonic()

    def stuck(self) -> bool:
        return self.busy_since_s is not None and time.monotonic() - self.busy_since_s > STUCK_S


class ControlServer:
    """The recorder's end: answers commands and publishes where it listens.

    Args:
        handler: Called with a command of COMMANDS and its arguments, by a thread per client and perhaps by several at
            once. What it returns goes to the client (JSON, no NaN); a StanceError it raises is raised again there.
        session: Path of the session being recorded; empty if none.
        rings: Names of the shared-memory rings.

    Raises:
        LinkError: The private directory cannot be used.
    """

    def __init__(self, handler: Handler, session: str | Path = "", rings: Sequence[str] = ()) -> None:
        self._handler = handler
        self._visitors: set[_Visitor] = set()
        self._closing = False
        self._authkey = secrets.token_bytes(32)
        self._started_unix_s = time.time()
        self.address = new_address()
        try:
            self._listener = Listener(self.address, FAMILY, backlog=MAX_CLIENTS)
        except OSError as error:
            raise LinkError(
                self.address,
                expected="a place for the control channel",
                seen=str(error),
                next_step="Set TMPDIR to a short, writable directory (a socket path has at most 104 bytes).",
            ) from error
        self.file = runtime_directory() / f"{secrets.token_hex(8)}.json"
        self._thread = threading.Thread(target=self._accept, name="stance-control", daemon=True)
        self._thread.start()
        self.publish(session, rings)

    def publish(self, session: str | Path = "", rings: Sequence[str] = ()) -> None:
        """Tell other processes what is recorded now; call again when it changes.

        Args:
            session: Path of the session being recorded; empty if none.
            rings: Names of the shared-memory rings.
        """
        where = str(Path(session).absolute()) if session else ""
        publish(
            self.file,
            address=self.address,
            authkey=self._authkey,
            session=where,
            rings=rings,
            started_unix_s=self._started_unix_s,
        )

    def close(self) -> None:
        """Withdraw the publication, part from every client and stop listening; may be called twice."""
        if self._closing:
            return
        self._closing = True
        self.file.unlink(missing_ok=True)
        for visitor in tuple(self._visitors):
            cut(visitor.connection)
        with suppress(OSError):
            Client(self.address, FAMILY).close()  # accept() wakes up for nothing less
        self._thread.join(1.0)
        self._listener.close()

    def __enter__(self) -> "ControlServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection = self._listener.accept()
            except OSError:
                time.sleep(0.05)  # out of file descriptors, or a client that left at once
                continue
            if self._closing or not self._room():
                connection.close()
                continue
            visitor = _Visitor(connection)
            self._visitors.add(visitor)
            threading.Thread(target=self._attend, args=(visitor,), name="stance-control-client", daemon=True).start()

    def _room(self) -> bool:
        if len(self._visitors) < MAX_CLIENTS:
            return True
        for visitor in tuple(self._visitors):
            if visitor.stuck():
                cut(visitor.connection)
                self._visitors.discard(visitor)
        return len(self._visitors) < MAX_CLIENTS

    def _attend(self, visitor: _Visitor) -> None:
        connection = visitor.connection
        try:
            deliver_challenge(Patient(connection, STUCK_S), self._authkey)
            answer_challenge(Patient(connection, STUCK_S), self._authkey)
            while not self._closing:
                visitor.busy_since_s = None
                connection.poll(None)
                visitor.busy_since_s = time.monotonic()
                connection.send_bytes(self._reply(connection.recv_bytes(MAX_REQUEST_BYTES)))
        except (EOFError, OSError, AuthenticationError):
            pass  # it left, or was never one of us
        finally:
            self._visitors.discard(visitor)
            connection.close()

    def _reply(self, request: bytes) -> bytes:
        number = None
        try:
            command, args, number = parse(request)
            body = {"id": number, "result": self._handler(command, args)}
            reply = json.dumps(body, allow_nan=False).encode()
            if len(reply) > MAX_REPLY_BYTES:
                msg = f"the answer to {command} has {len(reply)} bytes"
                raise ValueError(msg)
        except StanceError as error:
            return json.dumps({"id": number, "error": describe(error)}).encode()
        except Exception as error:
            _log.exception("control command failed")
            return json.dumps({"id": number, "error": {"kind": "internal", "text": repr(error)[:1000]}}).encode()
        return reply
