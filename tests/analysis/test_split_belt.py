"""Two belts: each foot's own numbers, and the times that join one foot to the other."""

from dataclasses import replace

import numpy as np
import pytest
from realdata import fukuchi_trial
from running import BW, analyse, half_sine, half_sine_with_impact, one_belt, ticks, train, two_belts

from analysis.protocol import G, get_protocol
from analysis.setup import Setup
from analysis.wrench import COMPONENTS, force_belt

OWN = [
    "touchdown_s",
    "toe_off_s",
    "contact_time_ms",
    "contact_time_20N_ms",
    "contact_time_5pctBW_ms",
    "active_peak_N",
    "impact_peak_BW",
    "impact_peak_time_ms",
    "vertical_impulse_BW_s",
]


def running(n_steps=30, noise=2.0):
    left = train(half_sine_with_impact, n_steps, 0.35, every=2)
    right = train(half_sine_with_impact, n_steps, 0.35, every=2, phase=1)
    return np.stack([left, right]) + noise * np.random.default_rng(3).normal(size=(2, left.size))


def walking(n_steps=30, noise=2.0):
    """Contacts of 0.7 s, one every 0.55 s: both feet are down for 0.15 s."""
    t = np.arange(round((1.0 + n_steps * 0.55 + 1.0) * 1000)) / 1000
    belts = np.zeros((2, t.size))
    for k in range(n_steps):
        start = 1.0 + k * 0.55
        belts[k % 2] += half_sine(t - start, t_c=0.70, t_f=-0.15)
    return belts + noise * np.random.default_rng(4).normal(size=belts.shape)


@pytest.mark.parametrize("gait", [running, walking])
def test_each_foot_has_the_numbers_it_has_alone(gait):
    belts = gait()
    table, _ = analyse(belts, two_belts())
    assert table.rows == 30
    assert table["valid"].all()
    assert table["side"].tolist() == table["belt"].tolist() == ["L", "R"] * 15
    assert table["step"].tolist() == list(range(1, 31))
    for number, name in enumerate("LR"):
        alone, _ = analyse(belts[number], one_belt())
        rows = table.select(table["belt"] == name)
        for column in OWN:
            np.testing.assert_allclose(rows[column], alone[column], rtol=1e-9, err_msg=f"{name} {column}")


@pytest.mark.parametrize("gait", [running, walking])
def test_step_time_runs_from_touchdown_to_the_other_foots_touchdown(gait):
    table, _ = analyse(gait(), two_belts())
    np.testing.assert_allclose(table["step_time_ms"][:-1], 1e3 * np.diff(table["touchdown_s"]), rtol=1e-9)
    assert np.isnan(table["step_time_ms"][-1])


def test_flight_time_is_between_the_belts_and_null_in_double_support():
    table, _ = analyse(running(), two_belts())
    flight = 1e3 * (table["touchdown_s"][1:] - table["toe_off_s"][:-1])
    np.testing.assert_allclose(table["flight_time_ms"][:-1], flight, rtol=1e-9)
    table, _ = analyse(walking(), two_belts())
    assert np.isnan(table["flight_time_ms"]).all()
    np.testing.assert_allclose(np.median(table["step_time_ms"][:-1]), 550.0, atol=0.5)


def test_body_weight_from_strides_is_the_sum_of_both_belts():
    for belts in (running(46), walking(46)):
        _, pipeline = analyse(belts, two_belts(bw=None))
        assert pipeline.bw_N == pytest.approx(BW, rel=0.003)


def test_the_other_belts_offset_and_drift_do_not_matter():
    belts = running()
    table, _ = analyse(belts, two_belts())
    drift = np.linspace(0, 40, belts.shape[1])
    moved, _ = analyse(belts + np.stack([400 + drift, -300 - 2 * drift]), two_belts())
    assert moved.rows == table.rows
    for column in ("contact_time_ms", "flight_time_ms", "step_time_ms"):
        np.testing.assert_allclose(moved[column], table[column], atol=0.05)


def test_a_gap_in_double_support_invalidates_both_feet():
    belts = walking()
    row = 1000 + 5 * 550 + 60  # 60 ms after the sixth touchdown, 90 ms before the fifth toe-off
    whole, _ = analyse(belts, two_belts())
    table, _ = analyse(belts, two_belts(), gaps=[row])
    cut = np.flatnonzero(np.isnan(table["toe_off_s"]))
    assert cut.tolist() == [4, 5]
    assert table["valid"].tolist() == [True] * 4 + [False] * 2 + [True] * (table.rows - 6)
    assert [r["flags"] for r in table.select(cut).records()] == [["gap", "no_next"]] * 2
    kept = np.isin(whole["touchdown_s"].round(3), table["touchdown_s"].round(3))
    assert kept.sum() == table.rows


def test_one_foot_left_standing_does_not_stop_the_other():
    belts = running()
    belts[1] += np.clip(np.arange(belts.shape[1]) - 4000, 0, 200) / 200 * 0.5 * BW  # stays loaded from 4 s on
    belts[1, 4000:] = np.maximum(belts[1, 4000:], 0.0)
    table, pipeline = analyse(belts, two_belts())
    late = table.select(table["touchdown_s"] > 4.5)
    assert set(late["belt"]) == {"L"}
    assert late.rows >= 8
    assert pipeline.ignored == 1


def test_a_belt_nobody_steps_on_yields_nothing_and_holds_nothing_back():
    left = train(half_sine, 60, 0.35)
    table, _ = analyse(np.stack([left, np.random.default_rng(5).normal(size=left.size)]), two_belts())
    assert table["belt"].tolist() == ["L"] * 60


def test_ticks_are_shared():
    belts = running()
    late = analyse(belts, two_belts(), tick=ticks(belts.shape[1], start=10**12))[0]
    assert late.equals(analyse(belts, two_belts())[0])


@pytest.mark.parametrize("size", [1, 13, 200, 10**6])
def test_two_feet_that_land_on_the_same_sample_keep_their_order(size):
    left = train(half_sine, 8, 0.6)
    right = np.where(
        train(lambda t: (t > 0) & (t < 0.15), 8, 0.6) > 0, left, 0.0
    )  # ends, and is known, before the left
    cuts = range(size, left.size, size)
    table, _ = analyse(np.stack([left, right]), two_belts(), cuts=cuts, tare=np.zeros((2, 6)))
    assert table["belt"].tolist() == ["L", "R"] * 8
    np.testing.assert_allclose(table["touchdown_s"][::2], table["touchdown_s"][1::2], atol=1e-6)


@pytest.mark.parametrize("size", [10, 50, 333])
def test_a_long_contact_that_outlasts_one_of_the_other_belt_is_cut_out_whole(size):
    """When the right belt's step is known, the left contact's end can still lie beyond what that belt gave out."""
    left = train(lambda t: half_sine(t, t_c=0.95, t_f=0.0), 8, 2.0)
    right = train(lambda t: half_sine(t - 0.3), 8, 2.0)
    belts = np.stack([left, right])
    whole, _ = analyse(belts, two_belts())
    cut, _ = analyse(belts, two_belts(), cuts=range(size, left.size, size))
    assert cut.equals(whole)
    assert whole["belt"].tolist() == ["L", "R"] * 8
    assert all("wrong_belt" in row["flags"] for row in whole.records()), "both belts are loaded in mid-contact"
    np.testing.assert_allclose(whole["contact_time_ms"][::2], whole["contact_time_ms"][0], atol=0.1)


@pytest.mark.parametrize("size", [16, 100])
@pytest.mark.parametrize("gait", [running, walking])
def test_rows_wait_for_the_slower_belt(gait, size):
    """One belt's zero can lag the other's by seconds; live chunks must not cut a step before both are known."""
    belts = gait()
    belts[1, : belts.shape[1] // 2] = 0.0
    whole, _ = analyse(belts, two_belts())
    cut, _ = analyse(belts, two_belts(), cuts=range(size, belts.shape[1], size))
    assert cut.equals(whole)


@pytest.mark.parametrize("belt", [0, 1])
def test_a_runner_with_both_feet_on_one_belt_has_a_left_and_a_right(belt):
    """The belt would call every step by its own name."""
    trial = fukuchi_trial("RBDS012_T35")
    parts = {part: number for number, part in enumerate(COMPONENTS)}
    single = Setup(trial.sample_rate_Hz, 1e6, [force_belt(parts)], get_protocol(), bw_N=trial.mass_kg * G)
    both = [force_belt({part: 6 * k + n for part, n in parts.items()}, name="LR"[k], channels=12) for k in (0, 1)]
    wrench = np.zeros((2, *trial.wrench.shape))
    wrench[belt] = trial.wrench
    alone, _ = analyse(trial.wrench, single)
    table, _ = analyse(wrench.reshape(12, -1), replace(single, belts=both))
    assert set(table["belt"]) == {"LR"[belt]}
    assert table["side"].tolist() == alone["side"].tolist()
    assert {"L", "R"} <= set(table["side"])
