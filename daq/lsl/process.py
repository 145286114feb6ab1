"""LSL in a process of its own, beside a recorder: `python -m daq.lsl.process WISH`.

WISH is a `daq.lsl.wish.Wish` as JSON. It answers with one JSON object a line: {"ready": true} once the library works
and the wish is understood, or {"error": …}; later {"say": …}. Then it is told on standard input by which file the
recorder is to be found, and stays until that ends. Whatever becomes of it, the recording goes on.
"""

import json
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from daq.channel import describe
from daq.control import ControlClient
from daq.errors import LinkError, StanceError
from daq.live import STEP_DTYPE, sample_dtype
from daq.lsl.clock import lsl_minus_host
from daq.lsl.inlets import MarkerInlets
from daq.lsl.library import closed_to_the_network, configure, need_lsl
from daq.lsl.news import News, NewsDesk
from daq.lsl.outlets import Outlets
from daq.lsl.wish import Wish
from daq.recorders import RecorderInfo, running_recorders
from daq.ring import Ring, RingReader

__all__ = ["main"]

QUICK_S, SLOW_S = 0.005, 0.05
"""How often the rings are looked at: while somebody listens, and while nobody does."""
TEND_S = 1.0
"""How often streams are looked for, clocks compared, and sockets looked after."""
MOST_ROWS = 4096
LINGER_S = 1.0
"""At the end, for what is still on its way to a reader."""

_words = threading.Lock()


def main(arguments: list[str]) -> int:
    """Run the process.

    Args:
        arguments: The wish.

    Returns:
        Exit code.
    """
    with tempfile.TemporaryDirectory(prefix="stance-lsl-") as folder:
        try:
            wish = Wish.from_json(arguments[0])
            configure(Path(folder), network=wish.network)
            pylsl = need_lsl()
            inlets = None if wish.markers is None else MarkerInlets(pylsl, wish.markers, _say)
            closed = wish.network or closed_to_the_network()
        except StanceError as error:
            _answer({"error": describe(error)})
            return 2
        _answer({"ready": True, "closed": closed})
        file = sys.stdin.readline().strip()
        if not file:
            return 0  # there was no recording after all
        with suppress(StanceError):  # the recorder may be over already
            _Companion(pylsl, wish, inlets).run(_find(Path(file)))
    return 0


class _Companion:
    """What goes on between a recorder and LSL."""

    def __init__(self, pylsl: Any, wish: Wish, inlets: MarkerInlets | None) -> None:
        self._pylsl, self._wish, self._inlets = pylsl, wish, inlets
        self._outlets: Outlets | None = None
        self._tend_at_s = 0.0
        self._ahead_s = 0.0

    def run(self, info: RecorderInfo) -> None:
        """Stay with it until it ends."""
        with ExitStack() as cleanup:
            client = cleanup.enter_context(ControlClient.connect(info))
            facts = client.call("facts")
            samples = cleanup.enter_context(Ring.attach(info.rings[0], sample_dtype(len(facts["belts"]))))
            steps = cleanup.enter_context(Ring.attach(info.rings[1], STEP_DTYPE))
            if self._wish.name is not None:
                self._outlets = Outlets(self._pylsl, self._wish.name, facts)
                _say(f"LSL: {', '.join(self._outlets.names)}")
            news = NewsDesk(client, self._heard)
            if self._inlets is not None:
                self._inlets.start(news.post, () if self._outlets is None else self._outlets.sources)
            self._tend()
            news.start()
            self._follow(samples, steps, news)
            if self._inlets is not None:
                self._inlets.close()
            news.close()

    def _follow(self, samples: Ring, steps: Ring, news: NewsDesk) -> None:
        """Until nothing more can come."""
        force, rows = samples.reader(samples.written), steps.reader(steps.written)
        while not (samples.ended or news.lost):
            if time.monotonic() >= self._tend_at_s:
                self._tend()
            if self._outlets is not None:
                self._pass_on(self._outlets, force, rows, news)
            time.sleep(QUICK_S if self._heard() else SLOW_S)
        if self._outlets is not None:
            self._end(self._outlets, force, rows, news)

    def _end(self, outlets: Outlets, force: RingReader, rows: RingReader, news: NewsDesk) -> None:
        """Send what is left, and say that it is over."""
        while not force.ended and news.line is not None and not news.lost:
            self._pass_on(outlets, force, rows, news)
        self._pass_on(outlets, force, rows, news)
        if outlets.last_tick is not None:
            outlets.marker(News(outlets.last_tick, "stop", ""))
            if outlets.heard:
                time.sleep(LINGER_S)

    def _pass_on(self, outlets: Outlets, samples: RingReader, steps: RingReader, news: NewsDesk) -> None:
        if news.line is None:
            return  # without the device's clock there is no stamp; the rings hold a minute
        outlets.stamps.aim(news.line, self._ahead_s)
        outlets.force(samples.read(MOST_ROWS))
        outlets.steps(steps.read())
        while not news.news.empty():
            outlets.marker(news.news.get())

    def _tend(self) -> None:
        self._tend_at_s = time.monotonic() + TEND_S
        self._ahead_s, _ = lsl_minus_host(self._pylsl.local_clock)
        if self._inlets is not None:
            self._inlets.host_minus_lsl_s = -self._ahead_s
            self._inlets.look()
        if not self._wish.network:
            closed_to_the_network()

    def _heard(self) -> bool:
        return self._outlets is not None and self._outlets.heard


def _find(file: Path) -> RecorderInfo:
    for info in running_recorders():
        if info.file == file:
            return info
    raise LinkError(str(file), expected="a running recorder", seen="none")


def _answer(words: dict[str, Any]) -> None:
    with _words, suppress(OSError, ValueError):  # nobody may be there to hear it any more
        print(json.dumps(words), flush=True)


def _say(text: str) -> None:
    _answer({"say": text})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
