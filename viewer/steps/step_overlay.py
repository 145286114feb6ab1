"""The last stances of each foot laid over each other, the current one on top."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from viewer.errors import StanceError
from viewer.report.words import count
from viewer.source import Scene
from viewer.steps import foot_words
from viewer.steps.awaited import awaited_at_length
from viewer.steps.foot_plot import FootPlot
from viewer.steps.foot_view import FootView, Options, Scale, foot_view
from viewer.steps.overlay_legend import legend, reference_words
from viewer.steps.overlay_limits import axis_labels, limits
from viewer.steps.overlay_options import OptionActions, OptionRow
from viewer.steps.reference import Reference
from viewer.steps.stance_choice import Foot, choose
from viewer.steps.stance_store import StanceStore
from viewer.theme import Theme

NO_FORE_AFT = "this rig's sensors do not measure fore-aft force"
OPTIONS_FROM_PX, LEGEND_FROM_PX = 215, 185
"""Heights from which there is room for them."""
BRIEF_PX = (420, 260)
"""In a smaller size the legend explains the areas only."""


class StepOverlay(QWidget):
    """Left and right foot side by side, or one plot where they are not known.

    Args:
        theme: Colours.
        parent: Owner.

    Attributes:
        feet: The plots, left and right; only the first one is used where the feet are not known.
        rebuilds: How often the curves were drawn anew.
        said: Signal with words for the user, such as why there is no reference.
        changed: Signal with the options, after the user changed them.
    """

    said = Signal(str)
    changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scene: Scene | None = None
        self._drawn: object = None
        self._reference: Reference | None = None
        self._store = StanceStore()
        self.rebuilds = 0
        self._choices = OptionActions(self._options_changed, self)
        self._take_reference = QAction("Last minute as reference", self)
        self._take_reference.setIconText("set reference")
        self._take_reference.setToolTip("Keep the mean of the last minute as a dashed curve to compare with")
        self._take_reference.triggered.connect(self._toggle_reference)
        line = QAction(self)
        line.setSeparator(True)
        self.addActions([*self._choices.in_menu(), line, self._take_reference])
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._build()
        self.apply_theme(theme)

    def _build(self) -> None:
        self.row = OptionRow(self._choices, self._take_reference, self)
        self.feet = (FootPlot(self._theme, self), FootPlot(self._theme, self))
        self.legend, self.message = QLabel(self), QLabel(self)
        for label in (self.legend, self.message):
            label.setWordWrap(True)
            label.setMinimumSize(0, 0)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        plots = QWidget(self)
        side_by_side = QHBoxLayout(plots)
        side_by_side.setContentsMargins(0, 0, 0, 0)
        side_by_side.setSpacing(8)
        for foot in self.feet:
            side_by_side.addWidget(foot, 1)
        self._pages = QStackedLayout()
        self._pages.addWidget(plots)
        self._pages.addWidget(self.message)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(3)
        layout.addWidget(self.row)
        layout.addLayout(self._pages, 1)
        layout.addWidget(self.legend)

    def set_count(self, n: int) -> None:
        """Show the last n steps of each foot."""
        self._choices.set("count", n)

    def set_over_time(self, over_time: bool) -> None:
        """Show them over time from touchdown, else over share of contact."""
        self._choices.set("over_time", over_time)

    def set_component(self, component: str) -> None:
        """Show vertical force ("Fz") or fore-aft force ("Fx")."""
        self._choices.set("component", component)

    def set_mean_parts(self, mean: bool) -> None:
        """Show the parts of the two-mass fit as means of the steps shown, else of the current step."""
        self._choices.set("mean_parts", mean)

    def set_reference(self, reference: Reference | None) -> None:
        """Draw a reference behind the steps, or none."""
        self._reference = reference
        self._take_reference.setText("Remove the reference" if reference else "Last minute as reference")
        self._take_reference.setIconText("remove reference" if reference else "set reference")
        self._redraw()

    @property
    def has_reference(self) -> bool:
        """Whether there is a reference, drawn or not."""
        return self._reference is not None

    @property
    def options(self) -> Options:
        """What is shown."""
        return self._choices.options

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours.

        Args:
            theme: The colours.
        """
        self._theme = theme
        self.setStyleSheet(f"QLabel {{ color: {theme.dim}; }}")
        self.row.apply_theme(theme)
        for foot in self.feet:
            foot.apply_theme(theme)
        self._redraw()

    def refresh(self, scene: Scene) -> None:
        """Show a moment; does nothing while nothing has changed.

        Args:
            scene: The moment.
        """
        self._scene = scene
        state = self._state(scene)
        if state == self._drawn and not self._store.due:
            return
        self._drawn = state
        self.rebuilds += 1
        self._rebuild(scene)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self.row.setVisible(self.height() >= OPTIONS_FROM_PX)
        self.legend.setVisible(self.height() >= LEGEND_FROM_PX)

    def _state(self, scene: Scene) -> tuple[object, ...]:
        """All that the picture depends on."""
        source, rows = scene.source, scene.rows
        last = int(source.table["step"][rows - 1]) if rows else (source.working, int(scene.now_s))
        bw_N = None if np.isnan(source.bw_N) else source.bw_N
        size = self.width(), self.height()
        return (
            id(source),
            source.take,
            rows,
            last,
            scene.in_BW,
            bw_N,
            size,
            self._theme,
            self.options,
            self._reference,
        )

    def _options_changed(self, options: Options) -> None:
        self._redraw()
        self.changed.emit(options)

    def _redraw(self) -> None:
        self._drawn = None
        if self._scene is not None:
            self.refresh(self._scene)

    def _toggle_reference(self) -> None:
        if self._reference is not None:
            self.set_reference(None)
        elif self._scene is not None:
            try:
                self.set_reference(Reference.from_scene(self._scene))
            except StanceError as error:
                self.said.emit(str(error))

    def _rebuild(self, scene: Scene) -> None:
        sees = "Fx" in scene.source.facts.observable
        self._choices.allow("component", "Fx", sees, scene.source.missing.get("braking_peak_BW", NO_FORE_AFT))
        why = self._nothing(scene)
        self._pages.setCurrentIndex(1 if why else 0)
        self.message.setText(why)
        self.legend.setText("")
        if not why:
            self._show_feet(scene)

    def _nothing(self, scene: Scene) -> str:
        """Why there is nothing to draw; empty if there is."""
        source = scene.source
        if self.options.component == "Fx" and "Fx" not in source.facts.observable:
            why = source.missing.get("braking_peak_BW", NO_FORE_AFT)
            return f"No fore-aft force: {why}."
        return "" if scene.rows else awaited_at_length(scene)

    def _show_feet(self, scene: Scene) -> None:
        feet, unknown = choose(scene.source.table, scene.rows, self.options.count)
        running = not any(foot.rows.size and scene.source.table["gait"][foot.rows[-1]] == "walk" for foot in feet)
        words, drawn = reference_words(self._reference, scene, self.options, running=running)
        reference = self._reference if drawn else None
        views = [
            foot_view(scene, foot, curves, self.options, reference)
            for foot, curves in zip(feet, self._curves(scene, feet), strict=True)
        ]
        scale = Scale.of(scene)
        span, labels = limits(views, self.options, scale), axis_labels(self.options, scale)
        self.feet[1].setVisible(len(feet) > 1)
        for plot, foot, view in zip(self.feet, feet, views, strict=False):
            self._say(plot, scene, foot, view)
            plot.show_view(view, foot.side, span, labels)
        full, brief = (
            legend(self._theme, self.options, views, words, brief=brief) + _not_shown(unknown)
            for brief in (False, True)
        )
        small = self.width() < BRIEF_PX[0] or self.height() < BRIEF_PX[1]
        self.legend.setText(brief if small else full)
        self.legend.setToolTip(full)

    def _curves(self, scene: Scene, feet: tuple[Foot, ...]) -> list[NDArray[np.float32]]:
        """Curves of each foot's rows, and of the step left out behind them."""
        rows = [np.append(foot.rows, [] if foot.left_out is None else foot.left_out).astype(np.int64) for foot in feet]
        values = self._store.take(scene, scene.source.table["step"][np.concatenate(rows)])
        return np.split(values, np.cumsum([len(own) for own in rows])[:-1])

    def _say(self, plot: FootPlot, scene: Scene, foot: Foot, view: FootView) -> None:
        """Put the words about a foot."""
        source, theme, table = scene.source, self._theme, scene.source.table
        title, short = foot_words.title(table, foot), foot_words.short_title(table, foot)
        note = foot_words.note(table, foot, view, source.missing)
        plot.title.say((title, note), (theme.side(foot.side), theme.dim), (short, note))
        long, short = (foot_words.numbers(table, view.rows, short=short) for short in (False, True))
        verdicts = ["", ""]
        if foot.rows.size:
            current = int(foot.rows[-1])
            verdicts = [foot_words.verdict(table, current, source.missing, short=short) for short in (False, True)]
        plot.numbers.say((long, verdicts[0]), (theme.ink, theme.ink), (short, verdicts[1]))


def _not_shown(unknown: int) -> str:
    return f" &nbsp; {count(unknown, 'step')} not shown: foot not known" if unknown else ""
