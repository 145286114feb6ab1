"""A window's conversation with a recorder, in threads of its own: the window never waits for an answer."""

import queue
import threading
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import Any

from analysis.errors import StanceError
from daq.control import ControlClient
from daq.errors import LinkError
from daq.recorders import RecorderInfo

STATUS_S = 0.25
QUALITY_S = 2.0
ANSWER_S = 2.0
SLOW_ANSWER_S = 30.0
"""A tare takes its time, and so may the quality of a long recording."""


@dataclass(frozen=True)
class Heard:
    """What the recorder said at one moment."""

    status: dict[str, Any]
    """The answer to `status`."""
    happened: list[dict[str, Any]]
    """What was noted in that take."""


class Talk:
    """Asks how the recorder is doing, and hands it commands.

    Args:
        info: The recorder; a LinkError says that it cannot be reached.

    Attributes:
        heard: The newest answer.
        quality: The newest answer to `quality`; empty before the first.
        silent: Whether the last question went without an answer.
        gone: Whether nobody is there any more to answer; it stays so.
    """

    def __init__(self, info: RecorderInfo) -> None:
        with ExitStack() as undo:
            self._asking = undo.enter_context(closing(ControlClient.connect(info)))
            self._judging = undo.enter_context(closing(ControlClient.connect(info)))
            self._telling = undo.enter_context(closing(ControlClient.connect(info)))
            self.facts = self._asking.call("facts", timeout_s=ANSWER_S)
            self.heard = Heard(self._asking.call("status", timeout_s=ANSWER_S), [])
            undo.pop_all()
        self.quality: dict[str, Any] = {}
        self.silent = self.gone = False
        self._info = info
        self._ending = threading.Event()
        self._orders: queue.SimpleQueue[tuple[str, dict[str, str]] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._ask, name="stance-view-asks", daemon=True),
            threading.Thread(target=self._judge, name="stance-view-judges", daemon=True),
            threading.Thread(target=self._tell, name="stance-view-tells", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def status(self) -> dict[str, Any]:
        """The newest answer to `status`."""
        return self.heard.status

    def send(self, command: str, **args: str) -> None:
        """Hand over a command; its answer comes with `answers`."""
        self._orders.put((command, args))

    def answers(self) -> list[tuple[str, str]]:
        """Commands answered since the last call, each with what went wrong, or nothing."""
        found = []
        while not self._answers.empty():
            found.append(self._answers.get())
        return found

    def close(self) -> None:
        """Hang up."""
        self._ending.set()
        self._orders.put(None)
        for line in (self._asking, self._judging, self._telling):
            line.close()
        for thread in self._threads:
            thread.join(ANSWER_S)

    def _ask(self) -> None:
        while not (self.gone or self._ending.wait(STATUS_S)):
            try:
                self._look()
                self.silent = False
            except StanceError as error:
                self.silent = True
                # A recorder that only takes its time keeps the line; where it is cut, by whom?
                cut = isinstance(error.__cause__, EOFError | ConnectionError) and not self._ending.is_set()
                self.gone = cut and not _listens(self._info)

    def _look(self) -> None:
        before, known = self.heard.status["take"], self.heard.happened
        status = self._asking.call("status", timeout_s=ANSWER_S, since=len(known), take=before)
        take = status["take"]
        self.heard = Heard(status, [*(known if take == before else []), *status["happenings"]])

    def _judge(self) -> None:
        """Ask for the quality, which is computed when asked for: a long recording's may take its time."""
        while not self.gone:
            with suppress(StanceError):
                self.quality = self._judging.call("quality", timeout_s=SLOW_ANSWER_S)
            if self._ending.wait(QUALITY_S):
                break

    def _tell(self) -> None:
        while (order := self._orders.get()) is not None:
            command, args = order
            try:
                self._telling.call(command, timeout_s=SLOW_ANSWER_S, **args)
            except StanceError as error:
                self._answers.put((command, str(error)))
            else:
                self._answers.put((command, ""))


def _listens(info: RecorderInfo) -> bool:
    """Whether somebody still waits for calls; one who is slow to greet does."""
    try:
        ControlClient.connect(info).close()
    except LinkError as error:
        return not isinstance(error.__cause__, ConnectionRefusedError | FileNotFoundError)
    return True
