"""Intervals of descriptions, and the minimal detectable change."""

import os

import numpy as np
import pytest
from made_bouts import AFTER, BEFORE, NAMES, ar1, bout, heel_table

from analysis.comparison_bootstrap import description
from analysis.comparison_data import steps_of
from analysis.comparison_mdc import false_claims, repeatability

METRIC = "contact_time_ms"
TRIALS = 60 * int(os.environ.get("STANCE_TRIALS", "1"))


def test_description_is_of_bouts_not_of_steps():
    bouts = [bout(np.full(n, value), c, k) for k, (n, value, c) in enumerate(
        [(100, 240.0, BEFORE), (20, 250.0, BEFORE), (50, 230.0, AFTER)])]  # fmt: skip
    before, after, limits = description(steps_of(bouts, NAMES, METRIC))
    assert (before, after) == (245.0, 230.0)
    assert limits == pytest.approx((-15.0, -15.0))


@pytest.mark.validate
@pytest.mark.parametrize("n", [60, 200, 1000])
def test_bootstrap_holds_the_truth(n):
    """95 % intervals over the steps of two bouts, neighbours correlated by 0.3, hold the bouts' own difference."""
    rng = np.random.default_rng(1)
    held = 0
    trials = TRIALS if n < 500 else TRIALS // 4
    for _ in range(trials):
        bouts = [bout(240.0 + ar1(rng, n, sd=5.0), c) for c in NAMES]
        _, _, (low, high) = description(steps_of(bouts, NAMES, METRIC))
        held += low <= 0.0 <= high
    assert 0.92 - 2.6 * np.sqrt(0.05 / trials) <= held / trials <= 0.975 + 2.6 * np.sqrt(0.03 / trials)


@pytest.mark.validate
@pytest.mark.parametrize(("before", "after"), [(0.95, 0.6), (0.5, 0.5), (1.0, 0.9)])
def test_shares_hold_the_truth(before, after):
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(TRIALS):
        bouts = [bout(heel_table(rng.random(100) < p), c) for p, c in zip((before, after), NAMES, strict=True)]
        _, _, (low, high) = description(steps_of(bouts, NAMES, "heel_share"))
        held += low <= after - before <= high
    assert held / TRIALS >= 0.93 - 2.6 * np.sqrt(0.07 * 0.93 / TRIALS)


def days(means, bouts_per_day=3, scatter=0.0, **fields):
    return [bout(np.full(30, mean + scatter * (k - 1)), BEFORE, 10 * s + k, session=f"s{s}", **fields)
            for s, mean in enumerate(means) for k in range(bouts_per_day)]  # fmt: skip


def test_minimal_detectable_change():
    found = repeatability(days((238.0, 242.0, 240.0)), ["P1"], METRIC)
    assert found.sem == pytest.approx(2.0)
    assert found.mdc == pytest.approx(1.96 * np.sqrt(2.0) * 2.0, rel=1e-4)
    assert found.days == 3
    assert repeatability(days((240.0,)), ["P1"], METRIC) is None
    assert repeatability(days((240.0, 241.0)), ["P1", "P2"], METRIC) is None


def test_days_that_agree_by_chance_repeat_no_better_than_their_bouts():
    found = repeatability(days((240.0, 240.0), scatter=3.0), ["P1"], METRIC)
    assert found.sem == pytest.approx(3.0 / np.sqrt(3.0))


def test_single_bouts_that_agree_repeat_no_better_than_their_steps():
    rng = np.random.default_rng(8)
    steps = 5.0 * rng.normal(size=100)
    alike = [bout(240.0 + steps - steps.mean(), BEFORE, s, session=f"s{s}") for s in range(2)]
    assert repeatability(alike, ["P1"], METRIC).sem == pytest.approx(steps.std() / np.sqrt(100.0), rel=0.3)
    always = [bout(heel_table(np.ones(50)), BEFORE, s, session=f"s{s}") for s in range(2)]
    assert repeatability(always, ["P1"], "heel_share").mdc > 0.02
    assert repeatability(days((240.0, 240.0)), ["P1"], METRIC) is None, "nothing scatters at all"


def test_recordings_of_one_day_and_of_unknown_days_are_no_repetition():
    means = (238.0, 242.0, 240.0)
    assert repeatability(days(means, day="2025-03-04"), ["P1"], METRIC) is None
    assert repeatability(days(means, day=""), ["P1"], METRIC) is None


def test_a_group_repeats_better_than_a_runner():
    bouts = [bout(np.full(30, 240.0 + s), BEFORE, s, runner=r, session=f"{r}{s}") for r in "ABCD" for s in (0, 4)]
    alone, group = (repeatability(bouts, list(names), METRIC) for names in ("A", "ABCD"))
    assert alone.mdc == pytest.approx(2.0 * group.mdc)


def test_how_often_a_day_alone_would_pass():
    rng = np.random.default_rng(3)
    for k in (2, 3, 6):
        base, later = rng.normal(size=(200_000, k)), rng.normal(size=200_000)
        mdc = 1.96 * np.sqrt(2.0) * base.std(axis=1, ddof=1)
        share = (np.abs(later - base.mean(axis=1)) > mdc).mean()
        assert false_claims(k) == pytest.approx(share, abs=0.004)
