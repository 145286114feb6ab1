"""Mean stance curves of two bouts over each other: A solid in the foot's colour, B dashed in ink."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

import pyqtgraph as pg  # isort: skip

from analysis.stance_curves import PERCENT
from viewer.parts.text_line import TextLine
from viewer.steps.stance_store import mean_sd
from viewer.theme import Theme

Floats = NDArray[np.float64]

FEET = {"L": "Left foot", "R": "Right foot", "?": "Both feet"}
PEN_PX = 1.6
"""A few short curves that are drawn once."""
AXIS_PX = 40
"""Width of every force axis, so that plots stand in line."""
LOW_PX = 130
"""A lower plot has no room for the name of its axis."""


@dataclass(frozen=True)
class Panel:
    """What one plot shows."""

    side: str
    """L, R or ?."""
    name: str
    """What is drawn, with its unit."""
    a: NDArray[np.floating]
    """(m, 201) curves of A."""
    b: NDArray[np.floating]
    """(n, 201) curves of B."""


class _Band:
    """A mean curve and the band of one standard deviation about it."""

    def __init__(self, box: pg.ViewBox, z: int) -> None:
        self.low, self.high = pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)
        self.fill = pg.FillBetweenItem(self.low, self.high)
        self.mean = pg.PlotCurveItem(antialias=True)
        self.fill.setZValue(z)
        self.mean.setZValue(z + 10)
        for item in (self.low, self.high, self.fill, self.mean):
            box.addItem(item, ignoreBounds=True)

    def show(self, curves: NDArray[np.floating], pen: object, fill: QColor) -> tuple[Floats, Floats]:
        """Draw (n, 201) curves; returns mean and SD."""
        mean, sd = mean_sd(curves) if len(curves) else (np.full(PERCENT.size, np.nan),) * 2
        seen = ~np.isnan(sd)
        self.mean.setData(PERCENT, mean, pen=pen, connect="finite")
        self.fill.setVisible(bool(seen.any()))
        if seen.any():
            self.low.setData(PERCENT[seen], (mean - sd)[seen])
            self.high.setData(PERCENT[seen], (mean + sd)[seen])
            self.fill.setBrush(fill)
        return mean, sd


class ForcePlot(QWidget):
    """One foot, one force: a title and the curves of A and B."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = TextLine(bold=True)
        self._last = False
        self.plot = pg.GraphicsLayoutWidget()  # without the menus and forms that a PlotWidget brings along
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.plot.setMinimumSize(0, 0)
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.plot.ci.setContentsMargins(0, 4, 6, 2)
        self.plot.ci.setSpacing(0)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self.axes = {side: pg.AxisItem(side, linkView=self.box) for side in ("bottom", "left")}
        for part, row, column in ((self.axes["left"], 0, 0), (self.box, 0, 1), (self.axes["bottom"], 1, 1)):
            self.plot.addItem(part, row, column)
        self._zero = pg.InfiniteLine(0, angle=0)
        self.box.addItem(self._zero, ignoreBounds=True)
        self.a, self.b = _Band(self.box, 1), _Band(self.box, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.plot, 1)

    def show_panel(self, panel: Panel, theme: Theme, *, last: bool) -> tuple[float, float]:
        """Draw; returns the range that the curves need."""
        self._dress(panel, theme, last=last)
        colour, ink = QColor(theme.side(panel.side)), QColor(theme.ink)
        solid = pg.mkPen(colour, width=PEN_PX)
        dashed = pg.mkPen(ink, width=PEN_PX, style=Qt.PenStyle.DashLine)
        drawn = (self.a.show(panel.a, solid, _faded(colour, 70)), self.b.show(panel.b, dashed, _faded(ink, 34)))
        edges = np.concatenate([edge for mean, sd in drawn for edge in (mean, mean - sd, mean + sd)])
        edges = edges[np.isfinite(edges)]
        return (min(0.0, float(edges.min())), float(edges.max())) if edges.size else (0.0, 1e-3)

    def _dress(self, panel: Panel, theme: Theme, *, last: bool) -> None:
        self.title.say((f"{FEET[panel.side]}: {panel.name}",), (theme.ink,))
        self.plot.setBackground(theme.panel)
        self._zero.setPen(pg.mkPen(theme.grid))
        for axis in self.axes.values():
            axis.enableAutoSIPrefix(False)
            axis.setPen(theme.grid)
            axis.setTextPen(theme.dim)
        self.axes["left"].setWidth(AXIS_PX)
        bottom = self.axes["bottom"]
        bottom.setStyle(hideOverlappingLabels=False)  # or 100 % would have none
        bottom.setLabel("% of contact", color=theme.dim)
        self._last = last
        self._show_label()

    def _show_label(self) -> None:
        self.axes["bottom"].showLabel(self._last and self.height() >= LOW_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The curve comes before the name of its axis."""
        super().resizeEvent(event)
        self._show_label()


class ComparePlots(QWidget):
    """One column per foot, one row per force; both feet of a row share their range."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._shape = theme, (0, 0)
        self.plots: list[ForcePlot] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self.setAutoFillBackground(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours; curves show them with the next `show_rows`."""
        self._theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.panel))
        self.setPalette(palette)

    def show_rows(self, rows: list[list[Panel]]) -> None:
        """Draw.

        Args:
            rows: One list per force, each with one panel per foot.
        """
        if (len(rows), len(rows[0])) != self._shape:
            self._make(len(rows), len(rows[0]))
        plots = iter(self.plots)
        for number, panels in enumerate(rows):
            last = number == len(rows) - 1
            mine = [next(plots) for _ in panels]
            ranges = [plot.show_panel(panel, self._theme, last=last) for plot, panel in zip(mine, panels, strict=True)]
            low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
            for plot in mine:
                plot.box.setXRange(0, 100, padding=0.06)
                plot.box.setYRange(low, high, padding=0.07)

    def _make(self, rows: int, columns: int) -> None:
        for plot in self.plots:
            self._grid.removeWidget(plot)
            plot.deleteLater()
        self._shape = rows, columns
        self.plots = [ForcePlot(self) for _ in range(rows * columns)]
        for place, plot in enumerate(self.plots):
            self._grid.addWidget(plot, *divmod(place, columns))
        for row in range(2):
            self._grid.setRowStretch(row, (3, 2)[row] if row < rows else 0)


def _faded(colour: QColor, alpha: int) -> QColor:
    faded = QColor(colour)
    faded.setAlpha(alpha)
    return faded
