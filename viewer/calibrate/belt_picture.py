"""The belts from above: where the loads go, which are done, which one comes now, and where the force acts."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from analysis.calibration import Floats
from analysis.wrench import FZ, centre_of_pressure
from daq.rig import Rig
from rigs.procedures.plan_loads import surfaces
from viewer.calibrate.spots import Key, Spot
from viewer.cop.floor_plan import Plan, fit, font_for, longest_fitting, mixed, write
from viewer.theme import Theme

LEAST_N = 30.0
"""Below this vertical force the centre of pressure is mostly noise, and is not drawn."""
SPOT_PX, PULL_M = 11.0, 0.16
PULSE_S = 1.2
LEGENDS = (
    "● read   ◔ partly   ○ to come   ✚ where the force acts", "● read   ◔ partly   ○ to come   ✚ force",
    "● read  ◔ partly  ✚ force",
)  # fmt: skip


class BeltPicture(QWidget):
    """Draws the belts.

    Args:
        rig: The rig.
        theme: Colours.
    """

    def __init__(self, rig: Rig, theme: Theme) -> None:
        super().__init__()
        self._surfaces, self._theme = surfaces(rig), theme
        self._spots: Sequence[Spot] = ()
        self._now: Key | None = None
        self._wrench: Floats | None = None
        self._phase_s = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The belt from above")

    def sizeHint(self) -> QSize:
        """Enough to tell nine places apart."""
        return QSize(320, 420)

    def minimumSizeHint(self) -> QSize:
        """The least to tell nine places apart."""
        return QSize(200, 220)

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def show_spots(self, spots: Sequence[Spot], now: Key | None) -> None:
        """Say what is done.

        Args:
            spots: Every place of the plan.
            now: The one whose load is wanted; None for the empty belt.
        """
        self._spots, self._now = spots, now
        over = sum(min(spot.done, spot.planned) for spot in spots)
        where = f"the next load goes to {now[1]}" if now else "the belt is to be empty"
        self.setAccessibleDescription(f"{over} of {sum(spot.planned for spot in spots)} loads are read; {where}.")
        self.update()

    def show_force(self, wrench: Floats | None, now_s: float) -> None:
        """Say where the force acts.

        Args:
            wrench: (B, 6) about each belt's centre; None if nothing is known.
            now_s: Any clock, for the pulse of the place that is wanted.
        """
        self._wrench, self._phase_s = wrench, now_s
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw it all."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        painter.fillRect(rect, QColor(self._theme.panel))
        painter.setFont(font_for(painter.font(), rect))
        line = QFontMetricsF(painter.font(), self).height()
        centre = Qt.AlignmentFlag.AlignHCenter
        write(painter, QRectF(0, 4, rect.width(), line), "▲ front", self._theme.dim, centre)
        legend = longest_fitting(painter, rect.width() - 8, *LEGENDS)
        write(painter, QRectF(4, rect.bottom() - line - 3, rect.width() - 8, line), legend, self._theme.dim, centre)
        plan = self._plan(rect.adjusted(10, line + 10, -10, -line - 10))
        for surface in self._surfaces:
            x, y = (value / 1e3 for value in surface.centre_mm)
            length, width = (value / 1e3 for value in surface.size_mm)
            box = QRectF(plan.point(x + length / 2, y + width / 2), plan.point(x - length / 2, y - width / 2))
            painter.setPen(QPen(QColor(self._theme.dim), 1.0))
            painter.setBrush(mixed(self._theme.panel, self._theme.grid, 0.35))
            painter.drawRect(box)
        for spot in self._spots:
            self._draw(painter, plan, spot)
        self._draw_force(painter, plan)

    def _plan(self, rect: QRectF) -> Plan:
        x = [s.centre_mm[0] + sign * s.size_mm[0] / 2 for s in self._surfaces for sign in (-1, 1)]
        y = [s.centre_mm[1] + sign * s.size_mm[1] / 2 for s in self._surfaces for sign in (-1, 1)]
        return fit(rect, (min(x) / 1e3, max(x) / 1e3), (min(y) / 1e3, max(y) / 1e3))

    def _draw(self, painter: QPainter, plan: Plan, spot: Spot) -> None:
        """One place: a circle that fills, or an arrow for a pull."""
        at, wanted = plan.point(spot.x_m, spot.y_m), spot.key == self._now
        over = spot.done >= spot.planned
        colour = QColor(self._theme.accent if wanted else self._theme.good if spot.done else self._theme.dim)
        if any(spot.pull):
            self._arrow(painter, plan, spot, QPen(colour, 3.0 if wanted or over else 1.5))
            if wanted:
                self._ring(painter, at)
            return
        painter.setPen(QPen(colour, 2.0))
        painter.setBrush(QColor(self._theme.panel))
        painter.drawEllipse(at, SPOT_PX, SPOT_PX)
        if spot.done:
            painter.setBrush(QColor(self._theme.good))
            painter.setPen(Qt.PenStyle.NoPen)
            box = QRectF(at.x() - SPOT_PX + 2, at.y() - SPOT_PX + 2, 2 * SPOT_PX - 4, 2 * SPOT_PX - 4)
            painter.drawPie(box, 90 * 16, -round(360 * 16 * min(1.0, spot.done / spot.planned)))
        if wanted:
            self._ring(painter, at)

    def _ring(self, painter: QPainter, at: QPointF) -> None:
        """The place that is wanted breathes."""
        swell = 0.5 - 0.5 * math.cos(2.0 * math.pi * self._phase_s / PULSE_S)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.accent), 3.0))
        painter.drawEllipse(at, SPOT_PX + 4 + 5 * swell, SPOT_PX + 4 + 5 * swell)

    def _arrow(self, painter: QPainter, plan: Plan, spot: Spot, pen: QPen) -> None:
        ahead, left = (PULL_M * value for value in spot.pull)
        near, far = (
            plan.point(spot.x_m + 0.35 * ahead, spot.y_m + 0.35 * left),
            plan.point(spot.x_m + ahead, spot.y_m + left),
        )
        way = far - near
        along = way / max(math.hypot(way.x(), way.y()), 1e-9)
        aside = QPointF(-along.y(), along.x())
        painter.setPen(pen)
        painter.drawLine(near, far)
        painter.setBrush(pen.color())
        painter.drawPolygon(
            QPolygonF([far + along * 5.0, far - along * 4.0 + aside * 5.0, far - along * 4.0 - aside * 5.0])
        )

    def _draw_force(self, painter: QPainter, plan: Plan) -> None:
        if self._wrench is None:
            return
        for surface, wrench in zip(self._surfaces, self._wrench, strict=True):
            if not wrench[FZ] >= LEAST_N:
                continue
            x, y = (float(value[0]) for value in centre_of_pressure(wrench[:, np.newaxis], min_force_N=LEAST_N))
            half = 0.55 * np.asarray(surface.size_mm) / 1e3  # a little beyond its edge, never off the picture
            x, y = float(np.clip(x, -half[0], half[0])), float(np.clip(y, -half[1], half[1]))
            at = plan.point(x + surface.centre_mm[0] / 1e3, y + surface.centre_mm[1] / 1e3)
            painter.setPen(QPen(QColor(self._theme.panel), 6.0))
            _cross(painter, at)
            painter.setPen(QPen(QColor(self._theme.ink), 3.0))
            _cross(painter, at)


def _cross(painter: QPainter, at: QPointF) -> None:
    painter.drawLine(at - QPointF(8, 0), at + QPointF(8, 0))
    painter.drawLine(at - QPointF(0, 8), at + QPointF(0, 8))
