"""Icons of the buttons, drawn on a square of 24 × 24."""

from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

SIDE = 24
SIZE = 18
"""Side of an icon on the screen, in pixels that do not depend on its density."""
DENSITIES = (1, 2, 3)

Draw = Callable[[QPainter], None]


@cache
def icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """Draw an icon.

    Args:
        name: One of ICONS.
        colour: Of the strokes, as #rrggbb.
        disabled: Of the strokes while it cannot be used; the same colour, fainter, if empty.

    Returns:
        The icon, sharp on dense screens too.
    """
    made = QIcon()
    for mode, strokes in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled or colour)):
        for density in DENSITIES:
            made.addPixmap(_pixmap(ICONS[name], strokes, density), mode)
    return made


def _pixmap(draw: Draw, colour: str, density: int) -> QPixmap:
    pixmap = QPixmap(SIZE * density, SIZE * density)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(SIZE * density / SIDE, SIZE * density / SIDE)
    pen = QPen(QColor(colour), 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    draw(painter)
    painter.end()
    pixmap.setDevicePixelRatio(density)
    return pixmap


def _fill(painter: QPainter, path: QPainterPath) -> None:
    painter.fillPath(path, painter.pen().color())


def _polygon(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def _closed(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(_polygon(*points))
    path.closeSubpath()
    return path


def _record(painter: QPainter) -> None:
    path = QPainterPath()
    path.addEllipse(QPointF(12, 12), 8.5, 8.5)
    _fill(painter, path)


def _stop(painter: QPainter) -> None:
    path = QPainterPath()
    path.addRoundedRect(QRectF(5, 5, 14, 14), 1.5, 1.5)
    _fill(painter, path)


def _replay(painter: QPainter) -> None:
    _fill(painter, _closed((7, 4), (20, 12), (7, 20)))


def _tare(painter: QPainter) -> None:
    """Two arrows that meet at the zero line."""
    painter.drawLine(QPointF(3, 21), QPointF(21, 21))
    painter.drawLine(QPointF(12, 3), QPointF(12, 15))
    painter.drawPolyline(_polygon((7, 11), (12, 16), (17, 11)))


def _bout(painter: QPainter) -> None:
    """A flag."""
    painter.drawLine(QPointF(6, 3), QPointF(6, 21))
    _fill(painter, _closed((6, 4), (19, 8), (6, 13)))


def _marker(painter: QPainter) -> None:
    """A pin on a line of time."""
    painter.drawLine(QPointF(3, 20), QPointF(21, 20))
    painter.drawLine(QPointF(12, 12), QPointF(12, 20))
    _fill(painter, _closed((7, 4), (17, 4), (17, 8), (12, 14), (7, 8)))


def _note(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(4, 3, 16, 18), 2, 2)
    for y in (8, 12, 16):
        painter.drawLine(QPointF(8, y), QPointF(16 if y < 16 else 12, y))


def _standard(painter: QPainter) -> None:
    """The window's panes."""
    painter.drawRoundedRect(QRectF(3, 4, 18, 16), 2, 2)
    painter.drawLine(QPointF(15, 4), QPointF(15, 20))
    painter.drawLine(QPointF(3, 12), QPointF(15, 12))


def _large(painter: QPainter) -> None:
    """A large and a small A."""
    painter.drawPolyline(_polygon((1.5, 20), (7.5, 4), (13.5, 20)))
    painter.drawLine(QPointF(4.0, 14.5), QPointF(11.0, 14.5))
    painter.drawPolyline(_polygon((15, 20), (18, 12), (21, 20)))


def _compare(painter: QPainter) -> None:
    """Two panes beside each other."""
    painter.drawRoundedRect(QRectF(2.5, 4, 8, 16), 1.5, 1.5)
    painter.drawRoundedRect(QRectF(13.5, 4, 8, 16), 1.5, 1.5)


def _options(painter: QPainter) -> None:
    """Three sliders."""
    for y, knob in ((6, 15), (12, 8), (18, 16)):
        painter.drawLine(QPointF(3, y), QPointF(21, y))
        path = QPainterPath()
        path.addEllipse(QPointF(knob, y), 3.0, 3.0)
        _fill(painter, path)


def _theme(painter: QPainter) -> None:
    """A disc, half dark."""
    painter.drawEllipse(QPointF(12, 12), 8.5, 8.5)
    path = QPainterPath(QPointF(12, 3.5))
    path.arcTo(QRectF(3.5, 3.5, 17, 17), 90, -180)
    _fill(painter, path)


def _open(painter: QPainter) -> None:
    """A folder."""
    painter.drawPolygon(_polygon((3, 19), (3, 5), (9, 5), (11, 8), (21, 8), (21, 19)))


def _help(painter: QPainter) -> None:
    path = QPainterPath(QPointF(7.5, 8.5))
    path.cubicTo(7.5, 2.5, 16.5, 2.5, 16.5, 8.5)
    path.cubicTo(16.5, 12, 12, 11.5, 12, 15.5)
    painter.drawPath(path)
    painter.drawPoint(QPointF(12, 20.5))


ICONS: dict[str, Draw] = {
    "record": _record, "stop": _stop, "replay": _replay, "tare": _tare, "bout": _bout, "marker": _marker,
    "note": _note, "standard": _standard, "large": _large, "compare": _compare, "options": _options,
    "theme": _theme, "open": _open, "help": _help,
}  # fmt: skip
"""Each icon's drawing, in the pen that the painter has."""
