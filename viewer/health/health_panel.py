"""Every check with its number, its limit and what to do."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from viewer.health.health_item import LEVELS, SYMBOLS, Item
from viewer.parts.floating import Floating
from viewer.theme import Theme

WIDEST = 960
EDGE = 8
HEADS = ("", "Check", "Now", "Fine is", "In words")


def level_colours(theme: Theme) -> dict[str, str]:
    """Colour of each level."""
    return {"green": theme.good, "amber": theme.warn, "red": theme.bad, "info": theme.dim}


class HealthPanel(Floating):
    """The list, above the health line.

    Args:
        theme: Colours.
        anchor: The health line.
    """

    def __init__(self, theme: Theme, anchor: QWidget) -> None:
        super().__init__(anchor)
        self._theme = theme
        self._items: tuple[Item, ...] = ()
        self.rows: list[tuple[QLabel, ...]] = []
        title = QLabel("How the recording is doing")
        title.setProperty("role", "heading")
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Close (Esc)")
        close.setAccessibleName("Close the list of checks")
        close.setProperty("role", "quiet")
        close.clicked.connect(self.hide)
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(close)
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(len(HEADS) - 1, 1)
        for at, words in enumerate(HEADS):
            head = QLabel(words)
            head.setProperty("role", "dim")
            self._grid.addWidget(head, 0, at)
        self._scroll = QScrollArea()
        self._scroll.setProperty("surface", "clear")
        self._scroll.setWidget(self._body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 8, 10)
        column.addLayout(top)
        column.addWidget(self._scroll, 1)

    def show_items(self, items: tuple[Item, ...]) -> None:
        """Take new items; drawn only while the list is open.

        Args:
            items: As `viewer.health.health` gives them.
        """
        self._items = items
        if self.isVisible():
            self._write()

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours; the style sheet does it.

        Args:
            theme: The new ones.
        """
        self._theme = theme

    def appear(self) -> None:
        """Open the list."""
        super().appear()
        self._write()
        self.place()

    def place(self) -> None:
        """Above the line, at its right end; as high as it must be and the window allows."""
        host = self.parentWidget()
        if host is None:
            return
        corner = self.anchor.mapTo(host, self.anchor.rect().topRight())
        width = min(WIDEST, host.width() - 2 * EDGE)
        inner = self._grid.heightForWidth(width - 14 - 8 - 14)
        height = min(inner + 64, max(corner.y() - 2 * EDGE, 120))
        self.setGeometry(max(EDGE, corner.x() - width - EDGE), corner.y() - height - EDGE // 2, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _write(self) -> None:
        if len(self.rows) != len(self._items):
            self._make_rows(len(self._items))
        for labels, item in zip(self.rows, self._items, strict=True):
            words = (f"{SYMBOLS[item.level]} {LEVELS[item.level]}", item.label, item.value, item.limit, item.reason)
            for label, text in zip(labels, words, strict=True):
                if label.text() != text:
                    label.setText(text)
            if labels[0].property("level") != item.level:
                labels[0].setProperty("level", item.level)
                labels[0].style().polish(labels[0])

    def _make_rows(self, n: int) -> None:
        for labels in self.rows:
            for label in labels:
                self._grid.removeWidget(label)
                label.deleteLater()
        self.rows = [tuple(QLabel() for _ in HEADS) for _ in range(n)]
        for at, labels in enumerate(self.rows, 1):
            for column, label in enumerate(labels):
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                label.setWordWrap(column == len(HEADS) - 1)
                self._grid.addWidget(label, at, column)
                label.show()
        self._grid.setRowStretch(n + 1, 1)
        if self.isVisible():
            self.place()

    def sizeHint(self) -> QSize:
        """As wide as it may be."""
        return QSize(WIDEST, 400)
