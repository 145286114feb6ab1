"""What the health line says, state by state; and how it is drawn."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QVBoxLayout, QWidget
from recorderstory import ENDED, RECORDING, SILENT, Story
from stillsource import still_source

from analysis.machine_lights import drift_light, zero_light
from analysis.quality import Light, closure_light, frames_light, steps_light
from analysis.steps import EMPTY
from viewer.health.belt_load import Visited, belt_load
from viewer.health.health import Verdict, health, size, span, verdict
from viewer.health.health_item import LEVELS, SYMBOLS, UNKNOWN, Item
from viewer.health.health_line import HealthLine
from viewer.health.health_settled import PATIENCE_S, Settled
from viewer.report.labels import LIGHTS
from viewer.source import Scene, Status

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # said by the screen that is only memory
NOISE = Light("noise", "green", 0.26, 2.0, "N", "0.26 N rms in flight")
LIGHTS_FINE = (closure_light(1.002, "mass"), drift_light([0.5], ["A"], 100), NOISE)


NOTHING_FOUND = (zero_light(False), steps_light(EMPTY))


def of(status, lights=LIGHTS_FINE, *, live=True, rate=1000.0, **more):
    return {item.name: item for item in health(status, lights, live, rate, **more)}


def test_a_good_recording_is_green_everywhere():
    items = of(RECORDING)
    named = {
        "recorder",
        "rate",
        "frames",
        "latency",
        "saturation",
        "disk",
        "clock",
        "zero",
        "weight_closure",
        "drift",
        "noise",
    }
    assert named <= set(items)
    assert {item.level for item in items.values()} == {"green"}
    assert verdict(tuple(items.values())) == Verdict("green", "")
    shorts = [items[name].short for name in ("rate", "frames", "latency", "disk", "clock", "weight_closure", "drift")]
    assert shorts == [
        "1,000 Hz", "0 lost", "38 ms", "disk 5 h 10 min", "clock −12 ppm", "weight 1.002", "drift 0.5 N/min",
    ]  # fmt: skip


@pytest.mark.parametrize(("change", "name", "level", "words"), [
    ({"rate_Hz": 1004.9}, "rate", "green", "1,004.9"),
    ({"rate_Hz": 1005.1}, "rate", "amber", "instead of 1,000 (0.5 %)"),
    ({"rate_Hz": 994.9}, "rate", "amber", "(−0.5 %)"),
    ({"rate_Hz": 949.0}, "rate", "red", "check the cable"),
    ({"rate_Hz": 0.0}, "rate", "red", "no frames arrive"),
    ({"rate_Hz": 0.0, "unplugged": True}, "rate", "red", "unplugged – waiting for it"),
    ({"unplugged": True, "elapsed_s": 1.0}, "rate", "red", "plug the board in again"),
    ({"rate_Hz": 700.0, "elapsed_s": 1.9}, "rate", "info", UNKNOWN),
    ({"lost": 1}, "frames", "amber", "1 frame lost"),
    ({"corrupt": 2}, "frames", "amber", "2 damaged"),
    ({"lost": 40, "corrupt": 43}, "frames", "amber", "40 frames lost, 43 damaged"),
    ({"lost": 40, "corrupt": 44}, "frames", "red", "USB cable"),
    ({"resets": 1}, "frames", "amber", "1 reset of the board"),
    ({"latency_ms": 120.0}, "latency", "green", "120 ms"),
    ({"latency_ms": 121.0}, "latency", "amber", "close other programs"),
    ({"latency_ms": 501.0}, "latency", "red", "501 ms"),
    ({"latency_ms": None}, "latency", "info", UNKNOWN),
    ({"saturated": 1}, "saturation", "amber", "1 reading at the end"),
    ({"disk_left_s": 1801.0}, "disk", "green", "30 min"),
    ({"disk_left_s": 1799.0}, "disk", "amber", "29 min"),
    ({"disk_left_s": 299.0}, "disk", "red", "make room"),
    ({"disk_left_s": None}, "disk", "info", "32.0 GB free"),
    ({"disk_left_s": None, "disk_free_bytes": None}, "disk", "info", UNKNOWN),
    ({"clock_ppm": 2999.0}, "clock", "green", "2,999 ppm"),
    ({"clock_ppm": 3001.0}, "clock", "amber", "0.30 % fast"),
    ({"clock_ppm": -9000.0}, "clock", "amber", "0.90 % slow"),
    ({"clock_ppm": None}, "clock", "info", UNKNOWN),
    ({"taring": True}, "tare", "info", "keep off the belt"),
    ({"state": "waiting"}, "recorder", "info", "nothing is being recorded"),
    ({"state": "ended"}, "recorder", "info", "has ended"),
    ({"state": "silent"}, "recorder", "red", "recorder does not answer"),
])  # fmt: skip
def test_each_state_has_its_level_and_reason(change, name, level, words):
    item = of(replace(RECORDING, **change))[name]
    assert (item.level, words in item.reason) == (level, True), item


def test_nothing_is_green_before_it_is_known():
    items = of(Status("waiting"), ())
    assert {item.level for item in items.values()} == {"info"}
    assert sum(item.reason == UNKNOWN for item in items.values()) >= 9
    assert verdict(tuple(items.values())).level == "info"
    assert {item.level for item in of(None, (), live=False).values()} == {"info"}


@pytest.mark.parametrize(("elapsed_s", "visited", "state", "level"), [
    (19.9, True, "recording", "info"), (60.0, False, "recording", "info"), (60.0, False, "waiting", "info"),
    (20.1, True, "recording", "red"), (20.1, True, "ended", "red"), (10.0, True, "ended", "red"),
])  # fmt: skip
def test_steps_and_zero_are_no_trouble_before_anybody_ran(elapsed_s, visited, state, level):
    items = of(replace(RECORDING, state=state, elapsed_s=elapsed_s), NOTHING_FOUND, visited=visited)
    assert (items["steps"].level, items["zero"].level) == (level, level)
    if level == "info":
        assert items["steps"].reason == "waiting for steps"
        assert items["zero"].reason == "zero not known yet: tare, or run"
        assert verdict(tuple(items.values())).level == "green"
    else:
        assert items["steps"].reason == "no step was found"
        assert "no zero was found" in items["zero"].reason


def test_a_recorded_session_without_steps_is_red_however_short():
    assert {item.level for item in of(None, NOTHING_FOUND, live=False, visited=False).values()} >= {"red"}
    assert of(None, NOTHING_FOUND, live=False)["steps"].level == "red"


def test_a_recorder_that_died_is_red_and_says_how_to_save_what_there_is():
    items = of(replace(ENDED, session="/data/r 7.h5"), died=True)
    assert items["recorder"].level == "red"
    assert verdict(tuple(items.values())).text.endswith('died; type: stance recover "/data/r 7.h5"')
    assert of(ENDED)["recorder"].level == "info"


def test_the_line_tells_a_dead_recorder_from_an_ended_one(line, tmp_path):
    path = tmp_path / "s.h5"
    line.refresh(Story(replace(ENDED, session=str(path))).scene())
    assert shown(line)[0] == "problem"
    assert "died" in shown(line)[1]
    path.touch()
    line.refresh(Story(replace(ENDED, session=str(path)), lights=LIGHTS_FINE).scene())
    assert "problem" not in shown(line)


def belt(loads, *, last_s=None):
    """A growing source whose belt carried these newtons, second for second; half of the time nothing of it."""
    source = still_source(live=True)
    source.wrench = np.zeros((1, 6, 1000 * len(loads)), np.float32)
    source.wrench[0, 2, ::2] = 2.0 * np.repeat(loads, 1000)[::2]
    source.end_s = float(last_s or len(loads))
    return source


def test_who_was_on_the_belt_is_remembered_until_the_next_recording():
    source, visited = belt([0, 0, 0, 700, 0, 0, 0], last_s=3.0), Visited()
    assert not visited.feed(source)
    source.end_s = 4.0
    assert visited.feed(source)
    source.end_s = 7.0
    assert visited.feed(source)
    source.take += 1
    source.wrench[:] = 0.0
    assert not visited.feed(source)


def test_who_was_there_before_the_window_counts_too_but_not_a_force_before_any_zero():
    assert Visited().feed(belt([0, 0, 700, 0, 0, 0]))
    assert not Visited().feed(belt([0, 0, 140, 0, 0, 0]))
    assert not Visited().feed(belt([900], last_s=0.9)), "there may be no zero at all yet"
    source = belt([0] * 5)
    source.wrench[:, :, 2000:2600] = np.nan
    assert not Visited().feed(source)


def test_the_load_is_that_of_the_last_half_second_and_of_the_fuller_belt():
    source = belt([0, 700, 700, 300])
    source.lights = ()
    assert belt_load(source) == (pytest.approx(300.0, rel=0.01), False)
    source.wrench = np.concatenate([source.wrench, 2.0 * source.wrench])
    source.lights = LIGHTS_FINE
    assert belt_load(source) == (pytest.approx(600.0, rel=0.01), True)
    source.lights = NOTHING_FOUND
    assert belt_load(source)[1] is False
    source.wrench[:] = np.nan
    assert belt_load(source)[0] == 0.0
    assert belt_load(None) == (0.0, False)


def test_the_line_waits_for_steps_and_then_does_not(line):
    source = belt([0] * 30, last_s=10.0)
    source.lights = NOTHING_FOUND
    source.status = replace(source.status, elapsed_s=10.0)
    line.refresh(Scene(source, 0.0, 0))
    assert "problem" not in shown(line)
    source.end_s, source.status = 30.0, replace(source.status, elapsed_s=30.0)
    line.refresh(Scene(source, 0.0, 0))
    assert "problem" not in shown(line), "nobody has been there"
    source.wrench[:, 2, -1000:] = 700.0
    line.refresh(Scene(source, 0.0, 0))
    assert shown(line)[0] == "problem"


def test_what_a_silent_recorder_said_last_is_no_news():
    items = of(replace(RECORDING, state="silent", lost=3))
    assert items["rate"].level == items["latency"].level == items["disk"].level == "info"
    assert items["frames"].level == "amber", "what was lost stays lost"
    assert verdict(tuple(items.values())).text == items["recorder"].reason
    assert "rate" not in of(ENDED)


@pytest.mark.parametrize(("light", "level", "words", "value", "limit"), [
    (closure_light(1.04, "mass"), "red", "check the mass", "1.040", "1 ± 0.01"),
    (closure_light(None, "strides"), "info", "give the runner's mass", "", "1 ± 0.01"),
    (drift_light([12.0, -3.0], ["A", "B"], 100), "amber", "cell A drifts most", "12.0 N/min", "up to 5 N/min"),
    (zero_light(False), "red", "no zero was found", "", ""),
    (frames_light(1000, 5, 0), "red", "5 of 1,005 frames lost", "0.5 %", "none"),
    (Light("cells", "red", 1.0, 0.0, "", "XR: the reading never changed"), "red", "XR", "1", "none"),
    (Light("vertical_mode", "amber", 63.0, 90.0, "Hz", "63 Hz"), "amber", "63 Hz", "63.0 Hz", "at least 90 Hz"),
    (Light("noise", "green", -0.001, 2.0, "N", "none"), "green", "none", "0.0 N", "up to 2 N"),
])  # fmt: skip
def test_a_session_light_keeps_its_state_and_words(light, level, words, value, limit):
    item = of(None, (light,), live=False)[light.name]
    assert (item.level, item.value, item.limit) == (level, value, limit)
    assert words in item.reason
    assert item.reason == light.text
    assert item.label == LIGHTS.get(light.name, "Weight closure")


def test_lost_frames_are_said_once():
    assert "lost_frames" not in of(RECORDING, (frames_light(1000, 5, 0),))
    assert "lost_frames" in of(None, (frames_light(1000, 5, 0),), live=False)


def test_every_light_of_a_real_session_is_there_and_as_it_was():
    source = still_source(mass_kg=82.9)
    items = of(None, source.lights, live=False)
    for light in source.lights:
        assert (items[light.name].level, items[light.name].reason) == (light.state, light.text)


def test_the_worst_is_spelled_out_and_the_first_of_them():
    status = replace(RECORDING, lost=1, disk_left_s=10.0)
    found = verdict(health(status, (closure_light(1.04, "mass"),), True, 1000.0))
    assert (found.level, found.name) == ("red", "disk")
    assert verdict(health(RECORDING, (closure_light(1.02, "mass"),), True, 1000.0)).text.startswith(
        "Weight closure: mean"
    )


def test_shapes_and_words_differ_for_every_level():
    assert len(set(SYMBOLS.values())) == len(set(LEVELS.values())) == 4
    assert set(SYMBOLS) == set(LEVELS)


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (-3, "0 s"), (1799, "29 min"), (18600, "5 h 10 min"),
                                               (7200, "2 h"), (90000, "25 h"), (300000, "3 days")])  # fmt: skip
def test_times_are_rough(seconds, words):
    assert span(seconds) == words


def test_room_on_the_disk():
    assert [size(820_000_000), size(32_100_000_000)] == ["820 MB", "32.1 GB"]


def test_one_slow_moment_is_no_news_but_a_lasting_one_is():
    settled = Settled()
    fine, slow = Item("latency", "green", "", ""), Item("latency", "red", "", "")
    lost = Item("frames", "red", "", "")
    assert settled.feed([fine], 0.0) == (fine,)
    assert settled.feed([slow, lost], 1.0) == (fine, lost), "what is counted is told at once"
    assert settled.feed([fine], 1.5) == (fine,)
    assert settled.feed([slow], 2.0) == (fine,)
    assert settled.feed([slow], 2.0 + PATIENCE_S) == (slow,)
    assert settled.feed([fine], 4.0) == (fine,)


@pytest.fixture
def line(qtbot, theme, monkeypatch):
    monkeypatch.setattr("viewer.health.health_line.EVERY_S", 0.0)
    window = QWidget()
    made = HealthLine(theme)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addStretch(1)
    column.addWidget(made)
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    made.window_ = window
    return made


def shown(line):
    return [piece.text for piece in line.strip.pieces]


def test_all_nine_are_on_the_line_when_all_is_well(line):
    line.refresh(Story(RECORDING, lights=LIGHTS_FINE).scene())
    assert shown(line) == ["fine", "1,000 Hz", "0 lost", "38 ms", "0 saturated", "disk 5 h 10 min", "clock −12 ppm",
                           "weight 1.002", "drift 0.5 N/min", "noise 0.3 N"]  # fmt: skip


@pytest.mark.parametrize("width", [1280, 1000, 700])
def test_pieces_neither_overlap_nor_leave_the_line(line, width):
    line.window_.resize(width, 300)
    story = Story(replace(RECORDING, lost=3, saturated=2, disk_left_s=20.0, taring=True), lights=LIGHTS_FINE)
    story.working = "analysing, 42 %"
    line.refresh(story.scene())
    pieces = line.strip.pieces
    assert "analysing, 42 %" in shown(line)
    for piece, after in itertools.pairwise(pieces):
        assert piece.x + piece.width < after.x
    assert pieces[-1].x + pieces[-1].width <= line.strip.width()
    assert line.strip.height() >= QFontMetrics(line.font()).height()


def test_trouble_comes_before_what_is_fine_and_the_rest_is_counted(line):
    line.window_.resize(900, 300)
    story = Story(replace(RECORDING, lost=30, latency_ms=200.0, disk_left_s=20.0), lights=LIGHTS_FINE)
    line.refresh(story.scene())
    texts = shown(line)
    assert texts[0] == "problem"
    assert texts[2:4] == ["30 lost", "200 ms"]
    assert texts[-1].startswith("+")
    assert line.strip.pieces[-1].whole.count("\n") == int(texts[-1][1:]) - 1


def test_a_cut_sentence_is_whole_in_its_tooltip(line):
    line.window_.resize(800, 300)
    line.refresh(Story(replace(RECORDING, saturated=17), lights=LIGHTS_FINE).scene())
    sentence = line.strip.pieces[1]
    assert sentence.text.endswith("…")
    assert sentence.whole.endswith("cell's wiring")
    spot = QPoint(int(sentence.x) + 5, 5)
    QApplication.sendEvent(line.strip, QHelpEvent(QEvent.Type.ToolTip, spot, line.strip.mapToGlobal(spot)))
    assert QToolTip.text() == sentence.whole
    QToolTip.hideText()


def test_the_verdict_is_drawn_in_its_colour(line, theme):
    line.refresh(Story(replace(RECORDING, disk_left_s=20.0), lights=LIGHTS_FINE).scene())
    assert theme.bad in colours(line.strip)
    line.refresh(Story(RECORDING, lights=LIGHTS_FINE).scene())
    assert theme.bad not in colours(line.strip)
    assert theme.good in colours(line.strip)
    assert "fine" in line.strip.accessibleDescription()


def colours(widget):
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_click_opens_every_check_with_value_limit_and_words(line, qtbot):
    story = Story(RECORDING, lights=still_source(mass_kg=82.9).lights)
    line.refresh(story.scene())
    QTest.mouseClick(line.strip, Qt.MouseButton.LeftButton)
    assert line.panel.isVisible()
    assert line.panel.parentWidget() is line.window_
    rows = {labels[1].text(): [label.text() for label in labels] for labels in line.panel.rows}
    assert len(rows) == len(line.items)
    for item in line.items:
        assert rows[item.label] == [
            f"{SYMBOLS[item.level]} {LEVELS[item.level]}",
            item.label,
            item.value,
            item.limit,
            item.reason,
        ]
    assert line.window_.rect().contains(line.panel.geometry())
    story.status = replace(RECORDING, lost=3)
    line.refresh(story.scene())
    assert "▲ look" in [labels[0].text() for labels in line.panel.rows]
    QTest.mouseClick(line.button, Qt.MouseButton.LeftButton)
    assert not line.panel.isVisible()
    assert not line.close_panel()


def test_no_word_of_the_list_is_cut_off(line):
    line.refresh(Story(RECORDING, lights=still_source(mass_kg=82.9).lights).scene())
    line.toggle_panel()
    QApplication.processEvents()
    for labels in line.panel.rows:
        for label in labels:
            assert label.width() >= label.minimumSizeHint().width()
            assert label.height() >= (
                label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            )


def test_the_list_goes_with_its_line(line, qtbot):
    line.refresh(Story(RECORDING).scene())
    line.toggle_panel()
    panel = line.panel
    with qtbot.waitSignal(panel.destroyed):
        line.deleteLater()
    line.window_.resize(900, 500)


def test_another_source_is_told_at_once(line, monkeypatch):
    monkeypatch.setattr("viewer.health.health_line.EVERY_S", 1e9)
    line.refresh(Story(RECORDING, lights=LIGHTS_FINE).scene())
    same = Story(SILENT)
    line.refresh(same.scene())
    assert shown(line)[0] == "problem"
    same.status = RECORDING
    line.refresh(same.scene())
    assert shown(line)[0] == "problem", "not more often than anyone can read"
