"""Noise and residual of the flights, against noise that is known and against real runners."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import half_sine_with_impact, train
from test_events import pieces

from analysis.causal_zero import CausalZero
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.flight_knots import FlightKnots, Knots, join_knots
from analysis.flight_noise import FlightNoise
from analysis.wrench import FZ


def flights_of(force, rate):
    wrench = np.zeros((6, force.size))
    wrench[FZ] = force
    causal, knots = CausalZero(rate), FlightKnots(rate, 50.0, 20.0)
    filtered = LinearPhaseFIR(lowpass_taps(rate, 60.0), 6).feed(wrench)
    samples, zero = causal.feed(filtered, np.zeros(filtered.shape[1], np.bool_))
    return join_knots([knots.feed(samples, zero), knots.finish()])


def made(levels, rate=1000.0, spread=1.0, used=None):
    """A flight every 0.35 s at each of these levels."""
    levels = np.asarray(levels, float)
    first = 200 + 350 * np.arange(levels.size)
    value = np.zeros((6, levels.size))
    value[FZ] = levels
    count = np.full(levels.size, 51)
    calm = np.ones(levels.size, np.bool_) if used is None else used
    return Knots(first, count, value, np.full(levels.size, spread), first + 80, calm)


def quality(knots, rate=1000.0):
    noise = FlightNoise(rate)
    noise.feed(knots)
    return noise.result()


@pytest.mark.parametrize("sd", [1.0, 4.0])
def test_white_noise_of_known_size(sd):
    force = train(half_sine_with_impact, 400, 0.35) + sd * np.random.default_rng(1).normal(size=140_714)
    found = quality(flights_of(force, 1000.0))
    taps = lowpass_taps(1000.0, 60.0)
    assert found.flights == found.used == 401
    assert found.noise_N == pytest.approx(sd * np.sqrt((taps**2).sum()), rel=0.15)
    assert found.residual_N == pytest.approx(0.0, abs=4.0 * found.residual_sd_N / np.sqrt(400))


def test_the_residual_is_what_its_neighbours_do_not_predict_and_drift_is_none():
    rng = np.random.default_rng(2)
    drift = 0.5 * np.arange(4000)
    assert quality(made(drift)).residual_sd_N == pytest.approx(0.0, abs=1e-9)
    found = quality(made(drift + 2.0 * rng.normal(size=4000)))
    assert found.residual_sd_N == pytest.approx(2.0 * np.sqrt(1.5), rel=0.05)
    assert found.u_zero_N == pytest.approx(2.0 / np.sqrt(2.0), rel=0.05), "half way between two flights"
    assert abs(found.residual_N) < 0.1


def test_flights_far_apart_do_not_predict_each_other_and_ringing_ones_count_as_noise():
    knots = made([0.0, 0.0, 50.0, 50.0, 50.0])
    first = knots.first + np.asarray([0, 0, 5000, 5000, 5000])
    apart = Knots(first, knots.count, knots.value, knots.spread_N, knots.known + first - knots.first, knots.used)
    assert quality(apart).residual_N == 0.0
    some = quality(made([0.0, 99.0, 0.0, 0.0], spread=30.0, used=np.asarray([True, False, True, True])))
    assert (some.flights, some.used) == (4, 3)
    assert some.noise_N == pytest.approx(30.0, rel=0.02)
    assert some.residual_N == 0.0


def test_real_runners_at_300_Hz():
    """39 trials: filtered noise of 1.5 to 5 N in flight, the zero known to half a newton."""
    found = [quality(flights_of(trial.wrench[FZ], 300.0), 300.0) for trial in fukuchi()]
    noise = np.asarray([one.noise_N for one in found])
    zero = np.asarray([one.u_zero_N for one in found])
    assert 1.0 < noise.min() < noise.max() < 6.0
    assert np.median(zero) == pytest.approx(0.5, abs=0.1)
    assert zero.max() < 2.0, "flights of 50 ms are hardly empty in the middle"
    assert np.median(np.abs([one.residual_N for one in found])) < 0.1
    assert all(one.used >= 0.9 * one.flights for one in found)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 60), max_size=8))
def test_the_same_bits_for_any_cutting(seed, cuts):
    rng = np.random.default_rng(seed)
    knots = made(30.0 * rng.normal(size=60), spread=float(rng.exponential()), used=rng.random(60) < 0.8)
    noise = FlightNoise(1000.0)
    for part in pieces(np.arange(60), cuts):
        noise.feed(Knots(**{f.name: getattr(knots, f.name)[..., part] for f in fields(Knots)}))
    assert noise.result() == quality(knots)


def test_nothing_known_is_nothing_claimed():
    found = FlightNoise(1000.0).result()
    assert (found.flights, found.used) == (0, 0)
    assert np.isnan([found.noise_N, found.residual_N, found.residual_sd_N, found.u_zero_N]).all()
    assert quality(made([1.0], spread=0.0)).noise_N == 0.0
