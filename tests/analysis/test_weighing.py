"""A converter too slow for steps: what it weighs, at any rate, and that nothing else is told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, analyse, half_sine_with_impact, one_belt, train, two_belts

from analysis.filters import WEIGHING_S, weighing_taps
from analysis.flags import SampleFlag
from analysis.gates import LABELS, STATIC_ONLY, deck_lights, gated_columns
from analysis.incline import normal_share_BW
from analysis.missing import missing
from analysis.quality import closure_light
from analysis.setup import Runner
from analysis.steps import COLUMNS

SEED = 5


def standing(rate, *, weight_N=700.0, belts=1, zero_N=40.0, noise_N=0.3, story=((0.0, 4.0), (1.0, 8.0), (0.0, 4.0))):
    """(belts, n) who steps onto an empty belt, stands and leaves; on two belts with a foot on each."""
    parts = [np.full(round(seconds * rate), share) for share, seconds in story]
    share = np.concatenate(parts)
    sway = 0.004 * np.sin(2 * np.pi * 0.4 * np.arange(share.size) / rate)
    force = weight_N * share * (1.0 + sway)
    rng = np.random.default_rng(SEED)
    rows = force * np.array([[1.0]] if belts == 1 else [[0.45], [0.55]])
    return rows + zero_N + noise_N * rng.normal(size=rows.shape)


def slow(rate, belts=1, bw=None, **more):
    return replace(two_belts(rate, bw) if belts == 2 else one_belt(rate, bw), static_only=True, **more)


@pytest.mark.parametrize("rate", [10.0, 20.0, 80.0, 119.0, 300.0, 1000.0])
@pytest.mark.parametrize("belts", [1, 2])
def test_who_stands_still_is_weighed(rate, belts):
    zero = [np.array([0, 0, 40.0, 0, 0, 0])] * belts
    table, pipeline = analyse(standing(rate, belts=belts), slow(rate, belts), tare=zero)
    assert table.rows == 0
    assert pipeline.zero_known
    assert pipeline.standing_N == pytest.approx(700.0, rel=0.003)
    assert pipeline.bw_N == pipeline.standing_N


@pytest.mark.parametrize("rate", [10.0, 80.0])
def test_without_a_tare_the_empty_belt_is_the_zero(rate):
    _, pipeline = analyse(standing(rate), slow(rate))
    assert pipeline.standing_N == pytest.approx(700.0, rel=0.003)


def test_closure_compares_with_the_mass_given_also_on_an_incline():
    given_bw = 690.0
    setup = slow(80.0, bw=given_bw, runner=Runner(incline_deg=8.0))
    _, pipeline = analyse(standing(80.0), setup)
    assert pipeline.bw_N == given_bw
    assert pipeline.weight_closure() == pytest.approx(700.0 / (given_bw * normal_share_BW(8.0)), rel=0.003)


def test_who_moves_is_not_weighed():
    t = np.arange(800) / 80.0
    walking = 700.0 * (1.0 + 0.25 * np.sin(2 * np.pi * 1.9 * t))
    _, pipeline = analyse(np.concatenate((np.zeros(320), walking, np.zeros(320))), slow(80.0))
    assert np.isnan(pipeline.standing_N)
    assert np.isnan(pipeline.bw_N)
    _, empty = analyse(np.zeros(800), slow(80.0))
    assert np.isnan(empty.standing_N)


def test_marked_seconds_and_those_cut_by_a_gap_are_left_out():
    channels = standing(80.0)
    flags = np.zeros(channels.shape[1], np.uint8)
    wild = channels.copy()
    wild[0, 330:960] += 60.0  # a converter at the end of its range reads a plausible number
    flags[330:960] = SampleFlag.SATURATED
    _, pipeline = analyse(wild, slow(80.0), flags=flags)
    assert np.isnan(pipeline.standing_N)
    every_half = list(range(330, 960, 40))
    _, pipeline = analyse(channels, slow(80.0), gaps=every_half)
    assert np.isnan(pipeline.standing_N)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([10.0, 80.0]), st.lists(st.integers(0, 159), max_size=30))
def test_any_cutting_gives_the_same_weight_to_the_bit(rate, cuts):
    channels = standing(rate, belts=2)
    _, whole = analyse(channels, slow(rate, 2), gaps=[150])
    _, cut = analyse(channels, slow(rate, 2), gaps=[150], cuts=set(cuts))
    assert cut.standing_N == whole.standing_N
    _, single = analyse(channels, slow(rate, 2), gaps=[150], cuts=range(1, channels.shape[1]))
    assert single.standing_N == whole.standing_N


def test_runners_give_no_step_no_weight_and_no_scuff():
    rate = 300.0
    table, pipeline = analyse(train(half_sine_with_impact, 60, 0.35, rate), slow(rate, bw=BW))
    assert analyse(train(half_sine_with_impact, 60, 0.35, rate), one_belt(rate))[0].rows == 60
    assert table.rows == pipeline.found == 0
    assert np.isnan(pipeline.weight_closure())
    assert pipeline.recent_step_times(10).size == 0
    assert {episode.kind for episode in pipeline.episodes(table)} <= {"walking or standing", "stepped off"}


def test_every_column_says_why_it_is_empty():
    setup = slow(300.0, contact_levels=("30N",))
    gated = gated_columns(setup)
    assert set(gated) == {c.name for c in COLUMNS if c.name not in LABELS} | {"contact_time_30N_ms"}
    assert set(gated.values()) == {STATIC_ONLY}
    table, pipeline = analyse(standing(300.0), setup)
    assert missing(table, setup, pipeline.gated, measured_speed=False) == gated
    assert missing(table, one_belt(300.0), {}, measured_speed=False) == {}
    (light,) = deck_lights(setup)
    assert (light.name, light.state) == ("sample_rate", "red")
    assert STATIC_ONLY in light.text


def test_the_light_on_closure_speaks_of_standing():
    assert "standing still is 1.0020" in closure_light(1.002, "mass", standing=True).text
    assert "nobody stood still" in closure_light(None, "mass", standing=True).text
    assert "taken from standing" in closure_light(None, "standing", standing=True).text
    assert "whole strides is 1.0020" in closure_light(1.002, "mass").text


@pytest.mark.parametrize("rate", [10.0, 80.0, 300.0])
def test_the_filter_never_swings_and_passes_what_rests(rate):
    taps = weighing_taps(rate)
    assert (taps > 0.0).all()
    assert (taps == taps[::-1]).all()
    assert taps.sum() == pytest.approx(1.0, abs=1e-15)
    assert taps.size >= WEIGHING_S * rate
