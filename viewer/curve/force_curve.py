"""The scrolling force curve: what a runner does right now, or did at the moment shown.

It is drawn by itself instead of by a plot widget: its pixel columns are counted from the session's first sample, and
only so does a picture that scrolls move as a whole, without a peak that flickers.
"""

import math
import time

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from viewer.curve.curve_frame import Frame, FrameMaker, Wish
from viewer.curve.curve_paint import CurvePainter
from viewer.curve.curve_words import NAMES
from viewer.source import Scene
from viewer.theme import Theme

SPANS_S = (2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""Lengths of time to choose from."""
AGAIN_S = 0.1
"""A recording that is still being read is looked at again after so long, even if it stands still."""
NOTCH = 120
"""Eighths of a degree that a mouse wheel turns from notch to notch."""


class ForceCurve(QWidget):
    """Vertical, fore-aft and sideways force over time, the newest on the right.

    Args:
        theme: Colours.
        parent: Whatever it lies in.

    Attributes:
        span_s: Seconds in sight.
        components: What shall be drawn, of Fz, Fx, Fy.
        edge_s: Moment of the newest sample painted; NaN before the first picture.
    """

    span_changed = Signal(float)
    """Seconds in sight, when they were changed."""
    time_picked = Signal(float)
    """A moment of a recording that was clicked, or pulled to the right edge."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.span_s = 10.0
        self.longest_s = SPANS_S[-1]
        self.components = frozenset(NAMES)
        self.edge_s = math.nan
        self._maker, self._painter = FrameMaker(), CurvePainter(theme)
        self._scene: Scene | None = None
        self._frame: Frame | None = None
        self._shown: tuple[object, ...] = ()
        self._made_s = -math.inf
        self._grip: tuple[QPointF, float] | None = None
        self._pulled = False
        self._turned = 0
        self.setMinimumSize(220, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Force curve")

    def sizeHint(self) -> QSize:
        """Usual size."""
        return QSize(870, 290)

    def refresh(self, scene: Scene) -> None:
        """Show a moment; a call with nothing new costs next to nothing.

        Args:
            scene: The moment.
        """
        source = scene.source
        if self._scene is None or self._scene.source is not source:
            self._grip = None
            self.setCursor(Qt.CursorShape.ArrowCursor if source.live else Qt.CursorShape.OpenHandCursor)
        self._scene = scene
        shown = (
            source, source.take, scene.now_s, source.last_s, source.table.rows, scene.in_BW, repr(source.bw_N),
            len(source.happenings),
        )  # fmt: skip
        reading = self._frame is not None and self._frame.reading
        if shown != self._shown or (reading and time.monotonic() - self._made_s > AGAIN_S):
            self._shown = shown
            self._make()

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._painter = CurvePainter(theme)
        self.update()

    def set_span(self, seconds: float) -> None:
        """Choose how much time is in sight.

        Args:
            seconds: Its length, usually one of SPANS_S.
        """
        seconds = min(seconds, self.longest_s)
        if seconds != self.span_s and seconds > 0:
            self.span_s = seconds
            self._make()
            self.span_changed.emit(seconds)

    def zoom_in(self) -> None:
        """Show the next shorter span."""
        self.set_span(max((span for span in SPANS_S if span < self.span_s), default=SPANS_S[0]))

    def zoom_out(self) -> None:
        """Show the next longer span."""
        self.set_span(min((span for span in SPANS_S if span > self.span_s), default=SPANS_S[-1]))

    def set_longest(self, seconds: float) -> None:
        """Limit the spans; a longer one is shortened.

        Args:
            seconds: The longest one.
        """
        self.longest_s = seconds
        self.set_span(min(self.span_s, seconds))

    @property
    def spans_s(self) -> tuple[float, ...]:
        """Spans that can be chosen."""
        return tuple(span for span in SPANS_S if span <= self.longest_s)

    def set_components(self, names: set[str] | frozenset[str]) -> None:
        """Choose what is drawn.

        Args:
            names: Of Fz, Fx, Fy.

        Raises:
            ValueError: If one of them is no component of the force.
        """
        if unknown := set(names) - set(NAMES):
            raise ValueError(f"no component of the force: {sorted(unknown)}")
        self.components = frozenset(names)
        self._make()

    def time_at(self, x: float) -> float:
        """Moment that is seen at a place.

        Args:
            x: Logical pixels from the left edge of the widget.

        Returns:
            Seconds; NaN while nothing is shown.
        """
        if self._frame is None:
            return math.nan
        columns, layout = self._frame.columns, self._frame.still.layout
        return self._frame.grid.seconds(columns.begin + x * self.devicePixelRatioF() - layout.left)

    def _make(self) -> None:
        if self._scene is None:
            return
        scale = self.devicePixelRatioF()
        size = round(self.width() * scale), round(self.height() * scale)
        self._frame = self._maker.make(self._scene, Wish(*size, scale, self.span_s, self.components))
        self._made_s = time.monotonic()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw the picture that was made last."""
        scale = self.devicePixelRatioF()
        if self._frame is not None and scale != self._frame.still.layout.scale:  # moved to another screen
            self._make()
        with QPainter(self) as painter:  # ended even after an error, which Qt would not survive
            if self._frame is None:
                self._painter.blank(painter, self.rect())
                return
            painter.scale(1.0 / scale, 1.0 / scale)
            self._painter.paint(painter, self._frame)
            self.edge_s = self._frame.newest_s

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the picture anew."""
        super().resizeEvent(event)
        self._make()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Away from the hand: look closer."""
        self._turned += event.angleDelta().y()
        while abs(self._turned) >= NOTCH:
            (self.zoom_in if self._turned > 0 else self.zoom_out)()
            self._turned -= int(math.copysign(NOTCH, self._turned))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a recording."""
        if self._scene is not None and not self._scene.source.live and event.button() == Qt.MouseButton.LeftButton:
            self._grip, self._pulled = (event.position(), self._scene.now_s), False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull the curve along: it follows the hand."""
        if self._grip is None:
            return
        place, now_s = self._grip
        moved = event.position().x() - place.x()
        if self._pulled or abs(moved) >= QApplication.startDragDistance():
            self._pulled = True
            self._pick(now_s - self.time_at(moved) + self.time_at(0.0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that pulled nothing picks the moment under it."""
        if self._grip is None:
            return
        if not self._pulled:
            self._pick(self.time_at(event.position().x()))
        self._grip = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def _pick(self, seconds: float) -> None:
        assert self._scene is not None
        source = self._scene.source
        if math.isfinite(seconds):
            self.time_picked.emit(min(max(seconds, source.first_s), source.last_s))
