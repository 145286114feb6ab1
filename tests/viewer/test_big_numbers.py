"""The large numbers: each one is a mean of rows of the step table, and says so when it cannot be believed."""

from copy import copy

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from stillsource import still_source

from analysis.steps import EMPTY, StepTable
from viewer.numbers.big_numbers import TILES, BigNumbers
from viewer.numbers.chosen_steps import LAST_MINUTE, choose_steps
from viewer.numbers.number_face import face_of
from viewer.numbers.targets import Target
from viewer.numbers.trends import (
    COUNTS,
    OFFERED,
    cut,
    decimals_of,
    latest,
    name_of,
    read,
    shown,
    trends,
    why_empty,
)  # fmt: skip
from viewer.report.labels import MODELLED
from viewer.source import Scene, rows_until
from viewer.theme import DARK, LIGHT


@pytest.fixture(scope="module")
def source():
    return still_source(mass_kg=82.9)


def scene_of(source, now_s):
    return Scene(source, now_s=now_s, rows=rows_until(source.table, now_s))


def rows_of(source, column, side, now_s, count):
    """The last steps of a foot, found the slow way."""
    found = [
        float(value)
        for value, foot, valid, over in zip(
            *(source.table[name] for name in (column, "side", "valid", "toe_off_s")), strict=True
        )
        if foot == side and valid and over <= now_s
    ]
    return found[-count:]


@pytest.mark.parametrize("now_s", [8.0, 20.0])
@pytest.mark.parametrize("count", [4, 10, 20])
def test_every_number_shown_is_the_mean_of_the_tables_rows(qtbot, source, now_s, count):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.set_count(count)
    panel.refresh(scene_of(source, now_s))
    for tile in panel.tiles:
        left, right = (np.nanmean(rows_of(source, tile.column, side, now_s, count)) for side in "LR")
        decimals = decimals_of(tile.column)
        assert tile.face.text("L") == f"{left:.{decimals}f}"
        assert tile.face.text("R") == f"{right:.{decimals}f}"
        assert tile.face.text() == f"{(left + right) / 2:.{decimals}f}"
        assert tile.face.text() in tile.accessibleName()


def test_a_minute_is_a_minute():
    n = 400
    time_s = np.arange(n) * 0.35
    table = StepTable({
        "step": np.arange(n), "side": np.where(np.arange(n) % 2, "L", "R"), "touchdown_s": time_s,
        "toe_off_s": time_s + 0.2, "valid": np.ones(n, bool), "contact_time_ms": np.arange(n, dtype=float),
    })  # fmt: skip
    inside = np.flatnonzero(time_s >= time_s[-1] - 60)
    odd = inside[inside % 2 == 1]
    assert latest(table, "contact_time_ms", "L", LAST_MINUTE) == pytest.approx(odd.mean())
    assert read(table, "contact_time_ms", LAST_MINUTE).steps == inside.size


def table_of(side, value, valid=None):
    n = len(side)
    time_s = np.arange(n) * 0.35
    return StepTable({
        "step": np.arange(n), "side": np.array(list(side)), "touchdown_s": time_s, "toe_off_s": time_s + 0.2,
        "valid": np.ones(n, bool) if valid is None else np.array(valid), "impact_peak_BW": np.array(value, float),
    })  # fmt: skip


def test_steps_that_are_not_valid_or_have_no_number_are_left_out():
    table = table_of("LRLRLRLR", [9, 9, 1, 2, np.nan, 4, 5, 60], [1, 1, 1, 1, 1, 1, 1, 0])
    assert latest(table, "impact_peak_BW", "L", 3) == 3.0  # of 1, none and 5; nobody looks back to 9
    assert latest(table, "impact_peak_BW", "R", 2) == 3.0
    assert latest(table, "impact_peak_BW", "", 2) == (5.0 + 3.0) / 2
    assert latest(table_of("LRLR", [1, 5, np.nan, 7]), "impact_peak_BW", "", 1) == 7.0
    assert latest(table_of("LRLR", [np.nan] * 4), "impact_peak_BW", "", 10) is None
    assert latest(EMPTY, "impact_peak_BW", "", 10) is None


def test_feet_that_are_not_told_apart_have_one_number():
    table = table_of("????????", [1, 1, 1, 1, 2, 2, 4, 4])
    reading = read(table, "impact_peak_BW", 2)
    assert (reading.value, reading.left, reading.right) == (3.0, None, None)
    assert [trend.side for trend in trends(table, "impact_peak_BW", 0.0, 2)] == ["?"]
    lost = table_of("LR" + "?" * 40, [7, 7] + [1] * 40)
    assert latest(lost, "impact_peak_BW", "L", 10) is None  # too long ago
    assert latest(lost, "impact_peak_BW", "", 10) == 1.0


def test_old_steps_of_a_foot_never_pass_for_the_last_ones():
    table = table_of("LR" + "?" * 33, [9, 9] + [1] * 33)
    reading = read(table, "impact_peak_BW", 10)
    assert (reading.value, reading.left, reading.right, reading.told) == (1.0, None, None, False)
    assert (reading.averaged, reading.looked_at) == ((20,), (20,))
    assert reading.ended_s == table["toe_off_s"][-1]
    still = type("Still", (), {"table": table, "missing": {}, "doubtful": {}})()
    face = face_of(Scene(still, 12.0, 35), "impact_peak_BW", 10, {})
    assert (face.text(), face.text("L"), face.has_sides, face.state) == ("1.00", "–", False, "last 20 steps")
    assert "feet not told apart" in face.tip
    (course,) = trends(table, "impact_peak_BW", 0.0, 10)
    assert (course.side, course.time_s.size, course.mean[-1]) == ("?", 35, 1.0)


@pytest.mark.parametrize(("unknown", "told"), [(4, True), (5, False)])
def test_feet_count_if_most_of_the_last_steps_have_one(unknown, told):
    side = "LR" * 20 + "?" * unknown + ("LR" * 8)[: 20 - unknown]
    table = table_of(side, np.arange(len(side)))
    chosen = choose_steps(table, 10)
    assert chosen.told == told
    rows = np.concatenate(chosen.groups)
    assert rows.max() == len(side) - 1
    assert rows.min() >= len(side) - (25 if told else 20)
    if told:
        assert set(table["side"][chosen.of("L")]) == {"L"}
        assert chosen.of("L").size == chosen.of("R").size == 10
    else:
        assert rows.tolist() == list(range(len(side) - 20, len(side)))


@pytest.mark.parametrize("count", COUNTS)
def test_all_that_a_tile_says_comes_from_the_same_rows(count):
    rng = np.random.default_rng(3)
    for trial in range(60):
        n = int(rng.integers(1, 90))
        unknown, broken = rng.uniform(0, 0.5, 2)
        side = np.where(rng.random(n) < unknown, "?", np.where(np.arange(n) % 2, "L", "R"))
        value = np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n))
        table = table_of(side, value, rng.random(n) > broken)
        reading, chosen = read(table, "impact_peak_BW", count), choose_steps(table, count)
        rows = np.sort(np.concatenate(chosen.groups))
        assert table["valid"][rows].all()
        assert reading.steps == rows.size == len(set(rows.tolist()))
        assert reading.used == np.isfinite(value[rows]).sum()
        if not rows.size:
            assert not table["valid"].any()
            continue
        assert reading.ended_s == table["toe_off_s"][rows[-1]]
        feet = [value[rows][side[rows] == foot] for foot in "LR"] if reading.told else [value[rows]]
        means = [own[np.isfinite(own)].mean() for own in feet if np.isfinite(own).any()]
        assert (reading.value is None) == (not means)
        assert not means or reading.value == pytest.approx(np.mean(means)), trial
        newest = np.flatnonzero(table["valid"])
        assert (newest > rows[-1]).sum() <= (0.2 * newest.size if reading.told else 0)


def test_a_session_with_losses_shows_its_last_steps(qtbot):
    lossy = still_source(mass_kg=82.9, url="virtual://virtual?seed=1&speed=max&drop=1e-3")
    table = lossy.table
    valid = np.flatnonzero(table["valid"])[-20:]
    assert np.isin(table["side"][valid], ("L", "R")).mean() < 0.8
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.refresh(Scene(lossy, lossy.last_s, table.rows))
    face = panel.tiles[1].face
    assert face.text() == f"{table['contact_time_ms'][valid].mean():.0f}"
    assert (face.text("L"), face.state) == ("–", "last 20 steps")


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("column", ["contact_time_ms", "impact_peak_BW"])
def test_the_curve_ends_in_the_number(source, column, count):
    for now_s in (6.0, 12.3, 29.0):
        part = cut(source.table, rows_until(source.table, now_s), column)
        for trend in trends(part, column, now_s - 5.0, count):
            assert trend.mean[-1] == pytest.approx(latest(part, column, trend.side, count))
            assert trend.time_s[0] >= now_s - 5.0
            assert set(source.table["side"][np.isin(source.table["step"], trend.step)]) == {trend.side}


def test_what_cannot_be_seen_says_why(qtbot):
    deck = still_source(url="virtual://deck_4z?seed=1&speed=max", rig="deck_4z")
    panel = BigNumbers(DARK)
    qtbot.addWidget(panel)
    panel.refresh(scene_of(deck, 25.0))
    braking = panel.tiles[TILES.index("braking_impulse_BW_s")]
    assert braking.face.text() == "–"
    assert braking.face.reason == "this rig's sensors do not measure fore-aft force"
    assert braking.face.reason in braking.toolTip()
    assert panel.tiles[0].face.reason == ""
    assert not OFFERED & MODELLED
    reading = read(table_of("LRLR", [np.nan] * 4), "impact_peak_BW", 10)
    assert why_empty(reading, {}) == "none in the last 4 steps"
    assert why_empty(read(EMPTY, "impact_peak_BW", 10), {}) == "no valid step yet"


def test_an_old_number_says_how_old_it_is(qtbot, source):
    end_s = float(source.table["toe_off_s"][-1])
    rows = source.table.rows
    assert face_of(Scene(source, end_s + 4.9, rows), "contact_time_ms", 10, {}).age_s == 0
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    for seconds, words in (
        (1.0, "10 left + 10 right steps"),
        (12.5, "last step 12 s ago"),
        (200.0, "last step 3 min ago"),
    ):
        panel.refresh(Scene(source, end_s + seconds, rows))
        assert panel.tiles[1].face.state == words


def test_a_number_that_few_steps_have_says_of_how_many():
    table = table_of("LR" * 10, [1.5] * 5 + [np.nan] * 15)
    still = type("Still", (), {"table": table, "missing": {}, "doubtful": {}})()
    face = face_of(Scene(still, 7.0, 20), "impact_peak_BW", 10, {})
    assert face.state == "3 left + 2 right of 10 + 10 steps"
    assert face.brief == "3 + 2 of 10 + 10 steps"
    assert "3 of the last 10 left and 2 of the last 10 right" in face.tip
    still.table = table_of("?" * 20, [1.5] * 5 + [np.nan] * 15)
    assert face_of(Scene(still, 7.0, 20), "impact_peak_BW", 10, {}).state == "last 5 of 20 steps"
    still.table = table_of("LRL", [1.0, 2.0, 3.0])
    assert face_of(Scene(still, 1.0, 3), "impact_peak_BW", 10, {}).brief == "2 + 1 steps"
    assert face_of(Scene(still, 1.0, 3), "impact_peak_BW", LAST_MINUTE, {}).brief == "last minute, 2 + 1 steps"


def test_uncertainty_of_one_step_is_told_at_length_only(source):
    face = face_of(scene_of(source, 20.0), "hf_peak_BW", 10, {})
    expected = np.mean([np.mean(rows_of(source, "u_hf_peak_BW", side, 20.0, 10)) for side in "LR"])
    assert face.reading.uncertainty == pytest.approx(expected)
    decimals = max(0, -int(np.floor(np.log10(expected))))
    assert f"Standard uncertainty of one step: {expected:.{decimals}f} BW" in face.tip
    assert "±" not in face.state + face.brief + face.tip


def test_a_number_in_doubt_is_grey_and_says_why(source, monkeypatch):
    monkeypatch.setattr(source, "doubtful", {"contact_time_ms": "the flights are too noisy"})
    doubted, sure = (face_of(scene_of(source, 20.0), name, 10, {}) for name in ("contact_time_ms", "cadence_spm"))
    assert (doubted.faint, sure.faint) == (True, False)
    assert doubted.text() != "–"
    assert doubted.state == doubted.brief == "in doubt"
    assert "In doubt: the flights are too noisy" in doubted.tip
    assert "doubt" not in sure.tip + sure.state


def count_pixels(widget, colour):
    picture = widget.grab().toImage()
    wanted = QColor(colour).rgb()
    return sum(picture.pixel(x, y) == wanted for x in range(picture.width()) for y in range(picture.height()))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_amber_stands_for_outside_the_target_only(qtbot, source, theme):
    panel = BigNumbers(theme)
    qtbot.addWidget(panel)
    panel.resize(400, 620)
    scene = scene_of(source, 20.0)
    panel.refresh(scene)
    tile = panel.tiles[1]
    assert count_pixels(tile, theme.warn) == 0
    value = tile.face.reading.value
    panel.set_targets({"contact_time_ms": Target("contact_time_ms", value - 20, value + 20)})
    assert tile.face.words == f"target {tile.face.target.text()}"
    assert count_pixels(tile, theme.warn) == 0
    panel.set_targets({"contact_time_ms": Target("contact_time_ms", None, value - 10)})
    assert tile.face.words.startswith("above target ≤ ")
    assert count_pixels(tile, theme.warn) > 300
    panel.refresh(Scene(source, 60.0, scene.rows))  # an old number is dim, not amber
    assert count_pixels(tile, theme.warn) == 0
    assert count_pixels(panel.tiles[0], theme.left) > 0


def test_the_course_is_drawn_in_the_colours_of_the_feet(qtbot, source):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(400, 620)
    panel.refresh(scene_of(source, 3.0))
    few = count_pixels(panel.tiles[2], LIGHT.right)
    panel.refresh(scene_of(source, 29.0))
    assert count_pixels(panel.tiles[2], LIGHT.right) > few + 40


def test_nothing_moves_when_digits_change(qtbot, source):
    from viewer.numbers.digits import sized, width_of

    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    font = sized(panel.font(), 60, bold=True)
    assert width_of("111.1", font) == width_of("888.8", font)


def test_without_news_nothing_is_done_anew(qtbot, source):
    source = copy(source)
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.refresh(scene_of(source, 20.0))
    faces = [tile.face for tile in panel.tiles]
    scene = scene_of(source, 20.0)
    panel.refresh(Scene(source, 20.05, scene.rows))
    assert all(tile.face is face for tile, face in zip(panel.tiles, faces, strict=True))
    source.take = 1
    panel.refresh(scene)
    assert all(tile.face is not face for tile, face in zip(panel.tiles, faces, strict=True))


def test_another_metric_is_chosen_from_the_menu_and_remembered(qtbot, source):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.refresh(scene_of(source, 20.0))
    tile = panel.tiles[3]
    entries = {a.data(): a for part in tile.menu().actions() if part.menu() for a in part.menu().actions()}
    assert {column for column in entries if isinstance(column, str)} == OFFERED
    entries["vilr_BW_s"].trigger()
    assert tile.column == "vilr_BW_s"
    assert tile.face.text() == shown("vilr_BW_s", latest(cut(source.table, panel._scene.rows, "vilr_BW_s"),
                                                         "vilr_BW_s", "", 10))  # fmt: skip
    panel.set_count(LAST_MINUTE)
    panel.set_minutes(15)
    other = BigNumbers(DARK)
    qtbot.addWidget(other)
    other.restore(panel.state())
    assert other.state() == panel.state()
    assert other.state()["columns"][3] == "vilr_BW_s"
    other.restore({"columns": ["no_such", 3, None, "morin_peak_BW"], "count": 7, "minutes": "x"})
    assert other.state() == panel.state()


def test_a_click_on_the_name_opens_the_menu(qtbot, source, monkeypatch):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(400, 620)
    panel.refresh(scene_of(source, 20.0))
    with qtbot.waitExposed(panel):
        panel.show()
    opened = []
    for tile in panel.tiles:
        monkeypatch.setattr(tile, "open_menu", opened.append)
    qtbot.mouseClick(panel.tiles[0], Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    qtbot.keyClick(panel.tiles[1], Qt.Key.Key_Return)
    qtbot.mouseClick(panel.tiles[0], Qt.MouseButton.LeftButton, pos=QPoint(20, 100))
    assert len(opened) == 2


@pytest.mark.parametrize("size", [(220, 140), (400, 620), (1240, 180), (1600, 1000)])
def test_every_size_and_an_empty_session_are_painted(qtbot, source, size):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.refresh(Scene(source, 0.5, 0))
    assert all(tile.face.reason == "no steps yet" for tile in panel.tiles)
    panel.grab()
    panel.refresh(scene_of(source, 20.0))
    assert count_pixels(panel.tiles[0], LIGHT.ink) > 20


def test_names_say_what_is_an_impact():
    assert name_of("hf_peak_BW") == "Impact: peak above 10 Hz"
    assert name_of("impact_peak_BW") == "Impact peak"
    assert name_of("cadence_spm") == "Cadence"
