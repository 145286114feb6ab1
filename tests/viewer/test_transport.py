"""Buttons and keys that move what is shown."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from stillsource import still_source

from analysis.steps import EMPTY, StepTable
from viewer.controls.keys import KEYS
from viewer.source import Scene, rows_until
from viewer.theme import DARK, LIGHT
from viewer.time.playback import SETTLE_S, SPEEDS, Playback
from viewer.time.transport import LAST_S, Transport


class Rig:
    """A source, its playback and its transport, in a hand-driven time."""

    def __init__(self, qtbot, live=False, end_s=None):
        self.source = still_source(live=live, mass_kg=82.9)
        self.source.end_s = end_s or self.source.end_s
        self.playback, self.host_s = Playback(live=live), 100.0
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.transport = Transport(LIGHT, self.window)
        self.transport.resize(1000, 44)
        self.window.resize(1000, 44)
        self.window.show()
        self.moved = []
        self.transport.moved.connect(lambda: self.moved.append(self.playback.now_s))
        self.frame(0.0)

    def frame(self, later_s):
        self.host_s += later_s
        source = self.source
        now_s = self.playback.advance(self.host_s, source.first_s, source.last_s, source.take)
        self.transport.refresh(Scene(source, now_s, rows_until(source.table, now_s)), self.playback)
        return now_s


@pytest.fixture
def rig(qtbot):
    return Rig(qtbot)


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_play_and_pause(rig, qtbot):
    click(qtbot, rig.transport.play_button)
    assert rig.transport.play_button.accessibleName() == "Pause"
    rig.frame(0.5)
    assert rig.frame(2.0) == 2.0
    assert rig.transport.position.text() == "0:02.0 / 0:29"
    click(qtbot, rig.transport.play_button)
    assert rig.frame(9.0) == 2.0
    assert rig.transport.play_button.accessibleName() == "Play"
    assert len(rig.moved) == 2


def test_stances_one_by_one(rig, qtbot):
    table = rig.source.table
    toe_off_s = table["toe_off_s"].copy()
    toe_off_s[3] = np.nan  # a gap took its end
    rig.source._table = StepTable({**table, "toe_off_s": toe_off_s})
    click(qtbot, rig.transport.play_button)
    for row in (0, 1, 2, 4):
        click(qtbot, rig.transport.next_button)
        assert rig.frame(0.1) == toe_off_s[row] + SETTLE_S
        side = {"L": "left", "R": "right"}[table["side"][row]]
        assert rig.transport.step.text() == f"Step {table['step'][row]}, {side}"
    assert not rig.playback.playing
    for row in (2, 1, 0, 0):
        click(qtbot, rig.transport.previous_button)
        assert rig.frame(0.1) == toe_off_s[row] + SETTLE_S
    rig.transport.seek(999.0)
    rig.transport.next_stance()
    assert rig.frame(0.1) == rig.source.last_s


def test_the_speed_box_and_the_keys_agree(rig):
    box = rig.transport.speed_box
    assert [box.itemData(row) for row in range(box.count())] == list(SPEEDS)
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert rig.playback.speed == 0.25
    rig.transport.commands["faster"]()
    assert box.currentText() == "0.5×"
    rig.transport.commands["slower"]()
    rig.transport.commands["slower"]()
    assert box.currentText() == "0.1×"


def test_the_loop_button_repeats_the_last_seconds(rig, qtbot):
    rig.transport.seek(10.0)
    assert not rig.transport.clear_button.isVisible()
    click(qtbot, rig.transport.loop_button)
    assert rig.playback.loop == (10.0 - LAST_S, 10.0)
    assert rig.transport.loop_button.isChecked()
    click(qtbot, rig.transport.loop_button)
    assert (rig.playback.looping, rig.transport.loop_button.isChecked()) == (False, False)
    click(qtbot, rig.transport.loop_button)
    assert rig.playback.looping
    click(qtbot, rig.transport.clear_button)
    assert (rig.playback.loop, rig.transport.loop_button.isChecked()) == (None, False)


def test_a_loop_from_here_to_there(rig):
    commands = rig.transport.commands
    rig.transport.seek(4.0)
    commands["loop_start"]()
    rig.transport.seek(6.5)
    commands["loop_end"]()
    assert (rig.playback.loop, rig.playback.now_s) == ((4.0, 6.5), 4.0)
    rig.transport.seek(5.0)
    commands["loop_start"]()
    assert rig.playback.loop == (5.0, 6.5)
    commands["loop_clear"]()
    rig.transport.seek(3.0)
    commands["loop_end"]()  # from the beginning, if nobody said from where
    assert rig.playback.loop == (0.0, 3.0)


def test_keys_of_the_time_group_do_what_they_say(rig):
    names = {key.id for key in KEYS if key.group == "Time"}
    assert names <= set(rig.transport.commands)
    commands = rig.transport.commands
    rig.transport.seek(12.0)
    for name, expected in (("back_5s", 7.0), ("on_5s", 12.0), ("last", rig.source.last_s), ("first", 0.0)):
        commands[name]()
        assert rig.frame(0.1) == expected


def test_live_freezes_and_follows(qtbot):
    rig = Rig(qtbot, live=True, end_s=10.0)
    transport = rig.transport
    assert transport.live_button.isChecked()
    assert transport.position.text() == "0:10.0"
    click(qtbot, transport.play_button)
    rig.source.end_s = 22.0
    assert rig.frame(12.0) == 10.0
    assert transport.behind.text() == "frozen, 12 s behind"
    assert not transport.live_button.isChecked()
    transport.seek(8.0)
    assert rig.frame(0.0) == 8.0
    click(qtbot, transport.live_button)
    assert rig.frame(0.0) == 22.0
    assert (transport.live_button.isChecked(), transport.behind.text()) == (True, "")
    click(qtbot, transport.live_button)  # pressing it again leaves it lit
    assert transport.live_button.isChecked()
    transport.commands["slower"]()
    rig.source.end_s = 24.0
    rig.frame(2.0)
    assert transport.behind.text() == "1 s behind"


def test_a_recorded_session_has_nothing_live(rig):
    assert not rig.transport.live_button.isVisible()
    assert not rig.transport.behind.isVisible()


def test_standing_and_unknown_sides_are_said_so(qtbot):
    rig = Rig(qtbot)
    rig.source.end_s = 60.0
    rig.frame(0.0)
    rig.transport.seek(50.0)
    assert rig.frame(0.1) == 50.0
    assert rig.transport.step.text() == "–"
    rig.source._table = StepTable({**rig.source.table, "side": np.full(rig.source.table.rows, "?")})
    rig.transport.seek(5.0)
    rig.frame(0.1)
    assert rig.transport.step.text().endswith("side not known")
    rig.source._table = EMPTY
    rig.transport.next_stance()
    assert rig.frame(0.1) == 5.0
    assert rig.transport.step.text() == "–"


def test_it_works_before_anything_is_shown(qtbot):
    transport = Transport(DARK)
    qtbot.addWidget(transport)
    for command in transport.commands.values():
        command()
    transport.set_loop(1.0, 2.0)
    transport.apply_theme(LIGHT)


def test_words_are_set_only_where_they_changed(rig, monkeypatch):
    said = []
    monkeypatch.setattr(rig.transport.position, "setText", said.append)
    for _ in range(20):
        rig.frame(0.1)
    assert said == []
    rig.transport.seek(7.25)
    rig.frame(0.1)
    assert set(said) == {"0:07.2 / 0:29"}
