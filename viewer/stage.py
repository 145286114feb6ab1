"""All views of one source, laid out: what a window shows, without the window around it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from daq.clock import host_now
from viewer.compare.compare_view import CompareView
from viewer.controls.controls import COMPARE, LARGE, STANDARD, Controls
from viewer.cop.cop_view import CopView
from viewer.curve.force_curve import ForceCurve
from viewer.health.health_line import HealthLine
from viewer.numbers.big_numbers import BigNumbers
from viewer.numbers.large_type import LargeType
from viewer.numbers.targets import Targets
from viewer.source import Scene, Source, rows_until
from viewer.steps.step_overlay import StepOverlay
from viewer.theme import Theme
from viewer.time.overview import Overview
from viewer.time.playback import Playback
from viewer.time.transport import Transport

SLOW = 4
"""Buttons, health line and transport need no more than one frame in so many."""
LONGEST_REPLAY_S = 300.0
"""A recorded session is cut out where it is looked at; the overview shows all of it."""
PAGES = (STANDARD, LARGE, COMPARE)


class Stage(QWidget):
    """Views, and the clock that says which moment they show.

    Args:
        source: What to show; belongs to the stage from now on.
        theme: Colours.
        parent: The window.

    Attributes:
        playback: The clock.
        scene: What is shown now.
    """

    page_changed = Signal(str)

    def __init__(self, source: Source, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = source
        self.playback = Playback(live=source.live)
        self.in_BW = False
        self.scene = Scene(source, 0.0, 0)
        self._frames = 0
        self._rows: tuple[object, int] = (None, 0)
        self.controls = Controls(theme)
        self.curve = ForceCurve(theme)
        self.overlay = StepOverlay(theme)
        self.cop = CopView(theme)
        self.numbers = BigNumbers(theme)
        self.large = LargeType(theme)
        self.compare = CompareView(theme)
        self.overview = Overview(theme)
        self.transport = Transport(theme)
        self.health = HealthLine(theme)
        if not source.live:
            self.curve.set_longest(LONGEST_REPLAY_S)
        self.pages = QStackedWidget()
        self._lay_out()
        self._connect()
        self.overview.setVisible(not source.live)

    @property
    def views(self) -> tuple[QWidget, ...]:
        """Everything that takes a theme."""
        return (self.controls, self.curve, self.overlay, self.cop, self.numbers, self.large, self.compare,
                self.overview, self.transport, self.health)  # fmt: skip

    def _lay_out(self) -> None:
        steps = QSplitter(Qt.Orientation.Horizontal)
        steps.addWidget(self.overlay)
        steps.addWidget(self.cop)
        _shares(steps, 640, 300)
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.curve)
        left.addWidget(steps)
        _shares(left, 260, 330)
        standard = QSplitter(Qt.Orientation.Horizontal)
        standard.addWidget(left)
        standard.addWidget(self.numbers)
        _shares(standard, 900, 370)
        for page in (standard, self.large, self.compare):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.controls)
        column.addWidget(self.pages, 1)
        column.addWidget(self.overview)
        column.addWidget(self.transport)
        column.addWidget(self.health)

    def _connect(self) -> None:
        self.controls.view_wanted.connect(self.show_page)
        self.controls.units_wanted.connect(self.set_units)
        self.curve.time_picked.connect(self.transport.seek)
        for panel, other in ((self.numbers, self.large), (self.large, self.numbers)):
            panel.targets_changed.connect(other.set_targets)
        self.overlay.said.connect(lambda words: self.controls.toasts.say(words, "amber"))
        self.overview.seek.connect(self.transport.seek)
        self.overview.loop_selected.connect(self.transport.set_loop)

    def frame(self) -> None:
        """Show the next moment."""
        self.source.update()
        now_s = self.playback.advance(host_now(), self.source.first_s, self.source.last_s, self.source.take)
        table = self.source.table
        rows = table.rows if self.playback.following else rows_until(table, now_s)
        self.scene = Scene(self.source, now_s, rows, self.in_BW)
        self._refresh_page()
        if self._frames % SLOW == 0:
            self._refresh_frame()
        self._frames += 1

    def _refresh_page(self) -> None:
        page = PAGES[self.pages.currentIndex()]
        if page == STANDARD:
            for view in (self.curve, self.overlay, self.cop, self.numbers):
                view.refresh(self.scene)
        elif page == LARGE:
            self.large.refresh(self.scene)
        else:
            self.compare.show_loop(self.playback.loop)
            self.compare.refresh(self.scene)

    def _refresh_frame(self) -> None:
        self.controls.refresh(self.scene)
        self.health.refresh(self.scene)
        self.transport.refresh(self.scene, self.playback)
        if self.overview.isVisible():
            self.overview.show_span(self.curve.span_s)
            self.overview.show_loop(self.playback.loop, self.playback.looping)
            self.overview.refresh(self.scene)

    def show_page(self, name: str) -> None:
        """Bring one page to the front.

        Args:
            name: STANDARD, LARGE or COMPARE.
        """
        self.pages.setCurrentIndex(PAGES.index(name))
        self.controls.set_view(name)
        self.page_changed.emit(name)

    def set_units(self, in_BW: bool) -> None:
        """Show forces in body weights or in newtons."""
        self.in_BW = in_BW

    def set_targets(self, targets: Targets) -> None:
        """Show these target bands.

        Args:
            targets: By column.
        """
        for panel in (self.numbers, self.large):
            panel.set_targets(targets)

    def act(self, key: str, sequence: str = "") -> bool:
        """Do what a key of the table does.

        Args:
            key: Its row.
            sequence: Which of its keys.

        Returns:
            Whether it was the stage's to do.
        """
        moves = self.transport.commands | {"wider": self.curve.zoom_out, "closer": self.curve.zoom_in}
        if key in moves:
            moves[key]()
            return True
        return self.controls.act(key, sequence)

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours of all views."""
        for view in self.views:
            view.apply_theme(theme)  # type: ignore[attr-defined]

    def close_source(self) -> None:
        """Let go of the source; a recorder goes on."""
        self.controls.halt()
        self.source.close()


def _shares(splitter: QSplitter, *sizes: int) -> None:
    splitter.setSizes(list(sizes))
    for number, size in enumerate(sizes):
        splitter.setStretchFactor(number, size)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(6)
