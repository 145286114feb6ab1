"""Times of a step, and contact time at any threshold: each end is the crossing nearest to the decision."""

from dataclasses import replace

import numpy as np
import pytest
from batches import apart, batch_of, wrench_of
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, analyse, half_sine, half_sine_with_impact, one_belt, train, two_mass
from scipy.signal import butter, sosfiltfilt

from analysis.errors import AnalysisError
from analysis.events import first_crossing, last_crossing
from analysis.timing import contact_ms, level_N, times_columns

RATE = 10_000.0


def batch(force, rate=RATE, **setup):
    return batch_of(wrench_of(Fz=force), replace(one_belt(rate), **setup))


@pytest.mark.parametrize(
    ("level", "lost_ms"), [(5.0, 0.527), (10.0, 1.054), (20.0, 2.109), (30.0, 3.163), (50.0, 5.272), (0.05 * BW, 3.619)]
)
def test_O1_what_a_threshold_costs(level, lost_ms):
    steps = batch(train(half_sine, 4, 0.35, RATE))
    np.testing.assert_allclose(250.0 - contact_ms(steps, level), lost_ms, atol=1e-3)


def test_O1_times():
    columns = times_columns(batch(train(half_sine, 5, 0.35, RATE)), {})
    whole = 250.0 - 5.272
    np.testing.assert_allclose(columns["contact_time_ms"], whole, atol=1e-3)
    np.testing.assert_allclose(columns["flight_time_ms"][:-1], 350.0 - whole, atol=1e-3)
    np.testing.assert_allclose(columns["step_time_ms"][:-1], 350.0, atol=1e-3)
    np.testing.assert_allclose(columns["cadence_spm"][:-1], 171.4286, rtol=1e-5)
    np.testing.assert_allclose(columns["duty_factor"][:-2], whole / 700.0, rtol=1e-5)
    np.testing.assert_allclose(columns["duty_factor"][:-2], 0.357143 - 5.272 / 700.0, rtol=1e-5)
    assert np.isnan(columns["step_time_ms"]).tolist() == [False] * 4 + [True]
    assert np.isnan(columns["duty_factor"]).tolist() == [False] * 3 + [True, True]
    assert np.isfinite(columns["contact_time_20N_ms"]).all()
    assert np.isfinite(columns["contact_time_5pctBW_ms"]).all()


def uneven(n=8, rate=RATE, periods=(0.31, 0.37), contacts=(0.20, 0.24)):
    """A limping runner: left and right differ."""
    parts = [
        half_sine(np.arange(round(periods[i % 2] * rate)) / rate - 0.013, t_c=contacts[i % 2], t_f=0.1)
        for i in range(n)
    ]
    return np.concatenate([np.zeros(round(0.2 * rate)), *parts, np.zeros(round(0.2 * rate))])


def test_duty_factor_is_a_share_of_the_stride_not_of_two_steps():
    columns = times_columns(batch(uneven()), {})
    strides = np.diff(columns["touchdown_s"][::2]).mean()
    assert strides == pytest.approx(0.68, abs=1e-3)
    np.testing.assert_allclose(columns["duty_factor"][:-2], columns["contact_time_ms"][:-2] / 680.0, rtol=3e-3)
    halves = columns["contact_time_ms"][:-2] / columns["step_time_ms"][:-2] / 2.0
    assert np.abs(columns["duty_factor"][:-2] - halves).min() > 0.01


def test_rows_do_not_depend_on_their_batch():
    rng = np.random.default_rng(5)
    force = np.convolve(uneven(30, 1000.0) + rng.normal(0, 5.0, uneven(30, 1000.0).size), np.ones(9) / 9, "same")
    steps = batch(np.maximum(force, 0.0), 1000.0, contact_levels=("12N", "30N", "15pctBW"))
    whole = times_columns(steps, {})
    for step in (1, 4):
        parts = apart(times_columns, steps, lambda _: {}, step=step)
        for name, values in whole.items():
            assert parts[name].tobytes() == values.tobytes(), name


# ------------------------------------------------------------------------------------------- the nearest crossing


def test_a_bounce_in_flight_does_not_lengthen_contact_below_the_disarming_threshold():
    """5 % of a light runner's weight lies below 20 N; the last crossing within 50 ms would be the bounce's."""
    clean = train(half_sine, 4, 0.35, RATE)
    since = (np.arange(clean.size) / RATE - 0.3137) % 0.35 - 0.25
    bounce = 16.0 * np.exp(-0.5 * ((since - 0.012) / 0.003) ** 2) * (since > 0)
    np.testing.assert_allclose(contact_ms(batch(clean + bounce), 12.0), contact_ms(batch(clean), 12.0), atol=0.01)


def test_ringing_through_the_flight_makes_a_level_below_the_disarming_threshold_null():
    clean = train(half_sine, 4, 0.35, RATE)
    since = (np.arange(clean.size) / RATE - 0.3137) % 0.35 - 0.25
    ringing = 18.0 * np.exp(-since / 0.05) * np.sin(2 * np.pi * 45.0 * since - 1.6) * (since > 0)
    assert np.isnan(contact_ms(batch(clean + ringing), 12.0)).all()
    assert np.isfinite(contact_ms(batch(clean + ringing), 20.0)).all()


def test_a_light_runner_dragging_the_toes_has_a_toe_off():
    """The force falls below 20 N, stays there for 12 ms and only then goes: 15 N is crossed at the end of that."""

    def shape(t):
        drag = np.where((t > 0.245) & (t < 0.262), 17.0 * np.clip((0.262 - t) / 1e-3, 0.0, 1.0), 0.0)
        return np.maximum(half_sine(t, mass=30.0), drag)

    steps = batch(train(shape, 3, 0.35, RATE), bw_N=300.0)
    rise = 250.0 / np.pi * np.arcsin(15.0 / (1509.61648 * 30.0 / 70.0))
    np.testing.assert_allclose(contact_ms(steps, 15.0), 262.0 - 15.0 / 17.0 - rise, atol=0.02)


def test_a_threshold_above_the_arming_one_ends_before_the_valley():
    """A heavy runner's 100 N lie above 50 N: contact begins at the first rise, not behind the valley."""

    def shape(t):
        inside = (t > 0) & (t < 0.25)
        impact = 700.0 * np.exp(-0.5 * ((t - 0.014) / 0.005) ** 2)
        return np.where(inside, np.maximum(impact, 90.0 * np.sin(np.pi * np.clip(t / 0.05, 0, 0.5))), 0.0) + np.where(
            inside & (t > 0.03), 1400.0 * np.sin(np.pi * (t - 0.03) / 0.22), 0.0
        )

    steps = batch(train(shape, 3, 0.35, RATE))
    valley = shape(np.linspace(0.02, 0.035, 200)).min()
    assert 50.0 < valley < 100.0
    first = np.linspace(0.0, 0.014, 14_001)
    begin = first[np.argmax(shape(first) >= 100.0)]
    last = np.linspace(0.2, 0.25, 50_001)
    end = last[np.flatnonzero(shape(last) >= 100.0)[-1]]
    np.testing.assert_allclose(contact_ms(steps, 100.0), 1e3 * (end - begin), atol=0.02)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=12, max_size=40), st.integers(-2, 3), st.booleans())
def test_first_crossing_is_the_last_one_of_the_signal_played_backwards(values, level, rising):
    signal = np.array(values, float)
    size = signal.size
    half = size // 2
    first, last = np.array([0, half]), np.array([half, size - 1])
    levels = np.full(2, level - 0.5)
    found = first_crossing(signal, levels, first, last, np.zeros(2, int), rising=rising)
    mirrored = last_crossing(
        signal[::-1],
        levels[::-1],
        (size - 1 - last)[::-1],
        (size - 1 - first)[::-1],
        np.zeros(2, int),
        rising=not rising,
    )
    np.testing.assert_allclose(found, size - 1 - mirrored[::-1], atol=1e-12)


# -------------------------------------------------------------------------------------------------- the noise gate


@pytest.mark.parametrize(("sd", "clear"), [(1.5, True), (2.0, True), (5.0, False), (8.0, False)])
def test_below_the_disarming_threshold_the_level_must_be_clear_of_noise(sd, clear):
    """15 N: told from 3 N of noise (SD) and less, null above; at 20 N the deciding thresholds hold."""
    rng = np.random.default_rng(2)
    force = train(half_sine, 40, 0.35)
    noise = sosfiltfilt(butter(2, 60.0, fs=1000.0, output="sos"), rng.normal(0.0, 1.0, force.size))
    noisy = force + noise * (sd / noise.std())
    steps = batch_of(wrench_of(Fz=noisy), one_belt(), off_N=20.0)
    real = steps.flight_sd_N > 0.5 * sd
    assert real.mean() > 0.8
    told = ~np.isnan(contact_ms(steps, 15.0))
    assert told[steps.flight_sd_N <= 3.0].all()
    assert not told[steps.flight_sd_N > 3.0].any()
    assert (told.mean() > 0.5) == clear
    assert np.isfinite(contact_ms(steps, 20.0)).mean() > 0.95


def test_without_a_flight_no_threshold_below_the_disarming_one():
    steps = batch(train(half_sine, 3, 0.35, RATE))
    blind = replace(steps, flight_sd_N=np.full(3, np.nan))
    assert np.isnan(contact_ms(blind, 15.0)).all()
    assert np.isfinite(contact_ms(blind, 30.0)).all()


# ------------------------------------------------------------------------------------------- thresholds by name


@pytest.mark.parametrize(
    ("text", "newtons"), [("30N", 30.0), ("7.5N", 7.5), ("10pctBW", 68.64655), ("2.5pctBW", 17.1616375)]
)
def test_levels_by_name(text, newtons):
    assert level_N(text, BW) == pytest.approx(newtons)


@pytest.mark.parametrize("text", ["30", "N", "-5N", "30 N", "10%BW", "0N", "0pctBW", "", "1e2N"])
def test_a_level_that_is_none_is_refused(text):
    with pytest.raises(AnalysisError, match="30N or 10pctBW"):
        level_N(text, BW)


def test_contact_times_at_every_threshold_asked():
    force = train(half_sine_with_impact, 8, 0.35)
    table, _ = analyse(force, replace(one_belt(), contact_levels=("30N", "10pctBW", "20N")))
    plain, _ = analyse(force, one_belt())
    added = [name for name in table if name not in plain]
    assert [name for name in added if not name.startswith("u_")] == ["contact_time_30N_ms", "contact_time_10pctBW_ms"]
    assert {f"u_{name}" for name in table.extra} <= set(added)
    by_level = [table[f"contact_time_{x}_ms"] for x in ("20N", "30N", "5pctBW")]
    by_level += [table["contact_time_ms"], table["contact_time_10pctBW_ms"]]
    assert (np.diff(by_level, axis=0) < 0).all(), "a higher threshold is a shorter contact"
    for name in plain:
        assert plain[name].tobytes() == table[name].tobytes(), name


def test_without_body_weight_a_share_of_it_is_null():
    steps = batch(train(half_sine, 3, 0.35, RATE), bw_N=None)
    columns = times_columns(steps, {})
    assert np.isnan(columns["contact_time_5pctBW_ms"]).all()
    assert np.isfinite(columns["contact_time_20N_ms"]).all()


@pytest.mark.parametrize(
    ("shape", "period", "level", "shift_ms"),
    [
        (half_sine, 0.35, "50N", -0.23),
        (half_sine, 0.35, "20N", 1.01),
        (half_sine_with_impact, 0.35, "50N", -0.28),
        (two_mass, 0.34, "50N", 0.02),
        (two_mass, 0.34, "20N", 0.15),
    ],
)
def test_what_the_low_pass_does_to_contact_time(shape, period, level, shift_ms):
    """A corner at the foot of the curve is rounded: 60 Hz cost 0.3 ms at 50 N and 1 ms at 20 N; smooth feet, less."""
    truth = contact_ms(batch(train(shape, 6, period, RATE)), level_N(level, BW)).mean()
    table, _ = analyse(train(shape, 6, period, 4000.0), one_belt(4000.0))
    column = "contact_time_ms" if level == "50N" else f"contact_time_{level}_ms"
    assert table[column].mean() - truth == pytest.approx(shift_ms, abs=0.03)
