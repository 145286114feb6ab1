"""The belt from above, with the place where the force acts just now and where it acted lately."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from viewer.cop.floor_plan import Plan, fit, font_for, longest_fitting, mixed, write
from viewer.source import Facts
from viewer.theme import Theme

USUAL_SIZE_M = (1.5, 0.5)
"""Length and width of a belt of which none are known."""
_GRID_M = 0.1


def draw_belts(painter: QPainter, rect: QRectF, facts: Facts, theme: Theme) -> tuple[Plan, ...]:
    """Draw the empty belts, with lines every 10 cm and a cross at each one's centre.

    Args:
        painter: What to draw with.
        rect: Where.
        facts: Their names and size.
        theme: Colours.

    Returns:
        Where each belt's metres lie.
    """
    painter.setFont(font_for(painter.font(), rect))
    line = QFontMetricsF(painter.font(), painter.device()).height()
    size = facts.belt_size_m or USUAL_SIZE_M
    room = rect.adjusted(6, 4, -6, -4)
    _draw_foot_line(painter, room, facts, theme)
    room.adjust(0, line + 2, 0, -line - 2)
    width = room.width() / len(facts.belts)
    plans = []
    for number, name in enumerate(facts.belts):
        column = QRectF(room.left() + number * width, room.top(), width, room.height()).adjusted(3, 0, -3, 0)
        plans.append(fit(column, (-size[0] / 2, size[0] / 2), (-size[1] / 2, size[1] / 2)))
        _draw_belt(painter, plans[-1], size, facts.belt_size_m is not None, theme)
        head = QRectF(column.left(), rect.top() + 4, column.width(), line)
        write(painter, head, f"belt {name} ▲ front" if name else "▲ front", theme.dim, Qt.AlignmentFlag.AlignHCenter)
    return tuple(plans)


def _draw_foot_line(painter: QPainter, room: QRectF, facts: Facts, theme: Theme) -> None:
    line = QFontMetricsF(painter.font(), painter.device()).height()
    unknown = " · size of the belt not known" if facts.belt_size_m is None else ""
    long = f"dot: where the force acts now · grid: 10 cm{unknown}"
    text = longest_fitting(painter, room.width(), long, f"grid: 10 cm{unknown}")
    place = QRectF(room.left(), room.bottom() - line, room.width(), line)
    write(painter, place, text, theme.dim, Qt.AlignmentFlag.AlignHCenter)


def _draw_belt(painter: QPainter, plan: Plan, size: tuple[float, float], known: bool, theme: Theme) -> None:
    box = plan.box(*size)
    painter.fillRect(box, mixed(theme.panel, theme.grid, 0.35))
    painter.setPen(QPen(QColor(theme.grid), 1.0))
    for number in range(-int(size[0] / 2 / _GRID_M), int(size[0] / 2 / _GRID_M) + 1):
        painter.drawLine(plan.point(number * _GRID_M, size[1] / 2), plan.point(number * _GRID_M, -size[1] / 2))
    for number in range(-int(size[1] / 2 / _GRID_M), int(size[1] / 2 / _GRID_M) + 1):
        painter.drawLine(plan.point(size[0] / 2, number * _GRID_M), plan.point(-size[0] / 2, number * _GRID_M))
    painter.setPen(QPen(QColor(theme.dim), 1.0))
    centre = plan.point(0.0, 0.0)
    painter.drawLine(centre - QPointF(5, 0), centre + QPointF(5, 0))
    painter.drawLine(centre - QPointF(0, 5), centre + QPointF(0, 5))
    painter.setPen(QPen(QColor(theme.dim), 1.0, Qt.PenStyle.SolidLine if known else Qt.PenStyle.DashLine))
    painter.drawRect(box)
