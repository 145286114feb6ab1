"""Numbers of two bouts next to each other."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from viewer.compare.compare import Line
from viewer.report.words import meaning_of
from viewer.theme import Theme

HEADS = ("Mean ± SD of the valid steps", "A", "n", "B", "n", "B − A")
QUIET = (2, 4)
"""Columns that matter less."""
NARROW_PX = 500


class CompareTable(QTableWidget):
    """One row per metric; nothing to edit, nothing to select."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADS), parent)
        self._theme = theme
        self._lines: tuple[Line, ...] = ()
        for column, text in enumerate(HEADS):
            head_item = QTableWidgetItem(text)
            head_item.setTextAlignment(_aligned(column))
            self.setHorizontalHeaderItem(column, head_item)
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        head = self.horizontalHeader()
        head.setSectionsClickable(False)
        head.setHighlightSections(False)
        head.setMinimumSectionSize(20)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.setStyleSheet(
            f"QTableWidget {{ background: {theme.panel}; color: {theme.ink}; }}"
            "QTableWidget::item { padding: 0 5px; }"
            f"QHeaderView {{ background: {theme.panel}; }}"
            f"QHeaderView::section {{ background: {theme.panel}; color: {theme.dim}; border: none;"
            f" border-bottom: 1px solid {theme.grid}; padding: 2px 6px; }}"
        )
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Without room for all columns names come before counts."""
        super().resizeEvent(event)
        for column in QUIET:
            self.setColumnHidden(column, self.width() < NARROW_PX)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show numbers.

        Args:
            lines: One per metric.
        """
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._fill()

    def _fill(self) -> None:
        self.setRowCount(len(self._lines))
        for row, line in enumerate(self._lines):
            texts = (line.label, _spread(line.a.mean, line.a.sd), line.a.n, _spread(line.b.mean, line.b.sd), line.b.n,
                     line.difference)  # fmt: skip
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setForeground(QColor(self._theme.dim if column in QUIET else self._theme.ink))
                item.setToolTip(meaning_of(line.column))
                item.setTextAlignment(_aligned(column))
                self.setItem(row, column, item)
        height = self.fontMetrics().height() + 7
        for row in range(self.rowCount()):
            self.setRowHeight(row, height)


def _aligned(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _spread(mean: str, sd: str) -> str:
    return mean if sd == "–" else f"{mean} ± {sd}"
