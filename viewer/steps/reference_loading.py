"""Loads a reference in the background: a long session takes seconds, and the window must go on."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from viewer.errors import StanceError, ViewerError
from viewer.steps.reference import Reference

POLL_MS = 50
Done = Callable[[Reference | StanceError], None]


class Loading(QObject):
    """One reference being loaded; keep it until it is done.

    Args:
        path: A finished session.
        done: Called once in the thread of the window, with the reference or with what went wrong.
        protocol: Name of the protocol that it must have been analysed with; empty for any.
        parent: Owner; the loading is forgotten with it.
    """

    def __init__(self, path: Path | str, done: Done, protocol: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done = done
        self._found: queue.SimpleQueue[Reference | StanceError] = queue.SimpleQueue()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        work = (self._found, Path(path), protocol)
        threading.Thread(target=_load, args=work, name="stance-reference", daemon=True).start()

    def cancel(self) -> None:
        """Never call `done`; the thread ends by itself."""
        self._timer.stop()

    def _look(self) -> None:
        try:
            found = self._found.get_nowait()
        except queue.Empty:
            return
        self._timer.stop()
        self._done(found)


def _load(found: "queue.SimpleQueue[Reference | StanceError]", path: Path, protocol: str) -> None:
    try:
        found.put(Reference.load(path, protocol))
    except StanceError as error:
        found.put(error)
    except Exception as error:  # whatever it is, the window must hear of it
        found.put(ViewerError(str(path), expected="a session to compare with", seen=f"{type(error).__name__}: {error}"))


def load_in_background(path: Path | str, done: Done, *, protocol: str = "", parent: QObject | None = None) -> Loading:
    """Load a reference while the window goes on.

    Args:
        path: A finished session.
        done: Called once in the thread of the window, with the reference or with what went wrong.
        protocol: Name of the protocol that it must have been analysed with; empty for any.
        parent: Owner; the loading is forgotten with it.

    Returns:
        The loading, to keep or cancel.
    """
    return Loading(path, done, protocol, parent)
