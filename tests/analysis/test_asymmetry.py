"""Left against right (oracle O13), and what neighbouring steps are worth (O14)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.asymmetry import asymmetry, strides, symmetry_angle, symmetry_index
from analysis.statistics import block_bootstrap, effective_n, lag_one, wilson
from analysis.steps import StepTable


@pytest.mark.parametrize(
    ("left", "right", "index", "angle"), [(100, 90, 10.53, -3.35), (1.7, 1.5, 12.5, -3.97), (60, 80, -28.57, 9.03)]
)
def test_indices_of_known_pairs(left, right, index, angle):
    assert symmetry_index(left, right) == pytest.approx(index, abs=0.005)
    assert symmetry_angle(np.float64(left), np.float64(right)) == pytest.approx(angle, abs=0.005)


@given(st.floats(0.1, 100), st.floats(0.1, 100))
def test_swapping_the_feet_turns_the_sign(a, b):
    assert symmetry_index(a, b) == pytest.approx(-symmetry_index(b, a), abs=1e-9)
    assert symmetry_angle(a, b) == pytest.approx(-symmetry_angle(b, a), abs=1e-9)
    assert abs(symmetry_angle(a, b)) <= 50.0


def test_effective_number_of_steps():
    assert effective_n(100, 0.3) == pytest.approx(53.8, abs=0.05)
    assert effective_n(100, 0.6) == pytest.approx(25.0, abs=0.05)
    assert effective_n(100, -0.5) == 100
    assert effective_n(100, 1.0) == 1.0


def test_autocorrelation_of_a_known_series():
    rng = np.random.default_rng(2)
    x = np.zeros(20_000)
    for i in range(1, x.size):
        x[i] = 0.6 * x[i - 1] + rng.normal()
    assert lag_one(x) == pytest.approx(0.6, abs=0.02)
    assert lag_one(np.ones(10)) == 0.0


def test_wilson_interval():
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=5e-4)
    assert wilson(0.0, 10)[0] == 0.0
    assert wilson(0.0, 10)[1] == pytest.approx(0.2775, abs=5e-4)
    assert wilson(0.3, 0) == (0.0, 1.0)


def test_bootstrap_keeps_neighbours_together():
    rows = block_bootstrap(50, block=10, draws=200)
    assert rows.shape == (200, 50)
    assert rows.min() >= 0
    assert rows.max() < 50
    assert (np.diff(rows, axis=1) == 1).mean() > 0.85
    assert np.array_equal(rows, block_bootstrap(50, block=10, draws=200))


def table(left, right, *, invalid=(), unknown=()):
    n = left.size + right.size
    contact = np.empty(n)
    contact[::2], contact[1::2] = left, right
    side = np.where(np.arange(n) % 2, "R", "L")
    side[list(unknown)] = "?"
    valid = np.ones(n, bool)
    valid[list(invalid)] = False
    return StepTable({"step": np.arange(1, n + 1), "side": side, "valid": valid, "contact_time_ms": contact})


def test_strides_pair_neighbours_once_and_skip_what_is_not_sound():
    left, right = strides(table(np.ones(10), np.ones(10), invalid=[4], unknown=[11]))
    assert left.tolist() == [0, 2, 6, 8, 10, 12, 14, 16, 18]
    assert right.tolist() == [1, 3, 5, 7, 9, 13, 15, 17, 19]


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        result = asymmetry(table(rng.normal(250, 6, 100), rng.normal(240, 6, 100)))["contact_time_ms"]
        hits += result.low_pct <= 100 * 10 / 245 <= result.high_pct
    assert 0.86 <= hits / 200 <= 0.99


def test_too_few_strides_say_nothing():
    assert asymmetry(table(np.ones(9), np.ones(9))) == {}
