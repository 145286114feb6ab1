"""The butterfly of walking: its points are centres of pressure, its wings those of the feet that stand."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stillsource import StillSource, still_source
from system.chain import force_url, record, write_csv

from analysis.steps import StepTable, join_tables
from analysis.wrench import centre_of_pressure
from viewer.cop.butterfly import SHOWN_S, butterfly_of, lab_path
from viewer.cop.cop_pictures import ButterflyPicture, FeetPicture, Message
from viewer.cop.cop_view import CopView
from viewer.source import Scene, rows_until
from viewer.theme import LIGHT

sys.path.append(str(Path(__file__).parents[1] / "analysis"))
from walkers import Scene as Walk
from walkers import Walker


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    walk = Walk(seconds=21.0)
    walk.walk(Walker(), 1.0, 30)
    force = write_csv(folder / "walk.csv", walk.wrench, walk.rate)
    url = force_url("virtual", force, speed="max", seed=1, belt_speed_m_s=1.3)
    record(url, folder / "walk.h5", seconds=20.0, mass_kg=72.0)
    return folder / "walk.h5"


@pytest.fixture
def walker(walked):
    return StillSource(walked)


def scene_at(source, time_s=15.0):
    return Scene(source, time_s, rows_until(source.table, time_s))


def points_of(source, begin_s, end_s, belt=0):
    """Every centre of pressure in a stretch of time."""
    x, y = centre_of_pressure(source.samples(begin_s, end_s).wrench[belt].astype(float))
    return {point for point in zip(x.tolist(), y.tolist(), strict=True) if np.isfinite(point).all()}


def known(xy):
    return {tuple(point) for point in xy.tolist() if np.isfinite(point).all()}


def test_points_are_centres_of_pressure(walker):
    scene = scene_at(walker)
    rows = scene.steps()
    assert (rows["gait"] == "walk").all()
    (wings,) = butterfly_of(scene)
    end = rows["toe_off_s"][-1]
    assert len(wings.xy_m) == pytest.approx(SHOWN_S * 250, abs=2)
    assert known(wings.xy_m) < points_of(walker, end - SHOWN_S, end)
    assert len(known(wings.xy_m)) > 2000


def test_newest_cycle_lasts_from_touchdown_to_the_touchdown_after_the_next(walker):
    scene = scene_at(walker)
    rows = scene.steps()
    (wings,) = butterfly_of(scene)
    begin, end = rows["touchdown_s"][[-3, -1]]
    assert known(wings.cycle_m) < points_of(walker, begin, end)
    assert len(wings.cycle_m) == pytest.approx((end - begin) * 250, abs=2)


def test_single_supports_lie_on_the_side_of_the_foot_that_stands(walker):
    (wings,) = butterfly_of(scene_at(walker))
    rows = scene_at(walker).steps()
    assert [side for side, _ in wings.single_m] == rows["side"][[-3, -2]].tolist()
    middle = np.nanmean(wings.cycle_m[:, 1])
    for side, xy in wings.single_m:
        half = np.nanmedian(xy[:, 1]) - middle
        assert (half > 0.02) if side == "L" else (half < -0.02)
        assert np.diff(xy[np.isfinite(xy[:, 0])][[0, -1], 0]) < -0.15  # it rides back with the belt


def test_points_do_not_depend_on_where_a_look_begins(walker):
    first, second = (lab_path(walker.samples(begin, 9.0), 0) for begin in (5.0, 6.001))
    np.testing.assert_array_equal(first[-len(second) :], second)


def test_walking_and_running_switch_the_picture(qtbot, walker):
    view = CopView(LIGHT)
    qtbot.addWidget(view)
    view.refresh(scene_at(walker))
    assert isinstance(view.picture, ButterflyPicture)
    runner = still_source()
    view.refresh(scene_at(runner))
    assert isinstance(view.picture, FeetPicture)
    table = join_tables([runner.table.select(np.arange(40)), _as_walking(runner.table.select(np.arange(40, 60)))])
    runner._table = table
    view.refresh(Scene(runner, 20.0, 40))
    assert isinstance(view.picture, FeetPicture)
    view.refresh(Scene(runner, 20.0, 41))
    assert isinstance(view.picture, ButterflyPicture)


def _as_walking(table):
    return StepTable({**table, "gait": np.full(table.rows, "walk")})


def test_live_dot_follows_each_frame_without_drawing_the_rest_again(qtbot, walker):
    view = CopView(LIGHT)
    qtbot.addWidget(view)
    rows = rows_until(walker.table, 15.0)
    view.refresh(Scene(walker, 15.0, rows))
    view.grab()
    drawn, before = view._drawn, view.live_m[0][-1]
    view.refresh(Scene(walker, 15.1, rows))
    view.grab()
    assert view._drawn is drawn
    assert tuple(view.live_m[0][-1]) in points_of(walker, 15.0, 15.1)
    assert not np.array_equal(before, view.live_m[0][-1])


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_first_steps_have_no_cycle_yet_but_a_path(qtbot, walker, rows):
    view = CopView(LIGHT)
    qtbot.addWidget(view)
    view.refresh(Scene(walker, 5.0, rows))
    (wings,) = view.picture.wings
    assert known(wings.xy_m)
    assert bool(known(wings.cycle_m)) == (rows >= 3)
    assert len(wings.single_m) == max(0, rows - 2)
    assert not view.grab().isNull()


def test_every_belt_has_its_own_wings(qtbot, walker):
    walker.facts = replace(walker.facts, belts=("L", "R"))
    other = walker.wrench.copy()
    other[:, 3] += 0.05 * other[:, 2]  # 5 cm to the left
    walker.wrench = np.concatenate([walker.wrench, other])
    walker.contact = np.concatenate([walker.contact] * 2)
    view = CopView(LIGHT)
    qtbot.addWidget(view)
    view.refresh(scene_at(walker))
    left, right = view.picture.wings
    assert (left.belt, right.belt) == ("L", "R")
    np.testing.assert_allclose(right.xy_m - left.xy_m, np.broadcast_to([0.0, 0.05], left.xy_m.shape), atol=1e-5)
    view.grab()
    assert view.plans[0].point(0, 0).x() < view.plans[1].point(0, 0).x()


def test_rig_without_side_moment_says_why_there_is_no_butterfly(qtbot, walker):
    walker.facts = replace(walker.facts, observable=walker.facts.observable - {"Mx"})
    view = CopView(LIGHT)
    qtbot.addWidget(view)
    view.refresh(scene_at(walker))
    assert isinstance(view.picture, Message)
    assert "how far to the side" in view.picture.text


def test_gap_in_the_newest_cycle_leaves_the_rest(walker):
    table = walker.table
    up = table["toe_off_s"].copy()
    rows = rows_until(table, 15.0)
    up[rows - 3] = np.nan
    walker._table = StepTable({**table, "toe_off_s": up})
    (wings,) = butterfly_of(Scene(walker, 15.0, rows))
    assert known(wings.xy_m)
    assert len(wings.single_m) < 2
