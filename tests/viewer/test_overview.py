"""The whole session in one strip: dots at the right pixels, seeks and loops of the mouse."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from stillsource import still_source

from analysis.steps import EMPTY, StepTable
from viewer.source import Happening, Scene, rows_until
from viewer.theme import DARK, LIGHT
from viewer.time.overview import Overview
from viewer.time.overview_lanes import CADENCE, IMPACTS, Plan, lanes_of, thin
from viewer.time.times import clock, label_step, round_end

NOTES = (
    Happening(2.0, "tare", "zero taken with nobody on the belt"), Happening(5.0, "bout", "easy"),
    Happening(14.0, "marker", "new shoes"), Happening(20.0, "bout", ""), Happening(25.0, "gap", "34 frames lost"),
)  # fmt: skip
SHIFT = Qt.KeyboardModifier.ShiftModifier


def hour_of(source):
    """The same steps again and again for an hour, each with its own time."""
    table, times = source.table, 120
    again = np.repeat(np.arange(times), table.rows)
    columns = {name: np.tile(values, times) for name, values in table.items()}
    for name in ("touchdown_s", "toe_off_s"):
        columns[name] = columns[name] + 30.0 * again
    columns["step"] = np.arange(1, again.size + 1)
    source._table, source.end_s = StepTable(columns), 3600.0
    return source


def scene(source, now_s):
    return Scene(source, now_s, rows_until(source.table, now_s))


@pytest.fixture
def source():
    return still_source(mass_kg=82.9)


@pytest.fixture
def view(qtbot, source):
    made = Overview(LIGHT)
    qtbot.addWidget(made)
    made.resize(1280, 132)
    made.show()
    qtbot.waitExposed(made)
    made.refresh(scene(source, 10.0))
    return made


def pixels(view):
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()) & 0xFFFFFF


def colour(name):
    return QColor(name).rgb() & 0xFFFFFF


def columns_with(part, name):
    return set(np.flatnonzero((part == colour(name)).any(axis=0)).tolist())


def lane_part(view, number):
    box = view.plan.lane(number, 2)
    return pixels(view)[int(np.ceil(box.top())) : int(box.bottom())]


def test_every_dot_lies_at_its_touchdown_and_height(view, source):
    table, plan = source.table, view.plan
    lane = lanes_of(table)[0]
    assert lane.column == CADENCE
    view.refresh(scene(source, 0.0))  # the position line out of the way
    part, box = lane_part(view, 0), plan.lane(0, 2)
    for side in ("L", "R"):
        seen = columns_with(part, LIGHT.side(side))
        mine = table["valid"] & (table["side"] == side) & np.isfinite(table[CADENCE])
        x = plan.x_of(table["touchdown_s"][mine])
        x = x[x > plan.left + 4]
        wanted = {int(at) + shift for at in x for shift in (-2, -1, 0, 1)}  # 4 px, centred
        assert {at for at in seen if at > plan.left + 4} == wanted
        for time_s, value in zip(table["touchdown_s"][mine][3:9], table[CADENCE][mine][3:9], strict=True):
            at = int(plan.x_of(time_s)) - 2
            rows = np.flatnonzero(part[:, at] == colour(LIGHT.side(side)))
            share = (lane.high - value) / (lane.high - lane.low)
            assert rows.mean() == pytest.approx(share * (box.height() - 4) + 1.5, abs=1.5)


def test_an_hour_shows_lowest_and_highest_of_every_pixel(qtbot, source):
    source = hour_of(source)
    values = source.table["hf_peak_BW"].copy()
    table = source.table
    row = int(np.flatnonzero((table["side"] == "L") & table["valid"])[3000])
    values[row] = 9.0  # one monstrous step: on the lane's edge, but there
    source._table = StepTable({**table, "hf_peak_BW": values})
    view = Overview(LIGHT)
    qtbot.addWidget(view)
    view.resize(1280, 132)
    view.refresh(scene(source, 0.0))
    assert table.rows > 10_000
    part = lane_part(view, 1)
    x = int(view.plan.x_of(table["touchdown_s"][row]))
    top = np.flatnonzero((part[:3] == colour(LIGHT.left)).any(axis=0))
    assert set(top.tolist()) == {x - 1, x}
    assert len(columns_with(part, LIGHT.right)) > 0.9 * (view.plan.right - view.plan.left)


def test_thinning_keeps_extremes_only():
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.integers(0, 50, 4000)), rng.integers(0, 100, 4000)
    kept_x, kept_y = thin(x, y)
    assert kept_x.size == 2 * np.unique(x).size
    for at in np.unique(x):
        assert set(kept_y[kept_x == at]) == {y[x == at].min(), y[x == at].max()}
    assert thin(x[:0], y[:0])[0].size == 0


def test_walking_and_standing_have_no_dots(view, source):
    table = source.table
    gait = np.where((table["touchdown_s"] > 12) & (table["touchdown_s"] < 18), "walk", table["gait"])
    source._table = StepTable({**table, "gait": gait})
    view.apply_theme(LIGHT)
    view.refresh(scene(source, 0.0))
    for number in range(2):
        for side in ("L", "R"):
            seen = columns_with(lane_part(view, number), LIGHT.side(side))
            assert not [at for at in seen if 12.1 < view.plan.time_at(at) < 17.9]
            assert [at for at in seen if view.plan.time_at(at) > 18.1]
    source._table = StepTable({**table, "gait": np.full(table.rows, "walk")})
    assert lanes_of(source.table)[0].values.size > 50  # where nobody runs walking is what there is


def test_the_impact_lane_takes_what_has_values(source):
    table = source.table
    for count, column in enumerate(IMPACTS):
        empty = {name: np.full(table.rows, np.nan) for name in IMPACTS[:count]}
        assert lanes_of(StepTable({**table, **empty}))[-1].column == column
    assert lanes_of(table, "valr_BW_s")[-1].column == "valr_BW_s"
    assert lanes_of(EMPTY) == []
    invalid = StepTable({**table, "valid": np.zeros(table.rows, bool)})
    assert lanes_of(invalid) == []


def test_a_metric_can_be_chosen_in_the_menu(view, source):
    names = [action.text() for action in view.actions()]
    view.actions()[names.index("Contact time")].trigger()
    view.refresh(scene(source, 10.0))
    assert "Contact time: " in view.words_at(600)


@pytest.mark.parametrize("x", [152, 400, 777, 1270])
def test_a_click_seeks_where_it_is(view, qtbot, x):
    with qtbot.waitSignal(view.seek) as seen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(x, 60))
    assert seen.args[0] == view.plan.time_at(x)
    share = (x - view.plan.left) / (view.plan.right - view.plan.left)
    assert seen.args[0] == pytest.approx(share * 29.979, abs=1e-9)


def test_dragging_seeks_all_along_and_stays_inside(view, qtbot):
    seen = []
    view.seek.connect(seen.append)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 60))
    for x in (320, 320, 500, 1279, 3):
        qtbot.mouseMove(view, QPoint(x, 60))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(3, 60))
    assert seen == [view.plan.time_at(x) for x in (300, 320, 500, 1279, 3)]
    assert seen[-2:] == [view.plan.last_s, 0.0]


def test_shift_and_drag_selects_a_loop_and_nothing_else(view, qtbot):
    seen, sought = [], []
    view.loop_selected.connect(lambda a, b: seen.append((a, b)))
    view.seek.connect(sought.append)
    for first, last in ((900, 600), (500, 502)):  # backwards; then a slip
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, SHIFT, QPoint(first, 60))
        qtbot.mouseMove(view, QPoint(last, 60))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, SHIFT, QPoint(last, 60))
    assert seen == [(view.plan.time_at(600), view.plan.time_at(900))]
    assert sought == []


def test_a_loops_ends_can_be_dragged(view, qtbot):
    seen, sought = [], []
    view.loop_selected.connect(lambda a, b: seen.append((a, b)))
    view.seek.connect(sought.append)
    view.show_loop((10.0, 20.0))
    begin, end = (round(view.plan.x_of(time_s)) for time_s in (10.0, 20.0))
    for grip, to in ((begin, begin - 60), (end, end + 40), (end, begin - 100)):
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(grip, 60))
        qtbot.mouseMove(view, QPoint(to, 60))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(to, 60))
    at = view.plan.time_at
    assert seen == [(at(begin - 60), 20.0), (10.0, at(end + 40)), (at(begin - 100), 10.0)]
    assert sought == []
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(begin + 1, 60))
    assert (len(seen), len(sought)) == (3, 1)  # a click there means the moment


def test_the_loop_and_the_moment_are_drawn_where_they_are(view, source):
    view.show_span(6.0)
    view.show_loop((15.0, 20.0))
    view.refresh(scene(source, 12.0))
    picture = pixels(view)
    line = np.flatnonzero((picture[: view.plan.bottom] == colour(LIGHT.ink)).all(axis=0))
    assert line.tolist() == [round(view.plan.x_of(12.0))]
    middle = (view.plan.top + view.plan.bottom) // 2
    ends = np.flatnonzero(picture[middle] == colour(LIGHT.accent))
    assert (ends.min(), ends.max()) == (round(view.plan.x_of(15.0)), round(view.plan.x_of(20.0)))
    row = picture[1]
    shaded = np.flatnonzero(row != colour(LIGHT.panel))
    assert shaded.min() == pytest.approx(view.plan.x_of(6.0), abs=1)
    view.show_loop(None)
    assert (pixels(view) == colour(LIGHT.accent)).sum() == 0


def test_the_mouse_is_told_what_lies_there(view, source):
    source.happenings = NOTES
    view.apply_theme(DARK)
    view.refresh(scene(source, 10.0))
    table, x_of = source.table, view.plan.x_of
    row = 40
    said = view.words_at(x_of(table["touchdown_s"][row]))
    side = {"L": "left", "R": "right"}[table["side"][row]]
    assert f"Step {table['step'][row]}, {side}" in said
    assert f"Cadence: {table['cadence_spm'][row]:.1f} steps/min" in said
    assert "Bout: easy" in said
    assert "Marker: new shoes, 0:14.0" in view.words_at(x_of(14.0) + 3)
    assert "Gap: 34 frames lost" in view.words_at(x_of(25.0))
    assert "Bout" not in view.words_at(x_of(22.0))
    assert "Marker" not in view.words_at(x_of(14.0) + 9)


def test_ticks_and_bouts_are_drawn(view, source):
    before = view.plan.top
    source.happenings = NOTES
    view.apply_theme(LIGHT)
    view.refresh(scene(source, 0.0))
    assert view.plan.top > before
    picture = pixels(view)
    gap = np.flatnonzero((picture[view.plan.top : view.plan.bottom] == colour(LIGHT.bad)).sum(axis=0) > 10)
    assert gap.tolist() == [round(view.plan.x_of(25.0))]
    marker = np.flatnonzero((picture[: view.plan.top] == colour(LIGHT.accent)).any(axis=0))
    assert marker.mean() == pytest.approx(view.plan.x_of(14.0), abs=1)


def test_nothing_is_drawn_anew_while_nothing_changes(view, source, monkeypatch):
    drawn = []
    monkeypatch.setattr(view, "update", lambda: drawn.append(1))
    view.grab()
    for now_s in np.linspace(10.0, 10.001, 50).tolist():
        view.refresh(scene(source, now_s))
    assert drawn == []
    view.refresh(scene(source, 11.0))
    assert drawn == [1]


def test_a_growing_session_is_drawn_twice_a_second_at_most(qtbot):
    source, host = still_source(live=True), [0.0]
    view = Overview(LIGHT, monotonic=lambda: host[0])
    qtbot.addWidget(view)
    view.resize(900, 132)
    rows = set()
    for frame in range(240):
        source.end_s = 5.0 + frame / 60
        host[0] = frame / 60
        view.refresh(scene(source, source.end_s))
        rows.add(view._table.rows)
    assert 5 <= len(rows) <= 9
    assert (view.plan.first_s, view.plan.last_s) == (0.0, 60.0)


def test_it_stands_every_kind_of_session(qtbot, theme):
    plain = still_source(mass_kg=82.9)
    nothing, unknown = still_source(), still_source()
    nothing._table, nothing.working = EMPTY, "analysing, 42 %"
    unknown._table = StepTable({**plain.table, "side": np.full(plain.table.rows, "?")})
    short = still_source()
    short.end_s, short._table = 0.0, EMPTY
    belts = still_source(url="virtual://split_belt?seed=1&speed=max", rig="split_belt")
    for source in (plain, nothing, unknown, short, belts):
        for size in ((220, 60), (460, 132), (2560, 200)):
            view = Overview(theme)
            qtbot.addWidget(view)
            view.resize(*size)
            view.show_loop((0.0, 1.0), looping=False)
            view.refresh(scene(source, source.last_s))
            assert not view.grab().isNull()
            view.words_at(size[0] / 2)
    assert plain.table.rows


def test_another_take_is_drawn_at_once(view, source):
    source.take, source._table, source.end_s = 1, EMPTY, 4.0
    view.refresh(scene(source, 1.0))
    assert (view._table.rows, view.plan.last_s) == (0, 4.0)


def test_times_for_people():
    assert [clock(t, 1) for t in (0, 59.99, 60, 754.5, 3599.96)] == ["0:00.0", "0:59.9", "1:00.0", "12:34.5", "59:59.9"]
    assert (clock(3600), clock(-1), clock(0.3 * 3, 1)) == ("60:00", "0:00", "0:00.9")
    assert [label_step(span, 1000) for span in (10, 30, 3600, 1e6)] == [1, 5, 300, 7200]
    assert [round_end(t) for t in (0, 60, 61, 3601, 9000)] == [60, 60, 120, 5400, 10800]


def test_a_plan_maps_back_and_forth():
    plan = Plan(1280, 132, 5.0, 65.0)
    for time_s in (5.0, 20.0, 64.9):
        assert plan.time_at(plan.x_of(time_s)) == pytest.approx(time_s)
    assert (plan.time_at(-50), plan.time_at(5000)) == (5.0, 65.0)
    assert replace(plan, width=300).left < plan.left
