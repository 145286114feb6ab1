"""The table of keys, and the shortcuts made from it."""

from collections import Counter

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from viewer.controls.buttons import Button
from viewer.controls.keys import BOTH, KEYS, LIVE, REPLAY, bind, caps, keys_for, tip, unbind, written

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # said by the screen that is only memory


@pytest.mark.parametrize("live", [True, False])
def test_no_two_rows_share_a_key(live, qapp):
    sequences = [QKeySequence(one).toString() for key in keys_for(live) for one in key.keys]
    assert all(sequences)
    assert not [one for one, n in Counter(sequences).items() if n > 1]


def test_every_row_is_named_once_and_belongs_somewhere():
    assert max(Counter(key.id for key in KEYS).values()) == 1
    assert {key.when for key in KEYS} == {LIVE, REPLAY, BOTH}
    assert all(key.words and key.group and key.keys for key in KEYS)


def test_a_digit_is_a_marker_and_space_means_what_fits():
    live = {one: key.id for key in keys_for(True) for one in key.keys}
    replay = {one: key.id for key in keys_for(False) for one in key.keys}
    assert [live[digit] for digit in "0123456789"] == ["marker_digit"] * 10
    assert (live["Space"], replay["Space"]) == ("freeze", "play")
    assert "R" not in replay
    assert live["Left"] == replay["Left"] == "previous_stance"  # a frozen curve can be stepped through too


def test_keys_are_written_as_on_the_keyboard():
    assert [written(one) for one in ("Shift+Left", "Escape", "Ctrl+O", "+", "\\")] == [
        "Shift+←",
        "Esc",
        "Ctrl+O",
        "+",
        "\\",
    ]
    assert [caps(key) for key in KEYS if key.id in ("marker_digit", "help")] == [("0 … 9",), ("F1", "?")]
    assert tip("Set the zero", "tare") == "Set the zero (T)"


@pytest.fixture
def window(qtbot):
    made = QWidget()
    made.line, made.button, made.acted = QLineEdit(), Button("Tare", "tare", "Set the zero", "tare"), []
    column = QVBoxLayout(made)
    column.addWidget(made.line)
    column.addWidget(made.button)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.setFocus()
    return made


@pytest.mark.parametrize("live", [True, False])
def test_every_key_of_the_table_acts(window, live):
    bind(window, live, lambda *what: window.acted.append(what))
    for key in keys_for(live):
        for sequence in key.keys:
            window.acted.clear()
            QTest.keySequence(window, QKeySequence(sequence))
            assert window.acted == [(key.id, sequence)], sequence


def test_keys_go_away_again(window):
    shortcuts = bind(window, True, lambda *what: window.acted.append(what))
    unbind(shortcuts)
    bind(window, False, lambda *what: window.acted.append(what))
    QTest.keyClick(window, Qt.Key.Key_R)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert shortcuts == []
    assert window.acted == [("play", "Space")]


def test_a_held_key_starts_recording_only_once(window):
    made = bind(window, True, print) + bind(window, False, print)
    repeated = [shortcut.key().toString() for shortcut in made if shortcut.autoRepeat()]
    assert {"Left", "Right", "+", "-"} <= set(repeated)
    assert not {"R", "Shift+R", "T", "M", "1", "Space"} & set(repeated)


def test_the_number_block_sets_markers_too(window):
    bind(window, True, lambda *what: window.acted.append(what))
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.KeypadModifier)
    assert window.acted == [("marker_digit", "3")]


def test_letters_typed_into_a_field_are_text(window):
    bind(window, True, lambda *what: window.acted.append(what))
    window.line.setFocus()
    QTest.keyClicks(window.line, "rt1 m")
    assert window.line.text() == "rt1 m"
    assert window.acted == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_focused_button_is_pressed_by_space_and_enter(window, key):
    bind(window, True, lambda *what: window.acted.append(what))
    pressed = []
    window.button.clicked.connect(lambda: pressed.append(key))
    window.button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(window.button, key)
    assert pressed == [key]
    assert window.acted == []


def test_a_click_leaves_the_focus_where_it_was(window):
    QTest.mouseClick(window.button, Qt.MouseButton.LeftButton)
    assert not window.button.hasFocus()


def test_a_button_takes_no_other_key_from_the_window(window):
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, "r")
    event.ignore()
    QApplication.sendEvent(window.button, event)
    assert not event.isAccepted()
