"""Something to decide: words in amber or red, and a button for each way on."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.controls.buttons import Button
from viewer.health.health_item import SYMBOLS

Way = tuple[str, str, Callable[[], object]]
"""Word on the button, what it does in a few words, and what happens."""


class WordsBox(QFrame):
    """Shows itself while there is something to decide."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "floating")
        self.buttons: list[Button] = []
        self._mark, self._words = QLabel(), QLabel(wordWrap=True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top = QHBoxLayout()
        top.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._words, 1)
        self._row = QHBoxLayout()
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addLayout(top)
        column.addLayout(self._row)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._words.text()

    def ask(self, text: str, level: str, ways: Sequence[Way]) -> None:
        """Say something.

        Args:
            text: In words.
            level: "amber", "red" or "info".
            ways: Buttons; the first is the safe one.
        """
        self._clear()
        self._words.setText(text)
        self._mark.setText(SYMBOLS[level])
        for widget in (self, self._mark):
            widget.setProperty("level", level)
            _polish(widget)
        self.setAccessibleName(text)
        for word, does, act in ways:
            button = Button(word, "", does, "", self)
            button.clicked.connect(act)
            self._row.addWidget(button)
            self.buttons.append(button)
        self.show()

    def drop(self) -> None:
        """Nothing to decide any more."""
        self._clear()
        self.hide()

    def _clear(self) -> None:
        for button in self.buttons:
            button.setVisible(False)  # lets the keyboard go
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []


def _polish(widget: QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)
