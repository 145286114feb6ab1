"""The help over the window: first steps, every key, and what the colours mean."""

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from viewer.controls.keys import Key, caps, keys_for
from viewer.health.health_item import LEVELS, SYMBOLS
from viewer.health.health_panel import level_colours
from viewer.parts.floating import Floating
from viewer.theme import Theme

EDGE, RIM = 16, 2
AROUND = 2 * (RIM + 1)
"""The card's margins and its line."""
WIDEST = 1180
COLUMNS = 3
VEIL = 170
"""Opacity of what is drawn over the window, of 255."""
FIRST_STEPS = {
    True: (
        "Step off the belt and press T: the zero is set. The belt may run.",
        "Step on and run. Force, steps and numbers come by themselves; L shows them large.",
        "Press R to record; B names what you run now, M or a digit sets a marker. R twice stops. "
        "Closing the window stops nothing.",
    ),
    False: (
        "Space plays. Drag on the overview at the bottom to go anywhere; ← and → go from stance to stance.",
        "↑ and ↓ change the speed. [ and ] set a loop around what you want to look at again.",
        "C compares two bouts, L shows the numbers large, U switches between newtons and body weights.",
    ),
}
"""Attached to a recorder, and with a recorded session."""


class HelpOverlay(Floating):
    """Covers the window while it is open.

    Args:
        theme: Colours.
        parent: The window, or anything in it.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "")
        self._theme, self._live = theme, True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._card: QFrame | None = None
        self._body = QWidget(self)
        self._body.hide()

    def present(self, *, live: bool) -> None:
        """Open it.

        Args:
            live: Whether to speak of a recorder, or of a recorded session.
        """
        self._live = live
        self.appear()
        self._build()
        self.setFocus()

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours.

        Args:
            theme: The new ones.
        """
        self._theme = theme
        if self.isVisible():
            self._build()

    def place(self) -> None:
        """Over the whole window; the card in its middle, as large as it must be."""
        host = self.parentWidget()
        if host is None or self._card is None:
            return
        self.setGeometry(host.rect())
        width = min(WIDEST, self.width() - 2 * EDGE)
        height = min(self._body.heightForWidth(width - AROUND) + AROUND, self.height() - 2 * EDGE)
        self._card.setGeometry((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, F1 and ? close it, where no shortcut of the window does."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F1, Qt.Key.Key_Question):
            self.hide()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click closes it."""
        event.accept()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Veil the window."""
        veil = QColor(self._theme.window)
        veil.setAlpha(VEIL)
        QPainter(self).fillRect(self.rect(), veil)

    def _build(self) -> None:
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
        self._card = QFrame(self)
        self._card.setProperty("surface", "floating")
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(22, 14, 22, 14)
        column.setSpacing(12)
        column.addWidget(_label("Help", "title"))
        column.addLayout(_steps(FIRST_STEPS[self._live]))
        column.addLayout(_keys(keys_for(self._live)))
        column.addWidget(_label("Colours and shapes", "heading"))
        column.addLayout(_legend(self._theme))
        column.addWidget(_label("Esc, F1 or a click closes this.", "dim"))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setProperty("surface", "clear")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(RIM, RIM, RIM, RIM)
        inside.addWidget(scroll)
        self._card.show()
        self.place()


class Swatch(QWidget):
    """A patch of colour, or a shape."""

    def __init__(self, colour: str, mark: str = "") -> None:
        super().__init__()
        self._colour, self._mark = colour, mark
        self.setFixedSize(18, 18)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw it."""
        painter = QPainter(self)
        if self._mark:
            painter.setPen(QColor(self._colour))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._mark)
        else:
            painter.fillRect(self.rect().adjusted(1, 3, -1, -3), QColor(self._colour))


def _label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(wrap)
    return label


def _steps(lines: tuple[str, ...]) -> QGridLayout:
    grid = QGridLayout()
    grid.setColumnStretch(1, 1)
    grid.setVerticalSpacing(4)
    grid.addWidget(_label("First steps", "heading"), 0, 0, 1, 2)
    for number, line in enumerate(lines, 1):
        grid.addWidget(_label(str(number), "cap"), number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_label(line, wrap=True), number, 1)
    return grid


def _keys(keys: tuple[Key, ...]) -> QHBoxLayout:
    """The groups, in three columns."""
    row = QHBoxLayout()
    row.setSpacing(28)
    for groups in _columns(keys):
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for group, of_group in groups.items():
            top = grid.rowCount()
            grid.setRowMinimumHeight(top, 0 if group == next(iter(groups)) else 8)
            grid.addWidget(_label(group, "heading"), top + 1, 0, 1, 2)
            for key in of_group:
                at = grid.rowCount()
                grid.addLayout(_caps(key), at, 0)
                grid.addWidget(_label(key.words, wrap=True), at, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        row.addLayout(grid, 1)
    return row


def _columns(keys: tuple[Key, ...]) -> list[dict[str, list[Key]]]:
    """Groups of keys in order, the shortest neighbours put together until there are three columns."""
    columns: list[dict[str, list[Key]]] = []
    for key in keys:
        if not columns or key.group not in columns[-1]:
            columns.append({key.group: []})
        columns[-1][key.group].append(key)
    while len(columns) > COLUMNS:
        lengths = [sum(len(rows) for group in pair for rows in group.values()) for pair in pairwise(columns)]
        at = lengths.index(min(lengths))
        columns[at : at + 2] = [columns[at] | columns[at + 1]]
    return columns


def _caps(key: Key) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(3)
    for text in caps(key):
        row.addWidget(_label(text, "cap"), 0, Qt.AlignmentFlag.AlignTop)
    row.addStretch(1)
    return row


def _legend(theme: Theme) -> QGridLayout:
    """Feet and areas in one line, lights in the next."""
    levels = level_colours(theme)
    tells = {
        "green": "all is well",
        "amber": "have a look",
        "red": "do something",
        "info": "nothing to judge, or not yet",
    }
    rows = (
        ((theme.left, "", "left foot, L"), (theme.right, "", "right foot, R"),
         (theme.impact, "", "heel impact: the limb's part"), (theme.body, "", "midfoot loading: the body's part")),
        tuple((levels[level], SYMBOLS[level], f"{LEVELS[level]}: {tells[level]}") for level in LEVELS),
    )  # fmt: skip
    grid = QGridLayout()
    grid.setVerticalSpacing(3)
    for at, row in enumerate(rows):
        for column, (colour, mark, words) in enumerate(row):
            cell = QHBoxLayout()
            cell.setSpacing(7)
            cell.addWidget(Swatch(colour, mark))
            cell.addWidget(_label(words), 1)
            grid.addLayout(cell, at, column)
            grid.setColumnStretch(column, 1)
    return grid
