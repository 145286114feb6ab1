"""Commands from windows on their way to the recording thread."""

import queue
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
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


class Inbox:
    """Hands commands from any thread to the one that records, which alone touches the recording."""

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def ask(self, name: str, args: dict[str, Any]) -> Answer:
        """Hand a command over and wait; called by the control server's threads.

        Args:
            name: The command.
            args: Its arguments.

        Returns:
            The answer; an error of the command is raised here.

        Raises:
            LinkError: No answer came in time.
        """
        command = Command(name, args, Future())
        self._commands.put(command)
        try:
            return command.future.result(timeout=REPLY_S)
        except TimeoutError:
            command.future.cancel()  # it must not be carried out when nobody expects it any more
            raise LinkError(
                "recorder",
                expected=f"an answer to {name} within {REPLY_S:g} s",
                seen="none",
                next_step="It may be waiting for a silent device; ask for its status.",
            ) from None

    def waiting(self) -> Iterator[Command]:
        """The commands that have come; called by the recording thread."""
        while not self._commands.empty():
            command = self._commands.get()
            if command.future.set_running_or_notify_cancel():
                yield command
