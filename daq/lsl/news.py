"""The LSL process's line to its recorder, in a thread of its own: news go one way, foreign markers the other.

A recorder that is slow to answer holds up this thread only, not the samples.
"""

import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from daq.channel import MAX_REQUEST_BYTES
from daq.control import ControlClient
from daq.errors import LinkError, StanceError
from daq.lsl.clock import ClockLine

__all__ = ["News", "NewsDesk"]

ASK_S = 0.1
TRIES = 3
"""So often a recorder may fail to answer before it is taken for gone."""
BATCH_BYTES = MAX_REQUEST_BYTES - 1024
NOT_PASSED_ON = ("lsl",)
"""Kinds that came from LSL: two recorders that listen to each other must not talk for ever."""


@dataclass(frozen=True)
class News:
    """Something that happened."""

    tick: float
    """Session tick."""
    kind: str
    """As `daq.happenings.Happened.kind`, or "start" or "stop"."""
    text: str
    """For people."""


class NewsDesk:
    """Asks the recorder how it is, several times a second.

    Args:
        client: The channel, used by this alone from now on.
        heard: Whether anybody listens: then the recorder is asked to be quick, as for a window.
    """

    def __init__(self, client: ControlClient, heard: Callable[[], bool]) -> None:
        self._client, self._heard = client, heard
        self._out: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._held: list[dict[str, Any]] = []
        self._take, self._since, self._recording = -1, 0, False
        self._stop, self._wake = threading.Event(), threading.Event()
        self.line: ClockLine | None = None
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.lost: str = ""
        """Why there will be no more, if so."""
        self._thread = threading.Thread(target=self._run, name="stance-lsl-news", daemon=True)

    def start(self) -> None:
        """Begin asking."""
        self._thread.start()

    def close(self) -> None:
        """End; what is still to be handed over is, if the recorder listens."""
        self._stop.set()
        self._wake.set()
        self._thread.join(3.0)

    def post(self, event: dict[str, Any]) -> None:
        """Hand a foreign marker over; called from any thread.

        Args:
            event: As `daq.foreign.foreign_marks` takes it.
        """
        self._out.put(event)
        self._wake.set()

    def _run(self) -> None:
        failed = 0
        while not self.lost:
            last = self._stop.is_set()
            try:
                self._hand_over()
                self._ask()
                failed = 0
            except StanceError as error:
                failed += 1
                if failed >= TRIES or last:
                    self.lost = str(error)
            if last:
                return
            self._wake.wait(ASK_S)
            self._wake.clear()

    def _hand_over(self) -> None:
        while True:
            while not self._out.empty():
                self._held.append(self._out.get())
            if not self._held:
                return
            count = _fitting(self._held)
            try:
                self._client.call("foreign", events=self._held[:count])
            except LinkError:
                raise  # kept, and tried again
            except StanceError:
                self._held = self._held[count:]  # a full disk ends the recording; these have no place any more
                raise
            self._held = self._held[count:]

    def _ask(self) -> None:
        watching = bool(self._heard())
        status = self._client.call("status", since=self._since, take=self._take, watching=watching)
        line = status["clock"]
        if line is not None:
            self.line = ClockLine(int(line["tick"]), float(line["host_s"]), float(line["s_per_tick"]))
        if not status["rows"]:
            return  # nobody knows yet when this take's time is zero
        first, per_s = int(status["first_tick"]), float(status["tick_rate_Hz"])
        if status["take"] != self._take:
            self._turn(status, first)
        self._since = int(status["next"])
        for one in status["happenings"]:
            if one["kind"] not in NOT_PASSED_ON:
                self.news.put(News(first + one["time_s"] * per_s, one["kind"], one["text"]))

    def _turn(self, status: dict[str, Any], first: int) -> None:
        """Another take has begun."""
        if self._recording:
            self.news.put(News(first, "stop", ""))
        self._take, self._recording = int(status["take"]), status["state"] == "recording"
        if self._recording:
            self.news.put(News(first, "start", ""))


def _fitting(events: list[dict[str, Any]]) -> int:
    """How many of them one request holds, at least one."""
    size = 0
    for count, event in enumerate(events):
        size += len(json.dumps(event)) + 2
        if count and size > BATCH_BYTES:
            return count
    return len(events)
