"""The view of the centre of pressure: under the feet of a runner, as the butterfly of a walker, or on the belt.

What stands still is drawn once into a picture; of a moving dot only the dot is drawn each frame.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.cop.butterfly import lab_path
from viewer.cop.cop_pictures import BeltPicture, Message, Picture, picture_of
from viewer.cop.floor_plan import Plan
from viewer.source import Scene
from viewer.theme import Theme

Floats = NDArray[np.float64]

CHOICES = {"feet": "Under the feet (butterfly when walking)", "belt": "Live on the belt"}
"""What can be shown, and how the menu calls it."""
_DOT_S = 0.05
"""So lately must something be known for the dot to show it."""
_RETRY = 15
"""Frames between looks for curves that are still to come."""


class CopView(QWidget):
    """The view; its actions choose between feet and belt."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: Picture = Message("")
        self.plans: tuple[Plan, ...] = ()
        self.live_m: tuple[Floats, ...] = ()
        self._belts: tuple[str, ...] = ()
        self._theme = theme
        self._key: tuple[object, ...] = ()
        self._frames = 0
        self._drawn: QPixmap | None = None
        self.choice = "feet"
        self._add_actions()
        self.setMinimumSize(220, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _add_actions(self) -> None:
        group = QActionGroup(self)
        for name, text in CHOICES.items():
            action = QAction(text, group, checkable=True, checked=name == self.choice)
            action.setData(name)
            self.addAction(action)
        group.triggered.connect(self._chosen)

    def _chosen(self, action: QAction) -> None:
        self.choose(action.data())

    def choose(self, choice: str) -> None:
        """Show something else from the next refresh on.

        Args:
            choice: One of `CHOICES`.
        """
        self.choice, self._key = choice, ()
        for action in self.actions():
            action.setChecked(action.data() == choice)

    def sizeHint(self) -> QSize:
        """The usual size."""
        return QSize(320, 280)

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours.

        Args:
            theme: The colours.
        """
        self._theme, self._drawn = theme, None
        self.update()

    def refresh(self, scene: Scene) -> None:
        """Show a moment; only what changed is made anew.

        Args:
            scene: The moment.
        """
        source = scene.source
        self._frames += 1
        late = not self.picture.complete and self._frames % _RETRY == 0
        key = (id(source), source.take, scene.rows, self.choice)
        if key != self._key or late:
            self._key = key
            self._show(picture_of(scene, self.choice))
        self._follow(scene)

    def _show(self, picture: Picture) -> None:
        if isinstance(picture, Message | BeltPicture) and picture == self.picture:
            return
        self.picture, self._drawn = picture, None
        self.setToolTip(picture.hint)
        self.update()

    def _follow(self, scene: Scene) -> None:
        """Take in where the force acts now."""
        trail = self.picture.trail_s
        live: tuple[Floats, ...] = ()
        if trail is not None:
            self._belts = scene.source.facts.belts
            samples = scene.source.samples(scene.now_s - max(trail, _DOT_S), scene.now_s)
            live = tuple(lab_path(samples, belt) for belt in range(len(self._belts)))
        same = len(live) == len(self.live_m) and all(
            np.array_equal(a, b, equal_nan=True) for a, b in zip(live, self.live_m, strict=True)
        )
        if not same:
            self.live_m = live
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the picture, and the dot on top."""
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != self.size() * ratio:
            self._drawn = self._draw(ratio)
        painter = QPainter(self)
        painter.drawPixmap(QPointF(0, 0), self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for plan, xy, belt in zip(self.plans, self.live_m, self._belts, strict=False):
            self._draw_dot(painter, plan, xy, self._theme.side(belt) if belt else self._theme.ink)
        painter.end()

    def _draw(self, ratio: float) -> QPixmap:
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(self._theme.panel))
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.plans = self.picture.draw(painter, QRectF(self.rect()), self._theme)
        painter.end()
        return pixmap

    def _draw_dot(self, painter: QPainter, plan: Plan, xy: Floats, colour: str) -> None:
        """The trail, and the dot at its end unless nothing presses."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.picture.trail_s:
            painter.setPen(QPen(QColor(colour), 1.0))
            painter.drawPath(plan.path(xy))
        if xy.size and np.isfinite(xy[-1]).all():
            painter.setPen(QPen(QColor(self._theme.panel), 1.5))
            painter.setBrush(QColor(colour))
            painter.drawEllipse(plan.point(*xy[-1]), 6.0, 6.0)
