"""Three bars: what share of a foot's load heel, middle and front carry. Each stands beside its own third."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from analysis.steps import StepTable
from viewer.cop.floor_plan import bold, mixed, write
from viewer.report.words import number
from viewer.theme import Theme

PARTS = (("heel", "heel_load_pct"), ("midfoot", "midfoot_load_pct"), ("forefoot", "forefoot_load_pct"))
"""Names of the thirds from the heel on, and their columns."""


@dataclass(frozen=True)
class Shares:
    """Load shares of a foot."""

    percent: tuple[float, float, float]
    """Heel, midfoot and forefoot, %."""
    steps: int
    """How many steps they are the mean of."""


def mean_shares(steps: StepTable) -> Shares | None:
    """Mean of the load shares of some steps.

    Args:
        steps: Steps of one foot.

    Returns:
        The means; None if no step has shares.
    """
    values = np.stack([steps[column] for _, column in PARTS])
    told = np.isfinite(values).all(axis=0)
    if not told.any():
        return None
    heel, middle, front = values[:, told].mean(axis=1).tolist()
    return Shares((heel, middle, front), int(told.sum()))


def percent(value: float) -> str:
    """A share as it is written."""
    return f"{number(value, 0)} %"


def draw_bars(painter: QPainter, places: list[QRectF], shares: Shares, theme: Theme, side: str) -> None:
    """Draw the bars; they grow away from the foot, and a full one is as long as its place is wide.

    Args:
        painter: What to draw with; its font is used.
        places: Room of heel, midfoot and forefoot.
        shares: What to show.
        theme: Colours.
        side: Which foot; the bars of the left one grow to the left.
    """
    for place, (name, _), share in zip(places, PARTS, shares.percent, strict=True):
        text, bar = _halves(painter, place)
        painter.fillRect(bar, QColor(theme.grid))
        painter.fillRect(filled(bar, share, side), mixed(theme.panel, theme.side(side), 0.85))
        _words(painter, text, name, percent(share), theme, side)


def filled(bar: QRectF, share: float, side: str) -> QRectF:
    """The part of a bar that is full.

    Args:
        bar: All of it.
        share: %.
        side: Which foot.

    Returns:
        The part beside the foot.
    """
    part = QRectF(bar)
    part.setWidth(bar.width() * min(100.0, max(0.0, share)) / 100.0)
    if side == "L":
        part.moveRight(bar.right())
    return part


def _halves(painter: QPainter, place: QRectF) -> tuple[QRectF, QRectF]:
    """Room for the words, and the bar below them."""
    line = QFontMetricsF(painter.font(), painter.device()).height()
    high = min(14.0, max(4.0, 0.25 * place.height()))
    top = place.center().y() - 0.5 * (line + high)
    return QRectF(place.left(), top, place.width(), line), QRectF(place.left(), top + line, place.width(), high)


def _words(painter: QPainter, rect: QRectF, name: str, share: str, theme: Theme, side: str) -> None:
    """The share, and the name of its third where there is room for both."""
    plain = painter.font()
    away, near = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
    if side == "L":
        away, near = near, away
    painter.setFont(bold(plain))
    taken = QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(share + " ")
    write(painter, rect, share, theme.ink, near)
    painter.setFont(plain)
    if taken + QFontMetricsF(plain, painter.device()).horizontalAdvance(name) <= rect.width():
        write(painter, rect, name, theme.dim, away)
