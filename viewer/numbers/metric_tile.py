"""A tile that shows a metric, and lets another one be chosen; how it is painted is up to those that build on it."""

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPolygonF,
)  # fmt: skip
from PySide6.QtWidgets import QMenu, QWidget

from viewer.numbers.number_face import Face
from viewer.numbers.trends import CHOICES, name_of
from viewer.report.words import unit_of
from viewer.theme import Theme


class MetricTile(QWidget):
    """A metric that can be chosen by a click on its name, by Enter or from the context menu.

    Args:
        theme: Colours.
        column: The metric.
        parent: The widget it is in.
    """

    chosen = Signal(str)
    """Another metric was chosen: its column."""

    def __init__(self, theme: Theme, column: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.column = column
        """Column of the step table."""
        self.face: Face | None = None
        """What is shown."""
        self._template = ""
        self._menu: QMenu | None = None
        self.more: list[QAction] = []
        """Further actions for the context menu."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_column(self, column: str) -> None:
        """Show another metric.

        Args:
            column: The metric.
        """
        if column != self.column:
            self.column, self.face, self._template = column, None, ""
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours.

        Args:
            theme: The colours.
        """
        self._theme = theme
        self.update()

    def show_face(self, face: Face) -> None:
        """Show this.

        Args:
            face: The number and its words.
        """
        self.face = face
        self._template = wider(self._template, face.text())
        self.setToolTip(f"{face.tip}\nClick on the name for another metric.")
        self.setAccessibleName(f"{face.name}: {face.text()} {face.unit}")
        self.setAccessibleDescription(face.tip)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the name offers other metrics."""
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() <= self._head().bottom():
            self.open_menu(event.globalPosition().toPoint())
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter offers other metrics."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.open_menu(self.mapToGlobal(self._head().bottomLeft().toPoint()))
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer other metrics, and what else there is."""
        self.open_menu(event.globalPos())

    def open_menu(self, at: QPoint) -> None:
        """Open the menu.

        Args:
            at: Where on the screen.
        """
        self.menu().popup(at)

    def menu(self) -> QMenu:
        """The menu of this tile, made anew: metrics by heading, then further actions."""
        if self._menu is not None:
            self._menu.deleteLater()
        menu = self._menu = QMenu(self)
        group = QActionGroup(menu)
        for heading, columns in CHOICES.items():
            part = menu.addMenu(heading)
            for column in columns:
                unit = unit_of(column)
                action = part.addAction(f"{name_of(column)}{f', {unit}' if unit else ''}")
                action.setCheckable(True)
                action.setChecked(column == self.column)
                action.setData(column)
                group.addAction(action)
        group.triggered.connect(lambda action: self.chosen.emit(action.data()))
        if self.more:
            menu.addSeparator()
            menu.addActions(self.more)
        return menu

    def _head(self) -> QRectF:
        """Where the name is."""
        raise NotImplementedError

    def _paint_name(self, painter: QPainter, box: QRectF, room: float) -> None:
        """Name, unit and the mark of a menu, with the painter's font; a narrow tile does without the unit."""
        metrics = QFontMetricsF(painter.font())
        unit, name = f" {unit_of(self.column)}", name_of(self.column)
        room -= 0.9 * metrics.height()
        if metrics.horizontalAdvance(name + unit) > room:
            unit, name = "", metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        baseline = box.center().y() + metrics.capHeight() / 2
        painter.setPen(QColor(self._theme.ink))
        painter.drawText(QPointF(box.left(), baseline), name)
        x = box.left() + metrics.horizontalAdvance(name)
        painter.setPen(QColor(self._theme.dim))
        painter.drawText(QPointF(x, baseline), unit)
        x += metrics.horizontalAdvance(unit) + 0.5 * metrics.height()
        paint_arrow(painter, QPointF(x, box.center().y()), 0.2 * metrics.height(), self._theme.dim)


def ink(theme: Theme, face: Face, verdict: str) -> str:
    """Colour of a number: dim when old or in doubt, amber outside its target, else plain."""
    if face.faint:
        return theme.dim
    return theme.warn if verdict else theme.ink


def words_ink(theme: Theme, face: Face) -> str:
    """Colour of the target's words."""
    return theme.warn if face.verdict() and not face.faint else theme.dim


def wider(template: str, text: str) -> str:
    """The longer of two numbers, digits as zeros: a number's size never follows its digits back and forth."""
    zeros = "".join("0" if char.isdigit() else char for char in text)
    return zeros if len(zeros) > len(template) else template


def paint_arrow(painter: QPainter, at: QPointF, size: float, colour: str, *, up: bool = False) -> None:
    """A small triangle that points down, or up."""
    tip = -size if up else size
    corners = [QPointF(-size, -tip * 0.6), QPointF(size, -tip * 0.6), QPointF(0, tip * 0.8)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon(QPolygonF([at + corner for corner in corners]))
    painter.restore()
