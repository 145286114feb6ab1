"""How far a batch is: one line that rewrites itself in a terminal, a plain line now and then elsewhere."""

import sys
import time

import click

EVERY_TERMINAL_S, EVERY_ELSEWHERE_S = 0.2, 30.0
FEW = 2
"""Sessions that must be done before a guess of the time left is worth telling."""


class BatchProgress:
    """Tells how far a batch is, on standard error.

    Args:
        sessions: Sessions to be analysed.
        size: Bytes of these: the time left is guessed by them, for sessions differ in length.
    """

    def __init__(self, sessions: int, size: int) -> None:
        self._sessions, self._size = sessions, size
        self._done = self._done_size = self._failed = 0
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._began = self._said = time.monotonic()
        self._width = 0
        if self._terminal:
            self._show(self.text(0.0))

    def step(self, size: int, *, failed: bool) -> None:
        """One session more.

        Args:
            size: Its bytes.
            failed: Whether something was wrong with it.
        """
        self._done += 1
        self._done_size += size
        self._failed += failed
        now = time.monotonic()
        if now - self._said >= (EVERY_TERMINAL_S if self._terminal else EVERY_ELSEWHERE_S):
            self._said = now
            self._show(self.text(now - self._began))

    def text(self, elapsed_s: float) -> str:
        """The line.

        Args:
            elapsed_s: Time since the beginning, s.

        Returns:
            How many are done, how long the rest takes.
        """
        share = self._done_size / max(self._size, 1)
        parts = [f"{self._done:,} of {self._sessions:,} sessions", f"{100 * share:.0f} %"]
        if self._failed:
            parts.append(f"{self._failed:,} skipped")
        if self._done >= FEW and 0.0 < share < 1.0:
            parts.append(f"{_duration(elapsed_s * (1.0 - share) / share)} left")
        return "  ".join(parts)

    def say(self, text: str) -> None:
        """Say something in between."""
        self._clear()
        click.echo(text, err=True)

    def end(self) -> None:
        """Leave the line."""
        self._clear()

    def _show(self, text: str) -> None:
        if self._terminal:
            click.echo(f"\r{text.ljust(self._width)}", err=True, nl=False)
            self._width = len(text)
        else:
            click.echo(text, err=True)

    def _clear(self) -> None:
        if self._width:
            click.echo(f"\r{' ' * self._width}\r", err=True, nl=False)
            self._width = 0


def _duration(seconds: float) -> str:
    """A time for people: 45 s, 3:20 min, 2:05 h."""
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    return f"{minutes // 60}:{minutes % 60:02d} h"
