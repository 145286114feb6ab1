"""Fits what was read so far beside the window, always the newest readings."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from analysis.calibration_fit import Fit
from analysis.errors import StanceError
from viewer.calibrate.background import Background


class Fitter(QObject):
    """Keeps a fit up to date.

    Args:
        work: Fits what there is; called in another thread.
        changed: Called when there is news.
        parent: Owner.

    Attributes:
        fit: Of all readings; None while there is none.
        missing: Why there is none, in words; empty while that is not known.
    """

    def __init__(self, work: Callable[[], Fit], changed: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self.fit: Fit | None = None
        self.missing = ""
        self._work, self._changed = work, changed
        self._running: Background[Fit] | None = None
        self._again = False

    def begin(self) -> None:
        """Something was read or dropped: what was fitted is of other readings."""
        self.fit, self.missing = None, ""
        self._again = self._running is not None
        if self._running is None:
            self._running = Background(self._work, self._done, self)

    def close(self) -> None:
        """Wait for what has begun, and forget it."""
        if self._running is not None:
            self._running.cancel()

    def _done(self, found: Fit | StanceError) -> None:
        self._running = None
        if self._again:
            self.begin()
            return
        if isinstance(found, StanceError):
            self.missing = f"Not enough to tell how good they are: {found.seen}."
        else:
            self.fit = found
        self._changed()
