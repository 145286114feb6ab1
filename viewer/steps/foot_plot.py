"""The plot of one foot's stances: draws the numbers of a `FootView`, and owns none."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from viewer.parts.text_line import TextLine
from viewer.steps.foot_view import Band, FootView
from viewer.steps.foot_words import LONGEST_VERDICT
from viewer.theme import Theme

Floats = NDArray[np.float64]
Labels = tuple[tuple[str, ...], tuple[str, ...]]

LONGEST = ("50 steps · contact 1,000 ± 100 ms", LONGEST_VERDICT)
"""As wide as the line of numbers gets, so that it does not jump between one line and two."""
DOUBTFUL = 60
"""Opacity of a heel impact that the verdict does not call one, of 255."""
LOW_PX, NARROW_PX = 90, 150
"""A plot smaller than this has no room for axis labels, or for words at the curve."""


class Area:
    """A filled stretch between two curves: one closed outline, which is drawn faster than a filling between items."""

    def __init__(self, box: pg.ViewBox, z: int) -> None:
        self._outline = pg.PlotCurveItem(pen=None, fillLevel="enclosed", antialias=True)
        self._outline.setZValue(z)
        box.addItem(self._outline, ignoreBounds=True)

    def show(self, x: Floats, low: Floats, high: Floats, brush: QColor, pen: object = None) -> None:
        """Fill between (n,) heights; a pen draws the edge."""
        self._outline.setData(np.append(x, x[::-1]), np.append(low, high[::-1]), brush=pg.mkBrush(brush), pen=pen)
        self._outline.show()

    def hide(self) -> None:
        """Draw nothing."""
        self._outline.hide()

    @property
    def visible(self) -> bool:
        """Whether it is drawn."""
        return bool(self._outline.isVisible())

    @property
    def fill(self) -> QColor:
        """What it is filled with."""
        return QColor(self._outline.opts["brush"].color())

    @property
    def edges(self) -> tuple[Floats, Floats, Floats]:
        """(n,) x, lower and upper edge as they are drawn."""
        x, y = self._outline.getData()
        n = x.size // 2
        return x[:n], y[:n], y[n:][::-1]


class FootPlot(QWidget):
    """One foot: a title, the plot, a line of numbers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title, self.numbers = TextLine(bold=True), TextLine(longest=LONGEST)
        self.plot = pg.GraphicsLayoutWidget()  # without the menus and forms that a PlotWidget brings along
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.plot.setMinimumSize(0, 0)
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.plot.ci.setContentsMargins(0, 6, 6, 3)
        self.plot.ci.setSpacing(0)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.axes = {side: pg.AxisItem(side, linkView=self.box) for side in ("bottom", "left")}
        for part, row, column in ((self.axes["left"], 0, 0), (self.box, 0, 1), (self.axes["bottom"], 1, 1)):
            self.plot.addItem(part, row, column)
        self.box.sigResized.connect(self._fit_words)
        self._labels: Labels = ((), ())
        self._make_items()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.numbers)
        self.apply_theme(theme)

    def _make_items(self) -> None:
        self.reference_band, self.body, self.limb, self.band = (Area(self.box, z) for z in (0, 1, 2, 4))
        names = {"zero": 0, "faint": 3, "reference": 5, "mean": 6, "left_out": 7, "current": 8, "onward": 9, "rate": 9}
        self.curves = {name: pg.PlotCurveItem(antialias=name not in ("zero", "faint")) for name in names}
        self.peak, self.rate_ends = (pg.ScatterPlotItem(size=size, antialias=True) for size in (9, 6))
        self.rate_text = pg.TextItem(anchor=(0, 1))
        above = {self.rate_ends: 10, self.peak: 11, self.rate_text: 11}
        for extra, z in [*zip(self.curves.values(), names.values(), strict=True), *above.items()]:
            extra.setZValue(z)
            self.box.addItem(extra, ignoreBounds=True)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours; they show with the next `show_view`."""
        self._theme = theme
        self.plot.setBackground(theme.panel)
        self._small = QFont(self.font())
        self._small.setPointSizeF(max(6.0, 0.9 * self._small.pointSizeF()))
        for axis in self.axes.values():
            axis.enableAutoSIPrefix(False)
            axis.setPen(theme.grid)
            axis.setTextPen(theme.dim)
            axis.setStyle(tickFont=self._small, tickLength=-4, tickTextOffset=3)
            axis.label.setFont(self._small)
        self.rate_text.setFont(self._small)
        self.rate_text.setColor(theme.ink)

    def show_view(self, view: FootView, side: str, limits: QRectF, labels: Labels) -> None:
        """Draw one foot.

        Args:
            view: The numbers.
            side: L, R or ?.
            limits: What the axes span.
            labels: Of the x and of the y axis, each also in fewer words.
        """
        self._axes(limits, labels)
        self._stances(view, QColor(self._theme.side(side)))
        self._parts(view)
        self._marks(view, limits)
        ink = self._theme.dim
        _band(view.reference, self.reference_band, self.curves["reference"], _faded(ink, 45), _dashed(ink))

    def _axes(self, limits: QRectF, labels: Labels) -> None:
        self.box.setRange(limits, padding=0.0, disableAutoRange=True)
        zero = np.array([limits.left(), limits.right()]), np.zeros(2)
        self.curves["zero"].setData(*zero, pen=pg.mkPen(self._theme.grid))
        self._labels = labels
        self._fit_words()

    def _fit_words(self) -> None:
        """Say as much beside the axes and the curve as there is room for."""
        metrics = QFontMetrics(self._small)
        line, width, height = metrics.height(), self.plot.width(), self.plot.height()
        for side, words, room in zip(
            ("bottom", "left"), self._labels, (width - 4 * line, height - 3 * line), strict=True
        ):
            fitting = [label for label in words if metrics.horizontalAdvance(label) <= room and height >= LOW_PX]
            axis = self.axes[side]
            axis.setLabel(fitting[0] if fitting else "", color=self._theme.dim)
            axis.showLabel(bool(fitting))
            if side == "bottom":
                axis.setHeight((2 if fitting else 1) * line + 6)
        self.rate_text.setVisible(bool(self.rate_text.toPlainText()) and width >= NARROW_PX)

    def _stances(self, view: FootView, colour: QColor) -> None:
        x, force = (np.pad(part, ((0, 0), (0, 1)), constant_values=np.nan).ravel() for part in view.stances)
        self.curves["faint"].setData(x, force, connect="finite", pen=pg.mkPen(_faded(colour, 70)))
        _band(view.band, self.band, self.curves["mean"], _faded(colour, 60), pg.mkPen(colour))
        nothing = np.empty(0), np.empty(0)
        self.curves["current"].setData(*(view.current or nothing), pen=pg.mkPen(self._theme.ink, width=1.6))
        dotted = pg.mkPen(self._theme.dim, style=Qt.PenStyle.DotLine)
        self.curves["left_out"].setData(*(view.left_out or nothing), pen=dotted)

    def _parts(self, view: FootView) -> None:
        if view.parts is None:
            self.body.hide()
            self.limb.hide()
            return
        x, limb, body = view.parts.x, view.parts.limb, view.parts.body
        self.body.show(x, np.zeros(x.size), body, _faded(self._theme.body, 210))
        impact = self._theme.impact
        edge = _dashed(impact) if view.doubt else None
        self.limb.show(x, body, body + limb, _faded(impact, DOUBTFUL if view.doubt else 210), edge)

    def _marks(self, view: FootView, limits: QRectF) -> None:
        ink, panel = self._theme.ink, self._theme.panel
        self.peak.setData(*_places([view.peak] if view.peak else []), brush=pg.mkBrush(ink), pen=pg.mkPen(panel))
        ends = list(zip(*view.rate[:2], strict=True)) if view.rate else []
        self.rate_ends.setData(*_places(ends), brush=pg.mkBrush(panel), pen=pg.mkPen(ink))
        self.curves["rate"].setData(*_places(ends), pen=pg.mkPen(ink))
        self.rate_text.setText(view.rate[2] if view.rate else "")
        self.rate_text.setVisible(view.rate is not None and self.plot.width() >= NARROW_PX)
        if view.rate is None:
            self.curves["onward"].setData(*_places([]))
            return
        (x0, x1), (y0, y1), _ = view.rate
        top = max(y1, view.peak[1] if view.peak else y1) + 0.05 * limits.height()
        onward = [(x1, y1), (x1 + (top - y1) * (x1 - x0) / (y1 - y0), top)]
        self.curves["onward"].setData(*_places(onward), pen=pg.mkPen(ink, style=Qt.PenStyle.DotLine))
        self.rate_text.setPos(limits.left(), top - 0.02 * limits.height())


def _places(points: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Coordinates of some points."""
    both = np.array(points, np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _band(band: Band | None, area: Area, curve: pg.PlotCurveItem, fill: QColor, pen: object) -> None:
    """Draw a mean, and its scatter if there is any."""
    if band is None:
        area.hide()
        curve.setData(np.empty(0), np.empty(0))
        return
    curve.setData(band.x, band.mean, pen=pen)
    there = ~np.isnan(band.sd)
    if there.any():
        x, mean, sd = band.x[there], band.mean[there], band.sd[there]
        area.show(x, mean - sd, mean + sd, fill)
    else:
        area.hide()


def _faded(colour: QColor | str, alpha: int) -> QColor:
    faded = QColor(colour)
    faded.setAlpha(alpha)
    return faded


def _dashed(colour: str) -> object:
    return pg.mkPen(colour, style=Qt.PenStyle.DashLine)
