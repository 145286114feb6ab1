"""How a recording is ended from outside: by a signal."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from daq.recorder import Recorder

__all__ = ["ending"]

ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a polite kill, a terminal that is closed, Ctrl-Break: where the system has them."""


@contextmanager
def ending(recorder: Recorder) -> Iterator[None]:
    """Let the first signal of `ENDING` stop the recorder properly; a Ctrl-C after that interrupts at once.

    Args:
        recorder: Runs in the block.

    Yields:
        None: Nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        recorder.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in _numbers()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _numbers() -> list[signal.Signals]:
    """Those of this system; who started us with nohup wants us to outlive the terminal."""
    found = [signal.Signals[name] for name in ENDING if name in signal.Signals.__members__]
    return [one for one in found if one.name != "SIGHUP" or signal.getsignal(one) != signal.SIG_IGN]
