"""The large numbers beside a recorder: what they keep from take to take, and what they wait for."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from stillsource import recorded, still_source

from analysis.steps import StepTable
from daq.replay import Replay
from daq.session import open_session
from viewer.numbers.big_numbers import BigNumbers
from viewer.numbers.large_type import LargeType
from viewer.numbers.targets import Target
from viewer.numbers.trends import latest, shown
from viewer.source import Scene
from viewer.theme import DARK, LIGHT


def count_pixels(widget, colour):
    picture = widget.grab().toImage()
    wanted = QColor(colour).rgb()
    return sum(picture.pixel(x, y) == wanted for x in range(picture.width()) for y in range(picture.height()))


@pytest.fixture
def live():
    """Running, and known up to second 20."""
    live = still_source(live=True, mass_kg=82.9)
    live.end_s = 20.0
    return live


def now_of(live):
    return Scene(live, live.end_s, live.table.rows)


def begin_take(live, state, end_s=1.5):
    """The recorder goes over to another take, of which no step is known yet."""
    live.take += 1
    live.end_s, live.status = end_s, replace(live.status, state=state)
    known, live._table = live._table, live._table.select(np.zeros(0, int))
    return known


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("kind", [BigNumbers, LargeType])
def test_record_and_stop_keep_the_numbers_until_there_are_new_ones(qtbot, live, kind, theme):
    panel = kind(theme)
    qtbot.addWidget(panel)
    panel.resize(700, 620)
    live.status = replace(live.status, state="waiting")
    panel.refresh(now_of(live))
    said = [(tile.face.text(), tile.face.text("L")) for tile in panel.tiles[:2]]
    cadence = panel.tiles[0].face.reading.value
    panel.set_targets({"cadence_spm": Target("cadence_spm", cadence + 10, cadence + 20)})
    assert count_pixels(panel.tiles[0], theme.warn) > 300
    table = begin_take(live, "recording")
    panel.refresh(now_of(live))
    assert [(tile.face.text(), tile.face.text("L")) for tile in panel.tiles[:2]] == said
    assert {tile.face.state for tile in panel.tiles[:2]} == {"before this recording"}
    assert "Before this recording" in panel.tiles[0].toolTip()
    assert panel.tiles[0].face.words.startswith("target ")
    assert count_pixels(panel.tiles[0], theme.warn) == 0
    assert count_pixels(panel.tiles[0], theme.dim) > 300
    panel.set_count(4)  # what is kept can be looked at otherwise
    assert panel.tiles[1].face.text() == shown(
        "contact_time_ms", latest(table.select(table["touchdown_s"] < 19.0), "contact_time_ms", "", 4)
    )
    live._table, live.end_s = table, 4.0
    panel.refresh(now_of(live))
    assert panel.tiles[1].face.state == "4 left + 4 right steps"
    assert panel.tiles[1].face.text() == shown("contact_time_ms", latest(live.table, "contact_time_ms", "", 4))
    assert count_pixels(panel.tiles[0], theme.warn) > 300
    begin_take(live, "waiting")
    panel.refresh(now_of(live))
    assert {tile.face.state for tile in panel.tiles[:2]} == {"of the recording before"}
    begin_take(live, "recording")
    panel.refresh(now_of(live))
    assert panel.tiles[0].face.state == "before this recording"
    begin_take(live, "waiting")
    panel.refresh(now_of(live))
    assert panel.tiles[0].face.state == "before the last recording"


def test_a_page_behind_keeps_the_numbers_too(qtbot, live):
    panel, other = BigNumbers(LIGHT), LargeType(LIGHT)
    for each in (panel, other):
        qtbot.addWidget(each)
    panel.refresh(now_of(live))
    begin_take(live, "recording")
    panel.refresh(now_of(live))
    other.refresh(now_of(live))
    assert other.tiles[0].face == panel.tiles[0].face
    assert other.tiles[0].face.before


def test_another_source_begins_without_numbers(qtbot, live):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.refresh(now_of(live))
    begin_take(live, "recording")
    panel.refresh(now_of(live))
    panel.refresh(now_of(copy(live)))
    assert {tile.face.text() for tile in panel.tiles} == {"–"}
    assert not any(tile.face.before for tile in panel.tiles)


def test_a_metric_that_the_new_take_lacks_is_not_kept_for_ever(qtbot, live):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.refresh(now_of(live))
    table = begin_take(live, "recording")
    table = StepTable({**dict(table.items()), "contact_time_ms": np.full(table.rows, np.nan)})
    for rows, before in ((10, True), (25, False)):
        live._table, live.end_s = table.select(np.arange(rows)), 29.0
        panel.refresh(now_of(live))
        assert bool(panel.tiles[1].face.before) == before
        assert not panel.tiles[0].face.before
    assert panel.tiles[1].face.reason == "none in the last 20 steps"


def reasons(panel):
    return {tile.face.reason for tile in panel.tiles}


def test_tiles_say_what_they_wait_for(qtbot, live):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    live.end_s = 3.0
    panel.refresh(Scene(live, 3.0, 0))
    assert reasons(panel) == {"finding left and right"}
    known, live.bw_N = live.bw_N, np.nan
    panel.refresh(Scene(live, 4.0, 0))
    assert reasons(panel) == {"finding body weight: run on"}
    live.contact[:, :] = True  # stands
    panel.refresh(Scene(live, 5.0, 0))
    assert reasons(panel) == {"no steps yet"}
    live.contact[:, 3000:3200] = False
    live.bw_N, live.end_s = known, 9.0
    live.facts = replace(live.facts, belts=("L", "R"))
    panel.refresh(Scene(live, 6.0, 0))
    assert reasons(panel) == {"first steps on their way"}
    panel.refresh(Scene(live, 9.0, 0))
    assert reasons(panel) == {"no steps yet"}
    live.working = "analysing, 42 %"
    panel.refresh(Scene(live, 9.0, 0))
    assert reasons(panel) == {"analysing, 42 %"}
    live.working, live.missing = "", {"braking_impulse_BW_s": "not measured"}
    panel.refresh(Scene(live, 10.0, 0))
    assert reasons(panel) == {"not measured", "no steps yet"}


@pytest.mark.parametrize(("rig", "mass_kg", "first_row_s"), [
    ("virtual", 82.9, (3.5, 5.0)), ("virtual", None, (12.0, 16.0)), ("split_belt", 82.9, (0.5, 2.5)),
])  # fmt: skip
def test_what_is_said_of_the_wait_is_true(rig, mass_kg, first_row_s):
    """The first row of a live analysis comes when the words say, and body weight is the cause where they say so."""
    story = {"url": "virtual://split_belt?seed=1&speed=max", "rig": rig} if rig == "split_belt" else {}
    with open_session(recorded(**story, **({} if mass_kg is None else {"mass_kg": mass_kg}))) as session:
        replay, samples = Replay(session), 0
        for step in replay.steps(speed=20.0):
            samples += step.output.live.tick.size
            if step.output.steps.rows:
                break
            assert np.isnan(replay.analyser.bw_N) == (mass_kg is None)
        assert first_row_s[0] < samples / session.header.sample_rate_Hz < first_row_s[1]
        assert (step.output.steps["side"] != "?").all()
