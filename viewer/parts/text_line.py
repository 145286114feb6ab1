"""A line of words that never cuts a letter in half."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

SEPARATOR = "  ·  "


class TextLine(QWidget):
    """Words on one line, cut with … where there is no room; the whole text is its tooltip."""

    def __init__(self, *, bold: bool = False, longest: tuple[str, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = self.font()
        font.setBold(bold)
        self.setFont(font)
        self._longest = longest
        self._long: tuple[str, ...] = ("",)
        self._short: tuple[str, ...] = ("",)
        self._colours: tuple[str, ...] = ("#000000",)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, parts: tuple[str, ...], colours: tuple[str, ...], short: tuple[str, ...] = ()) -> None:
        """Show words.

        Args:
            parts: What is said; each goes on a line of its own where the longest words do not fit side by side.
            colours: Colour of each part.
            short: The same in fewer words, for where they do not fit at all.
        """
        parts = tuple(part for part in parts if part) or ("",)
        short = tuple(part for part in short if part) or parts
        if (parts, short, colours) != (self._long, self._short, self._colours):
            self._long, self._short, self._colours = parts, short, colours
            self.setToolTip(self.text)
            self.update()

    @property
    def text(self) -> str:
        """All that is said."""
        return SEPARATOR.join(self._long)

    @property
    def cut(self) -> bool:
        """Whether some of it does not fit."""
        return not self._fits(self._lines())

    def sizeHint(self) -> QSize:
        """Two lines where the longest words would not fit side by side."""
        metrics = QFontMetrics(self.font())
        narrow = metrics.horizontalAdvance(SEPARATOR.join(self._longest)) > self.width()
        return QSize(0, metrics.height() * (len(self._longest) if self._longest and narrow else 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height to the width."""
        super().resizeEvent(event)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw the words."""
        painter, metrics = QPainter(self), QFontMetrics(self.font())
        colour = iter(self._colours * 2)
        for line, parts in enumerate(self._lines()):
            x = 0
            for part in parts:
                words = (SEPARATOR if x else "") + part
                painter.setPen(QColor(next(colour)))
                words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width() - x)
                painter.drawText(x, metrics.ascent() + line * metrics.height(), words)
                x += metrics.horizontalAdvance(words)

    def _lines(self) -> list[tuple[str, ...]]:
        two = self.height() >= 2 * QFontMetrics(self.font()).height()
        long, short = (_broken(parts) if two else [parts] for parts in (self._long, self._short))
        return long if self._fits(long) else short

    def _fits(self, lines: list[tuple[str, ...]]) -> bool:
        metrics = QFontMetrics(self.font())
        return all(metrics.horizontalAdvance(SEPARATOR.join(parts)) <= self.width() for parts in lines)


def _broken(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each on a line of its own."""
    return [(part,) for part in parts]
