"""Icons of the transport's buttons, drawn, because fonts may lack them."""

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

SIDE = 24
DENSITIES = (1, 2, 3)


def _triangle(left: float, right: float) -> QPainterPath:
    """One that points from left to right; the other way round if right is smaller."""
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(left, 5), QPointF(right, 12), QPointF(left, 19)]))
    path.closeSubpath()
    return path


def _bars(*lefts: float) -> QPainterPath:
    path = QPainterPath()
    for left in lefts:
        path.addRect(QRectF(left, 5, 3.5, 14))
    return path


def _loop() -> QPainterPath:
    """A track with an arrow's head on it."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(3.5, 7.5, 17, 11), 5.5, 5.5)
    path.addPath(_head())
    return path


def _head() -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(10, 3.5), QPointF(10, 11.5), QPointF(16, 7.5)]))
    path.closeSubpath()
    return path


def _path(name: str) -> QPainterPath:
    """What an icon consists of."""
    if name == "play":
        return _triangle(7, 20)
    if name == "pause":
        return _bars(6.5, 14)
    if name == "next":
        return _triangle(5, 15) + _bars(16)
    if name == "previous":
        return _triangle(19, 9) + _bars(4.5)
    return _loop()


@cache
def transport_icon(name: str, colour: str, on: str) -> QIcon:
    """Draw an icon.

    Args:
        name: "play", "pause", "next", "previous" or "loop".
        colour: As #rrggbb.
        on: The same for a button that is pressed in.

    Returns:
        The icon, sharp on dense screens too, fainter while it cannot be used.
    """
    icon = QIcon()
    for density in DENSITIES:
        icon.addPixmap(_pixmap(name, colour, density, 1.0), QIcon.Mode.Normal, QIcon.State.Off)
        icon.addPixmap(_pixmap(name, on, density, 1.0), QIcon.Mode.Normal, QIcon.State.On)
        icon.addPixmap(_pixmap(name, colour, density, 0.35), QIcon.Mode.Disabled)
    return icon


def _pixmap(name: str, colour: str, density: int, opacity: float) -> QPixmap:
    pixmap = QPixmap(SIDE * density, SIDE * density)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity)
    painter.scale(density, density)
    if name == "loop":
        painter.strokePath(_path(name), QPen(QColor(colour), 2.0))
        painter.fillPath(_head(), QColor(colour))
    else:
        painter.fillPath(_path(name), QColor(colour))
    painter.end()
    pixmap.setDevicePixelRatio(density)
    return pixmap
