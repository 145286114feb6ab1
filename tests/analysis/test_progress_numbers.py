"""Trends, intervals, the runner's own variation, load: each against a sum by hand, a known truth or many trials."""

import math
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.comparison_mdc import false_claims
from analysis.errors import AnalysisError
from analysis.progress import SessionFacts, changes, make_progress
from analysis.progress_load import session_load, total, weekly
from analysis.progress_points import (
    FEWEST_STEPS,
    HEEL_SHARE,
    OVER_BOUTS,
    OVER_STRIDES,
    TREND_METRICS,
    Bout,
    Interval,
    Mean,
    block_mean,
    bout_means,
    session_interval,
)
from analysis.progress_speeds import parts_by_speed, speed_groups
from analysis.progress_trend import BASELINE, BEYOND, OUTSIDE, WITHIN, Point, make_baseline, make_trend
from analysis.steps import StepTable

TRIALS = int(os.environ.get("STANCE_TRIALS", "1"))


def table(n, **columns):
    """n running steps, all valid, left and right in turn; columns as given."""
    step = np.arange(1, n + 1)
    values = {
        "step": step, "side": np.where(step % 2, "L", "R"), "valid": np.ones(n, bool), "gait": np.full(n, "run"),
        "touchdown_s": 0.35 * step, "step_time_ms": np.full(n, 350.0),
    }  # fmt: skip
    return StepTable(values | columns)


def test_speeds_within_one_per_cent_are_one_group():
    speeds = np.array([3.0, 3.02, 2.98, 4.0, math.nan, 3.09, 4.03, 0.0])
    assert speed_groups(speeds).tolist() == [0, 0, 0, 1, -1, 2, 1, -1]


@given(st.lists(st.floats(0.5, 8.0), max_size=40))
def test_no_group_is_wider_and_none_is_in_two(speeds):
    values = np.asarray(speeds)
    groups = speed_groups(values)
    assert (groups >= 0).all()
    sizes = []
    for group in range(groups.max(initial=-1) + 1):
        mine = values[groups == group]
        middle = 0.5 * (mine.min() + mine.max())
        assert np.abs(mine / middle - 1.0).max() <= 0.01 + 1e-7
        sizes.append(mine.size)
    assert sizes == sorted(sizes, reverse=True)


def test_a_bout_at_two_speeds_is_cut_and_the_way_between_left_out():
    speed = np.concatenate((np.full(60, 3.0), np.linspace(3.1, 3.9, 40), np.full(50, 4.0), np.full(30, np.nan)))
    parts = list(parts_by_speed(table(180, belt_speed_m_s=speed)))
    assert [(None if v is None else round(v, 2), t.rows) for v, t in parts] == [(3.0, 60), (4.0, 50), (None, 30)]


def test_modelled_metrics_and_the_belts_own_have_no_trend():
    assert not [name for name in TREND_METRICS if "modelled" in name or "morin" in name or "belt" in name]
    assert HEEL_SHARE in TREND_METRICS
    assert "cadence_spm" in TREND_METRICS


def ar1(rng, n, phi):
    values = rng.normal(size=n)
    for k in range(1, n):
        values[k] = phi * values[k - 1] + math.sqrt(1 - phi**2) * values[k]
    return values


@pytest.mark.parametrize(("n", "phi"), [(60, 0.0), (170, 0.3), (170, -0.3), (2400, 0.6)])
def test_the_interval_of_a_bout_holds_its_mean_95_times_in_100(n, phi):
    rng, trials = np.random.default_rng(3), 300 * TRIALS
    held = sum(one.value - one.below <= 0.0 <= one.value + one.above
               for one in (block_mean(ar1(rng, n, phi)) for _ in range(trials)))  # fmt: skip
    assert 0.90 <= held / trials <= 0.995


@pytest.mark.validate
def test_the_interval_of_three_bouts_holds_the_mean_95_times_in_100():
    rng, trials = np.random.default_rng(4), 400 * TRIALS
    held = 0
    for _ in range(trials):
        means = [block_mean(0.5 * rng.normal() + ar1(rng, 60, 0.3)) for _ in range(3)]
        one = session_interval(means, None)
        held += one.low <= 0.0 <= one.high
    assert 0.93 <= held / trials <= 0.995


def test_three_bouts_are_judged_by_students_t_two_by_their_strides():
    means = [Mean(value, 0.1, 0.1, 60) for value in (10.0, 11.0, 12.0)]
    three = session_interval(means, None)
    assert (three.method, three.bouts, three.steps) == (OVER_BOUTS, 3, 180)
    assert three.high - three.mean == pytest.approx(4.302653 * 1.0 / math.sqrt(3.0), rel=1e-6)
    two = session_interval(means[:2], 0.2)
    assert two.method == OVER_STRIDES
    assert two.mean - two.low == pytest.approx(math.hypot(math.hypot(0.1, 0.1) / 2.0, 1.959964 * 0.2), rel=1e-6)
    alike = session_interval([Mean(1.0, 0.06, 0.0, 60)] * 3, None)
    assert alike.mean - alike.low == pytest.approx(0.06 / math.sqrt(3.0))  # bouts that agree are not beyond doubt


def test_a_bout_with_too_few_values_has_no_mean():
    values = np.full(100, np.nan)
    values[: FEWEST_STEPS - 1] = 1.0
    strike = np.where(np.arange(100) < 30, "rearfoot", "uncertain")
    means = bout_means(table(100, impact_peak_BW=values, cadence_spm=np.full(100, 171.0), foot_strike=strike))
    assert "impact_peak_BW" not in means
    assert means["cadence_spm"] == Mean(171.0, 0.0, 0.0, 100)
    assert (means[HEEL_SHARE].value, means[HEEL_SHARE].steps) == (1.0, 30)
    assert means[HEEL_SHARE].below > 0.05


def interval(mean, half=0.1, u=0.05):
    return Interval(mean, mean - half, mean + half, OVER_BOUTS, 3, 180, u, None)


def test_the_band_is_the_minimal_detectable_change():
    base = make_baseline([interval(170.0), interval(172.0)])
    assert base.sem == pytest.approx(math.sqrt(2.0))
    assert base.mdc == pytest.approx(1.959964 * math.sqrt(2.0) * math.sqrt(2.0), rel=1e-6)
    assert base.limit == pytest.approx(12.7062 * math.sqrt(2.0) * math.sqrt(1.5), rel=1e-4)
    assert base.false_alarm == false_claims(2) == pytest.approx(0.265, abs=0.001)
    alike = make_baseline([interval(170.0, u=0.3), interval(170.0, u=0.5)])
    assert alike.sem == pytest.approx(math.sqrt(0.5 * (0.09 + 0.25)))


def test_points_are_judged_by_band_interval_and_how_rough_the_band_is():
    means = (170.0, 171.0, 170.4, 172.9, 180.0, 172.9)
    points = [Point(k, interval(mean), "", "", f"{k}") for k, mean in enumerate(means)]
    points[5] = replace(points[5], interval=interval(172.9, half=3.0))
    doubt = Point(6, interval(200.0), "the deck rings", "", "6")
    trend = make_trend("cadence_spm", [*points, doubt], [], 2)
    states = [point.state for point in trend.points]
    assert states == [BASELINE, BASELINE, WITHIN, OUTSIDE, OUTSIDE, WITHIN, ""]
    four = [Point(k, interval(mean), "", "", f"{k}") for k, mean in enumerate((170.0, 170.5, 171.0, 170.5, 180.0))]
    assert make_trend("cadence_spm", four, [], 4).points[-1].state == BEYOND


def test_a_session_in_doubt_is_no_baseline():
    sound = [Point(k, interval(170.0 + k), "", "", f"{k}") for k in (1, 2)]
    points = [Point(0, interval(150.0), "in doubt", "", "0"), *sound]
    trend = make_trend("cadence_spm", points, [], 2)
    assert trend.baseline.mean == 171.5
    assert make_trend("cadence_spm", points[:2], [], 2).baseline is None


def on_days(days, **more):
    """A session per day given, the third and later ones far from the first two."""
    sessions = [facts(f"s{k}", day, [3.0]) for k, day in enumerate(days)]
    means = {"cadence_spm": Mean(250.0, 0.5, 0.5, 60)}
    late = [replace(one, bouts=tuple(replace(b, means=means) for b in one.bouts)) for one in sessions[2:]]
    return make_progress("R", "P60-50/20", [*sessions[:2], *late], **more).speeds[0].trends["cadence_spm"]


def test_sessions_of_one_afternoon_are_one_day_and_no_baseline():
    afternoon = on_days([5, 5, 5, 9])
    assert [(point.sessions, point.interval.bouts) for point in afternoon.points] == [((0, 1, 2), 3), ((3,), 1)]
    assert afternoon.baseline.days == 2
    assert [point.state for point in afternoon.points] == [BASELINE, BASELINE]
    assert on_days([5, 5, 5]).baseline is None
    assert on_days([5, 6, 7]).points[2].state in (OUTSIDE, BEYOND)


def test_sessions_without_dates_are_judged_only_if_somebody_says_that_they_are_days():
    unknown = on_days([None] * 3)
    assert unknown.baseline is None
    assert [point.sessions for point in unknown.points] == [(0,), (1,), (2,)]
    assert on_days([None] * 3, days_apart=True).points[2].state in (OUTSIDE, BEYOND)


def test_a_day_on_which_the_rig_changed_is_not_mixed():
    sessions = [facts("a", 5, [3.0]), facts("b", 5, [3.0], rig="deck_4z"), facts("c", 6, [3.0], rig="deck_4z")]
    trend = make_progress("R", "P60-50/20", sessions).speeds[0].trends["cadence_spm"]
    assert [point.sessions for point in trend.points] == [(0,), (1,), (2,)]
    assert trend.baseline.days == 2


@pytest.mark.parametrize("k", [2, 4])
def test_of_unchanged_sessions_few_are_called_beyond_and_as_many_outside_as_is_said(k):
    rng, trials = np.random.default_rng(5), 600 * TRIALS
    outside = beyond = 0
    for _ in range(trials):
        means = rng.normal(size=k + 1)
        points = [Point(n, interval(mean, half=0.0, u=0.0), "", "", f"{n}") for n, mean in enumerate(means)]
        state = make_trend("cadence_spm", points, [], k).points[-1].state
        outside, beyond = outside + (state in (OUTSIDE, BEYOND)), beyond + (state == BEYOND)
    assert outside / trials == pytest.approx(false_claims(k), abs=4.0 * math.sqrt(0.2 / trials))
    assert beyond / trials <= 0.05 + 4.0 * math.sqrt(0.05 / trials)


NO_LOAD = session_load(table(0), None, {})


def facts(name, day, speeds, *, drill=False, **made_with):
    bouts = tuple(
        Bout("easy", drill, v, 0.0, 60, {"cadence_spm": Mean(170.0 + 10.0 * (v or 0.0), 0.5, 0.5, 60)}) for v in speeds
    )
    made = {"rig": "frame_8", "rig file": " [1]", "calibration": "none", "recorded under": "P60-50/20"} | made_with
    return SessionFacts(name, f"day {day}", day, made, bouts, 0, NO_LOAD, {}, {"cadence_spm": 0.1}, (), ())


def test_trends_never_mix_speeds():
    sessions = [
        facts("a", 1, [3.0, 4.0]),
        facts("b", 2, [3.02]),
        facts("c", 3, [3.3, None]),
        facts("d", 4, [2.99, 3.99]),
    ]
    progress = make_progress("R", "P60-50/20", sessions)
    assert [(one.speed_m_s, one.sessions) for one in progress.speeds] == [
        (3.0, (0, 1, 3)), (3.995, (0, 3)), (None, (2,)), (3.3, (2,)),
    ]  # fmt: skip
    assert [point.interval.mean for point in progress.speeds[1].trends["cadence_spm"].points] == [210.0, 209.9]
    one = make_progress("R", "P60-50/20", sessions, speed_m_s=4.0)
    assert [speeds.speed_m_s for speeds in one.speeds] == [3.995]
    with pytest.raises(AnalysisError, match=r"3\.00, 3\.30, 4\.00 m/s"):
        make_progress("R", "P60-50/20", sessions, speed_m_s=5.0)


def test_inclines_are_never_mixed_and_drills_are_in_no_trend():
    hill = facts("b", 2, [3.0])
    hill = replace(hill, bouts=tuple(replace(bout, incline_deg=2.0) for bout in hill.bouts))
    drilled = replace(
        facts("c", 3, [3.0]), bouts=(*facts("c", 3, [3.0]).bouts, *facts("c", 3, [3.0, 5.0], drill=True).bouts)
    )
    progress = make_progress("R", "P60-50/20", [facts("a", 1, [3.0]), hill, drilled])
    assert [(one.speed_m_s, one.incline_deg, one.sessions) for one in progress.speeds] == [
        (3.0, 0.0, (0, 2)), (3.0, 2.0, (1,)),
    ]  # fmt: skip
    trend = progress.speeds[0].trends["cadence_spm"]
    assert ([p.interval.bouts for p in trend.points], [p.session for p in trend.drills]) == ([1, 1], [2])


def test_changes_of_rig_calibration_and_protocol_are_told():
    second = {"calibration": "2025-03-04 [b]"}
    deck = second | {"rig": "deck_4z"}
    made = [{}, {"calibration": "2025-03-04 [a]"}, second, deck | {"rig file": " [2]"},
            deck | {"rig file": " [3]", "recorded under": "Z50-20"}]  # fmt: skip
    sessions = [facts(f"{k}", k, [3.0], **one) for k, one in enumerate(made)]
    assert [(change.session, change.words) for change in changes(sessions)] == [
        (1, "calibration: none → 2025-03-04"),
        (2, "another calibration: 2025-03-04"),
        (3, "rig: frame_8 → deck_4z"),
        (4, "another rig file; recorded under: P60-50/20 → Z50-20"),
    ]


def loaded():
    """Ten steps with sums that a hand can do: one invalid, two walking."""
    gait = np.array(["run"] * 8 + ["walk"] * 2)
    valid = np.array([True] * 7 + [False] + [True] * 2)
    classes = np.array(["impact", "impact", "none", "uncertain", "impact", "none", "none", "impact", "", ""])
    way = np.array([1.0] * 6 + [np.nan, 1.0, 0.5, 0.5])
    return table(
        10, gait=gait, valid=valid, impact_class=classes, step_length_m=way, valr_BW_s=np.array([50.0, 60.0] * 5),
        vertical_impulse_BW_s=np.full(10, 0.4), belt_dip_pct=np.full(10, 1.0),
    )  # fmt: skip


def test_the_load_of_a_session_is_the_sum_of_its_running():
    load = session_load(loaded(), 700.0, {})
    assert (load.contacts, load.left_out, load.impacts, load.impacts_unclear) == (8, 1, 3, 2)
    assert load.impulse_BW_s == pytest.approx({"L": 1.6, "R": 1.2})
    assert load.impulse_kN_s == pytest.approx({"L": 1.12, "R": 0.84})
    assert load.km == pytest.approx(0.007)
    assert load.km_source == "measured"
    assert load.valr_per_km == pytest.approx((50 + 60) * 3 / 0.006)
    assert (load.walking_contacts, load.walking_km) == (2, pytest.approx(0.001))
    assert load.running_s == pytest.approx(2.8)


def test_what_is_not_known_is_null_and_what_is_in_doubt_is_no_sum():
    bare = loaded()
    nothing = StepTable({name: bare[name] for name in ("step", "side", "valid", "gait", "vertical_impulse_BW_s")})
    load = session_load(nothing, None, {})
    assert (load.km, load.km_source, load.impacts, load.impulse_kN_s, load.valr_per_km) == (None,) * 5
    assert load.impacts_unclear == load.contacts == 8
    doubted = session_load(bare, 700.0, {"valr_BW_s": "the deck rings", "impact_class": "the deck rings"})
    assert doubted.valr_per_km is None
    assert doubted.doubt == {"impacts": "the deck rings", "valr": "the deck rings"}
    given = session_load(bare, 700.0, {})
    assert total([given, load]).km is None
    assert total([given, load]).contacts == 16
    set_speed = StepTable({name: bare[name] for name in ("step", "side", "valid", "gait", "step_length_m")})
    assert session_load(set_speed, None, {}).km_source == "set"


def test_weeks_begin_on_monday_and_compare_with_the_week_before():
    load = session_load(loaded(), 700.0, {})
    monday = 739_313  # 2025-03-03
    weeks = weekly([load, load, load, load], [monday, monday + 6, monday + 7, monday + 22])
    assert [(week.monday - monday, week.sessions, week.load.contacts) for week in weeks] == [
        (0, 2, 16), (7, 1, 8), (14, 0, 0), (21, 1, 8),
    ]  # fmt: skip
    assert [week.ratio["contacts"] for week in weeks] == [None, 0.5, None, None]
    assert weeks[1].ratio["impulse_BW_s"] == pytest.approx(0.5)
    assert weekly([], []) == []
