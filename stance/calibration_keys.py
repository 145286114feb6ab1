"""What a person answers while a calibration goes on: single keys in a terminal, lines from anything else."""

import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from stance.keys import keys_to

__all__ = ["END", "Answers", "answers"]

TAKE, END = "", "end"
"""Enter alone; and there will be no answer any more."""


class Answers:
    """Answers that were typed and not looked at yet; each is one small letter, `TAKE` or `END`."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.keys = False
        """Whether they are single keys: then one may come at any moment, and counts for that moment."""

    def put(self, text: str) -> None:
        """Add what was typed: a key, or a line without its end.

        Args:
            text: What it was.
        """
        self._queue.put(text.strip().lower()[:1])

    def end(self) -> None:
        """Say that nothing will be typed any more."""
        self._queue.put(END)

    def next(self, timeout_s: float = 0.0) -> str | None:
        """Take the next answer.

        Args:
            timeout_s: Longest wait for it, s.

        Returns:
            The answer; None if there is none yet.
        """
        try:
            return self._queue.get(timeout=timeout_s) if timeout_s else self._queue.get_nowait()
        except queue.Empty:
            return None


@contextmanager
def answers() -> Iterator[Answers]:
    """Listen while the block runs.

    Yields:
        Answers: What is typed.
    """
    found = Answers()
    with keys_to(found.put) as keys:
        found.keys = keys
        if not keys:
            threading.Thread(target=_listen, args=(found,), name="stance-answers", daemon=True).start()
        yield found


def _listen(found: Answers) -> None:
    """Read lines, past Python's own stream: its lock, held by a read that never ends, would hinder the exit."""
    rest = b""
    try:
        fd = sys.stdin.fileno()
        while data := os.read(fd, 4096):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                found.put(line.decode(errors="replace"))
    except (AttributeError, OSError, ValueError):  # there is none, or it was closed under our hands
        pass
    if rest:
        found.put(rest.decode(errors="replace"))
    found.end()
