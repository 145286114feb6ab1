"""A small curve of how a metric went: steps as dots, their running mean as a line, the target as a band."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.numbers.targets import Target
from viewer.numbers.trends import Trend, shown
from viewer.theme import Theme

DOTS = 120
"""Most dots of a foot, and points of its mean."""
_MARGIN = 0.12  # of the range, above and below


@dataclass(frozen=True)
class Frame:
    """Which part of time and value a curve shows."""

    begin_s: float
    """Left edge."""
    end_s: float
    """Right edge."""
    low: float
    """Lower edge."""
    high: float
    """Upper edge."""

    def points(self, box: QRectF, time_s: np.ndarray, value: np.ndarray) -> QPolygonF:
        """Where steps lie in a box, px; what is outside lies on its edge.

        Args:
            box: The plot.
            time_s: (n,) times.
            value: (n,) numbers, NaN left out.

        Returns:
            At most n points.
        """
        fine = np.isfinite(value)
        x = box.left() + (time_s[fine] - self.begin_s) / (self.end_s - self.begin_s) * box.width()
        y = np.clip((self.high - value[fine]) / (self.high - self.low), 0.0, 1.0) * box.height() + box.top()
        return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])

    def y(self, box: QRectF, value: float) -> float:
        """Where a number lies in a box, px; on its edge if outside."""
        return box.top() + min(1.0, max(0.0, (self.high - value) / (self.high - self.low))) * box.height()


def frame_of(trends: Sequence[Trend], target: Target | None, begin_s: float, end_s: float) -> Frame | None:
    """The part to show: all means, most dots and the target, on round numbers, so that it seldom changes.

    Args:
        trends: The feet.
        target: The band, if there is one.
        begin_s: Left edge.
        end_s: Right edge.

    Returns:
        The frame; None without any number.
    """
    values = [trend.value[np.isfinite(trend.value)] for trend in trends]
    means = [trend.mean[np.isfinite(trend.mean)] for trend in trends]
    if not sum(value.size for value in values):
        return None
    edges = [float(edge) for edge in np.percentile(np.concatenate(values), (2, 98))]
    edges += [float(edge) for mean in means if mean.size for edge in (mean.min(), mean.max())]
    edges += [limit for limit in (target.low, target.high) if limit is not None] if target else []
    low, high = min(edges), max(edges)
    room = max(high - low, abs(high) * 0.02, 1e-9) * _MARGIN
    step = 10.0 ** math.floor(math.log10(max(high - low, abs(high) * 0.02, 1e-9))) / 2
    return Frame(begin_s, end_s, math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step)


def paint_curve(
    painter: QPainter, box: QRectF, frame: Frame, trends: Sequence[Trend], target: Target | None, theme: Theme
) -> None:
    """Paint band, dots and means.

    Args:
        painter: Where.
        box: The plot, px.
        frame: What it shows.
        trends: The feet.
        target: The band, if there is one.
        theme: Colours.
    """
    if target is not None:
        _paint_band(painter, box, frame, target, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for trend in trends:
        colour = QColor(theme.side(trend.side))
        every = max(1, -(-trend.step.size // DOTS))
        chosen = trend.step // 2 % every == 0  # by the step's own number: nothing hops when one is added
        colour.setAlphaF(0.45)
        painter.setPen(QPen(colour, 2.5, c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(frame.points(box, trend.time_s[chosen], trend.value[chosen]))
        colour.setAlphaF(1.0)
        painter.setPen(QPen(colour, 1.5))
        chosen[-1] = True
        painter.drawPolyline(frame.points(box, trend.time_s[chosen], trend.mean[chosen]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def edge_texts(frame: Frame, column: str) -> tuple[str, str]:
    """Numbers at the upper and the lower edge."""
    return shown(column, frame.high), shown(column, frame.low)


def _paint_band(painter: QPainter, box: QRectF, frame: Frame, target: Target, theme: Theme) -> None:
    top = box.top() if target.high is None else frame.y(box, target.high)
    bottom = box.bottom() if target.low is None else frame.y(box, target.low)
    painter.fillRect(QRectF(box.left(), top, box.width(), bottom - top), QColor(theme.grid))
    painter.setPen(QPen(QColor(theme.dim), 0, Qt.PenStyle.DashLine))
    for limit, y in ((target.high, top), (target.low, bottom)):
        if limit is not None:
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
