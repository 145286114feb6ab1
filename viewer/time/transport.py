"""Play, pause, step, speed and loop; live: freeze, and back to live."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from viewer.controls.keys import tip
from viewer.source import Scene
from viewer.theme import Theme
from viewer.time.playback import SPEEDS, Playback, next_stance, previous_stance
from viewer.time.transport_icons import transport_icon
from viewer.time.transport_words import behind_words, position_words, speed_words, step_words

JUMP_S = 5.0
LAST_S = 3.0
"""The loop button repeats so much if nothing is selected."""
NARROW_PX = 560
"""Below this width the less important words give way."""


class Transport(QWidget):
    """Buttons that move a `Playback`, and where it is.

    `commands` holds what keys do, by their names in `viewer.controls.keys.KEYS`.
    """

    moved = Signal()
    """Somebody moved something: what is shown may be another moment."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._playback = Playback()
        self._scene: Scene | None = None
        self._said: tuple[object, ...] = ()
        self.commands = self._commands()
        self._make_buttons()
        self._make_words()
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.apply_theme(theme)

    def _commands(self) -> dict[str, Callable[[], None]]:
        def done(act: Callable[[Playback], None]) -> Callable[[], None]:
            return partial(self._do, act)

        return {
            "play": self.toggle, "freeze": self.toggle, "live": self.live,
            "previous_stance": self.previous_stance, "next_stance": self.next_stance,
            "back_5s": done(lambda play: play.seek(play.now_s - JUMP_S)),
            "on_5s": done(lambda play: play.seek(play.now_s + JUMP_S)),
            "first": done(lambda play: play.seek(play.first_s)), "last": done(lambda play: play.seek(play.last_s)),
            "faster": done(Playback.faster), "slower": done(Playback.slower),
            "loop_start": done(Playback.loop_from_here), "loop_end": done(Playback.loop_to_here),
            "loop_clear": done(Playback.clear_loop),
        }  # fmt: skip

    def _make_buttons(self) -> None:
        self.previous_button = self._button(self.previous_stance, tip("Previous stance", "previous_stance"))
        self.play_button = self._button(self.toggle, "")
        self.next_button = self._button(self.next_stance, tip("Next stance", "next_stance"))
        self.loop_button = self._button(self.toggle_loop, "")
        self.loop_button.setCheckable(True)
        self.loop_button.setText("Loop")
        self.loop_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.clear_button = self._button(self.commands["loop_clear"], tip("No loop", "loop_clear"))
        self.clear_button.setText("No loop")
        self.live_button = self._button(self.live, "Back to what happens now")
        self.live_button.setText("Live")
        self.live_button.setCheckable(True)
        self.speed_box = QComboBox(self)
        for speed in SPEEDS:
            self.speed_box.addItem(speed_words(speed), speed)
        self.speed_box.setToolTip("Speed (↑ faster, ↓ slower)")
        self.speed_box.setAccessibleName("Speed")
        self.speed_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed_box.activated.connect(self._choose_speed)

    def _button(self, act: Callable[[], None], words: str) -> QToolButton:
        button = QToolButton(self)
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the keys away from the window
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(act)
        return button

    def _make_words(self) -> None:
        self.position, self.step, self.behind = (QLabel(self) for _ in range(3))
        large = QFont(self.font())
        large.setPointSizeF(1.25 * large.pointSizeF())
        large.setBold(True)
        self.position.setFont(large)
        self.position.setMinimumWidth(QFontMetrics(large).horizontalAdvance("000:00.0 / 000:00"))
        self.step.setMinimumWidth(self.fontMetrics().horizontalAdvance("Step 00,000, right"))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        for button in (self.previous_button, self.play_button, self.next_button):
            row.addWidget(button)
        row.addSpacing(6)
        row.addWidget(self.position)
        row.addWidget(self.step)
        row.addStretch(1)
        for widget in (self.behind, self.live_button, self.speed_box, self.loop_button, self.clear_button):
            row.addWidget(widget)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme, self._said = theme, ()
        ink, on = theme.ink, "#ffffff" if theme.name == "light" else theme.window
        for button, name in (
            (self.previous_button, "previous"),
            (self.next_button, "next"),
            (self.loop_button, "loop"),
        ):
            button.setIcon(transport_icon(name, ink, on))
        self._show_play()
        self.position.setStyleSheet(f"color: {theme.ink}")
        self.step.setStyleSheet(f"color: {theme.ink}")
        self.behind.setStyleSheet(f"color: {theme.warn}; font-weight: bold")

    def refresh(self, scene: Scene, playback: Playback) -> None:
        """Show where it is.

        Args:
            scene: What is shown.
            playback: What the buttons move.
        """
        self._scene, self._playback = scene, playback
        narrow = self.width() < NARROW_PX
        said = (
            position_words(playback), step_words(scene), behind_words(playback), playback.playing, playback.following,
            playback.speed, playback.loop is not None, playback.looping, playback.live, narrow,
        )  # fmt: skip
        if said == self._said:
            return
        before, self._said = self._said, said
        for label, words in zip((self.position, self.step, self.behind), said[:3], strict=True):
            label.setText(str(words))
        if said[3:] != before[3:]:
            self._show_buttons()

    def _show_buttons(self) -> None:
        playback = self._playback
        narrow = self.width() < NARROW_PX
        self._show_play()
        self.live_button.setVisible(playback.live)
        self.behind.setVisible(playback.live)
        self.step.setVisible(not narrow)
        self.live_button.setChecked(playback.following)
        index = self.speed_box.findData(playback.speed)
        self.speed_box.setCurrentIndex(index)
        self.loop_button.setChecked(playback.looping)
        selected = playback.loop is not None
        nothing = f"Repeat the last {LAST_S:g} s; Shift and drag on the strip above selects what to repeat"
        self.loop_button.setToolTip("Repeat the selection" if selected else nothing)
        self.clear_button.setVisible(selected and not narrow)

    def _show_play(self) -> None:
        playing, live = self._playback.playing, self._playback.live
        self.play_button.setIcon(transport_icon("pause" if playing else "play", self._theme.ink, self._theme.ink))
        words = {(True, False): "Pause", (False, False): "Play", (True, True): "Freeze the picture; recording goes on",
                 (False, True): "Follow again"}[playing, live]  # fmt: skip
        self.play_button.setToolTip(tip(words, "freeze" if live else "play"))
        self.play_button.setAccessibleName(words)

    def _choose_speed(self, index: int) -> None:
        self._playback.set_speed(float(self.speed_box.itemData(index)))
        self._done()

    def _do(self, act: Callable[[Playback], None]) -> None:
        act(self._playback)
        self._done()

    def _done(self) -> None:
        """Buttons must say what holds, not what was clicked."""
        self._said = ()
        if self._scene is not None:
            self.refresh(self._scene, self._playback)
        self.moved.emit()

    def toggle(self) -> None:
        """Play or pause; live: freeze, or follow again."""
        self._playback.toggle()
        self._done()

    def next_stance(self) -> None:
        """Pause where the next stance is complete."""
        self._step(next_stance)

    def previous_stance(self) -> None:
        """Pause where the stance before was complete."""
        self._step(previous_stance)

    def _step(self, find: Callable[..., float]) -> None:
        if self._scene is None:
            return
        now_s = self._playback.now_s
        found_s = find(self._scene.source.table, now_s)
        self._playback.pause()
        if found_s != now_s:
            self._playback.seek(found_s)
        self._done()

    def seek(self, time_s: float) -> None:
        """Show another moment.

        Args:
            time_s: The moment.
        """
        self._playback.seek(time_s)
        self._done()

    def set_loop(self, begin_s: float, end_s: float) -> None:
        """Repeat a selection.

        Args:
            begin_s: Its beginning.
            end_s: Its end.
        """
        self._playback.set_loop(begin_s, end_s)
        self._done()

    def toggle_loop(self) -> None:
        """Repeat the selection, or the last seconds if there is none; or stop repeating."""
        playback = self._playback
        if playback.loop is None:
            playback.set_loop(playback.now_s - LAST_S, playback.now_s)
        else:
            playback.set_looping(not playback.looping)
        self._done()

    def live(self) -> None:
        """Back to live."""
        self._playback.follow()
        self._done()
