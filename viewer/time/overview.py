"""The whole session in one strip: where one is, what was where, and a place to take hold of it."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from analysis.steps import EMPTY, StepTable
from viewer.report.words import label_of
from viewer.source import Scene
from viewer.theme import Theme
from viewer.time.bouts import bouts_of
from viewer.time.overview_cursor import paint_loop, paint_position
from viewer.time.overview_lanes import IMPACTS, Plan, lanes_of
from viewer.time.overview_picture import SHOWN, Picture
from viewer.time.overview_words import words_at
from viewer.time.times import round_end

REDRAW_S = 0.5
"""While a session grows its picture is drawn anew no more often than this."""
GRIP_PX, SLIP_PX = 5, 4
"""How near the mouse must be to a loop's end; a drag below this is a slip."""


class Overview(QWidget):
    """Miniatures of cadence and impact over the session, bouts, markers, the moment shown and the loop.

    Click or drag seeks; Shift and drag selects a loop, whose ends can be dragged.
    """

    seek = Signal(float)
    """Moment to show, s; again and again while the mouse is dragged."""
    loop_selected = Signal(float, float)
    """Beginning and end of a loop, s."""

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._theme, self._monotonic = theme, monotonic
        self._picture = Picture(Plan(1, 1, 0.0, 1.0), (), (), (), "")
        self._pixmap: QPixmap | None = None
        self._key: tuple[object, ...] = ()
        self._drawn_at = -np.inf
        self._table: StepTable = EMPTY
        self._metric: str | None = None
        self._now_s = self._span_s = 0.0
        self._loop: tuple[float, float] | None = None
        self._looping = True
        self._drag: tuple[str, float] | None = None
        self._moving_s = self._pressed_x = 0.0
        self._drawn: tuple[int, ...] = ()
        font = QFont(self.font())
        font.setPixelSize(11)
        self.setFont(font)
        self.setMouseTracking(True)
        self.setMinimumSize(200, 60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The whole session")
        self._add_actions()

    def _add_actions(self) -> None:
        """A choice of metrics, in the context menu and for the window's menus."""
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        group = QActionGroup(self)
        for column in (None, *IMPACTS):
            action = QAction("Impact: what there is" if column is None else label_of(column), group)
            action.setCheckable(True)
            action.setChecked(column is None)
            action.triggered.connect(partial(self.set_metric, column))
            self.addAction(action)

    def sizeHint(self) -> QSize:
        """Room for two lanes, bouts and an axis."""
        return QSize(900, 116)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme, self._key = theme, ()
        self._pixmap = None
        self.update()

    def set_metric(self, column: str | None) -> None:
        """Choose what the lower lane shows.

        Args:
            column: One of IMPACTS; None for the first that has values.
        """
        self._metric, self._key = column, ()
        self.update()

    def show_span(self, seconds: float) -> None:
        """Say how much the scrolling curve shows.

        Args:
            seconds: Its width, s.
        """
        self._span_s = seconds

    def show_loop(self, loop: tuple[float, float] | None, looping: bool = True) -> None:
        """Say what is selected.

        Args:
            loop: Beginning and end, s.
            looping: Whether it is being repeated.
        """
        if (loop, looping) != (self._loop, self._looping):
            self._loop, self._looping = loop, looping
            self.update()

    def refresh(self, scene: Scene) -> None:
        """Show a moment.

        Args:
            scene: What is shown.
        """
        self._now_s = scene.now_s
        source, table = scene.source, scene.source.table
        last_s = round_end(source.last_s) if source.live else source.last_s
        key = (id(source), source.take, table.rows, len(source.happenings), last_s, source.working, self._metric,
               self._theme.name, self.size().toTuple(), self.devicePixelRatioF())  # fmt: skip
        if key != self._key and (self._looks_other(key) or self._monotonic() - self._drawn_at >= REDRAW_S):
            self._key = key
            self._compose(scene, last_s)
            self.update()
        elif self._overlay() != self._drawn:
            self.update()

    def _looks_other(self, key: tuple[object, ...]) -> bool:
        """Whether somebody asked for another look, which must show at once."""
        return self._pixmap is None or not self._key or key[6:] != self._key[6:] or key[:2] != self._key[:2]

    def _compose(self, scene: Scene, last_s: float) -> None:
        source = scene.source
        self._table = source.table
        lanes = lanes_of(self._table, self._metric)
        bouts = bouts_of(source.happenings, source.last_s)
        ticks = any(some.kind in SHOWN for some in source.happenings)
        first_s = 0.0 if source.live else source.first_s
        plan = Plan(self.width(), self.height(), first_s, max(last_s, first_s + 1e-3), bool(bouts), ticks)
        nothing = "No steps yet" if source.live else "No steps in this session"
        word = source.working or ("" if lanes else nothing)
        self._picture = Picture(plan, tuple(lanes), bouts, source.happenings, word)
        self._pixmap = self._picture.draw(self._theme, self.font(), self.devicePixelRatioF())
        self._drawn_at = self._monotonic()

    @property
    def plan(self) -> Plan:
        """Where the picture's parts lie."""
        return self._picture.plan

    def _overlay(self) -> tuple[int, ...]:
        """Where everything that moves lies, in device pixels: unchanged, nothing needs to be painted."""
        ratio, x_of = self.devicePixelRatioF(), self.plan.x_of
        return round(x_of(self._now_s) * ratio), round(x_of(self._now_s - self._span_s) * ratio)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Copy the picture and draw what moves over it."""
        painter = QPainter(self)
        if self._pixmap is None:
            painter.fillRect(self.rect(), QColor(self._theme.panel))
            return
        painter.drawPixmap(0, 0, self._pixmap)
        self._drawn = self._overlay()
        loop = self._held_loop()
        if loop is not None:
            paint_loop(painter, self.plan, self._theme, loop, looping=self._looping or self._drag is not None)
        paint_position(painter, self.plan, self._theme, self._now_s, self._span_s)

    def _held_loop(self) -> tuple[float, float] | None:
        """The loop as it would be if the mouse were let go now."""
        if self._drag is None or self._drag[0] == "seek":
            return self._loop
        fixed, moving = self._drag[1], self._moving_s
        return (fixed, moving) if fixed <= moving else (moving, fixed)

    def _grip(self, x: float) -> float | None:
        """The loop's other end, if the mouse is at one of its ends."""
        if self._loop is None:
            return None
        apart = [abs(x - self.plan.x_of(end)) for end in self._loop]
        if min(apart) > GRIP_PX:
            return None
        return self._loop[1] if apart[0] < apart[1] else self._loop[0]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the position, of a loop's end, or of a new loop."""
        if event.button() != Qt.MouseButton.LeftButton or self._pixmap is None:
            return
        x = event.position().x()
        self._moving_s, self._pressed_x = self.plan.time_at(x), x
        fixed = self._grip(x)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drag = ("new", self._moving_s)
        elif fixed is not None:
            self._drag = ("grip", fixed)
        else:
            self._drag = ("seek", self._moving_s)
            self.seek.emit(self._moving_s)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Seek or move a loop's end along; without a button say what is here."""
        x = event.position().x()
        if self._drag is None:
            self._hover(event, x)
            return
        moving_s = self.plan.time_at(x)
        if moving_s == self._moving_s:
            return
        self._moving_s = moving_s
        if self._drag[0] == "seek":
            self.seek.emit(moving_s)
        else:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: a loop becomes one."""
        if event.button() != Qt.MouseButton.LeftButton or self._drag is None:
            return
        loop, kind = self._held_loop(), self._drag[0]
        self._drag = None
        slip = abs(event.position().x() - self._pressed_x) < SLIP_PX
        if kind == "grip" and slip:
            self.seek.emit(self._moving_s)  # a click beside a loop's end means the moment, not the loop
        elif kind != "seek" and loop is not None and not slip:
            self.loop_selected.emit(*loop)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse any more."""
        super().leaveEvent(event)
        QToolTip.hideText()

    def _hover(self, event: QMouseEvent, x: float) -> None:
        self.setCursor(Qt.CursorShape.SplitHCursor if self._grip(x) is not None else Qt.CursorShape.ArrowCursor)
        QToolTip.showText(event.globalPosition().toPoint(), self.words_at(x), self)

    def words_at(self, x: float) -> str:
        """What lies at a place.

        Args:
            x: In logical pixels from the left.

        Returns:
            Moment, bout, what happened there, and the step nearest to it.
        """
        return words_at(self._picture, self._table, x)
