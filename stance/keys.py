"""Single keys in a terminal, without Enter: nothing where there is none, and the terminal is always put back."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["keys_to", "typing_possible"]

LOOK_S = 0.1
OnKey = Callable[[str], None]


def typing_possible() -> bool:
    """Whether somebody sits at a terminal, and this program is the one that he types into."""
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    if sys.platform == "win32":
        return True
    try:
        # in the background a look at the keyboard would halt us
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def keys_to(on_key: OnKey) -> Iterator[bool]:
    """Hand keys over while the block runs.

    Args:
        on_key: Called with each character, in a thread of its own.

    Yields:
        bool: Whether there is a keyboard to type on.
    """
    if not typing_possible():
        yield False
        return
    ended = threading.Event()
    with _single_keys():
        thread = threading.Thread(target=_listen, args=(on_key, ended), name="stance-keys", daemon=True)
        thread.start()
        try:
            yield True
        finally:
            ended.set()
            thread.join(10 * LOOK_S)


def _listen(on_key: OnKey, ended: threading.Event) -> None:
    while not ended.is_set():
        keys = _next_keys()
        if keys is None:
            return
        for key in keys:
            on_key(key)


if sys.platform == "win32":
    import msvcrt
    import time

    @contextmanager
    def _single_keys() -> Iterator[None]:
        """The console gives single keys as it is."""
        yield

    def _next_keys() -> str | None:
        """What was typed; empty if nothing was lately."""
        if not msvcrt.kbhit():
            time.sleep(LOOK_S)
            return ""
        key = msvcrt.getwch()
        if key in ("\0", "\xe0"):  # an arrow or function key: its second half says which
            msvcrt.getwch()
            return ""
        return key

else:
    import re
    import select
    import termios
    import tty

    _SPECIAL = re.compile(r"\x1b(\[[0-9;]*.?|O.?|.)?")
    """Arrows and function keys: an escape and what follows."""

    @contextmanager
    def _single_keys() -> Iterator[None]:
        """Keys at once and unseen; Ctrl-C stays Ctrl-C."""
        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
        try:
            tty.setcbreak(fd)
            yield
        finally:
            if typing_possible():
                # at once: a terminal that takes no words would have us wait until it has taken the last ones
                termios.tcsetattr(fd, termios.TCSANOW, before)

    def _next_keys() -> str | None:
        """What was typed; empty if nothing was lately, None if there is no keyboard any more."""
        fd = sys.stdin.fileno()
        if not select.select([fd], [], [], LOOK_S)[0]:
            return ""
        if not typing_possible():  # sent into the background meanwhile
            return None
        data = os.read(fd, 32)
        if not data:
            return None
        return _SPECIAL.sub("", data.decode(errors="ignore"))
