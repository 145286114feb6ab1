"""The window: one stage at a time, its frames, keys, menu and help."""

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow

from analysis.errors import StanceError
from daq.clock import host_now
from viewer.beat.metronome import Metronome
from viewer.controls.controls import STANDARD
from viewer.controls.help_overlay import HelpOverlay
from viewer.controls.keys import bind, unbind
from viewer.frames import FrameMeter
from viewer.look import Look
from viewer.memory import Memory
from viewer.numbers.targets import load_targets
from viewer.option_menu import option_menu
from viewer.source import Source
from viewer.sources.live_source import LiveSource
from viewer.sources.replay_source import ReplaySource
from viewer.stage import Stage
from viewer.steps.reference import Reference
from viewer.steps.reference_loading import Loading
from viewer.stylesheet import palette, stylesheet
from viewer.theme import THEMES

FRAME_MS = 16
DEFAULT_SIZE = (1280, 720)
"""On a smaller screen the window takes what there is."""
SETTLED_FRAMES = 30
"""Frames after the last change until a picture is taken: views ask for curves only now and then."""


class Window(QMainWindow):
    """Shows one source.

    Args:
        source: What to show; belongs to the window from now on.
        look: How to open.
        settings: Where choices are kept; None for the user's own.

    Attributes:
        stage: What is shown.
        then_replay: Whether to turn to the recording when its recorder has ended.
        meter: How often it paints, and how late.
        metronome: Beats on, whatever is shown.
    """

    def __init__(self, source: Source, look: Look, settings: QSettings | None = None) -> None:
        super().__init__()
        self._memory = Memory(settings, kept=look.screenshot is None)
        self.theme = THEMES[look.theme or self._memory.theme]
        self.meter = FrameMeter()
        self.metronome = Metronome()
        self._look = look
        self.then_replay = False
        self._loading: Loading | None = None
        self._quiet = 0
        self._shortcuts: list[object] = []
        self._put(source)
        self._apply_theme()
        self.resize(*(look.size or self._memory.size or DEFAULT_SIZE))
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._frame)
        self._timer.start(FRAME_MS)
        self._begin_with(look)

    def _begin_with(self, look: Look) -> None:
        if look.targets is not None:
            self.stage.set_targets(load_targets(look.targets))
        if look.reference is not None:
            self.load_reference(look.reference)
        self.stage.show_page(look.page)

    def _put(self, source: Source) -> None:
        """Show another source."""
        for help_before in self.findChildren(HelpOverlay):
            help_before.hide()
            help_before.deleteLater()
        unbind(self._shortcuts)  # type: ignore[arg-type]
        self.stage = Stage(source, self.theme)
        self._memory.furnish(self.stage)
        self.stage.large.set_metronome(self.metronome)
        self.stage.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # with a click on a view that wants no keys itself
        self.setCentralWidget(self.stage)  # Qt deletes the one before
        self.stage.show()  # what is not shown yet gets no keyboard
        self.stage.setFocus()
        self.stage.controls.toasts.stand_on(self.stage.pages)
        self.help = HelpOverlay(self.theme, self)
        self._shortcuts = list(bind(self, source.live, self.act))
        controls = self.stage.controls
        controls.theme_wanted.connect(self.set_theme)
        controls.help_wanted.connect(self.toggle_help)
        controls.options_wanted.connect(self.show_options)
        controls.open_wanted.connect(self.choose_session)
        controls.replay_wanted.connect(lambda path: self.open_session(Path(path)))
        self.setWindowTitle(f"{source.facts.title} – stance" + (" live" if source.live else ""))

    @property
    def live(self) -> bool:
        """Whether a recorder is shown."""
        return self.stage.source.live

    @property
    def last_s(self) -> float:
        """Newest moment of what is shown."""
        return self.stage.source.last_s

    @property
    def settled(self) -> bool:
        """Whether nothing more is about to change by itself."""
        return self._quiet > SETTLED_FRAMES

    def begin_at(self, time_s: float, *, speed: float = 1.0, playing: bool = True) -> None:
        """Show a moment of a recorded session.

        Args:
            time_s: The moment.
            speed: Times real time.
            playing: Whether to play from there.
        """
        self.stage.frame()  # it must know how long the session is
        self.stage.playback.set_speed(speed)
        self.stage.playback.seek(time_s)
        if playing:
            self.stage.playback.play()

    def present(self) -> None:
        """Open on the screen, no larger than it."""
        screen = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(self.width(), screen.width()), min(self.height(), screen.height()))
        self.show()

    def _frame(self) -> None:
        before = self.stage.scene
        self.stage.frame()
        scene = self.stage.scene
        busy = bool(scene.source.working) or self._loading is not None
        moved = (scene.now_s, scene.rows) != (before.now_s, before.rows)
        self._quiet = 0 if busy or (moved and not self.live) else self._quiet + 1
        if self.then_replay:
            self._replay_if_ended()

    def _replay_if_ended(self) -> None:
        status = self.stage.source.status
        if status is not None and status.state == "ended" and Path(status.session).is_file():
            self.then_replay = False
            self.open_session(Path(status.session))

    def event(self, event: QEvent) -> bool:
        """Learn when a frame is on the screen: Qt paints and hands it over in one update request."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self._painted(host_now())
        return done

    def changeEvent(self, event: QEvent) -> None:
        """Whoever comes to the window has the keyboard at the views, not at the first button."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            focused = self.focusWidget()
            if focused is None or self.stage.isAncestorOf(focused):  # not that of a question or the help
                self.stage.setFocus()

    def _painted(self, host_s: float) -> None:
        """Note the frame; how old its newest sample is can be told only where there is a curve that follows."""
        source, curve = self.stage.source, self.stage.curve
        if not isinstance(source, LiveSource):
            self.meter.painted(host_s, None)
            return
        told = curve.isVisible() and self.stage.playback.following and not math.isnan(curve.edge_s)
        edge_s = source.taken_at(curve.edge_s) if told else None
        self.meter.painted(host_s, edge_s)
        source.seen(None if edge_s is None else host_s - edge_s)

    def act(self, key: str, sequence: str = "") -> None:
        """Do what a key of the table does.

        Args:
            key: Its row.
            sequence: Which of its keys.
        """
        own: dict[str, Callable[[], object]] = {
            "fullscreen": lambda: self.showNormal() if self.isFullScreen() else self.showFullScreen(),
            "screenshot": self.save_picture,
            "back": self._back,
            "close": self.close,
        }
        if key in own:
            own[key]()
        else:
            self.stage.act(key, sequence)

    def _back(self) -> None:
        """Close what lies on top, one thing at a time."""
        stage = self.stage
        if self.help.isVisible():
            self.help.hide()
        elif not (stage.health.close_panel() or stage.controls.toasts.dismiss()):
            if self.isFullScreen():
                self.showNormal()
            stage.show_page(STANDARD)

    def set_theme(self, name: str) -> None:
        """Change the colours.

        Args:
            name: One of THEMES.
        """
        self.theme = THEMES[name]
        self._apply_theme()

    def _apply_theme(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(palette(self.theme))
        application.setStyleSheet(stylesheet(self.theme))
        self.stage.apply_theme(self.theme)
        self.help.apply_theme(self.theme)

    def toggle_help(self) -> None:
        """Show the keys, or put them away."""
        if self.help.isVisible():
            self.help.hide()
        else:
            self.help.present(live=self.live)

    def show_options(self) -> None:
        """Everything that can be chosen, as one menu at the options button."""
        button = self.stage.controls.options
        option_menu(self).exec(button.mapToGlobal(button.rect().bottomLeft()))

    def choose_session(self) -> None:
        """Ask for a recorded session and open it."""
        path, _ = QFileDialog.getOpenFileName(self, "Open a recorded session", "", "Sessions (*.h5)")
        if path:
            self.open_session(Path(path))

    def open_session(self, path: Path) -> None:
        """Show a recorded session in place of what is shown; if it cannot be, say why and stay.

        Args:
            path: The session.
        """
        try:
            source = ReplaySource(path)
        except StanceError as error:
            self.stage.controls.toasts.say(str(error), "red", seconds=None)
            return
        self._leave()
        self._put(source)
        self._apply_theme()
        self.begin_at(0.0)

    def load_reference(self, path: Path) -> None:
        """Draw a session's mean stance behind the steps, as soon as it is read.

        Args:
            path: The session.
        """

        def done(found: Reference | StanceError) -> None:
            self._loading = None
            if isinstance(found, StanceError):
                self.stage.controls.toasts.say(str(found), "red", seconds=None)
            else:
                self.stage.overlay.set_reference(found)

        self._loading = Loading(path, done, self.stage.source.facts.protocol, self)

    def save_picture(self) -> None:
        """Save the window as it is, under a new name in the folder the command was typed in."""
        number = 1
        while (path := Path(f"stance-{number:03d}.png")).exists():
            number += 1
        saved = self.grab().save(str(path), "PNG")
        words = f"picture saved as {path}" if saved else f"the picture could not be saved as {path.absolute()}"
        self.stage.controls.toasts.say(words, "green" if saved else "red")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of everything; a recording goes on."""
        self._timer.stop()
        self.metronome.stop()
        self._leave()
        super().closeEvent(event)

    def _leave(self) -> None:
        """Let go of what is shown."""
        self._memory.keep(self)
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        self.stage.close_source()
