"""What moves over the picture of the whole session: the moment shown, and the loop."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.theme import Theme
from viewer.time.overview_lanes import Plan


def paint_position(painter: QPainter, plan: Plan, theme: Theme, now_s: float, span_s: float) -> None:
    """Draw the moment shown, and how much the scrolling curve shows of what was before.

    Args:
        painter: On the widget.
        plan: Where time lies.
        theme: Colours.
        now_s: The moment.
        span_s: Width of the scrolling curve, s.
    """
    ink, bottom = QColor(theme.ink), plan.bottom
    x = min(max(plan.x_of(now_s), plan.left), plan.right)
    begin = min(max(plan.x_of(now_s - span_s), plan.left), x)
    shown = QColor(ink)
    shown.setAlpha(36)
    painter.fillRect(QRectF(begin, 0, x - begin, bottom), shown)
    painter.setPen(QPen(ink, 0))
    painter.setBrush(ink)
    at = round(x) + 0.5
    painter.drawLine(QPointF(at, 0), QPointF(at, bottom))
    painter.drawPolygon(QPolygonF([QPointF(at - 4, bottom + 5), QPointF(at + 4, bottom + 5), QPointF(at, bottom)]))


def paint_loop(painter: QPainter, plan: Plan, theme: Theme, loop: tuple[float, float], *, looping: bool) -> None:
    """Draw the loop with grips at its ends; filled while it repeats.

    Args:
        painter: On the widget.
        plan: Where time lies.
        theme: Colours.
        loop: Beginning and end, s.
        looping: Whether it repeats.
    """
    colour = QColor(theme.accent)
    left, right = (round(plan.x_of(time_s)) + 0.5 for time_s in loop)
    if looping:
        fill = QColor(colour)
        fill.setAlpha(60)
        painter.fillRect(QRectF(left, plan.top, right - left, plan.bottom - plan.top), fill)
    painter.setPen(QPen(colour, 0, Qt.PenStyle.SolidLine if looping else Qt.PenStyle.DashLine))
    middle = (plan.top + plan.bottom) / 2
    for x, inward in ((left, 3.0), (right, -3.0)):
        painter.drawLine(QPointF(x, plan.top), QPointF(x, plan.bottom))
        painter.fillRect(QRectF(min(x, x + inward), middle - 8, abs(inward), 16), colour)
