"""How a recording is told in a terminal: by a thread of its own, for a terminal may stop taking words at any moment.

Ctrl-S, a hung connection, a selection in a Windows console: whoever writes then waits. The recording must not.
"""

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from daq.progress import Progress

__all__ = ["ProgressLine", "keys_text", "logging_to", "progress_text"]

MOST_LINES = 50
"""Lines that wait for a terminal that takes none; then the oldest are forgotten."""
END_S = 1.0
"""How long the last words may take."""


class ProgressLine:
    """A status line that rewrites itself in a terminal, and a plain line now and then elsewhere. No call ever waits."""

    def __init__(self, every_s: float = 10.0) -> None:
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._every_s = every_s
        self._next_s = time.monotonic() + every_s
        self.keys = False
        """Whether somebody can type."""
        self._news = threading.Condition()
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._status = ""
        self._ended = False
        self._thread: threading.Thread | None = None

    def __call__(self, progress: Progress) -> None:
        """Show where the recording stands."""
        text = progress_text(progress)
        if self._terminal:
            text += f"  {keys_text(progress)}" if self.keys else ""
            with self._news:
                self._status = text  # one that was not shown yet is out of date
                self._wake()
        elif time.monotonic() >= self._next_s:
            self._next_s += self._every_s
            self.say(text)

    def say(self, text: str) -> None:
        """Say something in between, from any thread.

        Args:
            text: One line or more.
        """
        with self._news:
            self._lines.append(text)
            self._wake()

    def end(self) -> None:
        """Leave the line, when the last words are said or have waited long enough."""
        with self._news:
            self._ended = True
            self._news.notify()
            thread = self._thread
        if thread is not None:
            thread.join(END_S)

    def _wake(self) -> None:
        """Let the writing thread go on; there is none before the first word, and none after the end."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="stance-terminal", daemon=True)
            self._thread.start()
        self._news.notify()

    def _next(self) -> tuple[str, bool] | None:
        """What is to be written, and whether it is a status; None at the end."""
        with self._news:
            self._news.wait_for(lambda: self._lines or self._status or self._ended)
            if self._lines:
                return self._lines.popleft(), False
            if self._status:
                status, self._status = self._status, ""
                return status, True
            self._thread = None
            return None

    def _write(self) -> None:
        with _standard_error() as write:
            width = 0  # of the status in the terminal
            while (news := self._next()) is not None:
                text, is_status = news
                if is_status:
                    write(f"\r{text.ljust(width)}")
                    width = len(text)
                else:
                    write((f"\r{' ' * width}\r" if width else "") + f"{text}\n")
                    width = 0
            if width:
                write("\n")


@contextmanager
def _standard_error() -> Iterator[Callable[[str], None]]:
    """A way to write that swallows what a terminal that is gone answers.

    It goes past Python's own stream, whose lock a write that never ends would keep from everybody else.
    """
    try:
        raw = os.fdopen(os.dup(sys.stderr.fileno()), "wb", buffering=0)
    except (AttributeError, OSError, ValueError):  # no file: a stand-in of somebody who catches our words
        yield lambda text: click.echo(text, err=True, nl=False)
        return
    encoding = sys.stderr.encoding or "utf-8"

    def write(text: str) -> None:
        rest = text.replace("\n", os.linesep).encode(encoding, "replace")
        with suppress(OSError, ValueError):
            while rest and (written := raw.write(rest)):
                rest = rest[written:]

    with raw:
        yield write


@contextmanager
def logging_to(say: Callable[[str], None]) -> Iterator[None]:
    """Let what is logged, and Python's warnings, go the same way; they come from the recording's own threads too.

    Args:
        say: `ProgressLine.say`.

    Yields:
        None: Nothing.
    """
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: say(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(handler)


def progress_text(progress: Progress) -> str:
    """Elapsed time, frames, rate, losses, steps, cadence, in one line."""
    minutes, seconds = divmod(progress.elapsed_s, 60)
    parts = [
        *(("unplugged – waiting for it",) if progress.unplugged else ()),
        *(("waiting",) if progress.state == "waiting" else ()),
        f"{int(minutes):02d}:{seconds:04.1f}",
        f"{progress.rows:,} frames",
        f"{progress.rate_Hz:.0f} Hz",
        f"{progress.lost} lost",
        f"{progress.steps} steps",
    ]
    if progress.cadence_spm is not None:
        parts.append(f"{progress.cadence_spm:.0f} spm")
    if progress.contact_time_ms is not None:
        parts.append(f"{progress.contact_time_ms:.0f} ms contact")
    for count, word in ((progress.crc_errors, "damaged"), (progress.resets, "device resets")):
        if count:
            parts.append(f"{count} {word}")
    if progress.last_error:
        parts.append("LAST RECORDING FAILED")
    return "  ".join(parts)


def keys_text(progress: Progress) -> str:
    """What can be typed now."""
    if progress.state == "waiting":
        return "keys: r record, q quit"
    return "keys: m marker, q stop"
