"""Messages of the control channel: one JSON object each, never pickle; and what multiprocessing connections lack."""

import json
import os
import socket
import sys
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

import daq.errors
from daq.errors import LinkError, StanceError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    _Base = Connection[Any, Any]
else:
    _Base = object

__all__ = ["COMMANDS", "MAX_REPLY_BYTES", "MAX_REQUEST_BYTES", "Patient", "cut", "describe", "parse", "raise_again"]

COMMANDS = ("status", "facts", "quality", "start", "stop", "tare", "bout", "marker", "note", "foreign", "quit")
MAX_REQUEST_BYTES = 16_384
MAX_REPLY_BYTES = 262_144


class Patient(_Base):
    """A connection whose recv_bytes waits only so long for a message to begin; for the stdlib's challenges.

    Args:
        connection: The connection.
        patience_s: Longest wait, s.
    """

    def __init__(self, connection: Any, patience_s: float) -> None:
        self._connection = connection
        self._patience_s = patience_s

    def __del__(self) -> None:
        """Leave the connection open: it belongs to somebody else."""

    def send_bytes(self, buf: Any, offset: int = 0, size: int | None = None) -> None:
        """Send one message."""
        self._connection.send_bytes(buf, offset, size)

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        """Receive one message.

        Args:
            maxlength: Longest message accepted, bytes.

        Returns:
            The message.

        Raises:
            TimeoutError: Nothing came in time.
        """
        if not self._connection.poll(self._patience_s):
            raise TimeoutError(f"no answer within {self._patience_s:g} s")
        data: bytes = self._connection.recv_bytes(maxlength)
        return data


def cut(connection: Any) -> None:
    """Hang up so that a thread blocked in reading or writing wakes with an error; harmless on a closed connection."""
    with suppress(OSError, ValueError):
        if sys.platform == "win32":
            connection.close()
        else:
            # closing the descriptor would leave the blocked thread asleep, and let its number be reused under it
            with socket.socket(fileno=os.dup(connection.fileno())) as twin:
                twin.shutdown(socket.SHUT_RDWR)


def parse(request: bytes) -> tuple[str, dict[str, Any], int | None]:
    """Read a request.

    Args:
        request: One message of a client.

    Returns:
        Command, its arguments, and the number that the answer echoes.

    Raises:
        LinkError: It is no request, or the command is unknown.
    """
    try:
        message = json.loads(request)
        command, args, number = message["command"], message.get("args", {}), message.get("id")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        command, args, number = None, None, None
    if not (isinstance(command, str) and isinstance(args, dict) and isinstance(number, int | None)):
        raise LinkError(
            "control channel",
            expected='one JSON object {"id": 1, "command": "marker", "args": {"text": "..."}}',
            seen=repr(request[:60]),
        )
    if command not in COMMANDS:
        near = get_close_matches(command, COMMANDS, 1)
        raise LinkError(
            "control channel",
            expected="one of " + ", ".join(COMMANDS),
            seen=repr(command[:60]),
            next_step=f"Did you mean {near[0]}?" if near else "",
        )
    return command, args, number


def describe(error: StanceError) -> dict[str, str]:
    """Put an error into an answer."""
    kind = next(c.__name__ for c in type(error).__mro__ if c is StanceError or hasattr(daq.errors, c.__name__))
    parts = {"where": error.where, "expected": error.expected, "seen": error.seen, "next_step": error.next_step}
    return {"kind": kind} | {name: str(text)[:2000] for name, text in parts.items()}


def raise_again(where: str, error: dict[str, str]) -> NoReturn:
    """Raise the error of an answer; `where` stands in if the recorder failed without saying where."""
    kind = getattr(daq.errors, error.get("kind", ""), None)
    if isinstance(kind, type) and issubclass(kind, StanceError):
        raise kind(error["where"], expected=error["expected"], seen=error["seen"], next_step=error["next_step"])
    raise StanceError(
        where,
        expected="the recorder to carry out the command",
        seen=error.get("text", "a fault in the recorder"),
        next_step="This is our fault: please report it with the recorder's output.",
    )
