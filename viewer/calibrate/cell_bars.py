"""What each cell says, as bars, and the force that they make."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from analysis.calibration import Floats, KnownLoad
from daq.rig import Rig
from viewer.cop.floor_plan import bold, mixed, write
from viewer.report.words import number
from viewer.theme import Theme

STEPS = (20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 1e9)
"""Ends of the bars' scale, N."""
ROW, GAP = 24.0, 6.0


class CellBars(QWidget):
    """Draws a bar per cell, and the force of every belt in large type.

    Args:
        rig: The rig.
        theme: Colours.
    """

    def __init__(self, rig: Rig, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names = [cell.name for cell in rig.cells]
        self._forces = [
            (at, axis, f"{belt.name} {name}".strip())
            for at, belt in enumerate(rig.belts())
            for axis, name in enumerate(("Fx", "Fy", "Fz"))
            if name in belt.observable
        ]
        self._cells_N: Sequence[float] = ()
        self._wrench: Floats | None = None
        self._said: dict[tuple[int, int], float] = {}
        self._belts = [belt.name for belt in rig.belts()]
        self._scale_N = STEPS[0]
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Force of each cell")

    def sizeHint(self) -> QSize:
        """As high as it has lines."""
        return QSize(280, round(ROW * (len(self._names) + 2 * len(self._forces) + 2)))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(220, 240)

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def expect(self, load: KnownLoad | None) -> None:
        """Say what load is wanted.

        Args:
            load: The load; None for the empty belt.
        """
        self._said = {}
        if load is not None and load.belt in self._belts:
            at = self._belts.index(load.belt)
            self._said = {(at, axis): float(value) for axis, value in enumerate(load.force_N)}
        self.update()

    def show_values(self, cells_N: Floats, wrench: Floats) -> None:
        """Say what the cells say.

        Args:
            cells_N: (cells,), N.
            wrench: (B, 6), N and N·m.
        """
        self._cells_N, self._wrench = [float(value) for value in cells_N], wrench
        most = max((abs(value) for value in self._cells_N), default=0.0)
        if most > self._scale_N or most < 0.3 * self._scale_N:  # not to and fro at the edge between two scales
            self._scale_N = next(step for step in STEPS if 1.1 * most <= step)
        self.setAccessibleDescription(
            "; ".join(f"{name} {value:.0f} N" for name, value in zip(self._names, self._cells_N, strict=False))
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw bars and numbers."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        row = min(ROW, (self.height() - 16.0) / (len(self._names) + 1.9 * len(self._forces) + 1.0))
        font = QFont(painter.font())
        font.setPixelSize(round(min(14.0, 0.62 * row)))
        painter.setFont(font)
        top = 8.0
        label = max(QFontMetricsF(font, self).horizontalAdvance(name) for name in self._names) + 8.0
        for at, name in enumerate(self._names):
            value = self._cells_N[at] if at < len(self._cells_N) else None
            self._bar(painter, QRectF(10, top, self.width() - 20, row - 4), label, name, value)
            top += row
        self._rule(painter, QRectF(10 + label, top, self.width() - 20 - label - 64, row))
        top += row + 4
        for belt, axis, name in self._forces:
            self._force(painter, QRectF(10, top, self.width() - 20, 1.8 * row), belt, axis, name)
            top += 1.9 * row

    def _bar(self, painter: QPainter, rect: QRectF, label: float, name: str, value: float | None) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        write(painter, QRectF(rect.left(), rect.top(), label, rect.height()), name, self._theme.ink, middle)
        track = QRectF(rect.left() + label, rect.top() + 2, rect.width() - label - 64, rect.height() - 4)
        painter.fillRect(track, mixed(self._theme.panel, self._theme.grid, 0.6))
        zero = track.center().x()
        if value is not None:
            end = zero + 0.5 * track.width() * max(-1.0, min(1.0, value / self._scale_N))
            painter.fillRect(
                QRectF(min(zero, end), track.top(), abs(end - zero), track.height()), QColor(self._theme.left)
            )
        painter.fillRect(QRectF(zero - 0.5, track.top() - 2, 1.0, track.height() + 4), QColor(self._theme.dim))
        words = "–" if value is None else f"{number(value, 1)} N"
        write(painter, QRectF(track.right() + 4, rect.top(), 60, rect.height()), words, self._theme.ink,
              middle | Qt.AlignmentFlag.AlignRight)  # fmt: skip

    def _rule(self, painter: QPainter, rect: QRectF) -> None:
        """Where the bars end."""
        end = number(self._scale_N, 0)
        write(painter, rect, f"−{end}", self._theme.dim, Qt.AlignmentFlag.AlignLeft)
        write(painter, rect, "0", self._theme.dim, Qt.AlignmentFlag.AlignHCenter)
        write(painter, rect, f"{end} N", self._theme.dim, Qt.AlignmentFlag.AlignRight)

    def _force(self, painter: QPainter, rect: QRectF, belt: int, axis: int, name: str) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        font = QFont(painter.font())
        said = self._said.get((belt, axis))
        value = None if self._wrench is None else float(self._wrench[belt, axis])
        large = bold(font)
        large.setPixelSize(round(1.5 * font.pixelSize()))
        painter.setFont(large)
        write(painter, rect, f"{name}  {'–' if value is None else number(value, 1)} N", self._theme.ink, middle)
        painter.setFont(font)
        if said:
            write(painter, rect, f"of {number(said, 1)} N", self._theme.dim, middle | Qt.AlignmentFlag.AlignRight)
