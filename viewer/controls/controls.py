"""The toolbar: what can be done with a recorder or a recorded session, and how the window looks."""

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from viewer.controls.buttons import Button, gap
from viewer.controls.recording_controls import RecordingControls
from viewer.controls.toasts import Toasts
from viewer.parts.floating import ElidedLabel
from viewer.report.words import when
from viewer.source import Facts, Scene, Source
from viewer.theme import Theme

LEAST = 860
"""Width of the icons alone, with a few letters of the file's name."""
STANDARD, LARGE, COMPARE = "standard", "large", "compare"


class Controls(QWidget):
    """The toolbar.

    Args:
        theme: Colours.
        parent: The window.
    """

    view_wanted = Signal(str)
    """STANDARD, LARGE or COMPARE."""
    units_wanted = Signal(bool)
    """Whether forces are wanted in body weights."""
    theme_wanted = Signal(str)
    """Name of the theme."""
    options_wanted = Signal()
    help_wanted = Signal()
    open_wanted = Signal()
    """A recorded session is to be chosen and opened."""
    replay_wanted = Signal(str)
    """The finished session at this path is to be opened."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._source: Source | None = None
        self._in_BW = self._knows_weight = False
        self._level = 0
        self.view = STANDARD
        self.toasts = Toasts(self)
        self.recording = RecordingControls(theme, self.toasts)
        self.title = ElidedLabel()
        self.views = {
            STANDARD: Button("Standard", "standard", "All views", "back"),
            LARGE: Button("Large", "large", "Large type, to read while running", "large"),
            COMPARE: Button("Compare", "compare", "Two bouts beside each other", "compare"),
        }
        self.newtons = Button("N", "", "Forces in newtons", "units")
        self.weights = Button("BW", "", "Forces in body weights", "units")
        self.theme = Button("", "theme", "Light or dark", "theme")
        self.options = Button("", "options", "Options", "options")
        self.open = Button("Open", "open", "Open a recorded session", "open")
        self.help = Button("", "help", "Help: all keys, first steps, colours", "help")
        self._words = {button: button.text() for button in (*self.views.values(), self.open)}
        self._lay_out()
        self._connect()
        self.set_view(STANDARD)
        self.apply_theme(theme)

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(5)
        row.addWidget(self.recording, 1)
        row.addWidget(self.title, 1)
        groups = (self.views.values(), (self.newtons, self.weights), (self.open, self.theme, self.options, self.help))
        for group in groups:
            row.addWidget(gap())
            for button in group:
                row.addWidget(button)
        for button in (*self.views.values(), self.newtons, self.weights):
            button.setCheckable(True)  # no QButtonGroup: it would let Tab pass over all but one
            button.toggled.connect(lambda _, button=button: button.apply_theme(self._theme))

    def _connect(self) -> None:
        for name, button in self.views.items():
            button.clicked.connect(lambda _, name=name: self._want_view(name))
        self.newtons.clicked.connect(lambda: self._want_units(in_BW=False))
        self.weights.clicked.connect(lambda: self._want_units(in_BW=True))
        self.theme.clicked.connect(self._want_theme)
        self.options.clicked.connect(self.options_wanted)
        self.open.clicked.connect(self.open_wanted)
        self.help.clicked.connect(self.help_wanted)
        self.recording.replay_wanted.connect(self.replay_wanted)

    def refresh(self, scene: Scene) -> None:
        """Show how the source is doing.

        Args:
            scene: What the window shows.
        """
        source = scene.source
        if source is not self._source:
            self._begin(source)
        if source.commands is not None:
            self.recording.refresh(scene)
        known = not math.isnan(source.bw_N)
        if (scene.in_BW, known) != (self._in_BW, self._knows_weight):
            self._in_BW, self._knows_weight = scene.in_BW, known
            self._show_units()

    def act(self, identifier: str, sequence: str = "") -> bool:
        """Do what a key of the table does.

        Args:
            identifier: Row of the table.
            sequence: Which of its keys.

        Returns:
            Whether it is the toolbar's to do.
        """
        actions: dict[str, Callable[[], object]] = {
            "large": lambda: self._want_view(STANDARD if self.view == LARGE else LARGE),
            "compare": lambda: self._want_view(STANDARD if self.view == COMPARE else COMPARE),
            "units": lambda: self._want_units(in_BW=not self._in_BW),
            "theme": self._want_theme,
            "options": self.options_wanted.emit,
            "open": self.open_wanted.emit,
            "help": self.help_wanted.emit,
        }
        if identifier in actions:
            actions[identifier]()
            return True
        return self._commands_live() and self.recording.act(identifier, sequence)

    def set_view(self, name: str) -> None:
        """Show which view is in front.

        Args:
            name: STANDARD, LARGE or COMPARE.
        """
        self.view = name
        for each, button in self.views.items():
            button.setChecked(each == name)

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours.

        Args:
            theme: The new ones.
        """
        self._theme = theme
        self.recording.apply_theme(theme)
        for button in (*self.views.values(), self.theme, self.options, self.open, self.help):
            button.apply_theme(theme)

    def halt(self) -> None:
        """Send nothing any more: the window closes. The recorder goes on."""
        self.recording.halt()

    def minimumSizeHint(self) -> QSize:
        """Room for the icons alone, so that the window can be made as small as that."""
        return QSize(LEAST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find room for the words, or leave them out."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """A longer word on a button may cost another one its own."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _begin(self, source: Source) -> None:
        self._source = source
        live = source.commands is not None
        self.recording.setVisible(live)
        self.title.setVisible(not live)
        self.title.say(title_of(source.facts), f"Rig {source.facts.rig}, protocol {source.facts.protocol}")
        self.views[COMPARE].setVisible(not source.live)
        self._show_units()

    def _commands_live(self) -> bool:
        return self._source is not None and self._source.commands is not None

    def _show_units(self) -> None:
        self.weights.setChecked(self._in_BW)
        self.newtons.setChecked(not self._in_BW)
        self.weights.setEnabled(self._knows_weight)
        self.weights.says("Forces in body weights" + ("" if self._knows_weight else ": body weight is not known yet"))

    def _want_view(self, name: str) -> None:
        self.set_view(self.view)  # until the window has changed it
        if name != COMPARE or (self._source is not None and not self._source.live):
            self.view_wanted.emit(name)

    def _want_units(self, *, in_BW: bool) -> None:
        self._show_units()
        if in_BW and not self._knows_weight:
            self.toasts.say("Body weight is not known yet: forces stay in newtons", "info", "units")
        else:
            self.units_wanted.emit(in_BW)

    def _want_theme(self) -> None:
        self.theme_wanted.emit("dark" if self._theme.name == "light" else "light")

    def _fit(self) -> None:
        """Leave out as many words as must be. Reckoned, not tried: trying would lay everything out for ever."""
        plain, all_words = (self.views[STANDARD], self.open), tuple(self._words)
        levels = (((), True), (plain, True), (all_words, True), (all_words, False))
        full = self._row.totalMinimumSize().width() + self._spared(*levels[self._level])
        fitting = (n for n, level in enumerate(levels) if full - self._spared(*level) <= self.width())
        level = next(fitting, len(levels) - 1)
        if level != self._level:
            self._level = level
            bare, wordy = levels[level]
            for button, word in self._words.items():
                button.set_word("" if button in bare else word)
            self.recording.set_wordy(wordy)

    def _spared(self, bare: tuple[Button, ...], wordy: bool) -> int:
        """Width that is given back by leaving out these words, and the recorder's."""
        own = sum(button.word_room(self._words[button]) for button in bare)
        return own + (0 if wordy or self.recording.isHidden() else self.recording.spare)


def title_of(facts: Facts) -> str:
    """Name, runner and day of a session."""
    parts = (facts.title, facts.runner, when(facts.recorded_utc) if facts.recorded_utc else "")
    return " · ".join(part for part in parts if part)
