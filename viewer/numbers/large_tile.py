"""One number to be read from the treadmill: digits as tall as there is room, feet, target."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF

from viewer.numbers.chosen_steps import SIDES
from viewer.numbers.digits import fitting_size, height_of, paint_number, sized, width_of
from viewer.numbers.metric_tile import MetricTile, ink, paint_arrow, words_ink
from viewer.numbers.number_face import NOT_TOLD, Face
from viewer.numbers.targets import Target
from viewer.numbers.trends import shown

_HEAD, _FEET, _TARGET = 0.11, 0.17, 0.19
"""Shares of the height for the name, the feet and the target; the number has the rest."""


@dataclass(frozen=True)
class Bar:
    """The part of a metric's scale that a target bar shows: the band, and as much again on either side."""

    low: float
    """Left end."""
    high: float
    """Right end."""

    def share(self, value: float) -> float:
        """Where a number lies, 0 left to 1 right; beyond the ends on them."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def bar_of(target: Target) -> Bar:
    """The scale of a target's bar.

    Args:
        target: The band.

    Returns:
        Its ends.
    """
    low, high = target.low, target.high
    if low is not None and high is not None:
        return Bar(2 * low - high, 2 * high - low)
    limit = low if low is not None else high
    reach = abs(limit or 0.0) * 0.4 or 1.0
    return Bar((limit or 0.0) - reach, (limit or 0.0) + reach)


class LargeTile(MetricTile):
    """A metric in large type."""

    corner_px = 0
    """Room at the upper right that belongs to somebody else."""

    def digits_px(self, box: QRectF) -> float:
        """Height of the number's digits in a tile of this size, px."""
        room = self._boxes(box)[1]
        size = fitting_size(self.font(), self._longest(), room.width(), room.height(), bold=True)
        return height_of(sized(self.font(), size, bold=True))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint all of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        head, number, feet, target = self._boxes(QRectF(self.rect()))
        painter.setFont(sized(self.font(), 0.62 * head.height(), bold=True))
        self._paint_name(painter, head, head.width() - self.corner_px)
        face = self.face
        if face is not None and face.reason:
            self._paint_reason(painter, QRectF(number.topLeft(), target.bottomRight()), face.reason)
        elif face is not None:
            self._paint_number(painter, number, face)
            self._paint_feet(painter, feet, face)
            self._paint_words(painter, target, face)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _head(self) -> QRectF:
        return self._boxes(QRectF(self.rect()))[0]

    def _longest(self) -> str:
        """A number of as many characters as was seen."""
        return self._template or "".join("0" if c.isdigit() else c for c in shown(self.column, 0.0))

    def _boxes(self, box: QRectF) -> tuple[QRectF, QRectF, QRectF, QRectF]:
        """Places of name, number, feet and target."""
        pad = 0.03 * min(box.width(), box.height())
        box = box.adjusted(pad, pad, -pad, -pad)
        head = QRectF(box.left(), box.top(), box.width(), min(_HEAD * box.height(), 0.09 * box.width()))
        target_height = _TARGET * box.height()
        target = QRectF(box.left(), box.bottom() - target_height, box.width(), target_height)
        feet_height = _FEET * box.height()
        feet = QRectF(box.left(), target.top() - feet_height, box.width(), feet_height)
        gap = 0.03 * box.height()
        number = QRectF(box.left(), head.bottom() + gap, box.width(), feet.top() - head.bottom() - 2 * gap)
        return head, number, feet, target

    def _paint_number(self, painter: QPainter, box: QRectF, face: Face) -> None:
        size = fitting_size(self.font(), self._longest(), box.width(), box.height(), bold=True)
        font = sized(self.font(), size, bold=True)
        painter.setFont(font)
        painter.setPen(QColor(ink(self._theme, face, face.verdict())))
        left = box.center().x() - width_of(self._longest(), font) / 2
        paint_number(painter, left, box.center().y() + height_of(font) / 2, face.text())

    def _paint_feet(self, painter: QPainter, box: QRectF, face: Face) -> None:
        """Left foot on the left, right foot on the right."""
        theme = self._theme
        if not face.has_sides:
            self._paint_line(painter, box, NOT_TOLD, theme.dim)
            return
        template = f"L {self._longest()} 0"  # the last place is the arrow's
        size = fitting_size(self.font(), template, box.width() * 0.47, box.height() * 0.62)
        font = sized(self.font(), size)
        painter.setFont(font)
        tall = height_of(font)
        baseline = box.center().y() + tall / 2
        for place, side in enumerate(SIDES):
            x = box.left() + (0.25 + 0.5 * place) * box.width() - width_of(template, font) / 2
            painter.setPen(QColor(theme.dim if face.faint else theme.side(side)))
            painter.drawText(QPointF(x, baseline), side)
            verdict = face.verdict(side)
            painter.setPen(QColor(ink(theme, face, verdict)))
            x = paint_number(painter, x + width_of(f"{side} ", font), baseline, face.text(side))
            if verdict and not face.faint:
                up = verdict.startswith("above")
                paint_arrow(painter, QPointF(x + 0.5 * tall, baseline - tall / 2), 0.3 * tall, theme.warn, up=up)

    def _paint_words(self, painter: QPainter, box: QRectF, face: Face) -> None:
        """The target as words and bar; how old the number is, or of which steps."""
        lower = box.adjusted(0, (0.56 if face.target else 0.2) * box.height(), 0, 0)
        if face.faint:
            self._paint_line(painter, lower, face.state, self._theme.ink)
        elif face.target is None:
            self._paint_line(painter, lower, face.state, self._theme.dim)
        else:
            self._paint_line(painter, lower, face.words, words_ink(self._theme, face))
        value = face.reading.value
        if face.target is not None and value is not None:
            self._paint_bar(painter, box.adjusted(0.06 * box.width(), 0, -0.06 * box.width(), -0.5 * box.height()),
                            face.target, value, ink(self._theme, face, face.verdict()))  # fmt: skip

    def _paint_bar(self, painter: QPainter, box: QRectF, target: Target, value: float, colour: str) -> None:
        """The band in the middle, and a pointer at the number."""
        theme, bar = self._theme, bar_of(target)
        thick = 0.3 * box.height()
        rail = QRectF(box.left(), box.bottom() - thick, box.width(), thick)
        low = 0.0 if target.low is None else bar.share(target.low)
        high = 1.0 if target.high is None else bar.share(target.high)
        painter.fillRect(rail, QColor(theme.grid))
        band = QRectF(rail.left() + low * rail.width(), rail.top(), (high - low) * rail.width(), thick)
        painter.fillRect(band, QColor(theme.dim))
        x, size = rail.left() + bar.share(value) * rail.width(), 0.55 * box.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        tip = rail.center().y()
        painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x - 0.5 * size, tip - size),
                                       QPointF(x + 0.5 * size, tip - size)]))  # fmt: skip

    def _paint_line(self, painter: QPainter, box: QRectF, text: str, colour: str) -> None:
        """One centred line, as tall as the box allows and no wider."""
        font = sized(self.font(), 0.75 * box.height())
        wide = QFontMetricsF(font).horizontalAdvance(text)
        if wide > box.width():
            font = sized(self.font(), 0.75 * box.height() * box.width() / wide)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_reason(self, painter: QPainter, box: QRectF, reason: str) -> None:
        """A dash, and why."""
        upper, lower = box.adjusted(0, 0, 0, -0.6 * box.height()), box.adjusted(0, 0.4 * box.height(), 0, 0)
        self._paint_line(painter, upper, "–", self._theme.dim)
        painter.setFont(sized(self.font(), max(11.0, min(0.13 * box.height(), 0.06 * box.width()))))
        painter.drawText(lower, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, reason)
