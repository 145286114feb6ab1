"""Carries out the commands of windows; in the recording thread, which alone touches the recording."""

from collections.abc import Callable
from typing import Any

from daq.clock import host_now
from daq.commands import Command, Inbox
from daq.errors import LinkError, SessionError
from daq.foreign import foreign_marks
from daq.quality_watch import QualityWatch
from daq.recording_names import Names
from daq.status import StatusDesk
from daq.take import Mark, refuse_existing
from daq.takes import Takes
from daq.taring import Taring, tare_seconds

__all__ = ["Desk"]

WATCHED_S = 2.0
"""A window that asked for the status this long ago is still there."""
MOST_TEXT = 4000
"""Characters of a marker, note or name."""


class Desk:
    """Knows every command.

    Args:
        inbox: Where commands come in.
        takes: What is recorded.
        taring: The tare under way.
        names: Where recordings go.
        status: Says how it goes.
        facts: Answer to the command `facts`.
    """

    def __init__(
        self, inbox: Inbox, takes: Takes, taring: Taring, names: Names, status: StatusDesk, facts: dict[str, Any]
    ) -> None:
        self._inbox, self._takes, self._taring, self._names = inbox, takes, taring, names
        self._status, self._facts = status, facts
        self._quality = QualityWatch()
        self._watched_s = -WATCHED_S
        self.on_start: Callable[[], None] = _nothing
        """Called when a recording has begun."""
        self.on_stop: Callable[[], None] = _nothing
        """Called to end the recording."""
        self.on_quit: Callable[[], None] = _nothing
        """Called to end the recorder."""

    @property
    def watched(self) -> bool:
        """Whether somebody looks on."""
        return host_now() - self._watched_s < WATCHED_S

    def obey(self) -> None:
        """Carry out what has come in."""
        for command in self._inbox.waiting():
            try:
                answer = self._carry_out(command)
            except Exception as error:  # be it our fault: who asked hears of it and logs it, the recording goes on
                command.future.set_exception(error)
            else:
                if answer is not None:
                    command.future.set_result(answer)

    def dismiss(self) -> None:
        """Answer whoever still waits when the recorder is over."""
        over = LinkError("recorder", expected="a running recorder", seen="one that has ended")
        for command in self._inbox.waiting():
            command.future.set_exception(over)
        self._taring.dismiss(over)
        self._quality.close()

    def start(self, out: str = "", bout: str = "") -> None:
        """Begin a recording.

        Args:
            out: File, folder, or name in the recorder's folder; empty takes what the options say.
            bout: Name of the bout with which it begins; empty takes the one named meanwhile, if any.

        Raises:
            SessionError: One is under way, or its file cannot be made; then everything stays as it is.
        """
        if self._takes.recording:
            raise SessionError(
                str(self._takes.current.path or "recorder"),
                expected="a recorder that is waiting",
                seen="one that records already",
                next_step="Stop it first.",
            )
        path = self._names.next(out)
        if path is not None:
            refuse_existing(path)
        self._takes.record(path, bout)
        self._names.taken()
        self.on_start()

    def _carry_out(self, command: Command) -> dict[str, Any] | None:
        """The answer, or None if it comes later."""
        name, args = command.name, command.args
        if name == "facts":
            return self._facts
        if name == "quality":
            self._quality.ask(command, self._takes.current, self._takes.number, self._news(args))
            return None
        if name == "tare":
            self._taring.begin(command, tare_seconds(args))
            return None
        self._do(name, args)
        return self._status.answer() | self._news(args)

    def _do(self, name: str, args: dict[str, Any]) -> None:
        """What is done at once."""
        if name == "status" and args.get("watching", True):
            self._watched_s = host_now()
        elif name == "start":
            self.start(_text(args, "out"), _text(args, "bout"))
        elif name == "stop":
            self.on_stop()
        elif name == "quit":
            self.on_quit()
        elif name == "bout":
            self._takes.name_bout(_text(args, "name"))
        elif name == "foreign":
            for mark, host_s in foreign_marks(args):
                self._takes.mark_at(mark, host_s)
        elif name in ("marker", "note"):
            self._takes.current.mark(Mark(name, _text(args, "text")))

    def _news(self, args: dict[str, Any]) -> dict[str, Any]:
        """What happened since a window last asked; of another take it knows nothing yet."""
        if "since" not in args:
            return {}
        since, take = args["since"], args.get("take", self._takes.number)
        known = since if isinstance(since, int) and take == self._takes.number else 0
        return self._takes.current.happenings.page(known)


def _text(args: dict[str, Any], name: str) -> str:
    value = args.get(name)
    return "" if value is None else str(value)[:MOST_TEXT]


def _nothing() -> None:
    pass
