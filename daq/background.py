"""A session analysed in a process of its own, for a window that must not wait for it."""

import multiprocessing
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

from analysis.errors import StanceError
from analysis.quality import Light
from analysis.steps import StepTable


@dataclass(frozen=True)
class Analysed:
    """What a window wants of an analysis."""

    table: StepTable
    """All rows."""
    bw_N: float
    """Body weight; NaN if it is not known."""
    lights: tuple[Light, ...]
    """How good the session is."""
    missing: dict[str, str]
    """Why columns are empty."""
    doubtful: dict[str, str]
    """Why columns are greyed out."""


class BackgroundAnalysis:
    """Runs one analysis; ask `poll` now and then.

    Args:
        path: The session.

    Attributes:
        share: How much is done, 0 to 1.
        trouble: What went wrong, in words; empty if nothing.
    """

    def __init__(self, path: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._news, child_end = context.Pipe(duplex=False)
        self._process = context.Process(target=_analyse, args=(path, child_end), name="stance-analysis", daemon=True)
        self._process.start()
        child_end.close()
        self.share = 0.0
        self.trouble = ""

    def poll(self) -> Analysed | None:
        """Take what came; the result once, when it is there."""
        try:
            while not self.trouble and self._news.poll():
                kind, news = self._news.recv()
                if kind == "done":
                    table, bw_N, lights, *reasons = news
                    return Analysed(StepTable(table), bw_N, tuple(Light(**light) for light in lights), *reasons)
                if kind == "trouble":
                    self.trouble = news
                else:
                    self.share = news
        except (EOFError, OSError):
            self.trouble = "the analysis ended before it was done"
        return None

    def close(self) -> None:
        """End it, done or not."""
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()
        self._news.close()


def _analyse(path: str, out: Connection) -> None:
    """Run in the child."""
    from daq.quality import session_lights
    from daq.replay import Replay
    from daq.session import open_session

    news: tuple[str, Any]
    with suppress(OSError):  # the window may be gone
        try:
            with open_session(path) as session:
                replay = Replay(session)
                for step in replay.steps():
                    out.send(("share", step.row / max(1, session.rows)))
                analyser = replay.analyser
                lights = session_lights(analyser, frames=session.rows, gaps=session.gaps)
                reasons = analyser.missing, analyser.doubtful(lights)
                news = ("done", (dict(analyser.table), analyser.bw_N, [asdict(x) for x in lights], *reasons))
        except StanceError as error:
            news = ("trouble", str(error))
        out.send(news)
