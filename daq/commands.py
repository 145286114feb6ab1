"""Commands from windows on their way to the recording thread."""

import queue
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

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
        """
        command = Command(name, args, Future())
        self._commands.put(command)
        return command.future.result(timeout=REPLY_S)

    def waiting(self) -> Iterator[Command]:
        """The commands that have come; called by the recording thread."""
        while not self._commands.empty():
            yield self._commands.get()
