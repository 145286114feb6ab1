"""Messages at the bottom of the page: good news go by themselves, bad news stay until somebody has seen them."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from viewer.controls.buttons import Button
from viewer.health.health_item import SYMBOLS
from viewer.parts.floating import Floating
from viewer.parts.focus import send_home

SHORT_S = 4.0
MOST = 3
"""More at once would hide what is below; the oldest goes."""
WIDEST = 620
ABOVE = 6
"""Between the lowest message and the page's lower edge."""
_MARKS = SYMBOLS | {"green": "✓"}


class Toast(QFrame):
    """One message.

    Args:
        text: In words.
        level: "green" (done), "info", "amber" or "red".
        key: A later message with the same key takes this one's place; may be empty.
    """

    def __init__(self, text: str, level: str, key: str) -> None:
        super().__init__()
        self.text, self.key = text, key
        self.timer = QTimer(self, singleShot=True)
        self.setProperty("surface", "floating")
        self.setProperty("level", level)
        mark, words = QLabel(_MARKS[level]), QLabel(text)
        mark.setProperty("level", level)
        words.setTextFormat(Qt.TextFormat.PlainText)
        if words.sizeHint().width() > WIDEST - 100:
            words.setWordWrap(True)
            words.setMinimumWidth(WIDEST - 100)
        self.close_button = Button("✕", "", "Dismiss", "back")
        self.close_button.setAccessibleName("Dismiss this message")
        self.close_button.setProperty("role", "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        for widget, stretch in ((mark, 0), (words, 1), (self.close_button, 0)):
            row.addWidget(widget, stretch)
        self.setAccessibleName(text)


class Toasts(Floating):
    """The messages, newest below: what happens now is drawn at the page's right edge and named at its top.

    Args:
        anchor: They belong to this widget.
    """

    def __init__(self, anchor: QWidget) -> None:
        super().__init__(anchor)
        self.setProperty("surface", "")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._shown: list[Toast] = []
        self._page: QWidget | None = None

    def stand_on(self, page: QWidget) -> None:
        """Keep to the lower edge of a part of the window, instead of to the window's own.

        Args:
            page: That part.
        """
        if self._page is not None:
            self._page.removeEventFilter(self)
        self._page = page
        page.installEventFilter(self)

    @property
    def texts(self) -> list[str]:
        """What is shown, oldest first."""
        return [toast.text for toast in self._shown]

    def say(self, text: str, level: str = "green", key: str = "", seconds: float | None = SHORT_S) -> None:
        """Show a message.

        Args:
            text: In words.
            level: "green" (done), "info", "amber" or "red".
            key: Takes the place of a message with the same key; may be empty.
            seconds: After which it goes; None keeps it until it is dismissed.
        """
        if key:
            self.drop(key)
        for old in self._shown[: max(0, len(self._shown) + 1 - MOST)]:
            self._remove(old)
        toast = Toast(text, level, key)
        toast.close_button.clicked.connect(lambda: self._remove(toast))
        self._shown.append(toast)
        self._column.addWidget(toast, 0, Qt.AlignmentFlag.AlignHCenter)
        toast.show()  # a layout leaves no room for what is not shown yet
        if seconds is not None:
            toast.timer.timeout.connect(lambda: self._remove(toast))
            toast.timer.start(round(1000 * seconds))
        self.appear()

    def drop(self, key: str) -> None:
        """Take a message back.

        Args:
            key: As it was said with.
        """
        for toast in [one for one in self._shown if one.key == key]:
            self._remove(toast)

    def dismiss(self) -> bool:
        """Take all messages away.

        Returns:
            Whether there were any.
        """
        shown = list(self._shown)
        for toast in shown:
            self._remove(toast)
        return bool(shown)

    def place(self) -> None:
        """In the middle, above the page's lower edge; no wider than the messages."""
        host = self.parentWidget()
        if host is None:
            return
        page = self._page if self._page is not None and isValid(self._page) else host
        floor = page.mapTo(host, page.rect().bottomLeft()).y() + 1 if page is not host else host.height()
        width = min(WIDEST, self._column.sizeHint().width())
        self.setFixedWidth(width)
        self._column.activate()
        height = self._column.heightForWidth(width) if self._column.hasHeightForWidth() else -1
        height = max(height, self._column.sizeHint().height())
        self.setGeometry((host.width() - width) // 2, floor - ABOVE - height, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the page's lower edge too."""
        if watched is self._page and event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)

    def _remove(self, toast: Toast) -> None:
        if toast not in self._shown:
            return
        self._shown.remove(toast)
        self._column.removeWidget(toast)
        toast.timer.stop()
        send_home(toast, self._before)
        toast.hide()
        toast.deleteLater()
        if self._shown:
            self.place()
        else:
            self.hide()
