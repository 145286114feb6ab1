"""When a reading is steady, and how uncertain its mean is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.steady import BATCH_S, BATCHES, SteadyWatch

RATE = 1000.0
N_PER_COUNT = 0.01
ROWS = N_PER_COUNT * np.array([[1.0, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0]])
WHITE_N = 0.4


def noise(rng, seconds, rate=RATE):
    return 1e5 + WHITE_N / N_PER_COUNT * rng.standard_normal((round(seconds * rate), 8))


def time(counts, rate=RATE):
    return np.arange(len(counts))[:, None] / rate


def test_a_still_load_is_steady_after_its_time_and_no_sooner():
    rng = np.random.default_rng(0)
    for kind, batch_s in BATCH_S.items():
        watch = SteadyWatch(RATE, ROWS, kind)
        seconds = BATCHES * batch_s
        assert not watch.feed(noise(rng, seconds - 0.05))
        assert watch.steady is None
        assert 0.8 < watch.progress < 1.0
        assert watch.feed(noise(rng, 0.06))
        assert watch.steady.seconds == pytest.approx(seconds)
        np.testing.assert_allclose(watch.steady.counts, 1e5, atol=6)
        assert watch.steady.sd_N == pytest.approx(WHITE_N * 2, rel=0.1), "of the sum of four cells"


def test_the_uncertainty_is_that_of_the_mean():
    """Over many readings: near white noise's σ/√n, a little above, for the largest of three estimates counts."""
    rng = np.random.default_rng(1)
    u, mean = [], []
    for _ in range(60):
        watch = SteadyWatch(RATE, ROWS)
        assert watch.feed(noise(rng, 1.7))
        u.append(watch.steady.u_counts)
        mean.append(watch.steady.counts)
    u, truth = np.sqrt(np.mean(np.square(u))), np.std(mean)
    assert truth < u < 1.4 * truth


def test_mains_hum_is_not_taken_for_noise_of_the_mean():
    for mains in (50.0, 60.0):
        rng = np.random.default_rng(2)
        counts = noise(rng, 1.7)
        quiet, hum = SteadyWatch(RATE, ROWS), SteadyWatch(RATE, ROWS)
        assert quiet.feed(counts)
        assert hum.feed(counts + 500.0 * np.sin(2 * np.pi * mains * time(counts) + 0.3))
        np.testing.assert_allclose(hum.steady.u_counts, quiet.steady.u_counts, rtol=0.05)
        np.testing.assert_allclose(hum.steady.counts, quiet.steady.counts, atol=1.0)
        assert hum.sd_N > 10 * quiet.sd_N


def test_sway_makes_the_mean_of_a_person_uncertain_and_white_noise_does_not_hide_it():
    """Sway of 2 N in each cell that forgets itself within 0.3 s: the mean of 4.8 s is good to √(2·0.3/4.8) of it."""
    rng = np.random.default_rng(3)
    fading = np.exp(-np.arange(1500) / 300.0)
    fading *= 2.0 / np.sqrt(np.sum(fading**2))
    u, off = [], []
    for _ in range(60):
        sway = np.convolve(rng.standard_normal(6500), fading, "valid")[:5000, None]
        watch = SteadyWatch(RATE, ROWS, "person")
        if watch.feed(noise(rng, 5.0) + sway / N_PER_COUNT):
            u.append(watch.steady.u_counts[0])
            off.append(watch.steady.counts[0] - 1e5)
    assert len(u) > 40
    told, truth = (np.sqrt(np.mean(np.square(one))) for one in (u, off))
    assert truth * N_PER_COUNT == pytest.approx(2.0 * np.sqrt(2 * 0.3 / 4.8), rel=0.25)
    assert 0.8 < told / truth < 1.5


def test_a_load_that_moves_drifts_or_is_just_put_on_is_not_steady():
    rng = np.random.default_rng(4)
    counts = noise(rng, 1.7)
    drift, step = SteadyWatch(RATE, ROWS), SteadyWatch(RATE, ROWS)
    assert not drift.feed(counts + 1.0 * time(counts) / N_PER_COUNT)  # 4 N/s in all
    assert not step.feed(counts + 20.0 / N_PER_COUNT * (time(counts) > 0.8))
    assert 0.3 < step.progress < 0.7, "still since 0.8 s"
    assert step.feed(noise(rng, 0.9) + 20.0 / N_PER_COUNT)
    np.testing.assert_allclose(step.steady.counts, 1e5 + 2000, atol=8)
    sideways = SteadyWatch(RATE, ROWS)
    assert not sideways.feed(counts + np.eye(8)[4] * 3.0 * time(counts) / N_PER_COUNT), "a slack line: Fx alone moves"


def test_what_is_steady_for_a_person_is_not_for_a_weight():
    rng = np.random.default_rng(5)
    counts = noise(rng, 5.0)
    counts = counts + 2.0 / N_PER_COUNT * np.sin(2 * np.pi * 0.8 * time(counts))
    assert not SteadyWatch(RATE, ROWS, "weight").feed(counts)
    assert SteadyWatch(RATE, ROWS, "person").feed(counts)


def test_a_noisy_rig_becomes_steady_too():
    rng = np.random.default_rng(6)
    assert SteadyWatch(RATE, ROWS).feed(1e5 + 10 * (noise(rng, 1.7) - 1e5))


def test_reset_forgets():
    rng = np.random.default_rng(7)
    watch = SteadyWatch(RATE, ROWS)
    watch.feed(noise(rng, 1.7))
    watch.reset()
    assert watch.progress == 0.0
    assert watch.steady is None
    assert np.isnan(watch.sd_N)


def test_counts_without_any_noise_are_good_to_rounding():
    watch = SteadyWatch(80.0, ROWS)
    assert watch.feed(np.full((200, 8), 512))
    np.testing.assert_allclose(watch.steady.u_counts, 1 / np.sqrt(12))


def test_a_slow_converter_has_batches_of_one_sample():
    rng = np.random.default_rng(8)
    watch = SteadyWatch(10.0, ROWS)
    assert watch.feed(1e5 + 10 * rng.standard_normal((20, 8)))
    assert watch.steady.seconds == pytest.approx(1.6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 900), min_size=1, max_size=8))
def test_the_cutting_into_chunks_does_not_matter(seed, sizes):
    rng = np.random.default_rng(seed)
    counts = noise(rng, 1.0 + 1.5 * rng.random()).astype(np.int32)
    whole, cut = SteadyWatch(RATE, ROWS), SteadyWatch(RATE, ROWS)
    whole.feed(counts)
    for part in np.split(counts, np.minimum(np.cumsum(sizes), len(counts))):
        cut.feed(part)
    assert cut.progress == whole.progress
    if whole.steady is not None:
        np.testing.assert_allclose(cut.steady.counts, whole.steady.counts, rtol=1e-12)
        np.testing.assert_allclose(cut.steady.u_counts, whole.steady.u_counts, rtol=1e-6)


def test_an_unknown_kind_is_refused():
    with pytest.raises(AnalysisError, match="expected one of weight, pull, pole, person"):
        SteadyWatch(RATE, ROWS, "elephant")
