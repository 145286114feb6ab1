"""The whole session as a small picture: dots of two metrics, bouts, and what happened. Drawn once, then only copied."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from daq.bouts import BoutSpan
from viewer.report.words import label_of, number, unit_of
from viewer.source import Happening
from viewer.theme import Theme
from viewer.time.overview_lanes import AXIS, MARGIN, ROW, TICKS, Lane, Plan, dots
from viewer.time.times import clock, label_step

SHOWN = {
    "marker": "accent", "lsl": "accent", "note": "dim", "tare": "good", "gap": "bad", "reset": "bad",
    "ended early": "bad",
}  # fmt: skip
"""Kinds of happenings that get a tick, and its colour in the theme."""


@dataclass(frozen=True)
class Picture:
    """What is drawn of a session."""

    plan: Plan
    """Where."""
    lanes: tuple[Lane, ...]
    """Dots."""
    bouts: tuple[BoutSpan, ...]
    """Bands."""
    happenings: tuple[Happening, ...]
    """Ticks."""
    word: str
    """What to say, such as why there are no dots; may be empty."""

    @cached_property
    def ticks(self) -> tuple[tuple[float, Happening], ...]:
        """Every happening that is shown, with its x."""
        return tuple((self.plan.x_of(some.time_s), some) for some in self.happenings if some.kind in SHOWN)

    def draw(self, theme: Theme, font: QFont, ratio: float) -> QPixmap:
        """Draw all of it.

        Args:
            theme: Colours.
            font: Of the words.
            ratio: Device pixels per logical pixel.

        Returns:
            The picture.
        """
        plan = self.plan
        pixmap = QPixmap(round(plan.width * ratio), round(plan.height * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(theme.panel))
        painter = QPainter(pixmap)
        painter.setFont(font)
        _draw_axis(painter, plan, theme)
        for bout in self.bouts:
            _draw_bout(painter, plan, bout, theme)
        for place, lane in enumerate(self.lanes):
            _draw_lane(painter, plan, plan.lane(place, len(self.lanes)), lane, theme, ratio)
        for x, some in self.ticks:
            _draw_tick(painter, plan, x, some, theme)
        _draw_words(painter, self, theme)
        painter.end()
        return pixmap


def _draw_axis(painter: QPainter, plan: Plan, theme: Theme) -> None:
    span = plan.last_s - plan.first_s
    step = label_step(span, plan.right - plan.left)
    time_s = np.ceil(plan.first_s / step - 1e-9) * step
    while time_s <= plan.last_s + 1e-9:
        x = round(plan.x_of(time_s)) + 0.5
        painter.setPen(QColor(theme.grid))
        painter.drawLine(QPointF(x, plan.top), QPointF(x, plan.bottom + 3))
        painter.setPen(QColor(theme.dim))
        box = QRectF(min(x - 40, plan.width - 82), plan.bottom + 2, 80, AXIS - 2)
        right = Qt.AlignmentFlag.AlignRight if x + 40 > plan.width else Qt.AlignmentFlag.AlignHCenter
        painter.drawText(box, right | Qt.AlignmentFlag.AlignVCenter, clock(time_s))
        time_s += step


def _draw_bout(painter: QPainter, plan: Plan, bout: BoutSpan, theme: Theme) -> None:
    left, right = plan.x_of(bout.start_s), plan.x_of(bout.end_s)
    fill = QColor(theme.accent)
    fill.setAlpha(45)
    painter.fillRect(QRectF(left, 2, max(1.0, right - left - 1), ROW - 3), fill)
    painter.setPen(QPen(QColor(theme.dim), 0, Qt.PenStyle.DotLine))
    for x in (left, right):
        painter.drawLine(QPointF(round(x) + 0.5, 2), QPointF(round(x) + 0.5, plan.bottom))
    painter.setPen(QColor(theme.ink))
    room = right - left - 6
    if room > 14:
        name = painter.fontMetrics().elidedText(bout.name, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left + 3, 2, room, ROW - 3), Qt.AlignmentFlag.AlignVCenter, name)


def _draw_lane(painter: QPainter, plan: Plan, box: QRectF, lane: Lane, theme: Theme, ratio: float) -> None:
    painter.setPen(QColor(theme.grid))
    painter.drawLine(QPointF(box.left(), box.bottom() + 1.5), QPointF(box.right(), box.bottom() + 1.5))
    painter.drawImage(QPointF(0, box.top()), dots(plan, box, lane, theme, ratio))


def _draw_tick(painter: QPainter, plan: Plan, x: float, some: Happening, theme: Theme) -> None:
    """A triangle for a marker or a note, a bar for a tare, a line through all lanes where data are missing."""
    colour = QColor(getattr(theme, SHOWN[some.kind]))
    x, top = round(x) + 0.5, plan.top - TICKS
    if SHOWN[some.kind] == "bad":
        painter.setPen(QPen(colour, 0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, top), QPointF(x, plan.bottom))
        return
    painter.setPen(colour)
    painter.setBrush(colour)
    if some.kind == "tare":
        painter.fillRect(QRectF(x - 3, top + 2, 7, 2), colour)
        painter.fillRect(QRectF(x - 1, top + 2, 2, 6), colour)
    else:
        painter.drawPolygon(QPolygonF([QPointF(x - 3, top + 1), QPointF(x + 3, top + 1), QPointF(x, top + 7)]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_words(painter: QPainter, picture: Picture, theme: Theme) -> None:
    """Names of the lanes and their scales, and what there is to say."""
    plan = picture.plan
    painter.setPen(QColor(theme.dim))
    if plan.left == MARGIN:
        for place, lane in enumerate(picture.lanes):
            _draw_name(painter, plan.lane(place, len(picture.lanes)), lane, theme)
        if any(np.isin(lane.side, ("L", "R")).any() for lane in picture.lanes):
            _draw_legend(painter, plan, theme)
    if picture.word:
        box = QRectF(plan.left, plan.top, plan.right - plan.left, plan.bottom - plan.top)
        where = Qt.AlignmentFlag.AlignCenter
        if picture.lanes:
            where = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.setPen(QColor(theme.dim))
        painter.drawText(box, where | Qt.TextFlag.TextWordWrap, picture.word)


def _draw_name(painter: QPainter, box: QRectF, lane: Lane, theme: Theme) -> None:
    """Name and unit to the left, the lane's edges to the right; only the name where it is low."""
    words = QRectF(8, box.top(), MARGIN - 14, box.height())
    roomy = box.height() >= 2 * painter.fontMetrics().height()
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    top, low = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
    painter.setPen(QColor(theme.ink))
    name = painter.fontMetrics().elidedText(label_of(lane.column), Qt.TextElideMode.ElideRight, MARGIN - 46)
    painter.drawText(words, left | (top if roomy else Qt.AlignmentFlag.AlignVCenter), name)
    if roomy:
        span = lane.high - lane.low
        decimals = 0 if span >= 5 else 1 if span >= 0.5 else 2
        painter.setPen(QColor(theme.dim))
        painter.drawText(words, left | low, unit_of(lane.column))
        painter.drawText(words, right | top, number(lane.high, decimals))
        painter.drawText(words, right | low, number(lane.low, decimals))


def _draw_legend(painter: QPainter, plan: Plan, theme: Theme) -> None:
    """Which dots are whose, below the names."""
    x, middle = 8, plan.bottom + AXIS // 2 + 1
    for side, word in (("L", "left"), ("R", "right")):
        colour = QColor(theme.side(side))
        painter.setPen(colour)
        painter.setBrush(colour if side == "L" else Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(x + 0.5, middle - 2.5, 4, 4))
        painter.setPen(QColor(theme.dim))
        painter.drawText(QRectF(x + 9, plan.bottom + 2, 50, AXIS - 2), Qt.AlignmentFlag.AlignVCenter, word)
        x += 9 + painter.fontMetrics().horizontalAdvance(word) + 10
    painter.setBrush(Qt.BrushStyle.NoBrush)
