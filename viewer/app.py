"""Opens the window, or writes a picture of it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from daq.recorders import RecorderInfo
from daq.session import open_session
from viewer.errors import ViewerError
from viewer.look import Look
from viewer.qt import open_application, run
from viewer.source import Source

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from viewer.window import Window

SETTLE_S = 20.0
"""A picture waits this long for what is still being computed …"""
LIVE_S = 4.0
"""… and of a running recorder at least this long, so that there is something to see."""
PICTURE_SIZE = (1280, 720)


def show_recorder(info: RecorderInfo, look: Look, *, then_replay: bool = False) -> int:
    """Attach to a running recorder.

    Args:
        info: The recorder.
        look: How the window opens.
        then_replay: Whether to turn to the recording when it has ended.

    Returns:
        The exit code.
    """

    def attach() -> Source:
        from viewer.sources.live_source import LiveSource

        return LiveSource(info)

    def begin(window: "Window") -> None:
        window.then_replay = then_replay

    return _show(attach, look, begin)


def show_session(path: Path, look: Look, *, at_s: float | None = None, speed: float = 1.0, paused: bool = False) -> int:
    """Open a recorded session.

    Args:
        path: The session.
        look: How the window opens.
        at_s: Moment to begin with; None for the beginning, and for a picture the end.
        speed: Times real time.
        paused: Whether to wait before playing.

    Returns:
        The exit code.
    """

    def opened() -> Source:
        from viewer.sources.replay_source import ReplaySource

        return ReplaySource(path)

    def begin(window: "Window") -> None:
        still = look.screenshot is not None
        window.begin_at(at_s if at_s is not None else window.last_s if still else 0.0, speed=speed,
                        playing=not (paused or still))  # fmt: skip

    return _show(opened, look, begin)


def _show(opened: Callable[[], Source], look: Look, begin: Callable[["Window"], None]) -> int:
    with ExitStack() as undo:  # what is no session needs no display to be refused
        if look.reference is not None:
            open_session(look.reference).close()
        source = undo.enter_context(closing(opened()))
        application = open_application(offscreen=look.screenshot is not None)
        from viewer.window import Window

        window = Window(source, look)
        undo.pop_all()
    try:
        begin(window)
        if look.screenshot is not None:
            with _no_word_of_managers():
                _take_picture(application, window, look)
            return 0
        window.present()
        return run(application)
    finally:
        window.close()


def _take_picture(application: "QApplication", window: "Window", look: Look) -> None:
    width, height = look.size or PICTURE_SIZE
    window.resize(width, height)
    window.show()
    began = time.monotonic()
    while time.monotonic() - began < SETTLE_S:
        application.processEvents()
        if window.settled and (not window.live or time.monotonic() - began > LIVE_S):
            break
        time.sleep(0.005)
    assert look.screenshot is not None
    if not window.grab().save(str(look.screenshot), "PNG"):
        raise ViewerError(str(look.screenshot), expected="a picture that can be written", seen="a refusal",
                          next_step="Check the folder and the disk.")  # fmt: skip


@contextmanager
def _no_word_of_managers() -> Iterator[None]:
    """Drawn to memory a window has no manager, which Qt would tell the user each time it is shown."""
    from PySide6.QtCore import qInstallMessageHandler

    def tell(_kind: object, _context: object, text: str) -> None:
        if not text.startswith("This plugin does not support"):
            print(text, file=sys.stderr)

    before = qInstallMessageHandler(tell)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
