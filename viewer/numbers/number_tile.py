"""One large number with its feet, its course and its target."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from viewer.numbers.chosen_steps import SIDES
from viewer.numbers.digits import fitting_size, height_of, paint_number, sized, width_of
from viewer.numbers.metric_tile import MetricTile, ink, paint_arrow, words_ink
from viewer.numbers.number_face import NOT_TOLD, Face
from viewer.numbers.sparkline import edge_texts, frame_of, paint_curve
from viewer.numbers.trends import Trend, name_of
from viewer.report.words import unit_of
from viewer.theme import Theme

_NO_CURVE_px = 100  # below this height only the number is shown
_FADED = 0.45  # opacity of a course that was before
_SIDE_BY_SIDE = 1.7  # width over height from which the curve stands beside the number


@dataclass(frozen=True)
class _Places:
    """Where the parts of a tile are, px."""

    head: QRectF
    number: QRectF
    feet: QRectF
    state: QRectF
    curve: QRectF | None


class NumberTile(MetricTile):
    """A metric with its course.

    Args:
        theme: Colours.
        column: The metric.
        parent: The widget it is in.
    """

    def __init__(self, theme: Theme, column: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, column, parent)
        self._trends: Sequence[Trend] = ()
        self._span_s = (0.0, 60.0)
        self._in_head = False
        self.setMinimumSize(100, 56)

    def show_course(self, trends: Sequence[Trend], span_s: tuple[float, float]) -> None:
        """Show how the number went.

        Args:
            trends: Its course.
            span_s: Part of time to show, s.
        """
        self._trends, self._span_s = trends, span_s
        self.update()

    def _head(self) -> QRectF:
        return self._places().head

    def sizeHint(self) -> QSize:
        """A tile of the default window."""
        return QSize(390, 150)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint all of it."""
        painter = QPainter(self)
        theme = self._theme
        painter.fillRect(self.rect(), QColor(theme.panel))
        places = self._places()
        self._paint_head(painter, places.head)
        face = self.face
        if face is not None and face.reason:
            self._paint_reason(painter, places, face.reason)
        elif face is not None:
            self._paint_number(painter, places.number, face)
            self._paint_feet(painter, places.feet, face)
            self._paint_state(painter, places.state, face)
            if places.curve is not None:
                self._paint_curve(painter, places.curve, face)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _places(self) -> _Places:
        """Divide the tile: name above, number and feet on the left, the curve on the right or below."""
        box = QRectF(self.rect())
        pad = max(4.0, min(14.0, 0.05 * box.height()))
        box.adjust(pad, pad, -pad, -pad)
        line = max(12.0, min(26.0, 0.125 * box.height(), 0.05 * box.width()))
        head = QRectF(box.left(), box.top(), box.width(), line * 1.25)
        rest = box.adjusted(0, head.height(), 0, 0)
        curve = None
        if self.height() >= _NO_CURVE_px:
            if box.width() > _SIDE_BY_SIDE * box.height():
                curve = rest.adjusted(0.5 * box.width(), line * 0.3, 0, 0)
                rest.setRight(curve.left() - pad)
            else:
                curve = rest.adjusted(0, 0.58 * rest.height(), 0, 0)
                rest.setBottom(curve.top() - pad)
        state = QRectF(rest.left(), rest.bottom() - line, rest.width(), line)
        feet_height = min(2.2 * line, 0.3 * rest.height())
        feet = QRectF(rest.left(), state.top() - feet_height, rest.width(), feet_height)
        return _Places(head, QRectF(rest.topLeft(), feet.topRight()), feet, state, curve)

    def _paint_head(self, painter: QPainter, box: QRectF) -> None:
        """Name and unit on the left, target on the right."""
        face, theme = self.face, self._theme
        painter.setFont(sized(self.font(), box.height() / 1.25 * 0.86, bold=True))
        metrics = QFontMetricsF(painter.font())
        right = box.width()
        self._in_head = self._words_in_head(box, metrics)
        if face is not None and self._in_head:
            painter.setPen(QColor(words_ink(theme, face)))
            right -= metrics.horizontalAdvance(face.words) + metrics.height()
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, face.words)
        self._paint_name(painter, box, right)

    def _words_in_head(self, box: QRectF, metrics: QFontMetricsF) -> bool:
        """Whether the target's words have room beside the name; if not, they stand below the number."""
        if self.face is None or self.face.reason or not self.face.words:
            return False
        texts = (name_of(self.column), f" {unit_of(self.column)}", "below ", self.face.words.removeprefix("below "))
        return sum(metrics.horizontalAdvance(text) for text in texts) + 2.2 * metrics.height() < box.width()

    def _paint_number(self, painter: QPainter, box: QRectF, face: Face) -> None:
        """The mean of both feet."""
        size = fitting_size(self.font(), self._template, box.width(), box.height() * 0.82, bold=True)
        painter.setFont(sized(self.font(), size, bold=True))
        painter.setPen(QColor(ink(self._theme, face, face.verdict())))
        tall = height_of(painter.font())
        paint_number(painter, box.left(), box.center().y() + tall / 2, face.text())

    def _paint_feet(self, painter: QPainter, box: QRectF, face: Face) -> None:
        """Left and right apart, with an arrow where one is outside the target."""
        theme = self._theme
        template = f"L {self._template} R {self._template} "
        size = fitting_size(self.font(), template, box.width() * 0.94, box.height() * 0.5, bold=True)
        font = sized(self.font(), size)
        painter.setFont(font)
        baseline = box.center().y() + height_of(font) / 2
        if not face.has_sides:
            wide = QFontMetricsF(font).horizontalAdvance(NOT_TOLD)
            painter.setFont(sized(self.font(), size * min(1.0, box.width() / wide)))
            painter.setPen(QColor(theme.dim))
            painter.drawText(QPointF(box.left(), baseline), NOT_TOLD)
            return
        for place, side in enumerate(SIDES):
            x = box.left() + place * box.width() / 2
            painter.setPen(QColor(theme.dim if face.faint else theme.side(side)))
            painter.drawText(QPointF(x, baseline), side)
            x += width_of(f"{side} ", font)
            verdict = face.verdict(side)
            painter.setPen(QColor(ink(theme, face, verdict)))
            x = paint_number(painter, x, baseline, face.text(side))
            if verdict and not face.faint:
                paint_arrow(painter, QPointF(x + 0.4 * height_of(font), baseline - height_of(font) / 2),
                             0.3 * height_of(font), theme.warn, up=verdict.startswith("above"))  # fmt: skip

    def _paint_state(self, painter: QPainter, box: QRectF, face: Face) -> None:
        """Of which steps, or how old; or the target, where there is no room for it above."""
        painter.setFont(sized(self.font(), box.height() * 0.8))
        metrics = QFontMetricsF(painter.font())
        text, colour = face.state, self._theme.ink if face.faint else self._theme.dim
        if metrics.horizontalAdvance(text) > box.width():
            text = face.brief
        if face.words and not face.faint and not self._in_head:
            text, colour = face.words, words_ink(self._theme, face)
            if metrics.horizontalAdvance(text) > box.width():
                text = face.verdict() or text
        painter.setPen(QColor(colour))
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_reason(self, painter: QPainter, places: _Places, reason: str) -> None:
        """A dash, and why."""
        theme, box = self._theme, QRectF(places.number.topLeft(), QPointF(places.head.right(), places.state.bottom()))
        painter.setPen(QColor(theme.dim))
        painter.setFont(sized(self.font(), min(48.0, 0.4 * box.height()), bold=True))
        dash = QFontMetricsF(painter.font()).horizontalAdvance("–")
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "–")
        painter.setFont(sized(self.font(), places.state.height() * 0.86))
        box.setLeft(box.left() + 1.6 * dash)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, reason)

    def _paint_curve(self, painter: QPainter, box: QRectF, face: Face) -> None:
        """Its course, with the numbers at the edges and how long it is."""
        frame = frame_of(self._trends, face.target, *self._span_s)
        if frame is None:
            return
        theme = self._theme
        painter.setFont(sized(self.font(), max(9.0, min(16.0, 0.11 * box.height(), 0.07 * box.width()))))
        metrics = QFontMetricsF(painter.font())
        top, bottom = edge_texts(frame, self.column)
        scale = max(width_of(text, painter.font()) for text in (top, bottom)) + 4.0
        plot = box.adjusted(scale, metrics.ascent() / 2, -2, -metrics.height() * 1.1)
        if plot.width() < 30 or plot.height() < 15:
            return
        painter.setOpacity(_FADED if face.before else 1.0)
        paint_curve(painter, plot, frame, self._trends, face.target, theme)
        painter.setOpacity(1.0)
        painter.setPen(QColor(theme.grid))
        painter.drawLine(plot.bottomLeft(), plot.topLeft())
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setPen(QColor(theme.dim))
        for text, y in ((top, plot.top()), (bottom, plot.bottom())):
            painter.drawText(
                QPointF(plot.left() - 4 - metrics.horizontalAdvance(text), y + metrics.capHeight() / 2), text
            )
        minutes = (frame.end_s - frame.begin_s) / 60
        painter.drawText(QPointF(plot.left(), box.bottom() - metrics.descent()), f"last {minutes:.0f} min")
