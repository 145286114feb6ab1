"""The window of a guided calibration: guide, belt, cells, and what was read so far."""

import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from analysis.errors import StanceError
from daq.calibration import Calibration
from daq.chunk import Chunk
from daq.stream import Stream
from rigs.procedures.calibrating import CalibrationRun, Look, Step
from viewer.calibrate.background import Background
from viewer.calibrate.belt_picture import BeltPicture
from viewer.calibrate.cell_bars import CellBars
from viewer.calibrate.decisions import Decisions
from viewer.calibrate.device_thread import DeviceThread, News
from viewer.calibrate.ending import Ending
from viewer.calibrate.fitter import Fitter
from viewer.calibrate.guide import Guide
from viewer.calibrate.page import page_of
from viewer.calibrate.readings_list import ReadingsList
from viewer.calibrate.spots import key_of, spots_of
from viewer.stylesheet import palette, stylesheet
from viewer.theme import THEMES

FRAME_MS = 33
MOST_CHUNKS = 40
"""Taken in a frame at most, so that a device in a hurry never stops the window."""
DEFAULT_SIZE = (1200, 760)


class CalibrateWindow(QMainWindow):
    """Drives a calibration.

    Args:
        run: The calibration; what it accepts is kept by it at once.
        open_stream: Opens the device; called in another thread, again whenever the device was lost.
        write: Fits and writes the files: gives the calibration, its file and the certificate's.
        theme: Name of the colours.
        size: Width and height, pixels.
        on_step: Is told every step that is shown; who puts the loads on at a rehearsal.

    Attributes:
        saved: Whether the files are written.
    """

    def __init__(
        self, run: CalibrationRun, open_stream: Callable[[], Stream],
        write: Callable[[], tuple[Calibration, Path, Path]], *, theme: str, size: tuple[int, int] | None = None,
        on_step: Callable[[Step | None], object] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.run, self.saved = run, False
        self.theme = THEMES[theme]
        self._write, self._on_step = write, on_step
        self._look: Look | None = None
        self.fitter = Fitter(run.fit, self._show_fit, self)
        self._writing: Background[tuple[Calibration, Path, Path]] | None = None
        self._was_away = False
        self.guide, self.readings = Guide(self.theme), ReadingsList()
        self.decisions = Decisions(self.guide.box, self._changed)
        self.belt, self.cells = BeltPicture(run.rig, self.theme), CellBars(run.rig, self.theme)
        self.pages = QStackedWidget()
        self.ending: Ending | None = None
        self._lay_out()
        self._connect()
        self.set_theme(theme)
        self.setWindowTitle(f"Calibrate {run.rig.title} – stance")
        self.resize(*(size or DEFAULT_SIZE))
        self.device = DeviceThread(open_stream)
        self._next_step()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._frame)
        self._timer.start()

    def _lay_out(self) -> None:
        self.pages.addWidget(page_of(self.guide, self.belt, self.cells, self.readings))
        self.pages.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not the first button
        self.setCentralWidget(self.pages)
        self.pages.setFocus()

    def _connect(self) -> None:
        guide = self.guide
        guide.take.clicked.connect(self.take)
        guide.skip.clicked.connect(self.skip)
        guide.back.clicked.connect(self.back)
        guide.insist.clicked.connect(self.take)
        guide.finish.clicked.connect(self.finish)
        keys: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Space", guide.take.click), ("Return", guide.take.click), ("Enter", guide.take.click),
            ("K", self._skip_or_keep), ("Backspace", guide.back.click), ("F", guide.finish.click),
            ("R", lambda: self.decisions.press(0)), ("A", lambda: self.decisions.press(1)), ("D", self._other_theme),
            ("F11", lambda: self.showNormal() if self.isFullScreen() else self.showFullScreen()),
            ("Ctrl+Q", self.close), ("Ctrl+W", self.close),
        )  # fmt: skip
        for sequence, act in keys:
            shortcut = QShortcut(QKeySequence(sequence), self)
            shortcut.setAutoRepeat(False)  # a finger that rests on Space must not take two readings
            shortcut.activated.connect(act)

    def present(self) -> None:
        """Open on the screen, no larger than it."""
        screen = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(self.width(), screen.width()), min(self.height(), screen.height()))
        self.show()

    def set_theme(self, name: str) -> None:
        """Change the colours.

        Args:
            name: One of THEMES.
        """
        self.theme = THEMES[name]
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(palette(self.theme))
        application.setStyleSheet(stylesheet(self.theme))
        views: tuple[Guide | BeltPicture | CellBars, ...] = (self.guide, self.belt, self.cells)
        for view in views:
            view.apply_theme(self.theme)
        if self.ending is not None:
            self.ending.apply_theme(self.theme)

    def _other_theme(self) -> None:
        self.set_theme("dark" if self.theme.name == "light" else "light")

    def _skip_or_keep(self) -> None:
        if self.decisions.pending:
            self.decisions.press(2)
        else:
            self.guide.skip.click()

    def _frame(self) -> None:
        for streaming, of in groupby(self.device.take(MOST_CHUNKS), lambda what: isinstance(what, Chunk)):
            if streaming:
                self._look = self.run.feed(Chunk.concat([what for what in of if isinstance(what, Chunk)]))
            else:
                for what in of:
                    self._tell(what)
        look = self._look
        self.guide.show_look(look, done=self.run.done or self._writing is not None, deciding=self.decisions.pending)
        if look is not None:
            self.cells.show_values(look.cells_N, look.wrench)
        self.belt.show_force(None if look is None else look.wrench, time.monotonic())
        self._enable()

    def _enable(self) -> None:
        guide, busy = self.guide, self._writing is not None or self.saved
        deciding = self.decisions.pending
        steady = self._look is not None and self._look.steady
        ready = self.fitter.fit is not None if self.run.done else steady
        guide.take.setEnabled(ready and not deciding and not busy)
        step = self.run.step
        guide.skip.setEnabled(not deciding and not busy and step is not None and step.load is not None)
        settled = self._look is not None and self._look.progress >= 1.0 and not steady
        guide.insist.setEnabled(settled and not deciding and not busy and not self.run.done)
        guide.back.setEnabled(not busy and not deciding)
        guide.finish.setEnabled(self.fitter.fit is not None and not busy and not deciding)

    def _tell(self, news: Chunk | News) -> None:
        """The device came or went."""
        assert isinstance(news, News)
        if news.streaming:
            self.guide.device.drop()
            if self._was_away:
                self.run.interrupted()
                self._next_step()
            self._was_away = False
            return
        self._was_away = True
        self._look = None
        self.guide.device.ask(f"{news.words} What was read is kept; this goes on when the device is back.", "amber", ())

    def take(self) -> None:
        """Keep the reading, or ask if something is strange about it; when all is read, write the files."""
        if self.run.done:
            self.finish()
        else:
            self.decisions.take(self.run)

    def skip(self) -> None:
        """Leave this load out."""
        self.decisions.do(self.run.skip)

    def back(self) -> None:
        """Do the step before again."""
        self.decisions.do(self.run.back)

    def _changed(self) -> None:
        """Something was read, or dropped."""
        self.fitter.begin()
        self._next_step()

    def _next_step(self) -> None:
        self._look = None
        step = self.run.step
        if self._on_step is not None:
            self._on_step(step)
        self.guide.show_step(step)
        load = None if step is None else step.load
        self.belt.show_spots(spots_of(self.run.plan.loads, self.run.readings), None if load is None else key_of(load))
        self.cells.expect(load)
        self._show_fit()

    def _show_fit(self) -> None:
        """There is a new fit, or a reason why there is none."""
        self.readings.show_readings(self.run.readings, self.fitter.fit, self.fitter.missing)
        if self.run.done:
            self.decisions.at_end(self.run, self.fitter.fit, self.fitter.missing)
        self._enable()

    def finish(self) -> None:
        """Write the files beside the window."""
        if self._writing is None and not self.saved:
            self.guide.words.setText("Fitting, and writing the files …")
            self._writing = Background(self._write, self._written, self)
            self._enable()

    def _written(self, found: tuple[Calibration, Path, Path] | StanceError) -> None:
        self._writing = None
        if isinstance(found, StanceError):
            self.guide.show_step(self.run.step)
            self.decisions.refuse(found)
            return
        calibration, *files = found
        self.saved = True
        self._timer.stop()
        self.device.close()
        self.ending = Ending(self.run.rig, calibration, (files[0], files[1]), self.theme)
        self.ending.closed.connect(self.close)
        self.pages.addWidget(self.ending)
        self.pages.setCurrentWidget(self.ending)
        self.ending.certificate.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of the device; what was read is in the progress file."""
        self._timer.stop()
        self.fitter.close()
        if self._writing is not None:
            self._writing.cancel()
        self.device.close()
        super().closeEvent(event)
