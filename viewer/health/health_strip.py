"""The health line itself, painted: it changes several times a second, and must never push anything out of place."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from viewer.health.health import Verdict, verdict
from viewer.health.health_item import LEVELS, SYMBOLS, UNKNOWN, Item
from viewer.health.health_panel import level_colours
from viewer.theme import Theme

GAP = 16
"""Between the items."""
MOST_WORDS = 0.55
"""Share of the line that the words on what is the matter may take …"""
LEAST_ITEMS = 500.0
"""… or all but this width, where that is more."""
_TROUBLE = ("red", "amber")


@dataclass(frozen=True)
class Piece:
    """Something on the line."""

    x: float
    """Left edge."""
    width: float
    """Its width."""
    mark: str
    """Shape in front; empty for none."""
    level: str
    """Colour of the shape."""
    text: str
    """In words, cut to the room there is."""
    whole: str
    """The tooltip: all of it."""
    bold: bool = False
    """Whether it stands out."""


class Strip(QWidget):
    """The line itself, painted: it changes several times a second."""

    pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._items: tuple[Item, ...] = ()
        self._working = ""
        self._verdict = Verdict("info", UNKNOWN)
        self.pieces: list[Piece] = []
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Health of the recording")

    def show_items(self, items: tuple[Item, ...], working: str) -> None:
        """Show something else.

        Args:
            items: How the source is doing.
            working: What is still being computed.
        """
        if (items, working) != (self._items, self._working):
            self._items, self._working, self._verdict = items, working, verdict(items)
            self.setAccessibleDescription(f"{LEVELS[self._verdict.level]}: {self._verdict.text}")
            self._arrange()

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(600, QFontMetrics(self._font(bold=True)).height() + 8)

    def minimumSizeHint(self) -> QSize:
        """One line, however short."""
        return QSize(160, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find room again."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Find room again for letters of another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Open the list."""
        self.pressed.emit()

    def event(self, event: QEvent) -> bool:
        """Tell all about what is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            x = event.pos().x()
            under = next((piece for piece in self.pieces if piece.x <= x <= piece.x + piece.width + GAP / 2), None)
            QToolTip.showText(event.globalPos(), under.whole if under else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw the pieces."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = level_colours(self._theme)
        for piece in self.pieces:
            font = self._font(bold=piece.bold)
            painter.setFont(font)
            x = piece.x
            if piece.mark:
                painter.setPen(QColor(colours[piece.level]))
                painter.drawText(self._base(x, font), piece.mark)
                x += self._mark_width(font)
            if not (piece.bold and piece.level != "info"):
                painter.setPen(QColor(self._theme.ink if piece.level in _TROUBLE else self._theme.dim))
            painter.drawText(self._base(x, font), piece.text)

    def _arrange(self) -> None:
        """Left: the verdict and its reason. Right: the other items, as many as there is room for."""
        self.pieces = self._left()
        last = self.pieces[-1]
        self.pieces += self._right(last.x + last.width + GAP)
        self.update()

    def _left(self) -> list[Piece]:
        level, text = self._verdict.level, self._verdict.text
        word = LEVELS[level] if level != "info" else ""
        pieces = [self._piece(0.0, word, f"{LEVELS[level]}: {text}", level, bold=True)]
        for words, its_level in ((self._working, "info"), (text, level)):
            if words:
                x = pieces[-1].x + pieces[-1].width + GAP / 2
                room = max(MOST_WORDS * self.width(), self.width() - LEAST_ITEMS) - x
                shown = QFontMetrics(self.font()).elidedText(words, Qt.TextElideMode.ElideRight, int(room))
                pieces.append(self._piece(x, shown, words, its_level, mark=""))
        return pieces

    def _right(self, taken: float) -> list[Piece]:
        rest = [item for item in self._items if item.short and item.name != self._verdict.name]
        rest.sort(key=lambda item: _TROUBLE.index(item.level) if item.level in _TROUBLE else len(_TROUBLE))
        for n in range(len(rest), -1, -1):
            pieces = self._row(rest[:n], rest[n:])
            width = sum(piece.width for piece in pieces) + GAP * max(0, len(pieces) - 1)
            if taken + width <= self.width():
                return self._moved(pieces, taken)
        return []

    def _row(self, shown: list[Item], left_out: list[Item]) -> list[Piece]:
        pieces = [self._piece(0.0, item.short, f"{item.label}: {item.reason}", item.level) for item in shown]
        if left_out:
            names = "\n".join(f"{SYMBOLS[item.level]} {item.label}: {item.reason}" for item in left_out)
            pieces.append(self._piece(0.0, f"+{len(left_out)}", names, "info", mark=""))
        return pieces

    @staticmethod
    def _moved(pieces: list[Piece], x: float) -> list[Piece]:
        moved = []
        for piece in pieces:
            moved.append(replace(piece, x=x))
            x += piece.width + GAP
        return moved

    def _piece(
        self, x: float, text: str, whole: str, level: str, *, bold: bool = False, mark: str | None = None
    ) -> Piece:
        font = self._font(bold=bold)
        shape = SYMBOLS[level] if mark is None else mark
        width = QFontMetrics(font).horizontalAdvance(text) + (self._mark_width(font) if shape else 0)
        return Piece(x, width, shape, level, text, whole, bold)

    def _font(self, *, bold: bool) -> QFont:
        font = QFont(self.font())
        font.setBold(bold)
        return font

    @staticmethod
    def _mark_width(font: QFont) -> int:
        metrics = QFontMetrics(font)
        return max(metrics.horizontalAdvance(mark) for mark in SYMBOLS.values()) + metrics.horizontalAdvance(" ")

    def _base(self, x: float, font: QFont) -> QPointF:
        metrics = QFontMetrics(font)
        return QPointF(x, (self.height() + metrics.ascent() - metrics.descent()) / 2)
