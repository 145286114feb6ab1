"""Work that takes a moment, beside the window: a fit, the files at the end."""

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

from viewer.errors import StanceError, ViewerError

POLL_MS = 30
Result = TypeVar("Result")


class Background(QObject, Generic[Result]):
    """One piece of work; keep it until it is done.

    Args:
        work: Done in a thread.
        done: Called once in the thread of the window, with the result or with what went wrong.
        parent: Owner; the work is forgotten with it.
    """

    def __init__(
        self, work: Callable[[], Result], done: Callable[[Result | StanceError], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._done = done
        self._found: queue.SimpleQueue[Result | StanceError] = queue.SimpleQueue()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._thread = threading.Thread(target=_run, args=(work, self._found), name="stance-calibrate", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Never call `done`; what has begun is finished first."""
        self._timer.stop()
        self._thread.join()

    def _look(self) -> None:
        try:
            found = self._found.get_nowait()
        except queue.Empty:
            return
        self._timer.stop()
        self._done(found)


def _run(work: Callable[[], Result], found: "queue.SimpleQueue[Result | StanceError]") -> None:
    try:
        found.put(work())
    except StanceError as error:
        found.put(error)
    except Exception as error:  # whatever it is, the window must hear of it
        found.put(ViewerError("calibration", expected="a result", seen=f"{type(error).__name__}: {error}"))
