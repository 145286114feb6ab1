"""The toolbar: what it commands, when, and what it says of the answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from recorderstory import ENDED, FACTS, RECORDING, SILENT, WAITING, Story

from analysis.machine_lights import zero_light
from analysis.quality import closure_light
from viewer.controls.ask import LONGEST, Ask
from viewer.controls.controls import COMPARE, LARGE, LEAST, STANDARD, Controls, title_of
from viewer.controls.conversation import PATIENCE_S, Conversation
from viewer.controls.keys import KEYS, LIVE, bind
from viewer.controls.recording_face import clock, face_of
from viewer.controls.tare_button import COUNTDOWN_S
from viewer.controls.toasts import MOST, Toasts
from viewer.controls.toolbar_icons import DENSITIES, ICONS, SIZE, icon
from viewer.health.ending import AGAIN_S as ENDING_AGAIN_S
from viewer.source import Samples
from viewer.stylesheet import palette, stylesheet
from viewer.theme import THEMES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
LIGHTS = (closure_light(1.002, "mass"),)


class Desk:
    """A window with a toolbar, and time that only goes on when told to."""

    def __init__(self, qtbot, theme, monkeypatch):
        self.window, self.now_s, self.story = QWidget(), 1000.0, None
        for module in ("controls.record_button", "controls.conversation", "health.ending"):
            monkeypatch.setattr(f"viewer.{module}.time.monotonic", lambda: self.now_s)
        self.controls = Controls(theme)
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.controls)
        column.addStretch(1)
        qtbot.addWidget(self.window)
        self.window.resize(1280, 300)
        self.window.setStyleSheet(stylesheet(theme))
        self.window.show()

    def tell(self, story_or_status):
        if not isinstance(story_or_status, Story):
            if self.story is None:
                self.story = Story(story_or_status)
            self.story.status = story_or_status
        else:
            self.story = story_or_status
        self.controls.refresh(self.story.scene())
        settle()

    def answer(self, command, wrong=""):
        self.story.commands.say(command, wrong)
        self.tell(self.story)

    def key(self, identifier, sequence=""):
        return self.controls.act(identifier, sequence)

    @property
    def rec(self):
        return self.controls.recording

    @property
    def calls(self):
        return self.story.commands.calls

    @property
    def toasts(self):
        return self.controls.toasts.texts


@pytest.fixture
def desk(qtbot, monkeypatch):
    return Desk(qtbot, THEMES["light"], monkeypatch)


def settle():
    """One layout may ask for the next."""
    for _ in range(4):
        QApplication.processEvents()


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_record_then_stop(desk):
    desk.tell(WAITING)
    assert desk.rec.record.text() == "Record"
    assert desk.rec.line.whole == "Nothing is being recorded"
    click(desk.rec.record)
    assert desk.calls == [("start", {})]
    desk.tell(WAITING)
    assert desk.rec.record.text() == "Starting…"
    assert not desk.rec.record.isEnabled()
    desk.answer("start")
    desk.tell(RECORDING)
    assert desk.toasts == ["Recording"]
    assert desk.rec.record.text() == "Stop"
    assert desk.rec.clock.text() == "● 1:23"
    assert desk.rec.line.whole == "r07_easy_then_fast.h5"
    assert RECORDING.session in desk.rec.line.toolTip()
    desk.now_s += 5.0
    click(desk.rec.record)
    desk.tell(RECORDING)
    assert desk.calls[1:] == [("stop", {})]
    assert desk.rec.record.text() == "Stopping…"


def test_a_double_click_does_not_stop_what_it_started(desk):
    desk.tell(WAITING)
    click(desk.rec.record)
    desk.answer("start")
    desk.tell(RECORDING)
    desk.now_s += 0.3
    click(desk.rec.record)
    assert desk.calls == [("start", {})]
    desk.now_s += 1.0
    click(desk.rec.record)
    assert desk.calls[-1] == ("stop", {})


def test_stopping_by_key_takes_two_or_shift(desk):
    desk.tell(RECORDING)
    desk.key("record", "R")
    assert desk.calls == []
    assert desk.toasts == ["Still recording. Press R again to stop"]
    desk.now_s += 2.1
    desk.key("record", "Ctrl+R")
    assert desk.calls == [], "too late: that counts as a first one"
    desk.now_s += 1.9
    desk.key("record", "R")
    assert desk.calls == [("stop", {})]
    desk.answer("stop")
    desk.key("stop", "Shift+R")
    assert desk.calls == [("stop", {})] * 2


def test_starting_by_key_takes_one(desk):
    desk.tell(WAITING)
    desk.key("stop", "Shift+R")
    assert desk.calls == [], "there is nothing to stop"
    desk.key("record", "R")
    desk.key("record", "R")
    assert desk.calls == [("start", {})]


def test_the_tooltip_says_that_closing_stops_nothing(desk):
    desk.tell(RECORDING)
    assert "Closing the window does not stop it" in desk.rec.record.toolTip()
    assert "(Shift+R)" in desk.rec.record.toolTip()


@pytest.mark.parametrize(("identifier", "sequence", "text", "words"), [
    ("marker", "M", "marker", "Marker set at 1:23"), ("marker_digit", "3", "3", "Marker 3 set at 1:23"),
    ("marker_digit", "0", "0", "Marker 0 set at 1:23"),
])  # fmt: skip
def test_markers(desk, identifier, sequence, text, words):
    desk.tell(RECORDING)
    desk.key(identifier, sequence)
    assert desk.calls == [("marker", {"text": text})]
    assert desk.toasts == []
    desk.answer("marker")
    assert desk.toasts == [words]


def test_the_marker_button_and_the_keys_of_the_window_do_the_same(desk, qtbot):
    desk.tell(RECORDING)
    bind(desk.window, True, desk.controls.act)
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    click(desk.rec.marker)
    for key in "m57":
        QTest.keyClick(desk.window, key)
    assert [args["text"] for _, args in desk.calls] == ["marker", "marker", "5", "7"]


def test_answers_find_their_questions(desk):
    desk.tell(RECORDING)
    desk.key("marker_digit", "1")
    desk.tell(replace(RECORDING, elapsed_s=90.0))
    desk.key("marker_digit", "2")
    desk.answer("marker", "marker: the disk is full")
    assert desk.toasts == ["Marker 1 was not set: the disk is full"]
    desk.answer("marker")
    assert desk.toasts[-1] == "Marker 2 set at 1:30"


def test_nothing_can_be_marked_before_recording(desk):
    desk.tell(WAITING)
    assert not desk.rec.marker.isEnabled()
    assert not desk.rec.note.isEnabled()
    assert desk.rec.tare.isEnabled()
    for identifier in ("marker", "marker_digit", "note"):
        assert desk.key(identifier, "1")
    assert desk.calls == []
    assert desk.toasts == ["Nothing is being recorded: press R first"]


def test_the_tare_counts_down_tells_and_is_done(desk, qtbot):
    desk.tell(WAITING)
    click(desk.rec.tare)
    assert desk.toasts == [f"Tare: keep off the belt … {COUNTDOWN_S} s   (T again cancels)"]
    assert desk.calls == []
    for _ in range(COUNTDOWN_S):
        desk.rec.tare._timer.timeout.emit()
    assert desk.calls == [("tare", {})]
    assert not desk.rec.tare.counting
    desk.tell(replace(WAITING, taring=True))
    assert desk.toasts == ["Taring now: keep off the belt …"]
    desk.key("tare", "T")
    assert not desk.rec.tare.counting, "one at a time"
    desk.tell(WAITING)
    desk.answer("tare")
    assert desk.toasts == ["Tare done: the zero is set"]


@pytest.mark.parametrize(("wrong", "words"), [("", "Tare done: the zero is set"), ("no zero", "Tare refused: no zero")])
def test_the_answer_to_a_tare_stays_when_the_taring_is_over(desk, wrong, words):
    desk.tell(WAITING)
    desk.key("tare")
    for _ in range(COUNTDOWN_S):
        desk.rec.tare._timer.timeout.emit()
    desk.tell(replace(WAITING, taring=True))
    desk.answer("tare", wrong)  # the status comes later than the answer
    assert desk.toasts == [words]
    desk.tell(WAITING)
    assert desk.toasts == [words]


def test_a_refused_tare_says_why_until_it_is_dismissed(desk, qtbot):
    desk.tell(WAITING)
    desk.key("tare")
    for _ in range(COUNTDOWN_S):
        desk.rec.tare._timer.timeout.emit()
    desk.answer(
        "tare", "tare: expected an empty belt, got a force that varies by 345 N. Step off the belt and tare again."
    )
    words = "Tare refused: expected an empty belt, got a force that varies by 345 N. Step off the belt and tare again."
    assert desk.toasts == [words]
    toast = desk.controls.toasts._shown[0]
    assert toast.property("level") == "red"
    assert not toast.timer.isActive()
    click(toast.close_button)
    assert desk.toasts == []
    assert not desk.controls.toasts.isVisible()


class Loaded(Story):
    """Somebody on the belt, or nobody; as many newtons as told."""

    last_s, load_N = 10.0, 700.0

    def samples(self, start_s, stop_s):
        n = round((stop_s - start_s) * 1000.0)
        wrench = np.zeros((1, 6, n), np.float32)
        wrench[:, 2, ::2] = 2.0 * self.load_N  # at times in the air
        return Samples(round(start_s * 1000.0), 1000.0, wrench, np.zeros((1, n), bool))


def counted_down(desk):
    for _ in range(COUNTDOWN_S):
        desk.rec.tare._timer.timeout.emit()


def test_a_tare_with_somebody_on_the_belt_warns_at_once_and_is_refused_here(desk):
    desk.tell(Loaded(RECORDING, lights=LIGHTS))
    desk.key("tare")
    assert desk.toasts == ["Tare: somebody is on the belt: step off … 3 s   (T again cancels)"]
    assert desk.controls.toasts._shown[0].property("level") == "amber"
    counted_down(desk)
    assert desk.calls == []
    assert not desk.rec.tare.counting
    (words,) = desk.toasts
    assert words.startswith("Tare refused: expected an empty belt, saw 700 N on it. Step off")
    assert not desk.controls.toasts._shown[0].timer.isActive()


def test_a_runner_alone_has_time_to_step_off(desk):
    story = Loaded(RECORDING, lights=LIGHTS)
    desk.tell(story)
    desk.key("tare")
    desk.rec.tare._timer.timeout.emit()
    assert desk.toasts == ["Tare: somebody is on the belt: step off … 2 s   (T again cancels)"]
    story.load_N = 20.0
    desk.rec.tare._timer.timeout.emit()
    assert desk.toasts == ["Tare: keep off the belt … 1 s   (T again cancels)"]
    desk.rec.tare._timer.timeout.emit()
    assert desk.calls == [("tare", {})]


@pytest.mark.parametrize("lights", [(), (zero_light(False),)], ids=["nothing judged yet", "no zero"])
def test_a_force_above_no_zero_warns_but_the_recorder_judges(desk, lights):
    desk.tell(Loaded(RECORDING, lights=lights))
    desk.key("tare")
    assert "step off" in desk.toasts[0]
    counted_down(desk)
    assert desk.calls == [("tare", {})]


def test_the_countdown_can_be_cancelled_by_key_by_closing_and_by_the_end(desk):
    desk.tell(RECORDING)
    desk.key("tare")
    desk.key("tare")
    assert not desk.rec.tare.counting
    assert desk.toasts == ["Tare cancelled; the zero is unchanged"]
    desk.key("tare")
    desk.controls.halt()
    assert not desk.rec.tare.counting
    desk.key("tare")
    desk.tell(ENDED)
    assert not desk.rec.tare.counting
    assert desk.calls == []


def asked(desk):
    return desk.window.findChildren(Ask)[-1]


def test_a_note_is_typed_and_kept(desk, qtbot):
    desk.tell(RECORDING)
    click(desk.rec.note)
    dialog = asked(desk)
    assert dialog.isVisible()
    assert not dialog._ok.isEnabled()
    assert dialog.line.maxLength() == LONGEST
    QTest.keyClicks(dialog.line, "  left knee ")
    desk.tell(replace(RECORDING, elapsed_s=95.0))
    with qtbot.waitSignal(dialog.destroyed):
        QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    assert desk.calls == [("note", {"text": "left knee"})]
    desk.answer("note")
    assert desk.toasts == ["Note kept at 1:35"]


def test_a_note_can_be_thought_better_of(desk, qtbot):
    desk.tell(RECORDING)
    desk.key("note")
    dialog = asked(desk)
    QTest.keyClicks(dialog.line, "no")
    with qtbot.waitSignal(dialog.destroyed):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert desk.calls == []


def test_bouts_begin_and_end(desk, qtbot):
    desk.tell(RECORDING)
    desk.key("bout", "B")
    dialog = asked(desk)
    QTest.keyClicks(dialog.line, "warm-up")
    with qtbot.waitSignal(dialog.destroyed):
        QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    desk.answer("bout")
    assert desk.toasts == ["Bout “warm-up” begins at 1:23"]
    desk.tell(replace(RECORDING, bout="warm-up"))
    assert desk.rec.bout.text() == "Bout: warm-up"
    desk.key("bout_end")
    assert desk.calls == [("bout", {"name": "warm-up"}), ("bout", {"name": ""})]


def test_the_menu_offers_names_used_before(desk):
    desk.tell(replace(RECORDING, bout="warm-up"))
    desk.tell(replace(RECORDING, bout="A & B"))
    menu = desk.rec.bout.menu()
    menu.aboutToShow.emit()
    words = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert words == ["New bout …\tB", "easy", "warm-up", "End “A && B”\tShift+B"]
    menu.actions()[3].trigger()
    menu.actions()[-1].trigger()
    assert desk.calls == [("bout", {"name": "warm-up"}), ("bout", {"name": ""})]


def test_a_bout_named_before_recording_begins_with_it(desk):
    desk.tell(WAITING)
    desk.rec.bout.bout_wanted.emit("easy")
    desk.tell(WAITING)
    assert desk.calls == []
    assert desk.rec.bout.text() == "Next: easy"
    desk.key("record")
    assert desk.calls == [("start", {"bout": "easy"})]
    desk.answer("start", "the disk is full")
    assert desk.rec.bout.text() == "Next: easy", "it was not used up"
    desk.key("record")
    desk.answer("start")
    desk.tell(replace(RECORDING, bout="easy"))
    assert desk.rec.bout.text() == "Bout: easy"


def test_a_long_bout_is_cut_on_the_button_but_not_in_the_tooltip(desk):
    desk.tell(replace(RECORDING, bout="third interval at 16 km/h"))
    assert desk.rec.bout.text() == "Bout: third interva…"
    assert "third interval at 16 km/h" in desk.rec.bout.toolTip()


def there(tmp_path, status=ENDED):
    """That status, of a session that is there."""
    path = tmp_path / "r07_easy_then_fast.h5"
    path.touch()
    return replace(status, session=str(path))


def test_an_ended_recording_can_be_replayed(desk, qtbot, tmp_path):
    ended = there(tmp_path)
    desk.tell(ended)
    assert desk.rec.line.whole == "Recording ended: r07_easy_then_fast.h5"
    assert not desk.rec.line.property("level")
    assert [b.isVisible() for b in (desk.rec.record, desk.rec.tare, desk.rec.marker, desk.rec.replay)] == [
        False
    ] * 3 + [True]
    with qtbot.waitSignal(desk.controls.replay_wanted) as wanted:
        click(desk.rec.replay)
    assert wanted.args == [ended.session]
    desk.key("record")
    assert desk.calls == []
    assert "nobody to command" in desk.toasts[0]


def test_a_recorder_that_died_leaves_nothing_to_replay_but_a_way_to_save_it(desk, tmp_path, monkeypatch):
    asked = []
    is_file = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: (asked.append(path), is_file(path))[1])
    died = replace(ENDED, session=str(tmp_path / "s.h5"))
    desk.tell(RECORDING)
    assert not asked
    for _ in range(20):
        desk.tell(died)
    assert len(asked) == 1, "not with every frame"
    assert desk.rec.line.whole == "The recorder died; what was recorded: stance recover s.h5"
    assert f"stance recover {died.session}" in desk.rec.line.toolTip()
    assert not desk.rec.replay.isVisible()
    assert THEMES["light"].bad in colours(desk.rec.line)
    desk.now_s += ENDING_AGAIN_S + 0.1
    Path(died.session).touch()
    desk.tell(died)
    assert desk.rec.line.whole == "Recording ended: s.h5", "recovered meanwhile"
    assert desk.rec.replay.isVisible()
    assert THEMES["light"].bad not in colours(desk.rec.line)


def colours(widget):
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_stop_is_under_way_until_the_file_is_there(desk):
    desk.tell(replace(RECORDING, can_restart=True))
    desk.key("stop")
    desk.answer("stop")
    desk.tell(replace(WAITING, session="/data/before.h5"))
    assert desk.toasts == ["Stopped; the session is being finished"]
    desk.tell(replace(WAITING, session=RECORDING.session))
    assert desk.rec.line.whole == "Saved: r07_easy_then_fast.h5"
    assert desk.toasts == []


def test_a_stop_that_is_answered_late_is_no_news(desk):
    desk.tell(RECORDING)
    desk.key("stop")
    desk.tell(replace(WAITING, session=RECORDING.session))
    desk.answer("stop")
    assert desk.toasts == []


def test_a_recorder_that_waits_again_offers_the_last_session(desk):
    desk.tell(replace(WAITING, session="/data/a.h5", can_restart=True))
    assert desk.rec.line.whole == "Saved: a.h5"
    assert desk.rec.replay.isVisible()
    assert desk.rec.record.isEnabled()


def test_a_stop_that_ended_the_recorder_is_no_error(desk):
    desk.tell(RECORDING)
    desk.key("stop")
    desk.story.commands.say("stop", "the recorder is gone")
    desk.tell(ENDED)
    assert desk.toasts == []


def test_a_silent_recorder_takes_no_commands(desk):
    desk.tell(RECORDING)
    desk.tell(SILENT)
    assert desk.rec.line.whole == "The recorder does not answer"
    assert not desk.rec.record.isEnabled()
    desk.key("marker")
    assert desk.calls == []


def test_an_answer_that_never_comes_is_given_up(desk):
    desk.tell(WAITING)
    click(desk.rec.record)
    desk.now_s += PATIENCE_S + 1.0
    desk.tell(WAITING)
    assert desk.toasts == ["Recording did not start: the recorder did not answer"]
    desk.tell(WAITING)
    assert desk.rec.record.isEnabled()
    assert desk.rec.record.text() == "Record"


def test_answers_to_somebody_else_are_not_told():
    talk, told = Conversation(), Story(RECORDING).commands
    told.say("status")
    told.say("bout", "no such bout")
    assert [(said.done, said.text) for said in talk.listen(told)] == [(False, "bout: no such bout")]


def test_a_recorded_session_hides_what_commands(desk):
    facts = replace(FACTS, title="r07.h5", recorded_utc="2026-03-04T14:05:00+00:00")
    desk.tell(Story(None, facts=facts))
    assert not desk.rec.isVisible()
    assert desk.controls.views[COMPARE].isVisible()
    assert desk.controls.title.whole == title_of(facts) == "r07.h5 · R07 · 2026-03-04 14:05 UTC"
    assert not desk.key("record")
    assert not desk.key("play")
    desk.tell(Story(RECORDING))
    assert desk.rec.isVisible()
    assert not desk.controls.views[COMPARE].isVisible()
    assert not desk.controls.title.isVisible()


def test_nothing_of_one_recorder_reaches_the_next(desk):
    desk.tell(WAITING)
    desk.rec.bout.bout_wanted.emit("easy")
    click(desk.rec.record)
    desk.tell(Story(WAITING))
    assert desk.rec.record.text() == "Record"
    desk.key("record")
    assert desk.calls == [("start", {})]


def test_views_units_theme_and_the_rest_are_asked_for(desk):
    wanted = []
    for name in ("view", "units", "theme", "replay"):
        getattr(desk.controls, f"{name}_wanted").connect(lambda what, name=name: wanted.append((name, what)))
    for name in ("options", "help", "open"):
        getattr(desk.controls, f"{name}_wanted").connect(lambda name=name: wanted.append((name,)))
    desk.tell(RECORDING)
    c = desk.controls
    for button in (c.views[LARGE], c.weights, c.newtons, c.theme, c.options, c.help, c.open):
        click(button)
    assert wanted == [
        ("view", LARGE),
        ("units", True),
        ("units", False),
        ("theme", "dark"),
        ("options",),
        ("help",),
        ("open",),
    ]
    assert c.views[STANDARD].isChecked(), "until the window has done it"
    wanted.clear()
    for identifier in ("large", "units", "theme", "options", "help", "open", "compare"):
        assert desk.key(identifier)
    assert wanted == [("view", LARGE), ("units", True), ("theme", "dark"), ("options",), ("help",), ("open",)]


def test_a_second_l_goes_back(desk):
    wanted = []
    desk.controls.view_wanted.connect(wanted.append)
    desk.tell(Story(None))
    for now, identifier in ((STANDARD, "large"), (LARGE, "large"), (LARGE, "compare"), (COMPARE, "compare")):
        desk.controls.set_view(now)
        assert desk.controls.views[now].isChecked()
        desk.key(identifier)
    assert wanted == [LARGE, STANDARD, COMPARE, STANDARD]


def test_body_weights_only_once_they_are_known(desk):
    wanted = []
    desk.controls.units_wanted.connect(wanted.append)
    desk.tell(Story(RECORDING, bw_N=float("nan")))
    assert not desk.controls.weights.isEnabled()
    assert "not known yet" in desk.controls.weights.toolTip()
    desk.key("units")
    assert wanted == []
    assert desk.toasts == ["Body weight is not known yet: forces stay in newtons"]
    desk.story.bw_N = 800.0
    desk.controls.refresh(desk.story.scene(in_BW=True))
    assert desk.controls.weights.isEnabled()
    assert desk.controls.weights.isChecked()


def test_every_key_of_a_recorder_is_the_toolbars(desk):
    desk.tell(SILENT)
    own = {key.id for key in KEYS if key.when == LIVE} - {"freeze"}
    assert all(desk.key(identifier, "1") for identifier in own)
    assert not any(desk.key(identifier) for identifier in ("freeze", "back", "close", "fullscreen"))


@pytest.mark.parametrize(("status", "button", "word", "line"), [
    (WAITING, "record", "Record", "Nothing is being recorded"),
    (replace(RECORDING, session=""), "stop", "Stop", "shown only, not kept"),
    (replace(ENDED, session=""), "", "", "The recorder has ended"),
    (replace(RECORDING, session="C:/data/a.h5"), "stop", "Stop", "a.h5"),
])  # fmt: skip
def test_faces(status, button, word, line):
    face = face_of(status)
    assert (face.button, face.word, face.line) == (button, word, line)
    assert bool(face.replay) == (status.state == "ended" and bool(status.session))


def test_the_stop_watch():
    assert [clock(s) for s in (-1, 0, 59.9, 60, 754.2, 3725)] == ["0:00", "0:00", "0:59", "1:00", "12:34", "1:02:05"]


STATES = [WAITING, replace(WAITING, session="/d/a_rather_long_session_name_2026-03-04.h5"), RECORDING, ENDED, SILENT,
          replace(RECORDING, elapsed_s=7384.0, bout="third interval at 16 km/h"), None]  # fmt: skip


@pytest.mark.parametrize("width", [1920, 1280, 1000, LEAST])
@pytest.mark.parametrize("status", STATES, ids=lambda s: s.state if s else "recorded")
def test_nothing_is_cut_off(desk, theme, status, width):
    desk.window.setStyleSheet(stylesheet(theme))
    desk.window.resize(width, 300)
    desk.tell(Story(status))
    settle()
    assert desk.window.width() == width
    assert desk.controls.rect().right() < width
    for button in desk.controls.findChildren(QToolButton):
        if button.isVisible():
            right = button.mapTo(desk.window, QPoint(button.width(), 0)).x()
            assert button.width() >= button.sizeHint().width(), button.accessibleName()
            assert right <= width, button.accessibleName()
    clock_label = desk.rec.clock
    assert not clock_label.isVisible() or clock_label.width() >= clock_label.sizeHint().width()
    line = desk.rec.line if status else desk.controls.title
    assert line.text() == line.whole or line.whole in line.toolTip()
    if width >= 1280:
        assert desk.controls.views[LARGE].text() == "Large"
        assert not status or desk.rec.tare.text() == "Tare"
        assert line.text() == line.whole or len(line.text()) > 15


def test_the_bar_comes_to_rest_and_gets_its_words_back(desk):
    desk.tell(RECORDING)
    desk.window.resize(LEAST, 300)
    settle()
    assert desk.rec.tare.text() == ""
    assert desk.rec.tare.toolTip().endswith("(T)")
    laid_out = []
    fit = desk.controls._fit
    desk.controls._fit = lambda: (laid_out.append(1), fit())
    for _ in range(20):
        QApplication.processEvents()
    assert len(laid_out) <= 1
    desk.window.resize(1400, 300)
    settle()
    assert (desk.rec.tare.text(), desk.controls.open.text()) == ("Tare", "Open")


def test_the_bar_is_as_high_in_every_state(desk):
    heights = set()
    for status in STATES[:-1]:
        desk.tell(Story(status))
        heights.add(desk.controls.sizeHint().height())
    assert max(heights) - min(heights) <= 4, "the curve below must not jump"


def test_every_button_has_a_tooltip_and_a_name(desk):
    desk.tell(RECORDING)
    for button in desk.controls.findChildren(QToolButton):
        if button.isVisibleTo(desk.controls):
            assert button.toolTip(), button.text()
            assert button.accessibleName(), button.toolTip()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.accessibleName()


def test_themes_change_icons_and_the_red_button(desk):
    for name in ("light", "dark"):
        theme = THEMES[name]
        desk.window.setPalette(palette(theme))
        desk.window.setStyleSheet(stylesheet(theme))
        desk.controls.apply_theme(theme)
        desk.tell(Story(WAITING))
        record = desk.rec.record.icon().pixmap(SIZE, SIZE).toImage()
        assert record.pixelColor(record.width() // 2, record.height() // 2) == QColor(theme.bad)
        desk.tell(Story(RECORDING))
        image = desk.rec.record.grab().toImage()
        assert image.pixelColor(image.width() // 2, 4) == QColor(theme.bad)


@pytest.mark.parametrize("name", sorted(ICONS))
def test_each_icon_is_drawn_inside_its_square_at_every_density(qapp, name):
    made = icon(name, "#112233", "#99aabb")
    for density in DENSITIES:
        image = made.pixmap(made.availableSizes()[0], density).toImage()
        assert image.width() == SIZE * density
        alpha = [[image.pixelColor(x, y).alpha() for x in range(image.width())] for y in range(image.height())]
        drawn = sum(value > 128 for row in alpha for value in row)
        assert 0.05 < drawn / (image.width() * image.height()) < 0.8
        edge = [*alpha[0], *alpha[-1], *(row[0] for row in alpha), *(row[-1] for row in alpha)]
        assert max(edge) < 128


def test_icons_differ(qapp):
    images = [icon(name, "#112233").pixmap(SIZE, SIZE).toImage() for name in ICONS]
    assert not any(one == other for at, one in enumerate(images) for other in images[:at])


def test_toasts_stand_at_the_foot_of_the_page_and_follow_it(desk):
    """At its right edge the curve is newest, and at its top the numbers have their names."""
    desk.tell(RECORDING)
    toasts = desk.controls.toasts
    page, below = QWidget(), QWidget()
    page.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    below.setFixedHeight(40)
    for widget in (page, below):
        desk.window.layout().addWidget(widget)
    toasts.stand_on(page)
    desk.window.layout().setStretch(desk.window.layout().indexOf(page), 1)
    toasts.say("Marker 1 set at 0:10")
    toasts.say("word " * 60, "red", seconds=None)
    for width in (1280, 900):
        desk.window.resize(width, 400)
        settle()
        box = toasts.geometry()
        assert toasts.parentWidget() is desk.window
        assert desk.window.rect().contains(box)
        assert abs(box.center().x() - width / 2) <= 1
        assert box.top() > desk.controls.geometry().bottom() + 100
        assert 0 < page.geometry().bottom() - box.bottom() < 10
    below.setFixedHeight(90)
    settle()
    assert 0 < page.geometry().bottom() - toasts.geometry().bottom() < 10
    short = toasts._shown[0]
    assert short.width() <= short.sizeHint().width() < toasts.width() / 2, "no wider than its words"
    for label in toasts.findChildren(QLabel):
        assert label.height() >= (
            label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        )


def test_good_news_go_and_bad_news_stay(desk, qtbot):
    toasts = desk.controls.toasts
    toasts.say("done", seconds=0.01)
    toasts.say("failed", "red", seconds=None)
    qtbot.waitUntil(lambda: toasts.texts == ["failed"])
    assert toasts.dismiss()
    assert toasts.texts == []
    assert not toasts.dismiss()


def test_toasts_replace_their_like_and_are_not_too_many(desk):
    toasts = desk.controls.toasts
    for n in range(5):
        toasts.say(f"Marker {n}", key="marker")
    assert toasts.texts == ["Marker 4"]
    for n in range(5):
        toasts.say(f"line {n}")
    assert toasts.texts == ["line 2", "line 3", "line 4"]
    assert len(toasts.texts) == MOST


def test_toasts_go_with_their_bar(desk, qtbot):
    desk.tell(RECORDING)
    toasts = desk.controls.toasts
    toasts.say("failed", "red", seconds=None)
    assert isinstance(toasts, Toasts)
    with qtbot.waitSignal(toasts.destroyed):
        desk.controls.deleteLater()
    desk.window.resize(500, 300)
