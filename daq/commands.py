"""Commands from windows on their way to the recording thread."""

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from daq.errors import LinkError

REPLY_S = 5.0

Answer = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """One command that waits for its answer."""

    name: str
    """One of `daq.control.COMMANDS`."""
    args: dict[str, Any]
    """Its arguments."""
    future: Future[Answer]
    """Where the answer or the error goes."""
    given_up: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the answer any more: what is still under way for it must not take effect."""


class Inbox:
    """Hands commands from any thread to the one that records, which alone touches the recording."""

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def ask(self, name: str, args: dict[str, Any], *, extra_s: float = 0.0) -> Answer:
        """Hand a command over and wait; called by the control server's threads.

        Args:
            name: The command.
            args: Its arguments.
            extra_s: How much longer than `REPLY_S` it may take.

        Returns:
            The answer; an error of the command is raised here.

        Raises:
            LinkError: No answer came in time.
        """
        command = Command(name, args, Future())
        patience_s = REPLY_S + extra_s
        self._commands.put(command)
        try:
            return command.future.result(timeout=patience_s)
        except TimeoutError:
            command.given_up.set()
            command.future.cancel()  # it must not be carried out when nobody expects it any more
            raise LinkError(
                "recorder",
                expected=f"an answer to {name} within {patience_s:g} s",
                seen="none",
                next_step="It may be waiting for a silent device; ask for its status.",
            ) from None

    def waiting(self) -> Iterator[Command]:
        """The commands that have come; called by the recording thread."""
        while not self._commands.empty():
            command = self._commands.get()
            if command.future.set_running_or_notify_cancel():
                yield command
