"""The floor seen from above: the way ahead is up, left is left, and a metre is as long in both directions."""

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """Where metres on the floor lie on the screen."""

    origin: QPointF
    """Place of (0, 0)."""
    scale: float
    """Points of the screen per metre."""

    def point(self, x_m: float, y_m: float) -> QPointF:
        """Place of x metres ahead and y metres to the left."""
        return QPointF(self.origin.x() - y_m * self.scale, self.origin.y() - x_m * self.scale)

    def path(self, xy_m: Floats) -> QPainterPath:
        """A line through (n, 2) places, interrupted where one is not known."""
        if np.isfinite(xy_m).all(axis=1).sum() < 2:
            return QPainterPath()
        x, y = self.origin.x() - xy_m[:, 1] * self.scale, self.origin.y() - xy_m[:, 0] * self.scale
        path: QPainterPath = pg.arrayToQPath(x, y, connect="finite")
        return path

    def box(self, length_m: float, width_m: float) -> QRectF:
        """A rectangle about (0, 0)."""
        return QRectF(self.point(length_m / 2, width_m / 2), self.point(-length_m / 2, -width_m / 2))


def fit(rect: QRectF, ahead_m: tuple[float, float], left_m: tuple[float, float]) -> Plan:
    """The largest plan that shows a stretch of floor, in the middle of a rectangle.

    Args:
        rect: Where there is room.
        ahead_m: Rearmost and foremost place.
        left_m: Rightmost and leftmost place.

    Returns:
        The plan.
    """
    scale = min(rect.height() / (ahead_m[1] - ahead_m[0]), rect.width() / (left_m[1] - left_m[0]))
    scale, middle = max(scale, 1.0), rect.center()
    return Plan(
        QPointF(middle.x() + 0.5 * sum(left_m) * scale, middle.y() + 0.5 * sum(ahead_m) * scale), scale
    )  # fmt: skip


def extent(xy_m: Floats, least_m: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """What floor a picture of places needs.

    Args:
        xy_m: (n, 2) places, some of them known.
        least_m: Least length of either stretch.

    Returns:
        Rearmost and foremost, rightmost and leftmost place, with some air.
    """
    low, high = np.nanmin(xy_m, axis=0), np.nanmax(xy_m, axis=0)
    half = np.maximum(0.55 * (high - low), 0.5 * least_m)
    middle = 0.5 * (low + high)
    (x0, y0), (x1, y1) = middle - half, middle + half
    return (float(x0), float(x1)), (float(y0), float(y1))


def mixed(below: str, above: str, share: float) -> QColor:
    """A colour laid over another, `share` of it showing."""
    a, b = QColor(below), QColor(above)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(p + (q - p) * share) for p, q in pairs))


def font_for(base: QFont, rect: QRectF) -> QFont:
    """A font that suits the size of a view."""
    font = QFont(base)
    font.setPixelSize(round(min(16.0, max(10.0, min(rect.height() / 23.0, rect.width() / 25.0)))))
    return font


def bold(font: QFont) -> QFont:
    """The same in bold."""
    heavy = QFont(font)
    heavy.setBold(True)
    return heavy


def write(painter: QPainter, rect: QRectF, text: str, colour: str, align: Qt.AlignmentFlag) -> None:
    """One line of text, cut with dots where it is too long."""
    painter.setPen(QColor(colour))
    metrics = QFontMetricsF(painter.font(), painter.device())
    fitting = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width() + 1.0)
    painter.drawText(rect, int(align | Qt.TextFlag.TextDontClip), fitting)


def longest_fitting(painter: QPainter, width: float, *texts: str) -> str:
    """The first of several ways to say something that fits in a line; the last one if none does."""
    metrics = QFontMetricsF(painter.font(), painter.device())
    return next((text for text in texts if metrics.horizontalAdvance(text) <= width), texts[-1])


def write_wrapped(painter: QPainter, rect: QRectF, text: str, colour: str) -> None:
    """Text of several lines in the middle of a rectangle."""
    painter.setPen(QColor(colour))
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), text)


def wrapped_height(painter: QPainter, width: float, text: str) -> float:
    """How high a text is when it is broken into lines of this width."""
    metrics = QFontMetricsF(painter.font(), painter.device())
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    return metrics.boundingRect(QRectF(0, 0, width, 1e4), flags, text).height()
