"""What was read so far, and how far each reading is from what all of them together say."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from analysis.calibration import Reading
from analysis.calibration_fit import Fit
from viewer.report.certificate_verdict import with_sign
from viewer.report.words import count, number

HEADS = ("No.", "Load", "Force, N", "Off, N", "Remark")
OUTLYING = "▲ far from what the other readings say"


class ReadingsList(QWidget):
    """A line of words, and a table below it."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel("Nothing is read yet.", wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.table = QTableWidget(0, len(HEADS))
        self.table.setHorizontalHeaderLabels(HEADS)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Space takes the reading
        self.table.setAccessibleName("Readings so far")
        header = self.table.horizontalHeader()
        for column in range(len(HEADS)):
            stretched = column in (1, 4)
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(column, mode.Stretch if stretched else mode.ResizeToContents)
        below = QVBoxLayout(self)
        below.setContentsMargins(12, 6, 12, 8)
        below.addWidget(self.words)
        below.addWidget(self.table, 1)

    def show_readings(self, readings: Sequence[Reading], fit: Fit | None, missing: str) -> None:
        """Write the table anew.

        Args:
            readings: Every reading so far.
            fit: Of these very readings, once there can be one.
            missing: Why there is none yet.
        """
        fits = fit is not None and len(fit.residual) == len(readings)
        self.table.setRowCount(len(readings))
        for row, reading in enumerate(readings):
            axis = int(np.argmax(np.abs(reading.load.force_N)))
            off = -float(fit.residual[row, axis]) if fit is not None and fits else float("nan")
            far = fit is not None and fits and row in fit.outlying
            remark = " ".join(part for part in (OUTLYING if far else "", reading.remark) if part)
            cells = (
                str(row + 1), reading.load.label, f"{'xyz'[axis]} {number(float(reading.load.force_N[axis]), 1)}",
                "–" if np.isnan(off) else with_sign(off, 2),
                remark if reading.accepted else f"left out. {remark}",
            )  # fmt: skip
            for column, text in enumerate(cells):
                self._put(row, column, text)
        self.words.setText(summary(len(readings), fit if fits else None, missing))
        self.table.scrollToBottom()

    def _put(self, row: int, column: int, text: str) -> None:
        item = self.table.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignRight if column in (0, 2, 3) else Qt.AlignmentFlag.AlignLeft))  # fmt: skip
            self.table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
            item.setToolTip(text)


def summary(readings: int, fit: Fit | None, missing: str) -> str:
    """One line about the readings so far.

    Args:
        readings: How many.
        fit: Of them, if there is one.
        missing: Why there is none.

    Returns:
        In words.
    """
    if not readings:
        return "Nothing is read yet."
    if fit is None:
        return f"{count(readings, 'load')} read. {missing}".strip()
    quality = fit.quality
    parts = [f"vertical force {number(quality.residual_Fz_N, 2)} N"]
    if quality.residual_cop_mm is not None:
        parts.append(f"centre of pressure {number(quality.residual_cop_mm, 1)} mm")
    if quality.residual_Fx_N is not None:
        parts.append(f"fore-aft force {number(quality.residual_Fx_N, 2)} N")
    return f"{count(readings, 'load')} read. Left over after a fit of them (root mean square): {', '.join(parts)}."
