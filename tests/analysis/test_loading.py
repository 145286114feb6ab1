"""Loading rates: closed forms, sampling rates, the point of interest, and what must hold for any force."""

from dataclasses import replace

import numpy as np
import pytest
from batches import apart, batch_of, wrench_of
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, analyse, half_sine, half_sine_with_impact, one_belt, train, two_mass
from stance_curves import stance

from analysis.filters import design_taps
from analysis.loading import flank_rate, loading_columns, mean_rate, point_of_interest, steepest
from analysis.protocol import get_protocol
from analysis.timing import times_columns
from analysis.vertical import active_peak, impact_peak, vertical_columns

P60 = get_protocol()
EXACT = 1e-4
NAN = np.array([np.nan])
SHAPES = {"O1": (half_sine, 0.25, 0.35), "O2": (two_mass, 0.24, 0.34), "O3": (half_sine_with_impact, 0.25, 0.35)}
VALR = {"O1": 27.009, "O2": 57.698, "O3": 63.9028}
VILR = {"O1": 27.635, "O2": 62.211, "O3": 80.7007}


def poi_of(curve, span, rate, *, hf_BW=NAN, hf_ms=NAN):
    least = np.full(span.origin.size, 0.02 * BW)
    impact = impact_peak(curve, span, 1 / rate, active_peak(curve, span, P60, apart_N=least), least_prominence_N=least)
    known = {
        "impact_peak_time_ms": (impact.position - span.touchdown) / rate * 1e3,
        "hf_peak_BW": hf_BW,
        "hf_peak_time_ms": hf_ms,
    }
    return point_of_interest(curve, span, 1 / rate, known)


def valr(curve, span, rate, poi):
    return flank_rate(curve, span, poi.position, 0.2 * poi.force_N, 0.8 * poi.force_N) * rate


def vilr(curve, span, rate, poi):
    return steepest(curve, span, poi.position, rate * 1e-3) * 1e3


@pytest.mark.parametrize("rate", [500.0, 976.5625, 1000.0, 2400.0])
@pytest.mark.parametrize("name", SHAPES)
def test_valr_of_the_oracles(name, rate):
    curve, span = stance(*SHAPES[name][:2], rate)
    poi = poi_of(curve, span, rate)
    assert poi.source[0] == ("13pct" if name == "O1" else "impact_peak")
    assert valr(curve, span, rate, poi)[0] / BW == pytest.approx(VALR[name], rel=EXACT if rate > 900 else 2 * EXACT)


def test_O1_has_its_point_of_interest_at_13_percent():
    curve, span = stance(half_sine, 0.25)
    poi = poi_of(curve, span, 1000.0)
    assert poi.force_N[0] / BW == pytest.approx(0.87337, rel=EXACT)
    assert poi.position[0] - span.touchdown[0] == pytest.approx(32.5)


@pytest.mark.parametrize("rate", [500.0, 976.5625, 1000.0, 2400.0])
@pytest.mark.parametrize("name", SHAPES)
def test_vilr_of_the_oracles(name, rate):
    """O1 begins at its steepest with a corner, which no foot has and which no derivative survives: it goes on below."""

    def no_corner(t):
        return 1509.61648 * np.sin(np.pi * t / 0.25)

    shape, t_c, _ = SHAPES[name]
    curve, span = stance(no_corner if name == "O1" else shape, t_c, rate)
    poi = poi_of(*stance(shape, t_c, rate), rate)
    assert vilr(curve, span, rate, poi)[0] / BW == pytest.approx(VILR[name], rel=1.5 * EXACT)


def test_the_plain_difference_over_4_ms_would_miss_it():
    curve, span = stance(half_sine_with_impact, 0.25)
    position = span.touchdown[:, None] + np.linspace(0.0, 32.0, 321)
    plain = (curve.at(position + 2.0) - curve.at(position - 2.0)).max() / 4e-3 / BW
    assert plain / VILR["O3"] - 1 == pytest.approx(-0.014, abs=1e-3)


def low_passed(name, fine=20_000.0):
    """Truth of what the default low-pass makes of a curve."""
    shape, t_c, _ = SHAPES[name]
    curve, span = stance(shape, t_c, fine, phase=0.0, lead=0.15)
    return replace(curve, signal=np.convolve(curve.signal, design_taps(P60, fine), "same")), span, fine


def to_50N(curve, span):
    """The same contact between the crossings of the reporting threshold."""
    level, whole = np.array([50.0]), (curve.last - curve.origin).astype(float)
    begin = curve.first_rise(level, span.touchdown - 100.0, span.toe_off)
    return replace(span, touchdown=begin, toe_off=curve.last_fall(level, span.touchdown, whole))


@pytest.mark.parametrize("rate", [300.0, 500.0, 1000.0, 2400.0])
@pytest.mark.parametrize("name", SHAPES)
def test_through_the_pipeline_at_any_rate(name, rate):
    """Against the low-passed curve: what the low-pass itself does is in the next test."""
    shape, _, period = SHAPES[name]
    table, _ = analyse(train(shape, 20, period, rate), one_belt(rate))
    curve, span, fine = low_passed(name)
    span = to_50N(curve, span)
    poi = poi_of(curve, span, fine)
    contact = span.toe_off - span.touchdown
    truth = {
        "valr_BW_s": valr(curve, span, fine, poi)[0],
        "vilr_BW_s": vilr(curve, span, fine, poi)[0],
        "valr_3_12_BW_s": mean_rate(curve, span.touchdown + 0.03 * contact, span.touchdown + 0.12 * contact)[0] * fine,
        "valr_25_BW_s": (curve.at(span.touchdown + 0.025 * fine) - curve.at(span.touchdown))[0] / 0.025,
    }
    # touchdown is a crossing of the straight line between samples: at 300 Hz up to 0.4 ms early; and O1 has a corner
    coarse = {300.0: 0.018, 500.0: 6e-3}.get(rate, 2e-3)
    for column, value in truth.items():
        fine_enough = column == "valr_BW_s" or (column == "vilr_BW_s" and name != "O1")
        np.testing.assert_allclose(table[column], value / BW, rtol=2e-3 if fine_enough else coarse, err_msg=column)
    assert set(table["poi_source"]) == {poi.source[0]}


@pytest.mark.parametrize(("name", "on_valr", "on_vilr"), [("O2", 0.0044, 0.0040), ("O3", 0.0041, -0.0059)])
def test_what_the_low_pass_does_to_the_oracles(name, on_valr, on_vilr):
    shape, _, period = SHAPES[name]
    table, _ = analyse(train(shape, 20, period), one_belt())
    assert table["valr_BW_s"].mean() / VALR[name] - 1 == pytest.approx(on_valr, abs=1e-3)
    assert table["vilr_BW_s"].mean() / VILR[name] - 1 == pytest.approx(on_vilr, abs=1e-3)


# ------------------------------------------------------------------------------------------ the point of interest


@pytest.mark.parametrize(
    ("height", "when", "source"),
    [
        (0.30, 28.0, "hf_peak"),
        (0.11, 28.0, "hf_peak"),
        (0.09, 28.0, "13pct"),  # what a curve without any impact reaches
        (0.30, 4.0, "13pct"),
        (0.30, 49.0, "hf_peak"),
        (0.30, 51.0, "13pct"),  # where no impact lies
        (np.nan, 28.0, "13pct"),
        (0.30, np.nan, "13pct"),
    ],
)
def test_the_high_frequency_peak_marks_an_impact_only_if_it_is_one(height, when, source):
    curve, span = stance(half_sine, 0.25)
    poi = poi_of(curve, span, 1000.0, hf_BW=np.array([height]), hf_ms=np.array([when]))
    assert poi.source[0] == source
    at = when if source == "hf_peak" else 32.5
    assert (poi.position - span.touchdown)[0] == pytest.approx(at)
    assert poi.force_N[0] == pytest.approx(1509.61648 * np.sin(np.pi * at / 250.0), rel=EXACT)


def test_the_impact_peak_comes_first():
    curve, span = stance(half_sine_with_impact, 0.25)
    poi = poi_of(curve, span, 1000.0, hf_BW=np.array([0.5]), hf_ms=np.array([26.0]))
    assert poi.source[0] == "impact_peak"
    assert (poi.position - span.touchdown)[0] == pytest.approx(32.2229, abs=0.03)


def columns_of(force, setup=None, **more):
    batch = batch_of(wrench_of(Fz=force), setup or one_belt())
    known = vertical_columns(batch, {}) | {k: np.full(len(batch), v) for k, v in more.items()}
    return loading_columns(batch, known), batch


def test_rates_from_200_N_need_an_impact_peak():
    with_impact, _ = columns_of(train(half_sine_with_impact, 3, 0.35))
    without, _ = columns_of(train(half_sine, 3, 0.35))
    t = np.linspace(0.0, 0.0322, 32_201)
    force = half_sine_with_impact(t)
    t200, t90 = (t[np.argmax(force >= level)] for level in (200.0, 0.9 * 1.530974 * BW))
    rate = (0.9 * 1.530974 * BW - 200.0) / (t90 - t200) / BW
    np.testing.assert_allclose(with_impact["valr_200N_BW_s"], rate, rtol=1e-3)
    assert np.isnan(without["valr_200N_BW_s"]).all()


def test_an_impact_below_200_N_has_no_rate_from_there():
    light, batch = columns_of(0.13 * train(half_sine_with_impact, 3, 0.35), one_belt(bw=0.13 * BW))
    assert (light["poi_source"][batch.whole] == "impact_peak").all()
    assert np.isnan(light["valr_200N_BW_s"]).all()
    assert (light["valr_BW_s"][batch.whole] > 50).all(), "its lower level is crossed before 50 N are reached"


def test_rate_of_the_first_25_ms_is_that_from_touchdown():
    """Alcantara et al. (2022): mean slope of the first 25 ms, here from 50 N on."""
    rates, batch = columns_of(train(half_sine_with_impact, 3, 0.35))
    begin = batch.seconds(batch.at_ref.touchdown) - 0.3137 - 0.35 * np.arange(3)
    expected = (half_sine_with_impact(begin + 0.025) - 50.0) / 0.025 / BW
    np.testing.assert_allclose(rates["valr_25_BW_s"], expected, rtol=1e-3)


def test_text_and_numbers_are_null_without_a_whole_step():
    columns, _ = columns_of(train(half_sine, 3, 0.35))
    batch = batch_of(wrench_of(Fz=train(half_sine, 3, 0.35)), one_belt(), rows=1)
    one = loading_columns(batch, vertical_columns(batch, {}))
    assert one["poi_source"].tolist() == ["13pct", "", ""]
    assert np.isnan(one["valr_BW_s"]).tolist() == [False, True, True]
    assert set(columns["poi_source"]) == {"13pct"}
    none = batch_of(wrench_of(Fz=train(half_sine, 3, 0.35)), one_belt(), rows=0)
    assert set(loading_columns(none, {})["poi_source"]) == {""}


def test_without_body_weight_there_is_no_rate():
    columns, batch = columns_of(train(half_sine_with_impact, 3, 0.35), one_belt(bw=None))
    assert batch.whole.all()
    for name in set(columns) - {"poi_source"}:
        assert np.isnan(columns[name]).all(), name


# --------------------------------------------------------------------------------------- what holds for any force


@settings(max_examples=40, deadline=None)
@given(
    size=st.floats(0.0, 1200.0),
    middle=st.floats(0.015, 0.045),
    width=st.floats(0.004, 0.012),
    rate=st.sampled_from([500.0, 1000.0, 2400.0]),
    phase=st.floats(0.0, 0.99),
    k=st.floats(0.2, 5.0),
)
def test_O17_rates_scale_with_force_and_keep_their_order(size, middle, width, rate, phase, k):
    curve, span = stance(
        lambda t: half_sine_with_impact(t, height=size, middle=middle, sd=width), 0.25, rate, phase=phase
    )
    poi = poi_of(curve, span, rate)
    scaled = replace(curve, signal=k * curve.signal)
    poi_k = replace(poi, force_N=scaled.at(poi.position))
    for rate_of in (valr, vilr):
        np.testing.assert_allclose(rate_of(scaled, span, rate, poi_k), k * rate_of(curve, span, rate, poi), rtol=1e-8)
    assert vilr(curve, span, rate, poi)[0] >= 0.99 * valr(curve, span, rate, poi)[0], "no mean beats the steepest"


def known_before(batch):
    return times_columns(batch, {}) | vertical_columns(batch, {})


def test_rows_do_not_depend_on_their_batch():
    rng = np.random.default_rng(3)
    force = np.convolve(train(half_sine_with_impact, 25, 0.35) + rng.normal(0, 20.0, 9464), np.ones(15) / 15, "same")
    batch = batch_of(wrench_of(Fz=np.maximum(force, 0.0)), one_belt())
    whole = loading_columns(batch, known_before(batch))
    for step in (1, 4):
        parts = apart(loading_columns, batch, known_before, step=step)
        for name, values in whole.items():
            assert parts[name].tobytes() == values.tobytes(), name
