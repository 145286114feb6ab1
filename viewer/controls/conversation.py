"""Commands on their way to a recorder and back: what was asked, and what to tell people of the answer. No Qt."""

import time
from dataclasses import dataclass

from viewer.source import Commands

PATIENCE_S = 35.0
"""A command that long without an answer is given up; the channel itself waits 30 s for a tare."""


@dataclass(frozen=True)
class Said:
    """An answer in words."""

    command: str
    """Which command."""
    done: bool
    """Whether it was carried out."""
    text: str
    """For people."""


@dataclass(frozen=True)
class _Asked:
    """A command without its answer."""

    command: str
    done: str
    failed: str
    at_s: float


class Conversation:
    """Keeps what each answer is waited for; answers come in the order of the questions."""

    def __init__(self) -> None:
        self._asked: list[_Asked] = []

    def send(self, commands: Commands, command: str, done: str, failed: str, **args: str) -> None:
        """Give a command.

        Args:
            commands: The way to the recorder.
            command: Its name.
            done: What to say when it is carried out.
            failed: What to say otherwise, before the reason.
            **args: Arguments of the command.
        """
        self._asked.append(_Asked(command, done, failed, time.monotonic()))
        commands.send(command, **args)

    def waits_for(self, *names: str) -> bool:
        """Whether one of these commands is still without an answer."""
        return any(asked.command in names for asked in self._asked)

    def listen(self, commands: Commands) -> list[Said]:
        """Take in the answers.

        Args:
            commands: The way to the recorder.

        Returns:
            Those that have come since the last call, and a word on each that never came.
        """
        said = []
        for command, wrong in commands.answers():
            asked = next((one for one in self._asked if one.command == command), None)
            if asked is not None:
                self._asked.remove(asked)
            if wrong:
                reason = wrong.removeprefix(f"{command}: ")
                said.append(Said(command, False, f"{asked.failed if asked else command}: {reason}"))
            elif asked is not None:
                said.append(Said(command, True, asked.done))
        return said + self._given_up()

    def forget(self) -> None:
        """Wait for nothing any more: the recorder is another one, or gone."""
        self._asked.clear()

    def _given_up(self) -> list[Said]:
        late = [one for one in self._asked if time.monotonic() - one.at_s > PATIENCE_S]
        self._asked = [one for one in self._asked if one not in late]
        return [Said(one.command, False, f"{one.failed}: the recorder did not answer") for one in late]
