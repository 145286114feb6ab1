"""Two bouts of a session side by side: curves over each other, numbers next to each other."""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from daq.bouts import BoutSpan
from viewer.compare.compare import NOTE, Comparison, compare, curve_steps, feet
from viewer.compare.compare_choice import BoutChoice
from viewer.compare.compare_curves import CurveStore
from viewer.compare.compare_plots import ComparePlots, Panel
from viewer.compare.compare_table import CompareTable
from viewer.report.words import count
from viewer.source import Ints, Scene
from viewer.theme import Theme
from viewer.time.bouts import FIRST_HALF, SECOND_HALF, bouts_of, stretches

REDRAW_S = 0.5
"""While steps are still coming the view is made anew no more often than this."""
NARROW_PX = 860
"""Below this width numbers stand under the curves."""


class CompareView(QWidget):
    """Choose bouts A and B; see their mean stance and their numbers. Nothing is tested, nothing judged."""

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._theme, self._monotonic = theme, monotonic
        self._scene: Scene | None = None
        self._loop: tuple[float, float] | None = None
        self._key: tuple[object, ...] = ()
        self._made_s = -np.inf
        self._store = CurveStore(monotonic)
        self._steps: dict[tuple[str, int], Ints] = {}
        self._begun: tuple[object, ...] = ()
        self.comparison = Comparison((), (0, 0), (), "")
        self.choices = tuple(BoutChoice(letter, theme, self) for letter in "AB")
        self.warning, self.state, self.note, self.missing = (QLabel(self) for _ in range(4))
        self.plots, self.table = ComparePlots(theme, self), CompareTable(theme, self)
        self._lay_out()
        for choice in self.choices:
            choice.chosen.connect(self._chosen)
        self.apply_theme(theme)

    def _lay_out(self) -> None:
        self._top = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        for choice in self.choices:
            self._top.addWidget(choice)
        self.note.setText(NOTE)
        for label in (self.warning, self.state, self.missing, self.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        numbers = QWidget(self)
        numbers.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        right = QVBoxLayout(numbers)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self.table, 1)
        right.addWidget(self.missing)
        right.addWidget(self.note)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.addWidget(self.plots, 10)
        self._body.addWidget(numbers, 10)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.setSpacing(4)
        whole.addLayout(self._top)
        whole.addWidget(self.warning)
        whole.addWidget(self.state)
        whole.addLayout(self._body, 1)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.setStyleSheet(f"CompareView {{ background: {theme.window}; }}")
        for label, colour in ((self.warning, theme.warn), (self.state, theme.dim), (self.note, theme.ink),
                              (self.missing, theme.dim)):  # fmt: skip
            label.setStyleSheet(f"color: {colour}; background: transparent")
        for choice in self.choices:
            choice.apply_theme(theme)
        self.plots.apply_theme(theme)
        self.table.apply_theme(theme)
        if self._steps:
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """B beside A, and numbers beside the curves, if there is room."""
        super().resizeEvent(event)
        wide = self.width() >= NARROW_PX
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        for layout in (self._body, self._top):
            if layout.direction() != direction:
                layout.setDirection(direction)

    def show_loop(self, loop: tuple[float, float] | None) -> None:
        """Say what is selected: it can be compared, too.

        Args:
            loop: Beginning and end, s.
        """
        self._loop = loop

    def choose(self, a: str, b: str) -> None:
        """Choose what is compared.

        Args:
            a: Name of a bout, a half or the selection.
            b: Another.
        """
        for choice, name in zip(self.choices, (a, b), strict=True):
            choice.pick(name)

    def refresh(self, scene: Scene) -> None:
        """Show a session.

        Args:
            scene: What is shown; the whole session is compared, whatever the moment.
        """
        self._scene = scene
        source = scene.source
        key = (id(source), source.take, self._loop, scene.in_BW, source.table.rows, len(source.happenings),
               source.last_s, source.bw_N if source.bw_N > 0 else None)  # fmt: skip
        now_s = self._monotonic()
        if key[:4] != self._key[:4] or (key != self._key and now_s - self._made_s >= REDRAW_S):
            self._key, self._made_s = key, now_s
            self._offer()
            self._compare()
        elif self._store.waiting and self._store.ask(source):
            self._draw()

    def _offer(self) -> None:
        """Fill the boxes; two bouts are compared if there are two, else the halves."""
        assert self._scene is not None
        source = self._scene.source
        given = stretches(source.happenings, source.first_s, source.last_s, self._loop)
        bouts = bouts_of(source.happenings, source.last_s)
        names = [bout.name for bout in bouts[:2]] if len(bouts) > 1 else [FIRST_HALF, SECOND_HALF]
        begun = (id(source), source.take)
        for choice, name in zip(self.choices, names, strict=True):
            choice.offer(given, name, forget=begun != self._begun)
        self._begun = begun

    def _chosen(self) -> None:
        if self._scene is not None:
            self._compare()

    def _bouts(self) -> tuple[BoutSpan, BoutSpan]:
        return self.choices[0].bout, self.choices[1].bout

    def _compare(self) -> None:
        """Make numbers, and ask for the curves."""
        assert self._scene is not None
        source, bouts = self._scene.source, self._bouts()
        self.comparison = compare(source.table, *bouts, source.missing)
        sides = feet(source.table, bouts)
        self._steps = {
            (side, place): curve_steps(source.table, bout, side)
            for side in sides
            for place, bout in enumerate(bouts)
        }  # fmt: skip
        self._store.want(np.concatenate(list(self._steps.values())), (id(source), source.take))
        self._store.ask(source)
        for choice, steps in zip(self.choices, self.comparison.steps, strict=True):
            choice.say(steps)
        self.table.show_lines(self.comparison.lines)
        self.warning.setText("\n".join(self.comparison.warnings))
        self.warning.setVisible(bool(self.comparison.warnings))
        self.missing.setText(self.comparison.missing)
        self.missing.setVisible(bool(self.comparison.missing))
        self._draw()

    def _draw(self) -> None:
        """Curves that are there, and what is to be said of them."""
        assert self._scene is not None
        source = self._scene.source
        in_BW = self._scene.in_BW and source.bw_N > 0
        scale, unit = (1.0 / source.bw_N, "BW") if in_BW else (1.0, "N")
        rows = [("Fz_N", "vertical force")]
        if "Fx" in source.facts.observable:
            rows.append(("Fx_N", "fore-aft, + forward"))
        sides = tuple(dict.fromkeys(side for side, _ in self._steps))
        self.plots.show_rows([
            [
                Panel(side, f"{name}, {unit}", *(scale * self._store.curves(self._steps[side, place], signal)
                                                 for place in (0, 1)))
                for side in sides
            ]
            for signal, name in rows
        ])  # fmt: skip
        self._say()

    def _counts(self) -> str:
        """How many curves there are at most of one foot: "60 steps of each foot"."""
        most = max((steps.size for steps in self._steps.values()), default=0)
        return f"{'up to ' if most else ''}{count(most, 'valid step')} of each foot"

    def _say(self) -> None:
        assert self._scene is not None
        source = self._scene.source
        wanted = sum(steps.size for steps in self._steps.values())
        words = [f"Curves: mean ± SD of {self._counts()}, over contact."]
        if source.working and not source.table.rows:
            words = [f"{source.working[:1].upper()}{source.working[1:]} …"]
        elif not wanted:
            words = ["No valid steps in these bouts."]
        elif self._store.absent:
            there = f"{wanted - self._store.absent} of {wanted} curves"
            words.append(f"Computing… {there}." if self._store.waiting else f"{there} are there.")
        if "Fx" not in source.facts.observable:
            words.append("No fore-aft force: this rig does not measure it.")
        self.state.setText(" ".join(words))
