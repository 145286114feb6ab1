"""What is compared, what is refused, what may be claimed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bouts import AFTER, BEFORE, NAMES, ar1, bout, heel_table, made_bouts, step_table

from analysis.comparison import METRICS, Comparison, compare_bouts
from analysis.comparison_types import CHANGED, IN_DOUBT, NO_BASELINE, NO_CLEAR, NOT_A_TEST, WITHIN
from analysis.errors import AnalysisError
from analysis.steps import COLUMNS

METRIC = "contact_time_ms"
RNG = np.random.default_rng


def compare(bouts, metrics=(METRIC,), **how) -> Comparison:
    return compare_bouts(bouts, NAMES, list(metrics), **how)


def one(bouts, metric=METRIC, **how):
    return compare(bouts, [metric], **how).differences[metric]


def changed(bouts, pick, **fields):
    return [replace(b, **fields) if pick(k) else b for k, b in enumerate(bouts)]


def test_every_metric_is_a_column():
    floats = {c.name for c in COLUMNS if c.kind == "float"}
    assert set(METRICS) - {"heel_share"} <= floats
    assert not [m for m in METRICS if m.startswith(("modelled_", "morin_"))]


# --- refused ---------------------------------------------------------------------------------------------------------


def test_unequal_protocols_are_refused():
    with pytest.raises(AnalysisError, match="--protocol"):
        compare(changed(made_bouts(RNG(1)), lambda k: k > 2, protocol="Z50-20"))


@pytest.mark.parametrize(("speed", "refused"), [(3.029, False), (3.031, True), (2.5, True)])
def test_unequal_speeds_are_refused(speed, refused):
    bouts = [bout(ar1(RNG(k), 50) + 240.0, NAMES[k > 2], k, speed=speed if k > 2 else 3.0) for k in range(6)]
    if refused:
        with pytest.raises(AnalysisError, match="one belt speed"):
            compare(bouts)
    else:
        compare(bouts)


def test_the_speed_as_set_counts_where_the_steps_have_none():
    bouts = made_bouts(RNG(2), speed=np.nan)
    with pytest.raises(AnalysisError, match=r"2\.500 m/s"):
        compare(changed(bouts, lambda k: k > 2, belt_speed_m_s=2.5))
    result = compare(changed(bouts, lambda k: k > 3, belt_speed_m_s=None))
    assert any("speed is not known for 2 of 6" in note for note in result.notes)
    assert not any("speed is not known" in note for note in compare(bouts).notes)


def test_unequal_inclines_are_refused_and_unknown_ones_said():
    bouts = made_bouts(RNG(3))
    with pytest.raises(AnalysisError, match="one incline"):
        compare(changed(bouts, lambda k: k == 4, incline_deg=1.0))
    assert any("incline" in note for note in compare(changed(bouts, lambda k: k == 4, incline_deg=None)).notes)


@pytest.mark.parametrize(
    ("bouts", "says"),
    [
        ([], "at least one bout of the condition 'before'"),
        (made_bouts(RNG(4))[:3], "at least one bout of the condition 'after'"),
        ([bout(np.empty(0), c) for c in NAMES], "valid steps of the condition 'before', saw none"),
        ([bout(np.ones(30), BEFORE), bout(np.ones(30), AFTER, runner="P2")], "the same runner"),
    ],
)
def test_nothing_to_compare(bouts, says):
    with pytest.raises(AnalysisError, match=says):
        compare(bouts)


def test_one_condition_twice_and_one_bout_twice():
    bouts = made_bouts(RNG(5))
    with pytest.raises(AnalysisError, match="two conditions"):
        compare_bouts(bouts, (BEFORE, BEFORE))
    with pytest.raises(AnalysisError, match="each bout once"):
        compare([*bouts, bouts[0]])
    with pytest.raises(AnalysisError, match="'side'"):
        compare(bouts, ["side"])
    with pytest.raises(AnalysisError, match="'contact'"):
        compare(bouts, primary="contact")


def test_what_is_withheld_or_modelled_is_not_compared():
    bouts = made_bouts(RNG(6))
    result = compare(changed(bouts, lambda k: k == 4, missing={METRIC: "too slow"}))
    assert not result.differences
    assert "too slow" in result.not_compared[METRIC]
    for name in ("modelled_braking_peak_BW", "morin_k_leg_kN_m"):
        assert "modelled" in compare(made_bouts(RNG(6), metric=name), [name]).not_compared[name]
    evidence = [np.full(30, "measured" if k > 2 else "modelled") for k in range(6)]
    tables = [step_table(np.full(30, 0.3), "mid_support_distance_m", braking_evidence=one) for one in evidence]
    mixed = [bout(table, NAMES[k > 2], k) for k, table in enumerate(tables)]
    assert "braking" in compare(mixed, ["mid_support_distance_m"]).not_compared["mid_support_distance_m"]


def test_what_is_in_doubt_is_shown_and_nothing_is_claimed_of_it():
    bouts = made_bouts(RNG(6), change=-12.0, bout_sd=0.5)
    doubted = changed(bouts, lambda k: k == 4, doubtful={METRIC: "deck of 70 Hz"})
    result = compare(doubted, baseline=baseline_days(240.0, 241.0))
    found = result.differences[METRIC]
    assert (found.verdict, found.doubt, found.excludes_zero) == (IN_DOUBT, "deck of 70 Hz", True)
    assert any("In doubt" in note and METRIC in note and "70 Hz" in note for note in result.notes)
    days = changed(baseline_days(240.0, 241.0), lambda k: k > 2, doubtful={METRIC: "deck of 70 Hz"})
    assert one(bouts, baseline=days).verdict == NO_BASELINE, "a day in doubt is no baseline"


# --- what carries a test ---------------------------------------------------------------------------------------------


def test_one_against_one_is_not_a_test():
    bouts = made_bouts(RNG(7), (100, 100), change=30.0)
    result = compare(bouts)
    found = result.differences[METRIC]
    assert (result.design.kind, found.verdict, found.df) == ("not a test", NOT_A_TEST, None)
    assert result.design.why.startswith("Not a test: there are 1 and 1 bouts")
    assert found.low < found.difference < found.high
    assert found.excludes_zero, "an interval over steps, which is why it must not be called a test"
    few = one([bout(np.arange(4.0), c) for c in NAMES])
    assert (few.low, few.high, few.verdict) == (None, None, NOT_A_TEST)


def test_a_bout_without_a_value_leaves_too_few():
    bouts = made_bouts(RNG(8), change=20.0)
    bouts[5] = bout(np.full(100, np.nan), AFTER, 5)
    result = compare(bouts)
    found = result.differences[METRIC]
    assert (result.design.kind, found.verdict, found.bouts) == ("test", NOT_A_TEST, (3, 2))
    assert "bootstrap" in found.method
    empty = [bout(np.full(100, np.nan), AFTER, k) if k > 2 else b for k, b in enumerate(bouts)]
    assert "without a value" in compare(empty).not_compared[METRIC]


def test_invalid_steps_do_not_count():
    bouts = made_bouts(RNG(9), change=6.0)
    spoilt = []
    for b in bouts:
        values = np.concatenate((b.table[METRIC], [9999.0] * 5))
        spoilt.append(bout(step_table(values, valid=np.arange(105) < 100), b.condition, int(b.began_s)))
    assert one(spoilt) == one(bouts)
    few = [bout(b.table.select(np.arange(100) < 20), b.condition, int(b.began_s)) for b in bouts]
    assert any("Fewer than 25 valid steps" in note for note in compare(few).notes)


def test_walking_is_left_out():
    bouts = made_bouts(RNG(10))
    table = step_table(np.r_[np.full(60, 240.0), np.full(20, 700.0)], gait=np.array(["run"] * 60 + ["walk"] * 20))
    bouts[4] = bout(table, AFTER, 4)
    result = compare(bouts)
    assert result.differences[METRIC].after < 260.0
    assert any("20 steps of walking" in note for note in result.notes)


def test_three_runners_are_a_group_and_two_are_not():
    rng = RNG(11)

    def group(n, effect=8.0):
        return [
            bout(240.0 + 15.0 * np.sin(r) + (effect + np.cos(5.0 * r)) * late + rng.normal() + ar1(rng, 40, sd=4.0),
                 NAMES[late], 2 * k + late, runner=f"P{r}", session=f"P{r}")
            for r in range(n) for late in (0, 1) for k in range(2)
        ]  # fmt: skip

    result = compare(group(6))
    found = result.differences[METRIC]
    assert (result.design.kind, result.design.runners, found.df) == ("test", 6, 5.0)
    assert found.hedges_g > 0.0
    assert found.verdict == NO_BASELINE
    two = compare(group(2))
    assert (two.design.kind, two.differences[METRIC].verdict) == ("not a test", NOT_A_TEST)
    assert "2 runners" in two.design.why
    alone = [*group(3), bout(np.full(30, 240.0), BEFORE, 99, runner="P9")]
    assert any("P9" in note for note in compare(alone).notes)


def test_a_group_is_the_paired_t_test_of_runner_means():
    from scipy import stats

    rng = RNG(12)
    bouts = [bout(rng.normal(200.0 + 20 * r + 5.0 * late, 4.0, 30), NAMES[late], late, runner=f"P{r}", session=f"P{r}")
             for r in range(5) for late in (0, 1)]  # fmt: skip
    means = {c: np.array([b.table[METRIC].mean() for b in bouts if b.condition == c]) for c in NAMES}
    test = stats.ttest_rel(means[AFTER], means[BEFORE])
    found = one(bouts)
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval()), rel=1e-6)
    d = (means[AFTER] - means[BEFORE]).mean() / np.sqrt(0.5 * sum(means[c].var(ddof=1) for c in NAMES))
    assert found.hedges_g == pytest.approx(d * (1.0 - 3.0 / (4.0 * 10 - 9.0)))  # Lakens (2013)


# --- what may be claimed ---------------------------------------------------------------------------------------------


def baseline_days(*means, rng=None, **fields):
    rng = rng or RNG(13)
    return [
        bout(mean + 0.3 * rng.normal() + ar1(rng, 60, sd=3.0), BEFORE, 10 * s + k - 100, session=f"base{s}", **fields)
        for s, mean in enumerate(means)
        for k in range(3)
    ]


def test_a_change_is_claimed_only_beyond_the_runners_own_variation():
    bouts = made_bouts(RNG(14), change=-12.0, bout_sd=0.5)
    assert one(bouts).verdict == NO_BASELINE
    steady, unsteady = baseline_days(240.0, 241.0), baseline_days(236.0, 244.0)
    found = one(bouts, baseline=steady)
    assert found.verdict == CHANGED
    assert 1.0 < found.mdc < 4.0
    assert one(bouts, baseline=unsteady).verdict == WITHIN
    assert one(bouts, baseline=steady[:3]).verdict == NO_BASELINE, "one session is no repetition"
    assert one(made_bouts(RNG(14), bout_sd=0.5), baseline=steady).verdict == NO_CLEAR


def test_the_bouts_before_are_a_baseline_if_they_are_of_two_days():
    days = baseline_days(240.0, 241.0)
    late = [bout(230.0 + ar1(RNG(k), 60, sd=3.0), AFTER, k, session="after") for k in range(3)]
    result = compare([*days, *late])
    assert result.differences[METRIC].verdict == CHANGED
    assert "only from one day to another" in result.design.why
    assert any("baseline has 2 days only" in note and "26 of 100" in note for note in result.notes)


def test_a_baseline_must_be_of_the_same_kind():
    bouts = made_bouts(RNG(15), change=-12.0)
    other_speed = compare(bouts, baseline=baseline_days(240.0, 241.0, speed=2.5))
    assert other_speed.differences[METRIC].mdc is None
    assert any("its speed is 2.500 m/s" in note for note in other_speed.notes)
    later = changed(baseline_days(240.0, 241.0), lambda k: k > 2, began_s=1e9)
    assert one(bouts, baseline=later).verdict == NO_BASELINE
    with pytest.raises(AnalysisError, match="one protocol"):
        compare(bouts, baseline=baseline_days(240.0, 241.0, protocol="Z50-20"))


def test_other_calibrations_widen_the_interval():
    bouts = made_bouts(RNG(16), change=-12.0)
    usual = one(bouts)
    u = {METRIC: 3.0}
    same = one(changed(bouts, lambda k: True, calibration_id="A", u_mean=u))
    assert (same.low, same.high, same.u) == (usual.low, usual.high, 0.0)
    two = changed(
        changed(bouts, lambda k: k < 3, calibration_id="A", u_mean=u), lambda k: k > 2, calibration_id="B", u_mean=u
    )
    apart = one(two)
    assert apart.u == pytest.approx(3.0 * np.sqrt(2.0))
    assert apart.high - apart.low > 2.0 * 1.96 * apart.u
    assert apart.df > usual.df
    crossed = changed(two, lambda k: k in (0, 3), calibration_id="C")
    assert one(crossed).u == pytest.approx(3.0 * np.sqrt(2.0) * 2.0 / 3.0), "what is on both sides cancels"
    blind = compare(changed(two, lambda k: k > 2, u_mean={}))
    assert blind.differences[METRIC].u is None
    assert any("different calibrations" in note for note in blind.notes)


def test_one_metric_is_primary_and_the_rest_exploratory():
    result = compare(made_bouts(RNG(17)), [METRIC, "cadence_spm"], primary="valr_BW_s")
    assert list(result.not_compared) == ["valr_BW_s", "cadence_spm"]
    assert any("valr_BW_s was declared" in note and "exploratory" in note for note in result.notes)
    assert one(made_bouts(RNG(17)), primary=METRIC).primary
    assert any("No primary metric" in note for note in compare(made_bouts(RNG(17))).notes)


def test_a_value_that_fewer_steps_have_is_said():
    bouts = made_bouts(RNG(18), metric="impact_peak_BW", mean=2.0, sd=0.1)
    for k in range(3, 6):
        values = bouts[k].table["impact_peak_BW"].copy()
        values[:80] = np.nan
        bouts[k] = bout(values, AFTER, k, metric="impact_peak_BW")
    assert any("100 % of the steps before and in 20 % after" in n for n in compare(bouts, ["impact_peak_BW"]).notes)


# --- days ---


def files(*days, change=6.0):
    """One recording of one bout per day given, half before and half after."""
    rng, half = RNG(30), len(days) // 2
    return [bout(240.0 + change * (k >= half) + 0.3 * rng.normal() + ar1(rng, 60, sd=3.0), NAMES[k >= half], k,
                 session=f"file{k}.h5", day=day) for k, day in enumerate(days)]  # fmt: skip


def test_recordings_of_one_day_are_its_bouts():
    result = compare(files(*["2025-03-04"] * 6))
    assert (result.design.kind, result.design.sessions, result.design.days) == ("test", 6, 1)
    assert "of one day" in result.design.why
    assert "day to day" not in result.design.why
    assert result.differences[METRIC].mdc is None
    assert result.differences[METRIC].verdict == NO_BASELINE
    assert any("the 6 recordings of 2025-03-04" in note and "warming up" in note for note in result.notes)
    in_turn = files(*["2025-03-04"] * 6)
    in_turn = changed(in_turn, lambda k: k == 5, began_s=-1.0)
    assert not any("warming up" in note for note in compare(in_turn).notes)


def test_days_that_are_not_known_are_said_and_nothing_is_claimed_of_them():
    result = compare(files(*[""] * 6))
    assert result.design.days is None
    assert "do not say on which days" in result.design.why
    assert result.differences[METRIC].verdict == NO_BASELINE
    assert any("date of some recordings is unknown" in note for note in result.notes)
    assert not any("warming up" in note for note in result.notes), "their order is not known"


def test_a_calibration_between_files_of_a_day_does_not_cancel():
    days = ["d1"] * 3 + ["d2"] * 3
    apart = [replace(b, day="d1" if k % 2 else "d2", calibration_id="AB"[k > 2], u_mean={METRIC: 3.0})
             for k, b in enumerate(files(*days))]  # fmt: skip
    assert one(apart).u == pytest.approx(3.0 * np.sqrt(2.0), rel=0.05)
    by_day = [replace(b, calibration_id=b.day) for b in apart]
    assert one(by_day).u == 0.0


# --- heel share ------------------------------------------------------------------------------------------------------


def heel_bouts(rng, before, after, n=100):
    shares = [*before, *after]
    return [bout(heel_table(rng.random(n) < p), NAMES[k >= len(before)], k) for k, p in enumerate(shares)]


def test_heel_share_of_bouts():
    bouts = heel_bouts(RNG(19), (0.95, 0.9, 1.0), (0.1, 0.3, 0.2))
    found = one(bouts, "heel_share")
    assert found.before == pytest.approx(0.95, abs=0.04)
    assert found.after == pytest.approx(0.2, abs=0.08)
    assert -1.0 <= found.low < found.difference < found.high < 0.0
    assert found.percent is None
    untold = [replace(b, table=heel_table(np.full(100, np.nan))) for b in bouts]
    assert "heel_share" in compare(untold, ["heel_share"]).not_compared
    assert one(bouts[2:4], "heel_share").verdict == NOT_A_TEST


def test_all_heel_strikes_are_no_certainty():
    always = one(heel_bouts(RNG(20), (1.0,) * 3, (1.0,) * 3), "heel_share")
    assert always.low < 0.0 < always.high
    never = one(heel_bouts(RNG(20), (1.0,) * 3, (0.0,) * 3), "heel_share")
    assert -1.0 <= never.low <= -1.0 < never.high < -0.95


# --- properties ------------------------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(40,) * 6, (20, 60, 40, 30, 50, 20), (50, 50)]), st.floats(-50.0, 50.0))
def test_swapping_shifting_and_scaling(seed, counts, shift):
    bouts = made_bouts(RNG(seed), counts, change=5.0)
    usual = one(bouts)
    swapped = compare_bouts(bouts, (AFTER, BEFORE), [METRIC]).differences[METRIC]
    close = {"rel": 1e-5, "abs": 1e-6}
    assert (swapped.difference, swapped.low, swapped.high) == pytest.approx(
        (-usual.difference, -usual.high, -usual.low), **close
    )
    moved = one([bout(b.table[METRIC] + shift, b.condition, int(b.began_s)) for b in bouts])
    assert (moved.difference, moved.low, moved.high) == pytest.approx(
        (usual.difference, usual.low, usual.high), **close
    )
    scaled = one([bout(b.table[METRIC] * 3.0, b.condition, int(b.began_s)) for b in bouts])
    assert (scaled.difference, scaled.low, scaled.high) == pytest.approx(
        (3.0 * usual.difference, 3.0 * usual.low, 3.0 * usual.high), **close
    )
    assert scaled.percent == pytest.approx(usual.percent, rel=1e-5)


def test_identical_data_show_no_difference():
    rng = RNG(21)
    tables = [step_table(240.0 + 2.0 * rng.normal() + ar1(rng, 80, sd=5.0)) for _ in range(3)]
    found = one([bout(t, c, k, session=c) for c in NAMES for k, t in enumerate(tables)])
    assert found.difference == pytest.approx(0.0, abs=1e-9)
    assert found.low == pytest.approx(-found.high)
    assert found.verdict == NO_CLEAR


def test_the_order_in_which_bouts_are_given_does_not_matter():
    bouts = made_bouts(RNG(22), (30, 50, 40, 60, 20, 30), change=3.0)
    assert compare(bouts).as_dict() == compare(bouts[::-1]).as_dict()


def test_a_result_is_json():
    result = compare(made_bouts(RNG(23)), [METRIC, "cadence_spm"])
    text = json.dumps(result.as_dict(), allow_nan=False)
    assert json.loads(text)["differences"][METRIC]["df"] == pytest.approx(4.0)
    assert json.loads(json.dumps(result.design.as_dict()))["bouts"] == [3, 3]
