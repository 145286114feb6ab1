"""Draws one picture of the force curve, in device pixels: everything that scrolls stands on whole columns."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from viewer.curve.curve_frame import ARROW_PX, ROW, Axis, Frame, Still
from viewer.curve.curve_layout import LETTERS, Panel
from viewer.curve.curve_still import COLOUR, draw_names, draw_still, force_lines, row_of, small_font
from viewer.sources.envelope import strokes
from viewer.theme import Theme
from viewer.time.times import clock

STEP_S = 0.33
"""A step at 180 steps a minute: letters and arrows are drawn where there is room for them at that rate."""
LETTER_PX = 16
SHADE = 0.15
"""Share of a side's colour in the shading behind its stances."""
_LINES = {"marker": "accent", "lsl": "accent", "bout": "accent", "note": "dim", "sync": "dim", "tare": "good"}
"""Colours of what was noted; anything else is bad news."""


class CurvePainter:
    """Draws pictures in one set of colours, and keeps what the next one can use."""

    def __init__(self, theme: Theme) -> None:
        """Prepare.

        Args:
            theme: Colours.
        """
        self._theme = theme
        self._still: Still | None = None
        self._picture = QPixmap()
        self._lines: list[tuple[int, str]] = []
        self._glyphs: dict[tuple[str, str, float], QPixmap] = {}

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Draw a picture.

        Args:
            painter: Counts in device pixels.
            frame: What is to be seen.
        """
        if repr(frame.still) != repr(self._still):  # a body weight of NaN is not equal to itself
            self._still, self._lines = frame.still, force_lines(frame.still)
            self._picture = draw_still(frame.still, self._theme)
        painter.drawPixmap(0, 0, self._picture)
        layout = frame.still.layout
        if not layout.panels:
            return
        painter.save()
        painter.setClipRect(layout.left, 0, layout.columns, layout.bottom)
        self._shade(painter, frame)
        self._grid(painter, frame)
        self._gaps(painter, frame)
        self._noted(painter, frame)
        for panel, axis in zip(layout.panels, frame.still.axes, strict=True):
            self._trace(painter, frame, panel, axis)
            if panel.name == "Fz":
                self._stances(painter, frame, panel, axis)
        painter.restore()
        self._clock(painter, frame)
        if not layout.named:
            draw_names(painter, frame.still, self._theme)

    def blank(self, painter: QPainter, area: QRect) -> None:
        """Draw a picture of nothing: before there is a moment to show."""
        painter.fillRect(area, QColor(self._theme.panel))

    def _shade(self, painter: QPainter, frame: Frame) -> None:
        layout, stances = frame.still.layout, frame.stances
        top, height = layout.top, layout.bottom - layout.top
        shift = layout.left - frame.columns.begin
        # Opaque: a hundred translucent areas would take longer than all the rest.
        shades = {side: _mixed(self._theme.panel, self._theme.side(side), SHADE) for side in ("L", "R", "?", "")}
        pale = _mixed(self._theme.panel, self._theme.dim, SHADE)
        for begin, end, side in zip(stances.touchdown.tolist(), stances.toe_off.tolist(), stances.side, strict=True):
            painter.fillRect(begin + shift, top, end - begin, height, shades[str(side)])
        dashed = QPen(QColor(self._theme.dim), 1, Qt.PenStyle.DashLine)
        for contact in frame.contacts:
            painter.fillRect(contact.begin + shift, top, contact.end - contact.begin, height, pale)
            if contact.fresh:
                painter.setPen(dashed)
                for column in (contact.begin,) if contact.lasting else (contact.begin, contact.end):
                    painter.drawLine(column + shift, top, column + shift, layout.bottom - 1)

    def _grid(self, painter: QPainter, frame: Frame) -> None:
        layout = frame.still.layout
        for row, colour in self._lines:
            painter.setPen(QColor(getattr(self._theme, colour)))
            painter.drawLine(layout.left, row, layout.right - 1, row)
        painter.setPen(QColor(self._theme.grid))
        for column, _ in frame.clock:
            x = column - frame.columns.begin + layout.left
            for panel in layout.panels:
                painter.drawLine(x, panel.top, x, panel.top + panel.height - 1)

    def _gaps(self, painter: QPainter, frame: Frame) -> None:
        layout = frame.still.layout
        shift = layout.left - frame.columns.begin
        brush = QBrush(QColor(self._theme.dim), Qt.BrushStyle.BDiagPattern)
        for begin, end in frame.gaps.tolist():
            painter.setBrushOrigin(QPoint(begin + shift, 0))
            painter.fillRect(begin + shift, layout.top, end - begin, layout.bottom - layout.top, brush)

    def _noted(self, painter: QPainter, frame: Frame) -> None:
        """A line for each thing that was noted, and its words as far as they fit before the next one's."""
        layout, theme = frame.still.layout, self._theme
        painter.setFont(small_font(layout.scale))
        metrics = QFontMetrics(painter.font())
        shift = layout.left - frame.columns.begin
        ends = [label.column for label in frame.labels[1:]] + [frame.columns.end + layout.width]
        for label, end in zip(frame.labels, ends, strict=False):  # no labels, no ends
            x = label.column + shift
            colour = QColor(getattr(theme, _LINES.get(label.kind, "bad")))
            painter.setPen(QPen(colour, 1, Qt.PenStyle.SolidLine if label.kind != "gap" else Qt.PenStyle.DotLine))
            painter.drawLine(x, 0, x, layout.bottom - 1)
            room = end - label.column - layout.px(6)
            text = metrics.elidedText(label.text, Qt.TextElideMode.ElideRight, room)
            if len(text) > 2:
                painter.setPen(colour)
                painter.drawText(x + layout.px(4), metrics.ascent() + layout.px(1), text)

    def _trace(self, painter: QPainter, frame: Frame, panel: Panel, axis: Axis) -> None:
        row, columns, thick = ROW[panel.name], frame.columns, max(1, round(frame.still.layout.scale))
        slope = (panel.height - 1) / (axis.high - axis.low)
        for belt, name in enumerate(frame.belts):
            top, bottom = (
                np.clip(
                    panel.top + 0.5 + (axis.high - values[belt, row] / frame.unit_N) * slope,
                    panel.top - 1,
                    panel.bottom,
                )
                for values in (columns.hi, columns.lo)
            )
            split = len(frame.belts) > 1
            pen = QPen(QColor(self._theme.side(name) if split else getattr(self._theme, COLOUR[panel.name])))
            painter.setPen(pen)
            painter.drawPath(trace_path(top, bottom, frame.still.layout.left, thick))

    def _stances(self, painter: QPainter, frame: Frame, panel: Panel, axis: Axis) -> None:
        """Letters above the stances, and arrows at their ends: down for touchdown, up for toe-off."""
        layout, scale = frame.still.layout, frame.still.layout.scale
        if STEP_S * frame.grid.rate_Hz / frame.grid.step < LETTER_PX * scale:
            return
        shift = layout.left - frame.columns.begin
        above, below = panel.top - layout.px(LETTERS), row_of(panel, axis, 0.0) + layout.px(1) + 1
        stances = frame.stances
        for begin, end, side in zip(stances.touchdown.tolist(), stances.toe_off.tolist(), stances.side, strict=True):
            letter = self._glyph(str(side), str(side), scale)
            painter.drawPixmap((begin + end) // 2 + shift - letter.width() // 2, above, letter)
            for column, kind in ((begin, "down"), (end, "up")):
                arrow = self._glyph(kind, str(side), scale)
                painter.drawPixmap(column + shift - arrow.width() // 2, below, arrow)

    def _clock(self, painter: QPainter, frame: Frame) -> None:
        layout = frame.still.layout
        painter.setFont(small_font(layout.scale))
        painter.setPen(QColor(self._theme.dim))
        metrics = QFontMetrics(painter.font())
        for column, seconds in frame.clock:
            text = clock(seconds)
            half = metrics.horizontalAdvance(text) // 2
            x = column - frame.columns.begin + layout.left
            if layout.left - half <= x <= min(layout.right, layout.width - half):
                painter.drawText(x - half, layout.height - layout.px(5), text)

    def _glyph(self, kind: str, side: str, scale: float) -> QPixmap:
        key = (kind, side, scale)
        if key not in self._glyphs:
            colour = QColor(self._theme.side(side))
            arrow = kind in ("down", "up")
            self._glyphs[key] = _arrow(kind, colour, scale) if arrow else _letter(kind, colour, scale)
        return self._glyphs[key]


def trace_path(top: np.ndarray, bottom: np.ndarray, left: int, thick: int) -> QPainterPath:
    """One crisp trace: a stroke in each column, joined with its neighbour's.

    Args:
        top: (m,) rows of the greatest value in each column; NaN where the trace is interrupted.
        bottom: (m,) rows of the least.
        left: Column of the first.
        thick: Thickness of the trace, device pixels.

    Returns:
        The path; drawn with a pen of one pixel.
    """
    first, last, there = strokes(top, bottom)
    at = np.flatnonzero(there)
    x = np.repeat(left + at + 0.5, 2 * thick).reshape(-1, thick, 2) + np.arange(thick)[:, None]
    # From a quarter of the first pixel to three quarters of the last: a stroke of no length would not be drawn.
    ends = np.stack([first[at] + 0.25, last[at] + thick - 0.25], axis=1)
    y = np.repeat(ends[:, None], thick, axis=1)
    path: QPainterPath = pg.functions.arrayToQPath(x.ravel(), y.ravel(), connect="pairs", finiteCheck=False)
    return path


def _mixed(ground: str, colour: str, share: float) -> QColor:
    under, over = QColor(ground), QColor(colour)
    red, green, blue = (
        round((1 - share) * getattr(under, part)() + share * getattr(over, part)()) for part in ("red", "green", "blue")
    )
    return QColor(red, green, blue)


def _letter(text: str, colour: QColor, scale: float) -> QPixmap:
    font = small_font(scale, bold=True)
    metrics = QFontMetrics(font)
    picture = QPixmap(metrics.horizontalAdvance(text) + 2, metrics.height())
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(1, metrics.ascent(), text)
    painter.end()
    return picture


def _arrow(kind: str, colour: QColor, scale: float) -> QPixmap:
    size = round(ARROW_PX * scale) // 2 * 2 + 1
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    tip, base = (size - 1.0, 1.0) if kind == "down" else (1.0, size - 1.0)
    painter.drawPolygon(QPolygonF([QPointF(0, base), QPointF(size, base), QPointF(size / 2, tip)]))
    painter.end()
    return picture
