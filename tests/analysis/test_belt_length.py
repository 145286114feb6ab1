"""The belt by its own marks: seam and counted laps of known belts, waves of speed known by construction."""

import numpy as np
import pytest

from analysis.belt_length import REACTION_S, belt_speed, counted_lap, seam_lap
from analysis.errors import AnalysisError

RATE = 1000.0
LENGTH = 3.4
PPM = 1000.0


def way_of(seconds, *, speed=3.0, slow=0.0, slow_s=7.0, lap=0.0, seed=0):
    """Way of a belt, m: with a slow wave, and a wave once per lap, as shares of its speed."""
    t = np.arange(round(seconds * RATE)) / RATE
    way = speed * t + speed * slow * slow_s / (2 * np.pi) * np.sin(2 * np.pi * t / slow_s)
    return way + LENGTH * lap / (2 * np.pi) * np.sin(2 * np.pi * way / LENGTH)


def force_of(way, *, seam_N=8.0, noise_N=2.0, seed=0):
    """Force of the empty belt: a seam of 30 mm, a roller, drift and noise."""
    rng = np.random.default_rng(seed)
    phase = (way / LENGTH + 0.3) % 1.0 * LENGTH
    hit = np.where(phase < 0.09, seam_N * np.sin(np.pi * phase / 0.09), 0.0)
    roller = 1.0 * np.sin(2 * np.pi * way / 0.157)
    return hit + roller + 30.0 + 0.01 * np.arange(way.size) / RATE + noise_N * rng.normal(size=way.size)


def test_pulses_per_turn_by_the_seam_are_right_and_their_uncertainty_honest():
    z = []
    for seed in range(8):
        way = way_of(60.0, slow=0.01, lap=0.003)
        pulses = np.floor(way * PPM)
        lap = seam_lap(force_of(way, seed=seed), pulses, RATE, 3400.0 * (1.0 + 0.01 * (seed - 4)))
        assert lap.turns == pytest.approx(LENGTH * PPM, rel=5e-4)
        assert lap.u_turns < 1e-3 * lap.turns
        z.append((lap.turns - LENGTH * PPM) / lap.u_turns)
    assert np.sqrt(np.mean(np.square(z))) < 2.0


def test_without_pulses_the_seam_tells_the_time_of_a_turn():
    way = way_of(60.0)
    lap = seam_lap(force_of(way), np.arange(way.size) / RATE, RATE, 3.3 / 3.0)
    assert lap.turns == pytest.approx(LENGTH / 3.0, rel=5e-4)


@pytest.mark.parametrize(
    ("seconds", "seam_N", "seen"), [(60.0, 0.0, "none in"), (8.0, 8.0, "7.0")], ids=["no seam", "too few turns"]
)
def test_a_belt_that_does_not_tell_is_refused(seconds, seam_N, seen):
    way = way_of(seconds)
    with pytest.raises(AnalysisError, match=seen):
        seam_lap(force_of(way, seam_N=seam_N), way, RATE, LENGTH)


def test_speed_its_waves_and_the_grain_of_pulses():
    found = belt_speed(np.floor(way_of(60.0, slow=0.02, lap=0.01) * PPM).astype(int), RATE, PPM, LENGTH)
    assert found.mean_m_s == pytest.approx(3.0, rel=2e-3)
    assert found.slow_pct == pytest.approx(2.0, rel=0.15)
    assert found.slow_s == pytest.approx(7.0, rel=0.1)
    assert found.lap_pct == pytest.approx(1.0, rel=0.15)
    even = belt_speed(np.floor(way_of(60.0) * 25.0).astype(int), RATE, 25.0, LENGTH)
    assert even.sd_pct < 2.5  # the grain alone would be 5.4 %


def test_a_belt_that_stands_is_refused():
    with pytest.raises(AnalysisError, match="a belt that runs"):
        belt_speed(np.zeros(5000, int), RATE, PPM, LENGTH)


def test_counted_laps():
    lap = counted_lap(68_010.0, 20, 22.67, by_clock=False)
    assert lap.turns == pytest.approx(3400.5)
    assert lap.u_turns == pytest.approx(REACTION_S * np.sqrt(2) * 3000 / 20, rel=0.01)
    with pytest.raises(AnalysisError, match="turns of a running belt"):
        counted_lap(0.0, 20, 22.0, by_clock=False)
