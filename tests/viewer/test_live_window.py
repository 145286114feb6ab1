"""The window beside a true recorder in another process: what it shows, what its keys do, and how it ends."""

import os
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from system.recorders import check_whole

from analysis.setup import Runner
from analysis.steps import StepTable
from daq.recorder import RecordOptions
from daq.recorder_process import RecorderProcess
from daq.recorders import running_recorders
from daq.session import open_session
from viewer.controls.ask import Ask
from viewer.look import Look
from viewer.numbers.trends import decimals_of
from viewer.report.words import number
from viewer.sources.live_source import LiveSource
from viewer.window import Window

RUN = "virtual://virtual?seed=2&speed=4"
EMPTY = "virtual://virtual?load=none&offset_N=200&speed=4"
LONG = 30_000


class Live:
    """A recorder, and the window that watches it."""

    def __init__(self, qtbot, recorder, window):
        self.qtbot, self.recorder, self.window = qtbot, recorder, window

    @property
    def stage(self):
        """What the window shows now."""
        return self.window.stage

    @property
    def said(self):
        """Messages on the screen, as one text."""
        return "\n".join(self.stage.controls.toasts.texts)

    @property
    def face(self):
        """What stands beside the buttons."""
        return self.stage.controls.recording.line.whole

    def until(self, condition, timeout=LONG):
        self.qtbot.waitUntil(condition, timeout=timeout)

    def press(self, *keys, modifier=Qt.KeyboardModifier.NoModifier):
        self.window.activateWindow()  # drawn to memory, nobody does it when a dialog has gone
        self.until(self.window.isActiveWindow)
        for key in keys:
            self.qtbot.keyClick(self.window, key, modifier)

    def type(self, key, text):
        """Answer the question that a key asks."""
        self.press(key)
        (asked,) = [ask for ask in self.window.findChildren(Ask) if ask.isVisible()]
        line = asked.findChild(QLineEdit)
        self.qtbot.keyClicks(line, text)
        self.qtbot.keyClick(line, Qt.Key.Key_Return)

    def noted(self):
        return [(one.kind, one.text) for one in self.stage.source.happenings if one.kind != "gap"]


@pytest.fixture
def live(qtbot, tmp_path):
    """Opens a window beside a recorder; both are gone afterwards."""

    @contextmanager
    def opening(url=RUN, stays=True, then_replay=False):
        out = f"{tmp_path}/day/" if stays else str(tmp_path / "s.h5")
        runner = Runner(mass_kg=82.9, name="R07", belt_speed_m_s=3.9)
        recorder = RecorderProcess(
            RecordOptions(rig="virtual", port=url, out=out, subject=runner, autostart=not stays, stays=stays)
        )
        window = None
        try:
            recorder.connect().close()
            info = next(info for info in running_recorders() if info.pid == recorder.pid)
            settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
            window = Window(LiveSource(info), Look(theme="light"), settings)
            window.then_replay = then_replay
            window.resize(1280, 720)
            window.show()
            window.activateWindow()
            yield Live(qtbot, recorder, window)
        finally:
            if window is not None:
                window.close()
                window.deleteLater()
            if recorder.alive:
                os.kill(recorder.pid, signal.SIGCONT)
                os.kill(recorder.pid, signal.SIGKILL)
            recorder._process.join()
            qtbot.wait(10)

    return opening


def test_a_recording_by_key_from_wait_to_replay(live):
    with live() as at:
        at.until(lambda: at.stage.source.table.rows > 5)
        assert at.face == "Nothing is being recorded"
        at.press(Qt.Key.Key_M)
        assert "Nothing is being recorded: press R first" in at.said
        at.type(Qt.Key.Key_B, "easy")
        waiting = at.stage.source.take
        at.press(Qt.Key.Key_R)
        at.until(lambda: at.stage.source.take != waiting and at.stage.source.status.state == "recording")
        path = Path(at.stage.source.status.session)
        at.until(lambda: at.face == path.name)
        at.press(Qt.Key.Key_M, Qt.Key.Key_7)
        at.type(Qt.Key.Key_N, "left shoe untied")
        at.until(lambda: len(at.noted()) == 4)
        at.until(lambda: {label.text for label in at.stage.curve._frame.labels} >= {"bout: easy", "7"})
        at.press(Qt.Key.Key_B, modifier=Qt.KeyboardModifier.ShiftModifier)
        at.until(lambda: len(at.noted()) == 5 and at.stage.source.table.rows > 20)
        at.press(Qt.Key.Key_T)
        assert "somebody is on the belt: step off" in at.said
        at.press(Qt.Key.Key_T)
        assert "Tare cancelled" in at.said
        told = at.noted()
        at.press(Qt.Key.Key_R)
        assert "Press R again to stop" in at.said
        at.press(Qt.Key.Key_R)
        at.until(lambda: at.face == f"Saved: {path.name}")
        assert check_whole(path) > 3000
        at.qtbot.mouseClick(at.stage.controls.recording.replay, Qt.MouseButton.LeftButton)
        assert not at.window.live
        at.until(lambda: at.stage.scene.rows > 3)
        assert at.recorder.alive  # it waits for the next one
    marks = [("bout", "easy"), ("marker", "marker"), ("marker", "7"), ("note", "left shoe untied"), ("bout", "")]
    with open_session(path) as session:
        assert [(event.kind, event.text) for event in session.events if event.kind != "system"] == marks == told
        assert session.header.subject == "R07"


def test_every_number_shown_is_of_the_rows_received(live):
    with live() as at:
        at.until(lambda: at.stage.source.table.rows > 24)
        for panel, page in ((at.stage.numbers, "standard"), (at.stage.large, "large")):
            at.stage.show_page(page)
            at.stage.frame()  # what is compared now belongs to one frame
            table = at.stage.source.table
            assert at.stage.scene.rows == table.rows
            shown = 0
            for tile in (tile for tile in panel.tiles if tile.isVisible()):
                for side in "LR":
                    rows = np.flatnonzero(table["valid"] & (table["side"] == side))[-panel.count :]
                    values = table[tile.column][rows]
                    wanted = number(float(np.mean(values[np.isfinite(values)])), decimals_of(tile.column))
                    assert tile.face.text(side) == wanted
                    shown += 1
            assert shown >= 4
        at.stage.show_page("standard")
        at.stage.frame()
        table = at.stage.source.table
        for foot, side in zip(at.stage.overlay.feet, "LR", strict=True):
            rows = np.flatnonzero(table["valid"] & (table["side"] == side))[-at.stage.overlay.options.count :]
            assert f"{table['contact_time_ms'][rows].mean():.0f} ± " in foot.numbers.text


def test_frames_advance_freeze_and_follow(live):
    with live() as at:
        at.until(lambda: at.stage.source.last_s > 2)
        edge_s, before = at.stage.curve.edge_s, at.stage.curve.grab().toImage()
        frames = at.window.meter.times_s.size
        at.until(lambda: at.stage.curve.edge_s > edge_s + 1)
        assert at.stage.curve.grab().toImage() != before
        assert at.window.meter.times_s.size > frames + 3
        at.press(Qt.Key.Key_Space)
        frozen_s, last_s = at.stage.playback.now_s, at.stage.source.last_s
        at.until(lambda: at.stage.source.last_s > last_s + 2)
        assert at.stage.playback.now_s == frozen_s
        assert at.stage.curve.edge_s <= frozen_s
        at.press(Qt.Key.Key_Left)
        assert at.stage.playback.now_s < frozen_s
        at.press(Qt.Key.Key_Space)
        at.until(lambda: at.stage.curve.edge_s > last_s + 2)
        assert at.stage.playback.behind_s < 2.0


def test_a_tare_by_key(live, monkeypatch):
    monkeypatch.setattr("viewer.controls.tare_button.COUNTDOWN_S", 1)
    with live(EMPTY) as at:
        at.until(lambda: at.stage.source.last_s > 1)
        at.press(Qt.Key.Key_T)
        assert "Tare: keep off the belt" in at.said
        at.until(lambda: "Tare done" in at.said)
        at.until(lambda: tuple(kind for kind, _ in at.noted()) == ("tare",))


def test_a_tare_that_is_refused_says_why_until_it_is_dismissed(live, monkeypatch):
    monkeypatch.setattr("viewer.controls.tare_button.COUNTDOWN_S", 1)
    with live() as at:
        at.until(lambda: at.stage.source.last_s > 2.5 and bool(at.stage.source.lights))
        at.press(Qt.Key.Key_T)
        assert "Tare: somebody is on the belt" in at.said
        at.until(lambda: "Tare refused" in at.said)
        assert "empty belt" in at.said
        at.press(Qt.Key.Key_Escape)
        assert "Tare refused" not in at.said


def test_the_window_turns_to_the_recording_when_it_has_ended(live):
    with live(stays=False, then_replay=True) as at:
        at.until(lambda: at.stage.source.table.rows > 10)
        path = at.stage.source.status.session
        assert not Path(path).exists()
        at.press(Qt.Key.Key_R, modifier=Qt.KeyboardModifier.ShiftModifier)
        at.until(lambda: not at.window.live)
        with open_session(path) as session:
            assert at.stage.source.table.equals(StepTable(session.steps()))
        at.until(lambda: at.stage.scene.rows > 2)
        assert at.recorder.wait()["session"] == path


def test_without_being_told_to_it_stays_and_offers_the_recording(live):
    with live(stays=False) as at:
        at.until(lambda: at.stage.source.table.rows > 3)
        at.press(Qt.Key.Key_R, modifier=Qt.KeyboardModifier.ShiftModifier)
        at.until(lambda: at.face == "Recording ended: s.h5")
        at.recorder.wait()
        assert at.window.live
        rows = at.stage.source.table.rows
        assert at.stage.scene.rows == rows > 3  # still to be looked at
        at.press(Qt.Key.Key_M)
        assert "there is nobody to command" in at.said
        at.qtbot.mouseClick(at.stage.controls.recording.replay, Qt.MouseButton.LeftButton)
        assert not at.window.live


def test_a_recorder_that_dies_is_told_and_says_how_to_save_the_session(live, capfd):
    with live(stays=False, then_replay=True) as at:
        at.until(lambda: at.stage.source.last_s > 1)
        os.kill(at.recorder.pid, signal.SIGKILL)
        words = "The recorder died; what was recorded: stance recover s.h5"
        at.until(lambda: at.face == words, timeout=8_000)
        at.qtbot.wait(300)
        assert at.window.live  # there is no session to turn to
        assert not at.stage.controls.recording.replay.isVisible()
        assert any("stance recover" in item.reason for item in at.stage.health.items if item.level == "red")
        at.press(Qt.Key.Key_M, Qt.Key.Key_R, Qt.Key.Key_Space, Qt.Key.Key_L, Qt.Key.Key_Left)
        at.qtbot.wait(100)
    assert "Traceback" not in capfd.readouterr().err


def test_a_silent_recorder_is_told_and_followed_again(live):
    with live("virtual://virtual?seed=2", stays=False) as at:
        at.until(lambda: at.stage.source.last_s > 0.5)
        os.kill(at.recorder.pid, signal.SIGSTOP)
        at.until(lambda: at.face == "The recorder does not answer")
        last_s = at.stage.source.last_s
        os.kill(at.recorder.pid, signal.SIGCONT)
        at.until(lambda: at.face == "s.h5" and at.stage.curve.edge_s > last_s + 1)


def test_closing_the_window_leaves_the_recorder_alone(live):
    with live(stays=False) as at:
        at.until(lambda: at.stage.source.last_s > 1)
        at.press(Qt.Key.Key_W, modifier=Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()
        assert not at.window.isVisible()
        with at.recorder.connect() as control:
            assert control.call("status")["state"] == "recording"
            control.call("stop")
        assert check_whole(at.recorder.wait()["session"]) > 1000
