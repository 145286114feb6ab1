"""Braking and propulsion: closed forms, real runners, and silence where the rig cannot see them."""

from dataclasses import replace

import numpy as np
import pytest
from batches import apart, batch_of, cut_steps, times_of, wrench_of
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import BW, analyse, ap_sine, half_sine, one_belt, train

from analysis.batch import make_batch
from analysis.filters import lowpass_taps
from analysis.fore_aft import MEASURED, fore_aft_columns, zero_crossing
from analysis.protocol import G
from analysis.ragged import Span
from analysis.setup import Runner, Setup
from analysis.wrench import COMPONENTS, force_belt

FORWARD = one_belt(Fz=0, Fx=1)
RISE_MS = 1e3 * np.arcsin(50.0 / 1509.61648) * 0.25 / np.pi


def measured(fore_aft, setup=FORWARD, *, rate=1000.0, steps=8, **cut):
    """Columns of a half-sine run with the given fore-aft force, a function of the time since the beginning."""
    force = fore_aft if isinstance(fore_aft, np.ndarray) else train(fore_aft, steps, 0.35, rate)
    batch = batch_of(wrench_of(Fz=train(half_sine, steps, 0.35, rate), Fx=force), setup, **cut)
    return fore_aft_columns(batch, times_of(batch))


def part(t, force):
    return np.where((t > 0) & (t < 0.25), force, 0.0)


@pytest.mark.parametrize("rate", [300.0, 1000.0, 2400.0])
def test_O4_fore_aft_sine(rate):
    columns = measured(ap_sine, replace(FORWARD, sample_rate_Hz=rate), rate=rate)
    tolerance = 3e-3 if rate >= 1000.0 else 1e-2
    for name in ("braking_peak_BW", "braking_peak_after50_BW", "propulsive_peak_BW"):
        np.testing.assert_allclose(columns[name], 0.25, rtol=tolerance, err_msg=name)
    for name in ("braking_impulse_BW_s", "propulsive_impulse_BW_s"):
        np.testing.assert_allclose(columns[name], 0.0198944, rtol=tolerance, err_msg=name)
        np.testing.assert_allclose(columns[name] * BW, 13.656797, rtol=tolerance, err_msg=name)
        np.testing.assert_allclose(columns[name] * G, 0.195097, rtol=tolerance, err_msg=name)
    np.testing.assert_allclose(columns["net_fore_aft_impulse_BW_s"], 0.0, atol=2e-6)
    np.testing.assert_allclose(columns["zero_crossing_pct"], 50.0, atol=0.05)
    np.testing.assert_allclose(columns["braking_time_ms"], 62.5 - RISE_MS, atol=0.15)
    np.testing.assert_allclose(columns["propulsive_time_ms"], 187.5 - RISE_MS, atol=0.15)
    assert set(columns["braking_evidence"]) == {"measured"}


def test_O4_through_the_whole_pipeline():
    table, _ = analyse(np.stack([train(half_sine, 20, 0.35), train(ap_sine, 20, 0.35)]), FORWARD)
    np.testing.assert_allclose(table["zero_crossing_pct"], 50.0, atol=0.1)
    np.testing.assert_allclose(table["braking_time_ms"], 62.5 - RISE_MS, atol=0.3)
    np.testing.assert_allclose(table["braking_impulse_BW_s"], 0.0198944, rtol=3e-3)
    net = table["propulsive_impulse_BW_s"] - table["braking_impulse_BW_s"]
    assert table["net_fore_aft_impulse_BW_s"].tobytes() == net.tobytes()


def test_force_angle_is_that_of_the_vector_at_the_braking_peak():
    columns = measured(ap_sine)
    expected = np.rad2deg(np.arctan2(0.25 * BW, half_sine(np.array(0.0625))))
    np.testing.assert_allclose(columns["force_angle_deg"], expected, atol=0.15)
    assert (columns["force_angle_deg"] > 0.0).all(), "behind the vertical"


def test_an_impact_spike_stays_out_of_the_later_peak():
    columns = measured(lambda t: ap_sine(t) - part(t, 0.4 * BW * np.exp(-0.5 * ((t - 0.025) / 0.005) ** 2)))
    spike = 0.4 + 0.25 * np.sin(2.0 * np.pi * 0.025 / 0.25)
    np.testing.assert_allclose(columns["braking_peak_BW"], spike, rtol=0.01)
    np.testing.assert_allclose(columns["braking_peak_after50_BW"], 0.25, rtol=3e-3)
    np.testing.assert_allclose(columns["braking_time_ms"], 25.0 - RISE_MS, atol=1.5)


def test_loading_rate_of_a_ramp():
    """From nothing to 0.3 BW in 20 ms, then falling: 15 BW/s between any two levels."""

    def ramp(t):
        return part(t, -BW * np.interp(t - 0.010, [0.0, 0.020, 0.1, 0.11, 0.24], [0.0, 0.3, 0.1, 0.0, 0.0]))

    np.testing.assert_allclose(measured(ramp)["braking_loading_rate_BW_s"], 15.0, rtol=1e-3)


def test_loading_rate_is_that_of_the_first_of_two_peaks():
    def two(t):
        return part(t, -BW * np.interp(t, [0.005, 0.015, 0.03, 0.08, 0.12], [0.0, 0.2, 0.1, 0.35, 0.0]))

    columns = measured(two)
    np.testing.assert_allclose(columns["braking_loading_rate_BW_s"], 20.0, rtol=0.02)
    np.testing.assert_allclose(columns["braking_peak_BW"], 0.35, rtol=0.01)

    def ripple(t):
        return part(t, -BW * np.interp(t, [0.005, 0.015, 0.02, 0.08, 0.12], [0.0, 0.2, 0.185, 0.35, 0.0]))

    slow = measured(ripple)["braking_loading_rate_BW_s"]
    assert (slow < 15.0).all(), "a ripple of less than 0.02 BW is no peak"


def test_a_peak_within_the_noise_is_none():
    def two(t):
        return part(t, -BW * np.interp(t, [0.005, 0.015, 0.03, 0.08, 0.12], [0.0, 0.2, 0.15, 0.35, 0.0]))

    batch = batch_of(wrench_of(Fz=train(half_sine, 8, 0.35), Fx=train(two, 8, 0.35)), FORWARD)
    for noise, rate in ((0.0, 20.0), (0.04 * BW, 0.21 / 0.054)):  # 3 σ is more than the 0.05 BW it stands out by
        noisy = replace(batch, flight_sd_N=np.full(len(batch), noise))
        found = fore_aft_columns(noisy, times_of(batch))["braking_loading_rate_BW_s"]
        np.testing.assert_allclose(found, rate, rtol=0.02)


def test_loading_rate_may_begin_before_touchdown():
    """A foot that scuffs the belt brakes before 50 N of weight are on it: the levels are then met in flight."""
    early = np.roll(train(lambda t: part(t, -BW * np.interp(t, [0.0, 0.02, 0.1], [0.0, 0.3, 0.0])), 8, 0.35), -10)
    np.testing.assert_allclose(measured(early)["braking_loading_rate_BW_s"], 15.0, rtol=1e-3)


def test_without_braking_there_is_no_time_rate_or_angle():
    columns = measured(lambda t: np.abs(ap_sine(t)))
    assert (columns["braking_peak_BW"] == 0.0).all()
    assert (columns["braking_impulse_BW_s"] == 0.0).all()
    for name in ("braking_time_ms", "braking_loading_rate_BW_s", "force_angle_deg", "zero_crossing_pct"):
        assert np.isnan(columns[name]).all(), name
    pushed = measured(lambda t: -np.abs(ap_sine(t)))
    assert (pushed["propulsive_peak_BW"] == 0.0).all()
    assert np.isnan(pushed["propulsive_time_ms"]).all()


def crossing_of(values, hysteresis=0.01):
    """Crossing in one contact of these samples, as a share of contact."""
    force = np.concatenate(([0.0, 0.0], values, [0.0, 0.0]))
    span = Span(np.array([2]), np.array([0.0]), np.array([values.size - 1.0]))
    return zero_crossing(force, span, hysteresis)[0] / (values.size - 1.0)


SHARE = np.linspace(0.0, 1.0, 201)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([(0, -0.1), (0.4, -0.1), (0.6, 0.1), (1, 0.1)], 0.5, id="plain"),
        pytest.param([(0, 0.1), (0.05, -0.1), (0.1, 0.1), (0.3, -0.2), (0.5, 0.1), (1, 0.0)], 0.4333, id="claw-back"),
        pytest.param([(0, -0.1), (0.3, -0.1), (0.4, 0.1), (0.5, -0.1), (0.7, 0.1), (1, 0.1)], 0.6, id="the last one"),
        pytest.param([(0, -0.1), (0.4, 0.1), (0.5, -0.008), (0.6, 0.1), (1, 0.1)], 0.2, id="early and a ripple"),
        pytest.param(
            [(0, -0.1), (0.4, -0.05), (0.5, 0.008), (0.55, -0.008), (0.7, 0.1), (1, 0.1)], 0.5611, id="ripple"
        ),
        pytest.param([(0, -0.1), (0.2, 0.1), (1, 0.1)], None, id="too early"),
        pytest.param([(0, -0.1), (0.85, -0.1), (0.95, 0.1), (1, 0.1)], None, id="too late"),
        pytest.param([(0, -0.1), (1, -0.1)], None, id="only braking"),
        pytest.param([(0, -0.009), (0.5, -0.009), (0.6, 0.1), (1, 0.1)], None, id="never braked enough"),
        pytest.param([(0, -0.1), (0.5, -0.1), (0.6, 0.009), (1, 0.009)], None, id="never pushed enough"),
    ],
)
def test_zero_crossing(points, expected):
    """The crossing is where the force leaves zero for good, in the middle half of contact."""
    values = np.interp(SHARE, *zip(*points, strict=True))
    found = crossing_of(values)
    if expected is None or not 0.25 <= expected <= 0.75:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(expected, abs=2e-3)


def test_braking_in_one_contact_does_not_count_for_the_next():
    force = np.concatenate((np.full(200, -0.1), np.interp(SHARE, [0.0, 0.5, 0.6, 1.0], [-0.009, -0.009, 0.1, 0.1])))
    span = Span(np.array([0, 200]), np.zeros(2), np.array([199.0, 200.0]))
    assert np.isnan(zero_crossing(force, span, 0.01)).all()


def plain_crossing(force, first, last, touchdown, toe_off, level):
    """The definition in words, sample by sample."""
    state, since, found = 0, None, np.nan
    for i in range(first, last + 1):
        if force[i] < 0.0:
            since = i
        if force[i] < -level:
            state = -1
        elif force[i] > level:
            if state == -1:
                at = since - force[since] / (force[since + 1] - force[since])
                if 0.25 <= (at - touchdown) / (toe_off - touchdown) <= 0.75:
                    found = at
            state = 1
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_zero_crossing_is_the_definition_in_words(seed, count):
    rng = np.random.default_rng(seed)
    force = np.cumsum(rng.normal(0.0, 0.02, 60 * count)) + rng.normal(0.0, 0.01, 60 * count)
    force *= rng.choice([1.0, 0.3])
    origin = 60 * np.arange(count) + 5
    touchdown, toe_off = -rng.uniform(0.0, 2.0, count), rng.uniform(30.0, 50.0, count)
    found = zero_crossing(force, Span(origin, touchdown, toe_off), 0.01)
    span = Span(origin, touchdown, toe_off)
    for k in range(count):
        begin, end = origin[k] + touchdown[k], origin[k] + toe_off[k]
        expected = plain_crossing(force, span.first[k], span.last[k], begin, end, 0.01) - origin[k]
        np.testing.assert_allclose(found[k], expected, rtol=0, atol=1e-9, equal_nan=True)


def test_a_rig_that_does_not_see_it_says_nothing():
    columns = measured(ap_sine, one_belt(Fz=0))
    for name in MEASURED:
        assert np.isnan(columns[name]).all(), name
    assert set(columns["braking_evidence"]) == {""}


def test_walking_says_nothing():
    columns = measured(ap_sine, foot=1)
    for name in MEASURED:
        assert np.isnan(columns[name]).all(), name
    assert set(columns["braking_evidence"]) == {""}


def test_of_two_belts_only_the_one_that_sees_it():
    blind, seeing = force_belt({"Fz": 0}, name="L", channels=2), force_belt({"Fz": 0, "Fx": 1}, name="R")
    setup = replace(FORWARD, belts=[blind, seeing])
    wrench = wrench_of(Fz=train(half_sine, 8, 0.35), Fx=train(ap_sine, 8, 0.35))
    stances = replace(cut_steps(wrench, 1000.0), belt=np.arange(8) % 2)
    batch = make_batch(stances, setup, rows=8, bw_N=BW, first_tick=0)
    columns = fore_aft_columns(batch, times_of(batch))
    assert columns["braking_evidence"].tolist() == ["", "measured"] * 4
    for name in MEASURED:
        assert np.isnan(columns[name]).tolist() == [True, False] * 4, name


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_same_bits_in_batches_of_any_size(seed):
    rng = np.random.default_rng(seed)
    fz = train(half_sine, 9, 0.35)
    fx = train(ap_sine, 9, 0.35) * rng.uniform(0.5, 1.5) + 4.0 * rng.normal(size=fz.size)
    batch = batch_of(wrench_of(Fz=fz, Fx=fx), FORWARD)
    whole = fore_aft_columns(batch, times_of(batch))
    for step in (1, 2, 5):
        parts = apart(fore_aft_columns, batch, times_of, step=step)
        for name, values in whole.items():
            assert parts[name].tobytes() == values.tobytes(), (name, step)


def real_table(trial):
    belt = force_belt({name: i for i, name in enumerate(COMPONENTS)})
    runner = Runner(stature_m=trial.stature_m, belt_speed_m_s=trial.speed_m_s)
    return analyse(trial.wrench, Setup(300.0, 1e6, [belt], FORWARD.protocol, trial.mass_kg * G, runner=runner))[0]


@pytest.fixture(scope="module")
def real_tables():
    return [(trial, real_table(trial)) for trial in fukuchi()]


def test_real_runners_brake_as_much_as_they_push(real_tables):
    """At constant speed on a level belt braking and propulsive impulse are equal: within 5 % in the median trial."""
    apart_by = []
    for _, table in real_tables:
        braking, propulsive = table["braking_impulse_BW_s"].sum(), table["propulsive_impulse_BW_s"].sum()
        apart_by.append(abs(propulsive - braking) / braking)
        np.testing.assert_allclose(table["net_fore_aft_impulse_BW_s"].sum(), propulsive - braking, atol=1e-12)
    assert np.median(apart_by) < 0.05
    assert max(apart_by) < 0.15


def test_real_runners_stop_braking_in_the_middle(real_tables):
    crossings = np.concatenate([table["zero_crossing_pct"] for _, table in real_tables])
    assert np.isnan(crossings).mean() < 0.002
    assert 45.0 < np.nanmedian(crossings) < 55.0
    for _, table in real_tables:
        assert (table["braking_peak_after50_BW"] <= table["braking_peak_BW"]).all()
        late = table["braking_time_ms"] / table["contact_time_ms"]
        assert ((late > 0.0) & (late < 0.5)).all()
        assert ((table["propulsive_time_ms"] / table["contact_time_ms"]) > 0.5).all()
        assert ((table["force_angle_deg"] > 0.0) & (table["force_angle_deg"] < 60.0)).all()


def test_real_runners_against_a_loop_over_samples(real_tables):
    """The same low-pass by plain convolution, one zero for the whole trial, each contact by itself."""
    protocol = FORWARD.protocol
    taps = lowpass_taps(300.0, protocol.cutoff_Hz, protocol.filter_length_ms, protocol.kaiser_beta)
    for trial, table in real_tables[::6]:
        fx = np.convolve(trial.wrench[0], taps, mode="same")
        first = np.ceil(table["touchdown_s"] * 300.0).astype(int)
        last = np.floor(table["toe_off_s"] * 300.0).astype(int)
        flights = [fx[b + 8 : a - 8] for b, a in zip(last[:-1], first[1:], strict=True)]
        zero = np.median(np.concatenate(flights))
        contacts = [fx[a : b + 1] - zero for a, b in zip(first, last, strict=True)]
        inner = slice(1, -1)
        weight = trial.mass_kg * G
        for name, values in (
            ("braking_peak_BW", [-c.min() for c in contacts]),
            ("propulsive_peak_BW", [c.max() for c in contacts]),
            ("braking_impulse_BW_s", [-np.minimum(c, 0.0).sum() / 300.0 for c in contacts]),
            ("propulsive_impulse_BW_s", [np.maximum(c, 0.0).sum() / 300.0 for c in contacts]),
        ):
            atol = 6.0 if "peak" in name else 1.0  # the zero of each flight moves by a few newtons
            np.testing.assert_allclose(table[name][inner] * weight, np.array(values)[inner], atol=atol, err_msg=name)
