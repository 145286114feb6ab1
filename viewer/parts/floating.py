"""What floats over the window: messages, the list of checks, the help."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from viewer.parts.focus import send_home

ROOM = 150
"""Width of some twenty letters, of which the beginning and the end of a file name remain."""


class Floating(QFrame):
    """A frame over the window that its anchor is in; subclasses say where.

    Args:
        anchor: Widget that it belongs to.
    """

    def __init__(self, anchor: QWidget) -> None:
        super().__init__(anchor.window())
        self.anchor = anchor
        self._watched: QWidget | None = None
        self._before: QWidget | None = None
        self.setProperty("surface", "floating")
        self.hide()
        anchor.destroyed.connect(self._follow)

    def _follow(self) -> None:
        """The window may live longer than the anchor."""
        self.hide()
        self.deleteLater()

    def place(self) -> None:
        """Take one's place in the window; called whenever it changes its size."""
        raise NotImplementedError

    def appear(self) -> None:
        """Show up in front of everything in the window that the anchor is in now."""
        host = self.anchor.window()
        if self._watched is not host:
            if self._watched is not None:
                self._watched.removeEventFilter(self)
            self.setParent(host)
            host.installEventFilter(self)
            self._watched = host
        if not self.isVisible():
            self._before = host.focusWidget()
        self.show()
        self.raise_()
        self.place()  # now that the style sheet has given the letters their size

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the keyboard back to what had it before."""
        send_home(self, self._before)
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room; the whole text is then its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.whole, self._hint = "", ""
        self._least = ROOM

    def say(self, text: str, hint: str = "") -> None:
        """Show a text.

        Args:
            text: The whole of it.
            hint: More of it, for the tooltip.
        """
        if (text, hint) != (self.whole, self._hint):
            self.whole, self._hint = text, hint
            self.setAccessibleName(text)
            self._cut()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        return QSize(self._width(self.whole), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for as much as it must have."""
        return QSize(min(self._least, self._width(self.whole)), super().minimumSizeHint().height())

    def set_least(self, width: int) -> None:
        """Set the room that it needs at least, if its text is not shorter.

        Args:
            width: In pixels.
        """
        if width != self._least:
            self._least = width
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text to the new width."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        shown = self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideMiddle, self.contentsRect().width())
        self.setText(shown)
        self.setToolTip("\n".join(part for part in (self.whole if shown != self.whole else "", self._hint) if part))
        self.updateGeometry()

    def _width(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text) + 2 if text else 0
