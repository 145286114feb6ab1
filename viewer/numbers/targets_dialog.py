"""The dialog in which somebody chooses targets, by hand or from the runner's own baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from viewer.errors import ViewerError
from viewer.numbers.targets import SOURCES, SUGGESTIONS, Baseline, Suggestion, Target, Targets, baseline, check_band
from viewer.numbers.trends import cut, decimals_of, name_of
from viewer.report.words import count, number, unit_of
from viewer.source import Scene
from viewer.theme import Theme


@dataclass
class _Row:
    """One metric's fields."""

    column: str
    low: QLineEdit
    high: QLineEdit
    note: str
    """Of the target that the fields still show."""
    noted: tuple[str, str]
    """Fields as they were when it was noted."""

    def target(self) -> Target | None:
        """What the fields say; None if both are empty, a ViewerError if they are no band."""
        low, high = (_value(self.column, field.text()) for field in (self.low, self.high))
        if low is None and high is None:
            return None
        check_band(name_of(self.column), low, high)
        same = self.noted == (self.low.text(), self.high.text())
        return Target(self.column, low, high, self.note if same else "")

    def show(self, target: Target | None) -> None:
        """Fill the fields."""
        for field, limit in ((self.low, target and target.low), (self.high, target and target.high)):
            field.setText("" if limit is None else f"{limit:.6g}")
        self.note = target.note if target else ""
        self.noted = (self.low.text(), self.high.text())


class TargetsDialog(QDialog):
    """Lower and upper limits of each metric, and suggestions from the last minute.

    Args:
        theme: Colours.
        scene: The moment whose last minute is the baseline.
        targets: Targets so far.
        columns: Metrics to ask for; those that have a target come too.
        parent: The widget it belongs to.
    """

    def __init__(
        self, theme: Theme, scene: Scene, targets: Targets, columns: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Targets")
        self._theme, self._scene, self._targets = theme, scene, dict(targets)
        self.rows: dict[str, _Row] = {}
        self._wrong = QLabel()
        self._wrong.setWordWrap(True)
        self._wrong.setStyleSheet(f"color: {theme.bad}")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("A target is chosen by you; numbers outside it turn amber. It is no judgement."))
        layout.addLayout(self._fields(dict.fromkeys((*columns, *targets))))
        layout.addWidget(_small("\n".join(SOURCES), theme))
        layout.addWidget(self._wrong)
        layout.addWidget(self.buttons)
        self._check()

    def targets(self) -> Targets:
        """What the fields say.

        Returns:
            Targets by column.
        """
        found = {column: row.target() for column, row in self.rows.items()}
        return {column: target for column, target in found.items() if target is not None}

    def _fields(self, columns: dict[str, None]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        for place, text in enumerate(("", "at least", "at most", "mean of the last minute", "set from it")):
            grid.addWidget(_small(text, self._theme), 0, place)
        for line, column in enumerate(columns, start=1):
            self._add(grid, line, column)
        return grid

    def _add(self, grid: QGridLayout, line: int, column: str) -> None:
        """One metric: its fields, or why it cannot have a target."""
        unit = unit_of(column)
        grid.addWidget(QLabel(f"{name_of(column)}{f', {unit}' if unit else ''}"), line, 0)
        why = self._scene.source.missing.get(column, "")
        row = _Row(column, QLineEdit(), QLineEdit(), "", ("", ""))
        for place, (field, word) in enumerate(((row.low, "at least"), (row.high, "at most")), start=1):
            field.setFixedWidth(92)
            field.setAccessibleName(f"{name_of(column)}, {word}")
            field.setPlaceholderText("no limit")
            field.setEnabled(not why)
            field.textChanged.connect(self._check)
            grid.addWidget(field, line, place)
        self.rows[column] = row
        row.show(self._targets.get(column))
        if why:
            grid.addWidget(_small(f"not measured: {why}", self._theme), line, 3, 1, 2)
            return
        own = baseline(cut(self._scene.source.table, self._scene.rows, column), column, self._scene.now_s)
        grid.addWidget(_small(_baseline_text(column, own), self._theme), line, 3)
        grid.addLayout(self._suggestions(row, own), line, 4)

    def _suggestions(self, row: _Row, own: Baseline) -> QHBoxLayout:
        buttons = QHBoxLayout()
        for suggestion in SUGGESTIONS.get(row.column, ()):
            button = QPushButton(suggestion.label)
            button.setAutoDefault(False)
            button.setEnabled(own.value is not None)
            button.clicked.connect(lambda _=False, s=suggestion: self._suggest(row, s, own))
            buttons.addWidget(button)
        clear = QPushButton("none")
        clear.setAutoDefault(False)
        clear.clicked.connect(lambda _=False: row.show(None))
        buttons.addStretch(1)
        buttons.addWidget(clear)
        return buttons

    def _suggest(self, row: _Row, suggestion: Suggestion, own: Baseline) -> None:
        if own.value is not None:
            row.show(suggestion.of(row.column, own.value))

    def _check(self) -> None:
        """Say what is wrong with the fields, and wait until it is mended."""
        wrong = ""
        try:
            self.targets()
        except ViewerError as error:
            wrong = str(error)
        self._wrong.setText(wrong)
        self._wrong.setVisible(bool(wrong))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not wrong)


def _value(column: str, text: str) -> float | None:
    """What a field says; with a comma too."""
    text = text.strip().replace(",", ".").replace("−", "-")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e9:
        raise ViewerError(name_of(column), expected="a number", seen=text)
    return value


def _baseline_text(column: str, own: Baseline) -> str:
    if own.value is None:
        return own.text
    return f"{number(own.value, decimals_of(column) + 1)}  ({count(own.steps, 'step')})"


def _small(text: str, theme: Theme) -> QLabel:
    """Less important words."""
    label = QLabel(text)
    label.setWordWrap(len(text) > 60)
    palette = label.palette()
    palette.setColor(QPalette.ColorRole.WindowText, QColor(theme.dim))
    label.setPalette(palette)
    return label
