"""The button that sets the zero: it counts down first, so that whoever runs alone can step off the belt."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from daq.taring import STANDING_N, STANDING_TEXT
from viewer.controls.buttons import Button
from viewer.controls.toasts import Toasts

COUNTDOWN_S = 3
"""Long enough to step off, and for the deck to come to rest."""
KEY = "taring"
"""Not that of the answer, which stays when the taring is over."""


class TareButton(Button):
    """Press to count down, again to think better of it.

    Args:
        toasts: Where it says how far it is.
        parent: The toolbar.

    Attributes:
        loaded: Gives the force on the belt, N, and whether it is one above a zero that is known.
    """

    tare_wanted = Signal()
    """The countdown is over: send the command."""

    def __init__(self, toasts: Toasts, parent: QWidget | None = None) -> None:
        super().__init__("Tare", "tare", "Set the zero, with nobody on the belt; the belt may run", "tare", parent)
        self._toasts = toasts
        self._left_s = 0
        self._taring = False
        self.loaded: Callable[[], tuple[float, bool]] = lambda: (0.0, False)
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._tick)
        self.clicked.connect(self.press)

    @property
    def counting(self) -> bool:
        """Whether it counts down."""
        return self._timer.isActive()

    def press(self) -> None:
        """Begin to count down, or stop counting."""
        if self.counting:
            self.cancel()
            self._toasts.say("Tare cancelled; the zero is unchanged", "info", KEY)
        elif not self._taring:
            self._left_s = COUNTDOWN_S
            self._timer.start()
            self._say()

    def cancel(self) -> None:
        """Stop counting, if it counts."""
        self._timer.stop()
        self._toasts.drop(KEY)

    def show_taring(self, taring: bool) -> None:
        """Say that the recorder is taking the zero.

        Args:
            taring: Whether it is.
        """
        if taring and not self._taring:
            self._toasts.say("Taring now: keep off the belt …", "info", KEY, None)
        elif self._taring and not taring:
            self._toasts.drop(KEY)
        self._taring = taring

    def _tick(self) -> None:
        self._left_s -= 1
        if self._left_s > 0:
            self._say()
            return
        self.cancel()
        load_N, known = self.loaded()
        if known and load_N > STANDING_N:  # the recorder would refuse it too, only later
            seen = f"expected an empty belt, saw {load_N:.0f} N on it"
            self._toasts.say(f"Tare refused: {seen}. {STANDING_TEXT}", "red", KEY, None)
        else:
            self.tare_wanted.emit()

    def _say(self) -> None:
        on = self.loaded()[0] > STANDING_N
        words = "somebody is on the belt: step off" if on else "keep off the belt"
        left = f"{self._left_s} s   (T again cancels)"
        self._toasts.say(f"Tare: {words} … {left}", "amber" if on else "info", KEY, None)
