"""Reads the device beside the window: the window never waits for it, and goes on when a cable is plugged in again."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from analysis.errors import StanceError
from daq.chunk import Chunk
from daq.errors import LinkError
from daq.stream import SILENCE_S, Stream

AGAIN_S = 1.0
"""Between two tries to open a port that is gone."""
MOST = 256
"""Chunks that may wait for the window: some seconds; a virtual device in a hurry waits for it instead."""


@dataclass(frozen=True)
class News:
    """The device came or went."""

    streaming: bool
    """Whether it streams now."""
    words: str
    """What is the matter; empty if nothing is."""


class DeviceThread:
    """A thread that reads chunks until it is stopped.

    Args:
        open_stream: Opens the device; called again whenever it was lost.
    """

    def __init__(self, open_stream: Callable[[], Stream]) -> None:
        self._open = open_stream
        self._out: queue.Queue[Chunk | News] = queue.Queue(MOST)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stance-calibrate-device", daemon=True)
        self._thread.start()

    def take(self, most: int) -> list[Chunk | News]:
        """What has come since the last call, in order.

        Args:
            most: No more than so many at once.

        Returns:
            Chunks, and news between them.
        """
        found: list[Chunk | News] = []
        while len(found) < most:
            try:
                found.append(self._out.get_nowait())
            except queue.Empty:
                break
        return found

    def close(self) -> None:
        """Let go of the device."""
        self._stop.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._open() as stream:
                    self._tell(News(True, ""))
                    self._read(stream)
            except StanceError as error:
                self._tell(News(False, str(error)))
            except Exception as error:  # whatever it is, the window must hear of it and go on
                self._tell(News(False, f"{type(error).__name__}: {error}"))
            self._stop.wait(AGAIN_S)

    def _read(self, stream: Stream) -> None:
        heard_s = time.monotonic()
        while not self._stop.is_set():
            chunk = stream.read()
            if len(chunk):
                heard_s = time.monotonic()
                self._tell(chunk)
            elif time.monotonic() - heard_s > SILENCE_S:
                raise LinkError(
                    stream.port, expected="samples from a streaming device", seen=f"none for {SILENCE_S:g} s",
                    next_step="Check power and cable; this goes on by itself when it is back.",
                )  # fmt: skip

    def _tell(self, what: Chunk | News) -> None:
        while not self._stop.is_set():
            try:
                self._out.put(what, timeout=0.1)
            except queue.Full:
                continue
            return
