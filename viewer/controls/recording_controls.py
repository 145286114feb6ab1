"""Record, tare, bouts, markers and notes of a running recorder."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from viewer.controls.ask import Ask
from viewer.controls.bout_button import BoutButton
from viewer.controls.buttons import Button
from viewer.controls.conversation import Conversation, Said
from viewer.controls.record_button import RecordButton
from viewer.controls.recording_face import Face, clock, face_of
from viewer.controls.tare_button import TareButton
from viewer.controls.toasts import Toasts
from viewer.health.belt_load import belt_load
from viewer.health.ending import Ending
from viewer.parts.floating import ROOM, ElidedLabel
from viewer.source import Commands, Scene, Source, Status
from viewer.theme import Theme

FEW = 40
"""Width that remains for the file's name where there is no room for words."""


class RecordingControls(QWidget):
    """The left part of the toolbar while there is a recorder.

    Args:
        theme: Colours.
        toasts: Where answers are told.
        parent: The toolbar.
    """

    replay_wanted = Signal(str)
    """Path of a finished session that is to be opened."""

    def __init__(self, theme: Theme, toasts: Toasts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._toasts = toasts
        self._talk, self._ending = Conversation(), Ending()
        self._source: Source | None = None
        self._commands: Commands | None = None
        self._status = Status("silent")
        self._face = Face()
        self._next_bout = self._stopped = ""
        self._wordy = True
        self.record = RecordButton(theme, toasts)
        self.clock, self.line = QLabel(), ElidedLabel()
        self.clock.setProperty("role", "clock")
        self.replay = QPushButton("Replay it")
        self.replay.setToolTip("Open the finished session in this window")
        self.replay.setAccessibleName("Replay the finished session")
        self.tare, self.bout = TareButton(toasts), BoutButton()
        self.marker = Button("Marker", "marker", "Set a marker; the digits set numbered ones", "marker")
        self.note = Button("Note", "note", "Write a note", "note")
        self._lay_out()
        self._connect()
        self._show(face_of(self._status))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for widget in (self.record, self.clock, self.line, self.replay):
            row.addWidget(widget)
        row.addStretch(1)
        for button in (self.tare, self.bout, self.marker, self.note):
            row.addWidget(button)

    def _connect(self) -> None:
        self.record.start_wanted.connect(self._start)
        self.record.stop_wanted.connect(self._stop)
        self.replay.clicked.connect(lambda: self.replay_wanted.emit(self._face.replay))
        self.tare.tare_wanted.connect(lambda: self._send("tare", "Tare done: the zero is set", "Tare refused"))
        self.tare.loaded = lambda: belt_load(self._source)
        self.bout.bout_wanted.connect(self._set_bout)
        self.bout.noted = self._noted
        self.marker.clicked.connect(lambda: self._mark("marker"))
        self.note.clicked.connect(self._ask_note)

    def refresh(self, scene: Scene) -> None:
        """Show how the recorder is doing, and tell what it answered.

        Args:
            scene: Of a source with commands.
        """
        source = scene.source
        if source is not self._source:
            self._begin(source)
        status, commands = source.status, source.commands
        if status is None or commands is None:
            return
        self._status, self._commands = status, commands
        for said in self._talk.listen(commands):
            self._tell(said)
        if self._saved:
            self._toasts.drop("stop")
        starting, stopping = self._talk.waits_for("start"), self._talk.waits_for("stop")
        face = face_of(status, starting=starting, stopping=stopping, died=self._ending.died(status))
        if face != self._face:
            self._show(face)
        self.tare.show_taring(status.taring)
        coming = status.state == "waiting"
        self.bout.show_bout(self._next_bout if coming else status.bout, coming=coming)

    def act(self, identifier: str, sequence: str = "") -> bool:
        """Do what a key of the table does.

        Args:
            identifier: Row of the table.
            sequence: Which of its keys.

        Returns:
            Whether it was one of these controls' keys.
        """
        actions: dict[str, Callable[[], object]] = {
            "record": self.record.by_key,
            "stop": self.record.stop,
            "tare": self.tare.press,
            "bout": self.bout.ask,
            "bout_end": self.bout.end,
            "marker": lambda: self._mark("marker"),
            "marker_digit": lambda: self._mark(sequence),
            "note": self._ask_note,
        }
        if identifier not in actions:
            return False
        if self._face.answers:
            actions[identifier]()
        else:
            self._toasts.say(f"{self._face.line}: there is nobody to command", "info", "nobody")
        return True

    @property
    def spare(self) -> int:
        """Width that `set_wordy(False)` gives back."""
        buttons = self.bout.word_room(self.bout.word) + sum(button.word_room(word) for button, word in self._words())
        return buttons + max(0, min(ROOM, self.line.sizeHint().width()) - FEW)

    def _words(self) -> tuple[tuple[Button, str], ...]:
        return ((self.tare, "Tare"), (self.marker, "Marker"), (self.note, "Note"))

    def set_wordy(self, wordy: bool) -> None:
        """Show words beside the icons, or icons alone.

        Args:
            wordy: Whether there is room.
        """
        if wordy != self._wordy:
            self._wordy = wordy
            self.bout.set_wordy(wordy)
            self.line.set_least(ROOM if wordy else FEW)
            for button, word in self._words():
                button.set_word(word if wordy else "")

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours.

        Args:
            theme: The new ones.
        """
        for button in (self.record, self.tare, self.bout, self.marker, self.note):
            button.apply_theme(theme)

    def halt(self) -> None:
        """Send nothing any more: the window closes. The recorder goes on."""
        self.tare.cancel()

    def _begin(self, source: Source) -> None:
        self._source, self._next_bout, self._stopped = source, "", ""
        self._talk.forget()
        self.tare.cancel()

    def _show(self, face: Face) -> None:
        self._face = face
        self.record.show_face(face)
        self.clock.setText(face.clock)
        self.clock.setVisible(bool(face.clock))
        if self.line.property("level") != face.level:
            self.line.setProperty("level", face.level)
            self.line.style().polish(self.line)
        self.line.say(face.line, face.hint)
        self.replay.setVisible(bool(face.replay))
        for button in (self.tare, self.bout, self.marker, self.note):
            button.setVisible(bool(face.button))
            button.setEnabled(face.marks if button in (self.marker, self.note) else face.answers)
        if not face.answers:
            self.tare.cancel()

    def _start(self) -> None:
        if not self._talk.waits_for("start"):
            args = {"bout": self._next_bout} if self._next_bout else {}
            self._send("start", "Recording", "Recording did not start", **args)

    def _stop(self) -> None:
        if not self._talk.waits_for("stop"):
            self._stopped = self._status.session
            self._send("stop", "Stopped; the session is being finished", "Recording did not stop")

    def _mark(self, text: str) -> None:
        at = clock(self._status.elapsed_s)
        what = "Marker" if text == "marker" else f"Marker {text}"
        if self._can_mark():
            self._send("marker", f"{what} set at {at}", f"{what} was not set", text=text)

    def _ask_note(self) -> None:
        if self._can_mark():
            question = "Note; it stands where you press Enter:"
            Ask(self, "Note", question, "such as new shoes, left knee", self._send_note).open()

    def _send_note(self, text: str) -> None:
        if self._can_mark():
            self._send("note", f"Note kept at {clock(self._status.elapsed_s)}", "The note was not kept", text=text)

    def _can_mark(self) -> bool:
        if not self._face.marks:
            self._toasts.say("Nothing is being recorded: press R first", "info", "nobody")
        return self._face.marks

    def _noted(self) -> list[str]:
        happenings = self._source.happenings if self._source is not None else ()
        return [some.text for some in happenings if some.kind == "bout"]

    @property
    def _saved(self) -> bool:
        """Whether what was stopped lies in its file, and the bar says so."""
        status = self._status
        return bool(self._stopped) and status.state in ("waiting", "ended") and status.session == self._stopped

    def _set_bout(self, name: str) -> None:
        self.bout.remember(name)
        if self._status.state == "waiting":
            self._next_bout = name
        elif self._face.answers:
            done = f"Bout “{name}” begins at {clock(self._status.elapsed_s)}" if name else "The bout has ended"
            self._send("bout", done, "The bout was not changed", name=name)

    def _send(self, command: str, done: str, failed: str, **args: str) -> None:
        if self._commands is not None and self._face.answers:
            self._talk.send(self._commands, command, done, failed, **args)

    def _tell(self, said: Said) -> None:
        if said.command == "start" and said.done:
            self._next_bout = ""
        if said.command == "tare":
            self.tare.cancel()  # what it said on the way
        if said.done:
            if said.command != "stop" or not self._saved:
                self._toasts.say(said.text, "green", said.command)
        elif said.command != "stop" or self._status.state in ("recording", "silent"):  # it cannot answer once gone
            self._toasts.say(said.text, "red", said.command, None)
