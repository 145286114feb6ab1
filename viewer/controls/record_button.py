"""The one button that starts and stops: it says what it will do, and cannot be pressed by mistake."""

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from viewer.controls.buttons import Button
from viewer.controls.recording_face import Face
from viewer.controls.toasts import Toasts
from viewer.stylesheet import shades
from viewer.theme import Theme

AGAIN_S = 2.0
"""Within this a second press of a key stops the recording."""
CALM_S = 1.0
"""After the start, the button takes no click: a double click would stop what it started."""
GUARD = "stop"
"""Key of the message that asks for a second R."""


class RecordButton(Button):
    """Start, or stop.

    Args:
        theme: Colours.
        toasts: Where it asks for a second R.
        parent: The toolbar.
    """

    start_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, theme: Theme, toasts: Toasts, parent: QWidget | None = None) -> None:
        super().__init__("Record", "record", "", "record", parent)
        self._theme, self._toasts = theme, toasts
        self._stops = self._pressable = False
        self._again_until_s = self._calm_until_s = 0.0
        self.clicked.connect(self._press)

    def show_face(self, face: Face) -> None:
        """Show what it would do now.

        Args:
            face: As `viewer.controls.recording_face.face_of` gives it.
        """
        self._stops, self._pressable = face.button == "stop", face.pressable
        self.setVisible(bool(face.button))
        self.set_word(face.word)
        self.setAccessibleName(face.word)
        self.setEnabled(face.pressable)
        self.key = "stop" if self._stops else "record"
        self.says(face.does)
        self._dress()

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours: a red dot, or a red button.

        Args:
            theme: The new ones.
        """
        self._theme = theme
        self._dress()

    def by_key(self, key: str = "R") -> None:
        """Start; or stop, if this is the second time in a short while.

        Args:
            key: Which one it was.
        """
        if not self._stops:
            self._start()
        elif time.monotonic() < self._again_until_s:
            self.stop()
        else:
            self._again_until_s = time.monotonic() + AGAIN_S
            self._toasts.say(f"Still recording. Press {key} again to stop", "amber", GUARD, AGAIN_S)

    def press_by_key(self, key: str) -> None:
        """A key stops nothing the first time, even while the button has the keyboard; a click does.

        Args:
            key: "Space" or "Enter".
        """
        self.by_key(key)

    def stop(self) -> None:
        """Stop, if there is a recording."""
        self._again_until_s = 0.0
        self._toasts.drop(GUARD)
        if self._stops and self._pressable:
            self.stop_wanted.emit()

    def _press(self) -> None:
        if not self._stops:
            self._start()
        elif time.monotonic() >= self._calm_until_s:
            self.stop()

    def _start(self) -> None:
        if self._pressable:
            self._calm_until_s = time.monotonic() + CALM_S
            self.start_wanted.emit()

    def _dress(self) -> None:
        self.drawing = "stop" if self._stops else "record"
        if self.property("role") != self.drawing:
            self.setProperty("role", self.drawing)
            self.style().polish(self)
        shade = shades(self._theme)
        self.tint(shade.on_bad if self._stops else self._theme.bad, shade.disabled)
