"""The end of a calibration: how good it is, and where the files are."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from daq.calibration import Calibration
from daq.rig import Rig
from viewer.controls.buttons import Button
from viewer.report.certificate_verdict import Check, checks_of, summing_up, verdict_words
from viewer.stylesheet import points
from viewer.theme import Theme

LEVELS = {"fine": "green", "look": "amber", "problem": "red", "info": "info"}


class Ending(QFrame):
    """Takes the place of everything else when the files are written.

    Args:
        rig: The rig.
        calibration: As it was written.
        files: The calibration, then the certificate.
        theme: Colours.
    """

    closed = Signal()

    def __init__(self, rig: Rig, calibration: Calibration, files: tuple[Path, Path], theme: Theme) -> None:
        super().__init__()
        self._files = files
        fore_aft = any(belt.measures_braking for belt in rig.belts())
        quality = calibration.quality
        full_N = max((float(one.load.force_N[2]) for one in calibration.readings if one.accepted), default=1.0)
        checks = checks_of(quality, full_N)
        self.verdict = _label(verdict_words(quality, fore_aft))
        self.certificate = Button("Open certificate", "", "Show the certificate in the browser", "")
        self.certificate.clicked.connect(self._open)
        self.done = Button("Close", "", "Close this window", "")
        self.done.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.addWidget(self.certificate)
        row.addWidget(self.done)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        heading = _label("The rig is calibrated")
        heading.setProperty("role", "heading")
        for widget in (heading, self.verdict, _label(f"± with 95 % certainty. {summing_up(checks)}")):
            column.addWidget(widget)
        if not fore_aft:
            column.addWidget(_label("Fore-aft force is not measured: this rig has no fore-aft cells."))
        column.addWidget(_table(checks))
        where = _label(f"Calibration: {files[0]}\nCertificate: {files[1]}")
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(where)
        column.addLayout(row)
        column.addStretch(1)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours.

        Args:
            theme: The new ones.
        """
        self.setStyleSheet(f"Ending {{ background: {theme.panel}; }}")
        self.verdict.setStyleSheet(f"font-size: {points(1.65)}pt; font-weight: bold; color: {theme.ink};")

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._files[1].absolute())))


def _label(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _table(checks: list[Check]) -> QWidget:
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(20)
    for row, check in enumerate(checks):
        mark = QLabel(f"{check.mark} {check.state}")
        mark.setProperty("level", LEVELS[check.state])
        for at, cell in enumerate((mark, _plain(check.what), _plain(check.found), _plain(f"at most {check.limit}"))):
            grid.addWidget(cell, row, at)
    grid.setColumnStretch(4, 1)
    return widget


def _plain(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
