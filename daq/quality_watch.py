"""The quality of a recording under way, for windows: computed beside the recording, and once for all who ask."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from daq.analyser import Analyser
from daq.clock import host_now
from daq.commands import Answer, Command
from daq.quality import session_lights
from daq.session_format import Gaps, plain
from daq.take import Take

__all__ = ["QualityWatch"]

EVERY_S = 2.0


class QualityWatch:
    """Answers the command `quality`. All but the computing itself happens in the recording thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "stance-quality")
        self._take = -1
        self._asked_s = 0.0
        self._answer: Future[Answer] | None = None

    def ask(self, command: Command, take: Take, number: int, news: Answer) -> None:
        """Let a command be answered, now or as soon as the answer is there.

        Args:
            command: The command.
            take: What it is about.
            number: Number of the take.
            news: What else belongs into the answer.
        """
        now = host_now()
        if self._answer is None or number != self._take or now - self._asked_s > EVERY_S:
            self._take, self._asked_s = number, now
            self._answer = self._pool.submit(_quality, take.analyser.frozen(), take.rows, take.gaps, number)
        self._answer.add_done_callback(lambda done: _pass_on(done, command, news))

    def close(self) -> None:
        """Wait for what is under way, and end."""
        self._pool.shutdown(wait=True)


def _quality(analyser: Analyser, frames: int, gaps: Gaps, number: int) -> Answer:
    lights = session_lights(analyser, frames=frames, gaps=gaps)
    answer: dict[str, Any] = plain({
        "take": number, "lights": [asdict(light) for light in lights], "missing": analyser.missing,
        "doubtful": analyser.doubtful(lights),
    })  # fmt: skip
    return answer


def _pass_on(done: Future[Answer], command: Command, news: Answer) -> None:
    error = done.exception()
    if error is None:
        command.future.set_result(done.result() | news)
    else:
        command.future.set_exception(error)
