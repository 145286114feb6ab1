"""A box to choose a bout, with the line that its curves are drawn in."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from daq.bouts import BoutSpan
from viewer.report.words import count
from viewer.theme import Theme
from viewer.time.times import clock

LINES = {"A": "solid", "B": "dashed"}


class LineSample(QWidget):
    """How curves of A or B are drawn."""

    def __init__(self, letter: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letter, self._theme = letter, theme
        self.setFixedSize(QSize(34, 16))

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """A in the colours of both feet, solid; B in ink, dashed."""
        painter = QPainter(self)
        if self._letter == "A":
            for y, colour in ((5, self._theme.left), (11, self._theme.right)):
                painter.setPen(QPen(QColor(colour), 2))
                painter.drawLine(1, y, 33, y)
        else:
            painter.setPen(QPen(QColor(self._theme.ink), 2, Qt.PenStyle.DashLine))
            painter.drawLine(1, 8, 33, 8)


class BoutChoice(QWidget):
    """Letter, line, box, and how many steps were chosen."""

    chosen = Signal()
    """Somebody chose another bout."""

    def __init__(self, letter: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._given: tuple[BoutSpan, ...] = ()
        self._picked: str | None = None
        self.letter, self.sample, self.words = QLabel(letter, self), LineSample(letter, theme, self), QLabel(self)
        self._line = LINES[letter]
        self.box = QComboBox(self)
        self.box.setAccessibleName(f"Bout {letter}")
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(9)
        self.box.activated.connect(self._activated)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(6)
        row.addWidget(self.letter)
        row.addWidget(self.sample)
        row.addWidget(self.box, 3)
        row.addWidget(self.words, 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.letter.setStyleSheet(f"color: {theme.ink}; background: transparent; font-weight: bold; font-size: 14pt")
        self.words.setStyleSheet(f"color: {theme.dim}; background: transparent")
        self.sample.apply_theme(theme)

    def offer(self, given: tuple[BoutSpan, ...], default: str, *, forget: bool) -> None:
        """Say what can be chosen.

        Args:
            given: The stretches.
            default: Name of the one that is chosen unless somebody chose.
            forget: Whether what was chosen belongs to another session.
        """
        if forget:
            self._picked = None
        self._given = given
        names = [bout.name for bout in given]
        texts = [f"{bout.name}, {clock(bout.start_s)}–{clock(bout.end_s)}" for bout in given]
        if texts != [self.box.itemText(row) for row in range(self.box.count())]:
            self.box.clear()
            self.box.addItems(texts)
        name = self._picked if self._picked in names else default
        self.box.setCurrentIndex(names.index(name))
        self.box.setToolTip(self.box.currentText())

    def pick(self, name: str) -> None:
        """Choose by name, as a person would; nothing if there is no such bout.

        Args:
            name: Its name.
        """
        names = [bout.name for bout in self._given]
        if name in names:
            self.box.setCurrentIndex(names.index(name))
            self._activated()

    def _activated(self, _index: int = 0) -> None:
        self._picked = self.bout.name
        self.box.setToolTip(self.box.currentText())
        self.chosen.emit()

    @property
    def bout(self) -> BoutSpan:
        """What is chosen."""
        return self._given[self.box.currentIndex()]

    def say(self, steps: int) -> None:
        """Say how much that is.

        Args:
            steps: Valid steps in it.
        """
        self.words.setText(f"{self._line}, {count(steps, 'valid step')}")
