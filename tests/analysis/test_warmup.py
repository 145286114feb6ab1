"""Warm-up: the drift of now, how long until it is small, and honesty about both; the mean of an empty belt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.unloaded import unloaded
from analysis.warmup import judge_warmup

LIMIT = 5.0  # N/min


def warming(a_N, tau_s, noise_N, seed, seconds):
    """Means of seconds of a force that warms up."""
    t = np.arange(0.5, seconds)
    return t, a_N * np.exp(-t / tau_s) + 300 + np.random.default_rng(seed).normal(0, noise_N, t.size)


def judged(t, y):
    return judge_warmup(t, y[:, np.newaxis], ["Fz"], [LIMIT])


def crossing(a_N, tau_s, limit=LIMIT):
    """When the true drift falls below the limit."""
    return tau_s * np.log(60 * a_N / tau_s / limit)


@pytest.mark.parametrize(
    ("a_N", "tau_s", "noise_N"),
    [(80, 600, 0.013), (80, 120, 0.013), (320, 600, 0.02), (160, 1200, 0.02), (-80, 600, 0.02)],
)
def test_after_a_third_of_the_time_constant_the_wait_is_told_within_a_quarter(a_N, tau_s, noise_N):
    end = crossing(abs(a_N), tau_s)
    errors, scores = [], []
    for seed in range(50):
        t, y = warming(a_N, tau_s, noise_N, seed, tau_s / 3)
        state = judged(t, y)
        assert not state.ready
        assert state.wait_s is not None
        left = end - t.size  # when it truly is small; half a window later that shows
        errors.append((state.wait_s - left) / left)
        scores.append((state.wait_s - left - 15) / state.u_wait_s)
    assert np.abs(errors).max() < 0.25
    assert 0.5 < np.sqrt(np.mean(np.square(scores))) < 1.6  # the uncertainty is that of the estimate


@pytest.mark.parametrize(
    ("a_N", "tau_s", "noise_N"), [(80, 600, 0.02), (80, 120, 0.1), (40, 60, 0.2), (400, 2400, 0.3)]
)
def test_ready_is_never_said_while_the_drift_is_above_the_limit(a_N, tau_s, noise_N):
    end = crossing(a_N, tau_s)
    for seed in range(50):
        t, y = warming(a_N, tau_s, noise_N, seed, end + 80 + 0.15 * tau_s)
        seen = next((n for n in range(10, t.size, 10) if judged(t[:n], y[:n]).ready), None)
        assert seen is not None
        assert end <= seen <= end + 60 + 0.15 * tau_s
        if seed > 5 and tau_s > 1000:
            break  # long ones take long


@given(drift=st.floats(5.2, 60), noise=st.floats(0.005, 0.2), seed=st.integers(0, 10**6), seconds=st.integers(30, 900))
@settings(max_examples=40, deadline=None)
def test_a_steady_drift_is_neither_ready_nor_promised_to_end(drift, noise, seed, seconds):
    t = np.arange(0.5, seconds)
    y = drift / 60 * t + np.random.default_rng(seed).normal(0, noise, t.size)
    state = judged(t, y)
    assert not state.ready
    if state.signals and drift > 10 and seconds > 300:
        assert state.wait_s is None
        assert state.signals[0].drift_N_per_min == pytest.approx(drift, abs=6 * state.signals[0].u_drift_N_per_min)


def test_a_warm_machine_is_ready_as_soon_as_half_a_minute_was_seen():
    t, y = warming(0.0, 600, 0.05, 1, 40)
    assert not judged(t[:25], y[:25]).ready
    assert judged(t[:25], y[:25]).signals == ()
    state = judged(t[:31], y[:31])
    assert state.ready
    assert state.wait_s == 0


def test_in_the_beginning_nothing_is_promised():
    told = [judged(*warming(320, 1200, 0.3, seed, 40)).wait_s is not None for seed in range(50)]
    assert sum(told) <= 2


def test_much_noise_is_met_by_a_longer_look():
    loud, calm = (judged(*warming(0.0, 600, noise, 3, 300)).signals[0] for noise in (2.0, 0.05))
    assert loud.u_drift_N_per_min < 1.0  # half a minute would give 2.5
    assert calm.u_drift_N_per_min == pytest.approx(0.05 * 60 * np.sqrt(12 / 30**3), rel=0.6)


def test_the_slowest_signal_decides():
    t, fast = warming(80, 120, 0.02, 1, 200)
    _, slow = warming(80, 600, 0.02, 2, 200)
    both = judge_warmup(t, np.stack([fast, slow], axis=1), ["A", "B"], [LIMIT, LIMIT])
    assert both.wait_s == pytest.approx(judged(t, slow).wait_s, abs=1.0)
    assert [one.name for one in both.signals] == ["A", "B"]


def test_the_speed_of_drift_is_that_of_the_last_half_minute():
    t, y = warming(80, 600, 0.01, 5, 300)
    middle = 80 / 600 * 60 * np.exp(-(t[-1] - 15) / 600)
    assert judged(t, y).signals[0].drift_N_per_min == pytest.approx(-middle, rel=0.02)


# ---- the mean of an empty belt


def test_noise_is_told_without_the_drift_and_the_mean_is_known_as_well_as_it_says():
    scores, sds = [], []
    for seed in range(400):
        random = np.random.default_rng(seed)
        values = 3.0 + random.normal(0, 1.0, (2000, 1)) + np.linspace(-5, 5, 2000)[:, np.newaxis]
        found = unloaded(values, 1000.0)
        scores.append((found.mean[0] - 3.0) / found.u_mean[0])
        sds.append(found.sd[0])
        assert found.slope_per_s[0] == pytest.approx(5.0, abs=0.3)
    assert np.mean(sds) == pytest.approx(1.0, rel=0.01)
    assert 0.7 < np.std(scores) < 1.1


def test_slow_noise_makes_the_mean_less_sure():
    scores = []
    for seed in range(200):
        walk = np.random.default_rng(seed).normal(0, 1.0, 10_000)
        slow = np.convolve(walk, np.ones(200) / 200, "same")[:, np.newaxis]
        scores.append(unloaded(slow, 1000.0).mean[0] / unloaded(slow, 1000.0).u_mean[0])
    assert 0.6 < np.std(scores) < 1.6  # SD/√n alone would be off by fourteen
