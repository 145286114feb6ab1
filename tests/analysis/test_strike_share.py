"""The strike of a whole foot and the share of heel strikes, from rows of the step table."""

import numpy as np
import pytest

from analysis.foot_strike_model import MODEL
from analysis.strike_share import foot_strike_of, heel_share


def rows(p, names=None, p_named=None):
    p = np.asarray(p, float)
    names, named = MODEL.verdict(p, np.full(p.size, 0.3)) if names is None else (np.asarray(names), np.asarray(p_named))
    return {
        "rearfoot_p": p, "foot_strike": names, "foot_strike_p": named,
        "valid": np.ones(p.size, bool), "step": np.arange(1, p.size + 1),
    }  # fmt: skip


def test_steps_of_one_foot_do_not_multiply_the_odds():
    one, many = foot_strike_of(rows([0.8])), foot_strike_of(rows(np.full(500, 0.8)))
    assert one.rearfoot_p == pytest.approx(0.8)
    assert many.rearfoot_p == pytest.approx(0.8)
    assert (one.name, many.name, many.steps) == ("rearfoot", "rearfoot", 500)
    split = foot_strike_of(rows([0.9, 0.1] * 50))
    assert (split.name, split.p) == ("uncertain", pytest.approx(0.5))
    ball = foot_strike_of(rows([0.1, 0.12, 0.5]))
    assert ball.name == "midfoot"
    assert ball.p == pytest.approx((1.0 - ball.rearfoot_p) * 0.7)
    assert foot_strike_of(rows([np.nan])) is None


def test_heel_share():
    table = rows([0.9] * 30 + [0.5] * 4 + [0.1] * 10)
    table["valid"][0] = False
    share = heel_share(table)
    assert (share.steps, share.uncertain) == (39, 4)
    assert share.share == pytest.approx(29 / 39)
    assert share.low < share.share < share.high
    assert np.isnan(heel_share(rows([0.5])).share)


def test_heel_share_counts_effective_steps():
    rng = np.random.default_rng(1)
    heel = np.empty(20000, bool)
    heel[:2] = True
    for i in range(2, heel.size):  # each foot on its own repeats its last step or takes a new draw: φ = 0.3
        heel[i] = heel[i - 2] if rng.random() < 0.3 else rng.random() < 0.6
    share = heel_share(rows(np.where(heel, 0.9, 0.1)))
    assert share.share == pytest.approx(0.6, abs=0.02)
    assert share.effective_steps / share.steps == pytest.approx(0.538, abs=0.02)  # O14: 100 steps are worth 53.8
    assert share.high - share.low == pytest.approx(2 * 1.96 * np.sqrt(0.24 / share.effective_steps), rel=0.02)
    feet_differ = heel_share(rows([0.9, 0.1] * 40))
    assert feet_differ.effective_steps == 80, "a difference between the feet is no correlation in time"
    assert (feet_differ.low, feet_differ.high) == pytest.approx((0.3929, 0.6071), abs=1e-3)
