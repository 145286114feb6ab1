"""What has the keyboard: the views, unless somebody goes elsewhere with Tab. Keys take the way a desktop sends them."""

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from recorderstory import ENDED, RECORDING, WAITING, Told
from stillsource import recorded, still_source

from viewer.controls.ask import Ask
from viewer.look import Look
from viewer.sources.replay_source import ReplaySource
from viewer.window import Window

SPACE = Qt.Key.Key_Space


@pytest.fixture
def opened(qtbot, tmp_path):
    made = []

    def opening(source):
        settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        window = Window(source, Look(theme="light"), settings)
        made.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.stage.frame()
        return window

    yield opening
    for window in made:
        window.close()
        window.deleteLater()
    qtbot.wait(10)


@pytest.fixture
def live(opened):
    """Opens a window beside a recorder that only notes what it is told."""

    def opening(status=RECORDING):
        source = still_source(live=True)
        source.commands, source.status = Told(), status
        return opened(source)

    return opening


def told(window):
    return window.stage.source.commands.calls


def tell(window, status):
    window.stage.source.status = status
    window.stage._refresh_frame()


def key(window, which, modifier=Qt.KeyboardModifier.NoModifier):
    """As a desktop sends it: to the window, which finds out whose it is."""
    QTest.keyClick(window.windowHandle(), which, modifier)


@pytest.mark.parametrize("status", [RECORDING, WAITING], ids=["recording", "waiting"])
def test_space_in_a_fresh_window_freezes_the_curve_and_commands_nothing(live, status):
    window = live(status)
    assert window.stage.playback.following
    key(window, SPACE)
    assert not window.stage.playback.following
    key(window, Qt.Key.Key_Return)
    key(window, SPACE)
    assert window.stage.playback.following
    assert told(window) == []


def test_space_in_a_fresh_replay_plays(opened):
    window = opened(ReplaySource(recorded()))
    assert not window.stage.playback.playing
    key(window, SPACE)
    assert window.stage.playback.playing


def test_space_goes_on_to_the_next_session_shown(live):
    window = live()
    window.stage.controls.recording.record.setFocus()
    window.open_session(recorded())
    window.stage.playback.pause()
    assert window.focusWidget() is window.stage
    key(window, SPACE)
    assert window.stage.playback.playing


@pytest.mark.parametrize("view", ["curve", "overlay", "cop", "transport", "health"])
def test_a_click_on_a_view_takes_the_keyboard_there(live, view):
    window = live()
    window.stage.controls.recording.record.setFocus(Qt.FocusReason.TabFocusReason)
    shown = getattr(window.stage, view)
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=shown.mapTo(window, QPoint(12, 12)))
    frozen = not window.stage.playback.following
    key(window, SPACE)
    assert (not window.stage.playback.following) != frozen
    assert told(window) == []


def test_who_comes_back_to_the_window_is_at_the_views(live, qtbot):
    window = live()
    window.stage.controls.recording.record.setFocus(Qt.FocusReason.TabFocusReason)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert window.focusWidget() is window.stage


@pytest.mark.parametrize("which", [SPACE, Qt.Key.Key_Return], ids=["Space", "Enter"])
def test_the_stop_button_takes_two_keys_and_one_click(live, which):
    window = live()
    record = window.stage.controls.recording.record
    record.setFocus(Qt.FocusReason.TabFocusReason)
    key(window, which)
    assert told(window) == []
    assert "again to stop" in window.stage.controls.toasts.texts[-1]
    key(window, which)
    assert told(window) == [("stop", {})]
    QTest.mouseClick(record, Qt.MouseButton.LeftButton)
    assert told(window) == [("stop", {})], "it is being stopped"


def test_a_click_stops_at_once(live):
    window = live()
    QTest.mouseClick(window.stage.controls.recording.record, Qt.MouseButton.LeftButton)
    assert told(window) == [("stop", {})]


def test_a_button_that_cannot_be_pressed_any_more_leaves_the_keyboard_to_the_views(live):
    """It went to the next button, so that a second Space tared in the middle of a recording."""
    window = live(WAITING)
    record, tare = window.stage.controls.recording.record, window.stage.controls.recording.tare
    record.setFocus(Qt.FocusReason.TabFocusReason)
    key(window, SPACE)
    assert told(window) == [("start", {})]
    tell(window, WAITING)
    assert not record.isEnabled()
    assert window.focusWidget() is window.stage
    key(window, SPACE)
    assert not tare.counting
    assert told(window) == [("start", {})]


def test_a_button_that_is_hidden_leaves_the_keyboard_to_the_views(live):
    window = live()
    window.stage.controls.recording.tare.setFocus(Qt.FocusReason.TabFocusReason)
    tell(window, ENDED)
    assert window.focusWidget() is window.stage


def test_messages_and_help_give_the_keyboard_back(live):
    window = live()
    toasts = window.stage.controls.toasts
    toasts.say("look", "red", seconds=None)
    toasts.say("and here", "red", seconds=None)
    for toast in list(toasts._shown):
        toast.close_button.setFocus(Qt.FocusReason.TabFocusReason)
        key(window, SPACE)
        assert window.focusWidget() is window.stage
    key(window, Qt.Key.Key_F1)
    assert window.help.isVisible()
    key(window, Qt.Key.Key_Escape)
    assert window.focusWidget() is window.stage
    assert window.stage.playback.following


@pytest.mark.parametrize(("asks", "wanted"), [
    (Qt.Key.Key_N, ("note", {"text": "rt1 mln"})), (Qt.Key.Key_B, ("bout", {"name": "rt1 mln"})),
])  # fmt: skip
def test_what_is_typed_at_once_is_text_and_no_shortcut(live, asks, wanted):
    window = live()
    handle = window.windowHandle()
    key(window, asks)
    for letter in "rt1 mln":  # not even an event loop in between
        QTest.keyClick(handle, letter)
    assert told(window) == []
    assert not window.stage.controls.recording.tare.counting
    assert window.stage.pages.currentIndex() == 0
    key(window, Qt.Key.Key_F1)
    key(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert not window.help.isVisible()
    assert window.stage.controls.toasts.texts == []
    key(window, Qt.Key.Key_Return)
    assert told(window) == [wanted]
    assert window.focusWidget() is window.stage
    key(window, SPACE)
    assert not window.stage.playback.following


def test_tab_goes_round_within_a_question_and_escape_leaves_it(live, qtbot):
    window = live()
    key(window, Qt.Key.Key_N)
    (asked,) = window.findChildren(Ask)
    QTest.keyClick(window.windowHandle(), "x")
    seen = []
    for _ in range(3):
        key(window, Qt.Key.Key_Tab)
        seen.append(window.focusWidget())
    assert seen == [asked._ok, asked._cancel, asked.line]
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert window.focusWidget() is asked.line
    assert window.stage.playback.following
    with qtbot.waitSignal(asked.destroyed):
        key(window, Qt.Key.Key_Escape)
    assert told(window) == []
    assert window.focusWidget() is window.stage
