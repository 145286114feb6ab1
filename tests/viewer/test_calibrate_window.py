"""The window of a calibration: a whole rehearsal on a virtual treadmill, and what happens when something is amiss."""

import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from analysis.errors import AnalysisError
from daq.calibration import load_calibration
from daq.errors import LinkError
from daq.rig import load_rig
from daq.stream import Stream
from rigs.hand import hand_on
from rigs.procedures.calibrating import CalibrationRun
from rigs.procedures.plan_loads import Plan, surfaces, weight
from rigs.rehearsal import rehearsing
from rigs.sources import Load
from viewer.calibrate.app import writer
from viewer.calibrate.cell_bars import STEPS, CellBars
from viewer.calibrate.spots import key_of, spots_of
from viewer.calibrate.window import CalibrateWindow
from viewer.report.certificate_verdict import verdict_words
from viewer.theme import THEMES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
WAIT_MS = 60_000
CORNERS = ("front left", "front right", "rear left", "rear right")


def short_plan(rig, *, places=("centre", *CORNERS), masses=(20, 40, 60)):
    """Just enough to fit four vertical cells."""
    loads = [weight(surface, place, kg, 9.80665) for surface in surfaces(rig) for place in places for kg in masses]
    return Plan((None, *loads, None))


@pytest.fixture
def rig():
    return load_rig("deck_4z", calibration="none")


@pytest.fixture
def window_on(qtbot, rig, tmp_path):
    """Opens a window on a device."""
    opened = []

    def make(open_stream, run=None, theme="light", on_step=None):
        run = run or CalibrationRun(rig, short_plan(rig), tmp_path / "progress.toml")
        write = writer(run, tmp_path / "my.calibration.toml", tmp_path / "my.calibration.html", "A. Maker", "")
        window = CalibrateWindow(run, open_stream, write, theme=theme, on_step=on_step)
        qtbot.addWidget(window)
        opened.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)  # before that no key is a shortcut
        return window

    yield make
    for window in opened:
        window.close()


def press(window, key):
    QTest.keyClick(window, key)


def ready(qtbot, window):
    qtbot.waitUntil(lambda: window.guide.take.isEnabled() or bool(window.guide.box.text), timeout=WAIT_MS)


def test_a_whole_rehearsal(qtbot, rig, window_on, tmp_path):
    run = CalibrationRun(rig, short_plan(rig), tmp_path / "progress.toml")
    with rehearsing(rig, run.plan, "gain_error_pct=3&seed=4") as (player, url):
        window = window_on(lambda: Stream(rig, url), run, on_step=player.act)
        assert window.guide.words.text() == run.step.instruction
        while run.step is not None:
            assert window.guide.count.text() == f"Step {run.step.number} of {run.step.total}"
            before = run.step
            ready(qtbot, window)
            assert window.guide.box.text == ""
            press(window, Qt.Key.Key_Space if before.number % 2 else Qt.Key.Key_Return)
            assert run.step != before
        assert len(run.readings) == 15
        qtbot.waitUntil(window.guide.finish.isEnabled, timeout=WAIT_MS)
        offs = [window.readings.table.item(row, 3).text().replace("−", "-") for row in range(15)]
        fitted = run.fit()
        np.testing.assert_allclose([float(off) for off in offs], -fitted.residual[:, 2], atol=0.0051)
        assert f"{fitted.quality.residual_Fz_N:.2f} N" in window.readings.words.text()
        press(window, Qt.Key.Key_F)
        qtbot.waitUntil(lambda: window.saved, timeout=WAIT_MS)
    calibration = load_calibration(tmp_path / "my.calibration.toml")
    assert calibration.operator == "A. Maker"
    assert window.ending.verdict.text() == verdict_words(calibration.quality, False)
    page = (tmp_path / "my.calibration.html").read_text(encoding="utf-8")
    assert re.sub(" (?=[%m])", "\u00a0", window.ending.verdict.text()) in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my.calibration.html", "my.calibration.toml"]
    assert window.focusWidget() is window.ending.certificate


def test_closing_in_the_middle_keeps_what_was_read(qtbot, rig, window_on, tmp_path):
    run = CalibrationRun(rig, short_plan(rig), tmp_path / "progress.toml")
    with rehearsing(rig, run.plan, "seed=4") as (player, url):
        window = window_on(lambda: Stream(rig, url), run, on_step=player.act)
        for _ in range(3):
            ready(qtbot, window)
            window.guide.take.click()
        window.close()
        assert not window.device._thread.is_alive()
        again = CalibrationRun.resume(tmp_path / "progress.toml", rig)
        assert [reading.load.label for reading in again.readings] == ["20 kg at centre", "40 kg at centre"]
        window = window_on(lambda: Stream(rig, url), again, on_step=player.act)
        assert again.step.load is None, "the empty belt comes first"
        assert window.readings.table.rowCount() == 2
        ready(qtbot, window)
        window.guide.take.click()
        assert again.step.load.label == "60 kg at centre"


def test_a_wrong_load_is_asked_about(qtbot, rig, window_on):
    with hand_on("deck_4z", "speed=max&seed=1") as (hand, url):
        window = window_on(lambda: Stream(rig, url))
        ready(qtbot, window)
        assert window.guide.take.text() == "Take reading"
        window.guide.take.click()
        hand.put(Load((0.0, 0.0, 3.0), 0.0, 0.0))  # as good as nothing
        qtbot.waitUntil(window.guide.insist.isEnabled, timeout=WAIT_MS)
        assert not window.guide.take.isEnabled()
        window.guide.insist.click()
        box = window.guide.box
        assert box.text
        assert window.run.readings == ()
        assert [button.text() for button in box.buttons] == ["Repeat", "Take it anyway"]
        qtbot.waitUntil(lambda: not window.guide.take.isEnabled(), timeout=WAIT_MS)
        press(window, Qt.Key.Key_R)
        assert box.text == ""
        hand.put(Load((0.0, 0.0, 89.0), 0.0, 0.0))  # 20 lb, not 20 kg
        ready(qtbot, window)
        window.guide.take.click()
        said = box.text
        assert said
        press(window, Qt.Key.Key_A)
        assert window.run.readings[0].remark == said
        assert window.readings.table.item(0, 4).text() == said
        press(window, Qt.Key.Key_Backspace)
        assert window.run.readings == ()
        press(window, Qt.Key.Key_K)
        assert window.run.step.load.label == "40 kg at centre"


def test_unplugged_and_plugged_in_again(qtbot, rig, window_on, monkeypatch):
    monkeypatch.setattr("viewer.calibrate.device_thread.AGAIN_S", 0.05)
    unplug, plugged = threading.Event(), threading.Event()

    class Loose(Stream):
        def read(self, timeout_s=0.02):
            if unplug.is_set():
                raise LinkError(self.port, expected="a device", seen="that it went away")
            return super().read(timeout_s)

    def opened():
        if unplug.is_set() and not plugged.is_set():
            raise LinkError("port", expected="a device", seen="none")
        unplug.clear()
        return Loose(rig, url)

    with hand_on("deck_4z", "speed=max&seed=1") as (_, url):
        window = window_on(opened)
        ready(qtbot, window)
        window.guide.take.click()
        assert window.run.step.number == 2
        unplug.set()
        qtbot.waitUntil(lambda: "went away" in window.guide.device.text or "none" in window.guide.device.text,
                        timeout=WAIT_MS)  # fmt: skip
        assert not window.guide.take.isEnabled()
        plugged.set()
        qtbot.waitUntil(lambda: window.guide.device.text == "", timeout=WAIT_MS)
        qtbot.waitUntil(lambda: window.run.step.load is None, timeout=WAIT_MS)
        ready(qtbot, window)  # the empty belt once more, then on
        window.guide.take.click()
        assert window.run.step.load.label == "20 kg at centre"


def nothing():
    """A port that is not there."""
    raise LinkError("/dev/ttyUSB9", expected="a device", seen="none")


def test_a_device_that_is_not_there_is_said(qtbot, window_on):
    window = window_on(nothing)
    qtbot.waitUntil(lambda: "/dev/ttyUSB9" in window.guide.device.text, timeout=WAIT_MS)
    assert window.guide.state.text() == "Waiting for the device."
    press(window, Qt.Key.Key_Space)
    assert window.guide.box.text == "", "Space does nothing while there is nothing to take"


def test_what_cannot_be_written_is_said_and_can_be_tried_again(qtbot, window_on, tmp_path):
    window = window_on(nothing)
    window.fitter.fit = SimpleNamespace(residual=np.zeros((0, 6)), outlying=())
    window._enable()
    window.guide.finish.click()  # nothing was read: the true fit refuses
    qtbot.waitUntil(lambda: bool(window.guide.box.text), timeout=WAIT_MS)
    assert not window.saved
    assert list(tmp_path.iterdir()) == []


def test_outlying_readings_are_put_up_at_the_end(qtbot, window_on):
    done = SimpleNamespace(calls=[])
    window = window_on(nothing)
    run = window.run
    load = run.plan.known[0]
    reading = SimpleNamespace(load=load, remark="", accepted=True)
    window.run = SimpleNamespace(
        rig=run.rig, plan=run.plan, step=None, done=True, readings=(reading,), fit=lambda: fit,
        repeat=lambda which: done.calls.append(("repeat", which)),
        leave_out=lambda which, why: done.calls.append(("leave out", which)),
    )  # fmt: skip
    quality = SimpleNamespace(residual_Fz_N=0.3, residual_cop_mm=None, residual_Fx_N=None)
    fit = SimpleNamespace(residual=np.full((1, 6), 0.25), outlying=(0,), quality=quality)
    window.fitter._work = window.run.fit
    window.fitter.begin()
    qtbot.waitUntil(lambda: bool(window.guide.box.text), timeout=WAIT_MS)
    assert "reading 1 (20 kg at centre)" in window.guide.box.text
    assert window.readings.table.item(0, 3).text() == "−0.25"
    assert window.readings.table.item(0, 4).text().startswith("▲")
    press(window, Qt.Key.Key_A)
    assert done.calls == [("leave out", (0,))]
    qtbot.waitUntil(lambda: bool(window.guide.box.text), timeout=WAIT_MS)
    press(window, Qt.Key.Key_R)
    assert done.calls[1:] == [("repeat", (0,))]
    qtbot.waitUntil(lambda: bool(window.guide.box.text), timeout=WAIT_MS)
    assert [button.text() for button in window.guide.box.buttons] == ["Repeat", "Leave out", "Keep them"]
    press(window, Qt.Key.Key_K)
    assert len(done.calls) == 2
    window._show_fit()
    assert window.guide.box.text == "", "kept is kept"
    qtbot.waitUntil(window.guide.finish.isEnabled, timeout=WAIT_MS)


def test_too_few_loads_bring_the_skipped_ones_back(qtbot, window_on):
    window = window_on(nothing)
    true = window.run
    run = SimpleNamespace(rig=true.rig, plan=true.plan, step=None, done=True, readings=(), skipped=[1, 2])

    def fit():
        raise AnalysisError("calibration", expected="loads", seen="no load at the front")

    def unskip():
        again = bool(run.skipped)
        run.skipped, run.step, run.done = [], true.step if again else None, not again
        return again

    run.fit, run.unskip, window.run = fit, unskip, run
    window.fitter._work = fit
    window.fitter.begin()
    qtbot.waitUntil(lambda: "skipped" in window.guide.box.text, timeout=WAIT_MS)
    assert "no load at the front" in window.guide.box.text
    assert window.guide.words.text() == true.step.instruction
    run.step, run.done = None, True  # skipped nothing this time, and there is still too little
    press(window, Qt.Key.Key_R)
    window.fitter.begin()
    qtbot.waitUntil(lambda: "Go back" in window.guide.box.text, timeout=WAIT_MS)
    press(window, Qt.Key.Key_R)
    window._enable()
    assert window.guide.back.isEnabled()


def test_pictures_tell_in_words_too(window_on):
    window = window_on(nothing)
    window._next_step()
    assert "0 of 15 loads are read" in window.belt.accessibleDescription()
    assert "empty" in window.belt.accessibleDescription()
    window.cells.show_values(np.array([1.0, -2.0, 30.0, 4.0]), np.zeros((1, 6)))
    assert "RL 30 N" in window.cells.accessibleDescription()
    for button in (window.guide.take, window.guide.skip, window.guide.back, window.guide.finish):
        assert button.accessibleName() == button.text()
        assert button.toolTip()


def test_scale_of_the_bars_holds_what_there_is(qtbot, rig, theme):
    bars = CellBars(rig, theme)
    qtbot.addWidget(bars)
    for value in (0.0, 19.0, 150.0, 90.0, 20_000.0, 1.0):
        bars.show_values(np.array([value, 0, 0, 0]), np.zeros((1, 6)))
        assert bars._scale_N >= value
        assert bars._scale_N in STEPS


@pytest.mark.parametrize("name", ["frame_8", "split_belt"])
def test_every_load_has_its_spot(name):
    rig = load_rig(name, calibration="none")
    plan = short_plan(rig)
    spots = spots_of(plan.loads, [SimpleNamespace(load=plan.known[0])])
    assert sum(spot.planned for spot in spots) == len(plan.known)
    assert sum(spot.done for spot in spots) == 1
    assert {spot.key for spot in spots} == {key_of(load) for load in plan.known}
    assert len(spots) == 5 * len(surfaces(rig))


def test_colours_change_at_a_key(qtbot, window_on):
    window = window_on(nothing)
    press(window, Qt.Key.Key_D)
    assert window.theme is THEMES["dark"]
    press(window, Qt.Key.Key_D)
    assert window.theme is THEMES["light"]
