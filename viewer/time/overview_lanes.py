"""Lanes of the overview: which dots they hold, where they lie, and an image of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage

from analysis.steps import StepTable
from viewer.theme import Theme

CADENCE = "cadence_spm"
IMPACTS = ("hf_peak_BW", "impact_peak_BW", "valr_BW_s", "contact_time_ms")
"""What the lower lane shows: the first of these that has values."""
LEAST_SPAN = {CADENCE: 10.0, "contact_time_ms": 20.0}
"""A lane shows at least so much of these, or noise would look like news."""
_DENSE = 0.25
"""Dots per pixel of width from which they are drawn smaller."""
MARGIN, TEXT_FROM, ROW, TICKS, AXIS = 152, 460, 17, 9, 17
"""Width of the names, of a widget that has them; heights of the rows of bouts, ticks and times; logical pixels."""


@dataclass(frozen=True)
class Lane:
    """One metric over the session."""

    column: str
    """Its column in the step table."""
    time_s: NDArray[np.float64]
    """(n,) touchdown."""
    values: NDArray[np.float64]
    """(n,) the metric."""
    side: NDArray[np.str_]
    """(n,) L, R or ?"""
    low: float
    """Lower edge of the lane; dots beyond it lie on it."""
    high: float
    """Upper edge."""


@dataclass(frozen=True)
class Plan:
    """Where everything lies, in logical pixels."""

    width: int
    """Of the widget."""
    height: int
    """Of the widget."""
    first_s: float
    """Time at the left edge of the lanes."""
    last_s: float
    """Time at the right edge."""
    bouts: bool = False
    """Whether there is a row of bouts."""
    ticks: bool = False
    """Whether there is a row of ticks."""

    @property
    def left(self) -> int:
        """Left edge of the lanes: names stand before it if there is room."""
        return MARGIN if self.width >= TEXT_FROM else 8

    @property
    def right(self) -> int:
        """Right edge of the lanes."""
        return self.width - 10

    @property
    def top(self) -> int:
        """Upper edge of the upper lane."""
        return 3 + ROW * self.bouts + TICKS * self.ticks

    @property
    def bottom(self) -> int:
        """Lower edge of the lower lane."""
        return self.height - AXIS

    def lane(self, number: int, lanes: int) -> QRectF:
        """Place of one lane."""
        each = (self.bottom - self.top) / lanes
        return QRectF(self.left, self.top + number * each + 2, self.right - self.left, max(1.0, each - 4))

    def x_of(self, time_s: float) -> float:
        """Where a moment lies."""
        share = (time_s - self.first_s) / max(self.last_s - self.first_s, 1e-9)
        return self.left + share * (self.right - self.left)

    def time_at(self, x: float) -> float:
        """Which moment lies there, cut to the session."""
        share = (x - self.left) / max(self.right - self.left, 1)
        return self.first_s + min(max(share, 0.0), 1.0) * (self.last_s - self.first_s)


def lanes_of(table: StepTable, impact: str | None = None) -> list[Lane]:
    """Choose what the lanes show. Invalid steps have no dots, nor has walking beside running.

    Args:
        table: Rows of the session.
        impact: Column of the lower lane; None for the first of IMPACTS that has values.

    Returns:
        None to two lanes.
    """
    running = table["valid"] & (table["gait"] == "run")
    rows = running if running.any() else table["valid"]
    wanted = IMPACTS if impact is None else (impact, *IMPACTS)
    lower = next((column for column in wanted if np.isfinite(table[column][rows]).any()), None)
    columns = [CADENCE] if np.isfinite(table[CADENCE][rows]).any() else []
    return [_lane(table, rows, column) for column in (*columns, *([lower] if lower else []))]


def _lane(table: StepTable, rows: NDArray[np.bool_], column: str) -> Lane:
    rows = rows & np.isfinite(table[column])
    values = table[column][rows]
    low, middle, high = np.percentile(values, (1, 50, 99)).tolist()
    half = max(0.65 * (high - low), LEAST_SPAN.get(column, 0.3 * abs(middle)) / 2, 1e-6)
    centre = (low + high) / 2
    return Lane(column, table["touchdown_s"][rows], values, table["side"][rows], centre - half, centre + half)


def thin(x: NDArray[np.int64], y: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep the lowest and the highest dot of each column of pixels.

    Args:
        x: (n,) columns, ascending.
        y: (n,) rows.

    Returns:
        Columns and rows of the dots that stay.
    """
    if not x.size:
        return x, y
    begins = np.flatnonzero(np.append(True, np.diff(x) > 0))
    kept = np.concatenate((np.minimum.reduceat(y, begins), np.maximum.reduceat(y, begins)))
    return np.tile(x[begins], 2), kept


def dots(plan: Plan, box: QRectF, lane: Lane, theme: Theme, ratio: float) -> QImage:
    """Dots of a lane: left ones filled, right ones hollow where there is room for it; right over left over unknown.

    Args:
        plan: Where time lies.
        box: Place of the lane.
        lane: The dots.
        theme: Colours.
        ratio: Device pixels per logical pixel.

    Returns:
        A transparent image of the widget's width and the lane's height.
    """
    wide, high = round(plan.width * ratio), max(1, round(box.height() * ratio))
    image = np.zeros((high, wide), np.uint32)
    x_of = plan.left + (lane.time_s - plan.first_s) / (plan.last_s - plan.first_s) * (plan.right - plan.left)
    x = np.floor(x_of * ratio).astype(np.int64)
    share = np.clip((lane.values - lane.low) / (lane.high - lane.low), 0.0, 1.0)
    size = max(1, round((2 if lane.time_s.size > _DENSE * (plan.right - plan.left) else 4) * ratio))
    y = np.round((1.0 - share) * (high - size)).astype(np.int64)
    for side in ("?", "L", "R"):
        chosen = lane.side == side if side != "?" else ~np.isin(lane.side, ("L", "R"))
        _stamp(image, *thin(x[chosen], y[chosen]), size, QColor(theme.side(side)).rgba(), hollow=side == "R")
    picture = QImage(image.data, wide, high, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied).copy()
    picture.setDevicePixelRatio(ratio)
    return picture


def _stamp(
    image: NDArray[np.uint32], x: NDArray[np.int64], y: NDArray[np.int64], size: int, rgba: int, *, hollow: bool
) -> None:
    """Put a square on every place, centred on its column; where it is big enough, hollow."""
    edge = max(1, size // 4)
    for down in range(size):
        for across in range(size):
            inner = edge <= down < size - edge and edge <= across < size - edge
            if not (hollow and inner and size >= 4):
                image[np.clip(y + down, 0, image.shape[0] - 1),
                      np.clip(x + across - size // 2, 0, image.shape[1] - 1)] = rgba  # fmt: skip
