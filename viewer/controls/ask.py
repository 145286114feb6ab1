"""Asks for a line of text without holding anything up: the curve goes on scrolling, commands go on working.

It lies in the window instead of being one: a window of its own gets the keyboard only when the desktop gives it, and
what is typed until then would be taken for shortcuts.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.parts.floating import Floating

LONGEST = 200
"""Letters; a remark, not a report."""
WIDTH = 420


class Ask(Floating):
    """One line of text over the window; goes away by itself.

    Args:
        anchor: Whatever asks; its window is covered, and nothing else in it can be clicked meanwhile.
        title: What it is about.
        question: What to type.
        hint: An example, grey in the empty field.
        then: Is given the text, without blanks around it, once there is one.
    """

    def __init__(self, anchor: QWidget, title: str, question: str, hint: str, then: Callable[[str], object]) -> None:
        super().__init__(anchor)
        self.setProperty("surface", "")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._then = then
        self.setAccessibleName(title)
        self._card = QFrame(self)
        self._card.setProperty("surface", "floating")
        heading, words = QLabel(title), QLabel(question, wordWrap=True)
        heading.setProperty("role", "heading")
        self.line = QLineEdit(placeholderText=hint, maxLength=LONGEST)
        self.line.setAccessibleName(question)
        words.setBuddy(self.line)
        self._ok, self._cancel = QPushButton("OK"), QPushButton("Cancel")
        self._ok.setEnabled(False)
        self._connect()
        self._lay_out(heading, words)

    def _connect(self) -> None:
        self.line.textChanged.connect(lambda text: self._ok.setEnabled(bool(text.strip())))
        self.line.returnPressed.connect(self._answer)
        self._ok.clicked.connect(self._answer)
        self._cancel.clicked.connect(self.close)

    def _lay_out(self, *words: QLabel) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._ok)
        buttons.addWidget(self._cancel)
        column = self._column = QVBoxLayout(self._card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for widget in (*words, self.line):
            column.addWidget(widget)
        column.addLayout(buttons)

    def open(self) -> None:
        """Ask; the keyboard is the line's when this returns."""
        self.appear()
        self.line.setFocus()

    def place(self) -> None:
        """Over the whole window, the card in its middle."""
        host = self.parentWidget()
        if host is None:
            return
        self.setGeometry(host.rect())
        width = min(WIDTH, host.width())
        height = max(self._column.heightForWidth(width), self._column.minimumSize().height())
        self._card.setGeometry((host.width() - width) // 2, max(0, (host.height() - height) // 2), width, height)

    def event(self, event: QEvent) -> bool:
        """Keep all keys: none is a shortcut while one types."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc thinks better of it; Enter presses the button that has the keyboard."""
        pressed = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(pressed, QPushButton):
            pressed.click()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the card leaves the keyboard to the line."""
        self.line.setFocus()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round within the card."""
        stops = [stop for stop in (self.line, self._ok, self._cancel) if stop.isEnabled()]
        focused = self.focusWidget()
        at = stops.index(focused) if focused in stops else 0
        stops[(at + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _answer(self) -> None:
        text = self.line.text().strip()
        if text:
            self.close()
            self._then(text)
