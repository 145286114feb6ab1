"""Feet under the centre of pressure, and the live dot on the belt: what is drawn is what curves and table say."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from stillsource import still_source

from analysis.registration import FootRegistration
from analysis.steps import EMPTY
from analysis.wrench import centre_of_pressure
from viewer.cop.cop_feet import LAST, feet_of
from viewer.cop.cop_pictures import BeltPicture, FeetPicture, Message, picture_of
from viewer.cop.cop_view import CopView
from viewer.cop.floor_plan import Plan
from viewer.cop.foot_outline import ASSUMED_LENGTH_M, outline, place_foot, sole
from viewer.cop.share_bars import PARTS, mean_shares
from viewer.source import Scene, rows_until
from viewer.theme import DARK, LIGHT

REGISTERED = FootRegistration(0.29, 0.215, 0.004, 0.210, 0.004, None, "markers")


def scene_at(source, time_s=20.0):
    return Scene(source, time_s, rows_until(source.table, time_s))


def last_steps(scene, side):
    rows = scene.steps()
    return rows.select(np.flatnonzero(rows["valid"] & (rows["side"] == side))[-LAST:])


@pytest.fixture
def view(qtbot):
    made = CopView(LIGHT)
    qtbot.addWidget(made)
    made.resize(560, 420)
    return made


def is_near(image, place, colour, ratio=1.0):
    """Whether a colour is found within two points of a place."""
    x, y = round(place.x() * ratio), round(place.y() * ratio)
    near = [image.pixelColor(x + i, y + j) for i in range(-2, 3) for j in range(-2, 3)]
    return any(pixel == QColor(colour) for pixel in near)


def test_paths_are_those_of_the_curves():
    scene = scene_at(still_source())
    for foot in feet_of(scene).feet:
        mine = last_steps(scene, foot.side)
        assert mine.rows == LAST
        np.testing.assert_array_equal(foot.step, mine["step"])
        curves = scene.source.curves(mine["step"])
        x, y = curves.of("cop_x_m").astype(float), curves.of("cop_y_m").astype(float)
        np.testing.assert_array_equal(foot.xy_m[..., 0], x)
        np.testing.assert_allclose(foot.xy_m[..., 1], y - np.nanmean(y, axis=1, keepdims=True), atol=1e-9)


def test_strike_point_is_the_first_that_is_known():
    for foot in feet_of(scene_at(still_source())).feet:
        x = foot.xy_m[-1, :, 0]
        first = np.flatnonzero(np.isfinite(x))[0]
        assert first > 0
        np.testing.assert_array_equal(foot.strike_m, foot.xy_m[-1, first])


def test_strike_point_is_drawn_where_the_force_landed(view):
    scene = scene_at(still_source())
    view.refresh(scene)
    image = view.grab().toImage()
    for foot, plan in zip(view.picture.feet.feet, view.plans, strict=True):
        assert is_near(image, plan.point(*foot.strike_m), LIGHT.side(foot.side), image.devicePixelRatio())
    left, right = (
        plan.point(*foot.strike_m).x() for foot, plan in zip(view.picture.feet.feet, view.plans, strict=True)
    )
    assert left < view.width() / 2 < right


def test_words_are_those_of_the_current_step():
    scene = scene_at(still_source())
    for foot in feet_of(scene).feet:
        row = last_steps(scene, foot.side).records()[-1]
        assert foot.words == (
            row["foot_strike"],
            f"{100 * row['foot_strike_p']:.0f} % sure",
            "COP travel",
            f"{row['cop_travel_mm']:.0f} mm",
        )


def test_bars_are_means_of_the_table():
    scene = scene_at(still_source(registration=REGISTERED))
    for foot in feet_of(scene).feet:
        mine = last_steps(scene, foot.side)
        assert foot.shares.percent == pytest.approx([mine[column].mean() for _, column in PARTS])
        assert sum(foot.shares.percent) == pytest.approx(100.0)
        assert foot.shares.steps == LAST


def test_bars_leave_out_steps_without_shares():
    table = still_source(registration=REGISTERED).table
    heel = table["heel_load_pct"].copy()
    heel[:3] = np.nan
    patchy = type(table)({**table, "heel_load_pct": heel}).select(np.arange(5))
    assert mean_shares(patchy).percent[0] == pytest.approx(table["heel_load_pct"][3:5].mean())
    assert mean_shares(patchy).steps == 2
    assert mean_shares(patchy.select(np.arange(3))) is None


def test_bars_are_as_long_as_the_shares(view):
    view.refresh(scene_at(still_source(registration=REGISTERED)))
    image = view.grab().toImage()
    ratio = image.devicePixelRatio()
    foot, plan = view.picture.feet.feet[1], view.plans[1]
    edges = [foot.place.heel_m, *foot.place.thirds_m, foot.place.toe_m]
    for share, low, up in zip(foot.shares.percent, edges, edges[1:], strict=False):
        y0, y1 = (round(plan.point(x, 0).y() * ratio) for x in (up, low))
        begin = round(plan.point(0.0, -0.062).x() * ratio)
        full, empty = _lengths(image, range(begin, image.width()), range(y0, y1))
        assert 100.0 * full / (full + empty) == pytest.approx(share, abs=2.0)


def _lengths(image, columns, rows):
    """Longest full and empty part of a bar, in pixels."""
    full = QColor(image.pixelColor(0, 0))
    best = (0, 0)
    for y in rows:
        names = [image.pixelColor(x, y).name() for x in columns]
        empty = names.count(LIGHT.grid)
        full = sum(QColor(name).red() > 180 and QColor(name).blue() < 60 for name in names)
        best = max(best, (full + empty, full))
    return best[1], best[0] - best[1]


def test_unregistered_foot_has_no_bars_but_says_why():
    source = still_source()
    feet = feet_of(scene_at(source))
    assert all(foot.shares is None and not foot.place.registered for foot in feet.feet)
    notes = " / ".join(feet.notes)
    assert "foot not registered: outline for orientation only" in notes
    assert source.missing["heel_load_pct"] in notes
    assert "stance register" in notes
    assert "28 cm assumed" in notes


def test_shoe_length_is_not_called_assumed_where_it_was_given():
    source = still_source()
    source.facts = replace(source.facts, shoe_length_m=0.30)
    feet = feet_of(scene_at(source))
    assert feet.feet[0].place.length_m == 0.30
    assert "assumed" not in " ".join(feet.notes)


def test_one_registered_foot_names_the_other():
    source = still_source()
    source.facts = replace(source.facts, registration=replace(REGISTERED, ball_R_m=None, u_ball_R_m=None))
    left, right = feet_of(scene_at(source)).feet
    assert left.place.registered
    assert not right.place.registered
    assert feet_of(scene_at(source)).notes[0].startswith("right foot not registered")


def test_outline_lies_as_registered():
    facts = replace(still_source().facts, registration=REGISTERED)
    for side, ball in (("L", 0.215), ("R", 0.210)):
        curve = outline(place_foot(facts, side, np.nan), side)
        assert curve[:, 0].min() == pytest.approx(-ball)
        assert np.ptp(curve[:, 0]) == pytest.approx(0.29)


def test_typical_outline_has_the_ball_at_two_thirds():
    place = place_foot(replace(still_source().facts, registration=None), "L", 3.5)
    assert -place.heel_m == pytest.approx(0.675 * ASSUMED_LENGTH_M)
    faster = place_foot(replace(still_source().facts, registration=None), "L", 4.5)
    assert faster.heel_m - place.heel_m == pytest.approx(0.0057)


def test_soles_mirror_each_other():
    np.testing.assert_allclose(sole("L"), sole("R") * (1, -1))
    right, neither = sole("R"), sole("?")
    np.testing.assert_allclose(right[0], right[-1])
    tip = right[np.argmax(right[:, 0])]
    assert tip[1] > 0  # the big toe of a right foot is on its left
    assert neither[:, 1].max() == pytest.approx(-neither[:, 1].min())


def test_metres_are_as_long_ahead_as_sideways_and_the_way_ahead_is_up(view):
    view.refresh(scene_at(still_source()))
    view.grab()
    plan: Plan = view.plans[0]
    origin, ahead, left = plan.point(0, 0), plan.point(0.1, 0), plan.point(0, 0.1)
    assert origin.y() - ahead.y() == pytest.approx(origin.x() - left.x())
    assert ahead.y() < origin.y()
    assert left.x() < origin.x()


def test_steps_of_unknown_side_are_shown_on_one_foot():
    source = still_source()
    source._table = type(source.table)({**source.table, "side": np.full(source.table.rows, "?")})
    (foot,) = feet_of(scene_at(source)).feet
    assert foot.side == "?"
    assert foot.step.size == LAST


def test_rig_without_side_moment_draws_on_the_middle_line():
    source = still_source()
    source.facts = replace(source.facts, observable=source.facts.observable - {"Mx"})
    values = source._curves.values.copy()
    values[:, 4] = np.nan
    source._curves = replace(source._curves, values=values)
    feet = feet_of(scene_at(source))
    assert "sideways" in feet.notes[-1]
    xy = feet.feet[0].xy_m
    assert np.isfinite(xy[..., 0]).any()
    assert not xy[..., 1][np.isfinite(xy[..., 0])].any()


def test_what_cannot_be_seen_is_said(view):
    source = still_source()
    source.facts = replace(source.facts, observable=frozenset({"Fz"}))
    view.refresh(scene_at(source))
    assert "how far ahead" in view.picture.text
    view.choose("belt")
    view.refresh(scene_at(source))
    assert "how far to the side" in view.picture.text
    assert not view.grab().isNull()


def test_unknown_belt_speed_is_said():
    source = still_source()
    table = source.table
    source._table = type(table)({**table, "cop_travel_mm": np.full(table.rows, np.nan)})
    source.missing = {"cop_travel_mm": "belt speed is not known: give --belt-speed, or fit a belt sensor"}
    assert "give --belt-speed" in picture_of(scene_at(source), "feet").text
    assert isinstance(picture_of(scene_at(source), "belt"), BeltPicture)


def test_before_the_first_step_it_waits(view):
    source = still_source()
    source._table = EMPTY
    view.refresh(Scene(source, 0.5, 0))
    assert "first steps" in view.picture.text


def test_a_new_row_makes_a_new_picture_and_nothing_else_does(view):
    source = still_source()
    view.refresh(Scene(source, 10.0, 20))
    first = view.picture
    view.grab()
    drawn = view._drawn
    for now in (10.1, 10.2):
        view.refresh(Scene(source, now, 20))
    view.grab()
    assert view.picture is first
    assert view._drawn is drawn
    view.refresh(Scene(source, 10.4, 21))
    assert view.picture.feet.feet[0].step.max() != first.feet.feet[0].step.max() or (
        view.picture.feet.feet[1].step.max() != first.feet.feet[1].step.max()
    )
    source.take = 1
    second = view.picture
    view.refresh(Scene(source, 10.4, 21))
    assert view.picture is not second


def test_curves_that_come_late_are_looked_for_again(view):
    source = still_source()
    whole = source._curves
    source._curves = replace(whole, step=whole.step[:10], values=whole.values[:10])
    scene = scene_at(source)
    view.refresh(scene)
    assert not view.picture.complete
    source._curves = whole
    for _ in range(20):
        view.refresh(scene)
    assert view.picture.complete
    assert view.picture.feet.feet[0].strike_m is not None


def test_menu_chooses_the_belt_and_back(view):
    source = still_source()
    feet, belt = view.actions()
    assert feet.isChecked()
    assert not belt.isChecked()
    belt.trigger()
    view.refresh(scene_at(source))
    assert isinstance(view.picture, BeltPicture)
    feet.trigger()
    view.refresh(scene_at(source))
    assert isinstance(view.picture, FeetPicture)


def loaded_moment(source, from_s=10.0):
    """The middle of the next contact."""
    row = int(np.searchsorted(source.table["touchdown_s"], from_s))
    return 0.5 * (source.table["touchdown_s"][row] + source.table["toe_off_s"][row])


def test_dot_is_where_the_force_acts(view):
    source = still_source()
    now = loaded_moment(source)
    view.choose("belt")
    view.refresh(scene_at(source, now))
    image = view.grab().toImage()
    samples = source.samples(now - 1.0, now)
    x, y = centre_of_pressure(samples.wrench[0].astype(float))
    back = len(x) - 4  # at most so far behind
    path = np.stack([x, y], axis=-1)
    assert any(np.array_equal(view.live_m[0][-1], place) for place in path[back:])
    assert is_near(image, view.plans[0].point(*view.live_m[0][-1]), LIGHT.ink, image.devicePixelRatio())


def test_dot_vanishes_in_flight(view):
    source = still_source()
    row = 30
    flight = source.table["toe_off_s"][row] + 0.05
    assert flight < source.table["touchdown_s"][row + 1]
    view.choose("belt")
    view.refresh(scene_at(source, flight))
    assert np.isnan(view.live_m[0][-1]).all()
    assert np.isfinite(view.live_m[0]).any()  # the trail stays


def test_every_belt_has_its_own_dot(view):
    source = still_source(url="virtual://split_belt?seed=1&speed=max", rig="split_belt")
    now = loaded_moment(source)
    view.choose("belt")
    view.refresh(scene_at(source, now))
    view.grab()
    assert len(view.plans) == len(view.live_m) == 2
    shown = [bool(np.isfinite(xy[-1]).all()) for xy in view.live_m]
    at = source.samples(now - 0.01, now).wrench[:, 2, -1] >= 200.0
    assert shown == at.tolist()
    assert sum(shown) == 1


def test_belt_is_as_large_as_the_rig_says(view):
    source = still_source()
    assert source.facts.belt_size_m == (1.6, 0.55)
    view.choose("belt")
    view.refresh(scene_at(source))
    view.grab()
    box = view.plans[0].box(*source.facts.belt_size_m)
    assert box.height() / box.width() == pytest.approx(1.6 / 0.55)
    assert view.rect().contains(box.toRect())


@pytest.mark.parametrize("size", [(220, 140), (280, 260), (900, 600), (220, 600), (1200, 140)])
@pytest.mark.parametrize("registration", [None, REGISTERED])
def test_feet_stay_inside_at_any_size(view, theme, size, registration):
    view.resize(*size)
    view.apply_theme(theme)
    view.refresh(scene_at(still_source(registration=registration)))
    image = view.grab().toImage()
    for foot, plan in zip(view.picture.feet.feet, view.plans, strict=True):
        rect = plan.path(outline(foot.place, foot.side)).boundingRect()
        assert view.rect().adjusted(-1, -1, 1, 1).contains(rect.toAlignedRect())
    assert image.pixelColor(1, 1) == QColor(theme.panel)


def test_other_colours_are_drawn_at_once(view):
    view.refresh(scene_at(still_source()))
    view.grab()
    view.apply_theme(DARK)
    image = view.grab().toImage()
    assert image.pixelColor(1, 1) == QColor(DARK.panel)


def test_message_is_not_an_empty_box(view):
    view.picture = Message("because")
    image = view.grab().toImage()
    seen = {image.pixelColor(x, y).name() for x in range(0, image.width()) for y in range(180, 240)}
    assert len(seen) > 3
