"""One runner, before and after: against the t-test on bout means, statsmodels' own fit, pairs without a difference."""

import os

import numpy as np
import pytest
from made_bouts import AFTER, BEFORE, NAMES, ar1, bout, made_bouts, means_of
from scipy import stats

from analysis.comparison import compare_bouts
from analysis.comparison_data import steps_of
from analysis.comparison_design import design_matrix
from analysis.comparison_mixed import bouts_estimate, components
from analysis.errors import AnalysisError
from analysis.statistics import effective_n

METRIC = "contact_time_ms"
TRIALS = 40 * int(os.environ.get("STANCE_TRIALS", "1"))


def contact_time(bouts, **how):
    return compare_bouts(bouts, NAMES, [METRIC], **how).differences[METRIC]


@pytest.mark.parametrize("bout_sd", [2.5, 0.5, 0.0])
def test_equal_bouts_give_the_t_test_on_bout_means(bout_sd):
    bouts = made_bouts(np.random.default_rng(3), change=4.0, bout_sd=bout_sd)
    found = contact_time(bouts)
    test = stats.ttest_ind(means_of(bouts, AFTER), means_of(bouts, BEFORE))
    assert found.df == pytest.approx(4.0)
    assert found.difference == pytest.approx(test.statistic * test._standard_error, rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval()), rel=1e-6)
    assert (found.before, found.after) == pytest.approx(tuple(means_of(bouts, c).mean() for c in NAMES), rel=1e-9)


def test_each_session_is_compared_with_itself():
    rng = np.random.default_rng(4)
    bouts = [
        bout(240.0 + 30.0 * s + 3.0 * late + rng.normal() + ar1(rng, 60), NAMES[late], 2 * s + late, session=f"s{s}")
        for s in range(4)
        for late in (0, 1)
    ]
    found = contact_time(bouts)
    test = stats.ttest_rel(means_of(bouts, AFTER), means_of(bouts, BEFORE))
    assert found.df == pytest.approx(3.0)
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval()), rel=1e-6)
    assert "within days" in found.method


def test_sessions_are_the_replicates_where_there_are_two_of_each():
    rng = np.random.default_rng(5)
    bouts = []
    for s in range(5):
        day, name = 6.0 * rng.normal(), AFTER if s >= 3 else BEFORE
        bouts += [bout(240.0 + day + ar1(rng, 50), name, 10 * s + k, session=f"s{s}") for k in range(3)]
    result = compare_bouts(bouts, NAMES, [METRIC])
    days = [np.mean([b.table[METRIC].mean() for b in bouts if b.session == f"s{s}"]) for s in range(5)]
    test = stats.ttest_ind(days[3:], days[:3])
    found = result.differences[METRIC]
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval()), rel=1e-6)
    assert found.df == pytest.approx(3.0)
    assert "days are the replicates" in result.design.why


def test_variances_are_those_of_the_mixed_model():
    """Without correlation of neighbours statsmodels' MixedLM fits the very steps; here they are freed of it first."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    bouts = made_bouts(np.random.default_rng(6), (20, 200, 60, 200, 30, 100), phi=0.0, bout_sd=6.0)
    steps = steps_of(bouts, NAMES, METRIC)
    found = components(steps, design_matrix(steps.bouts, steps.after, "bouts"))
    exog = np.column_stack((np.ones(steps.values.size), steps.after[steps.bout] - 0.5, steps.side))
    own = MixedLM(steps.values, exog, groups=steps.bout).fit(reml=True)
    assert steps.phi < 0.12
    assert found.bout_variance == pytest.approx(float(np.asarray(own.cov_re)[0, 0]), rel=0.03)
    effect = bouts_estimate(steps, design_matrix(steps.bouts, steps.after, "bouts"))
    assert effect.difference == pytest.approx(own.fe_params[1], abs=0.02)


def test_autocorrelation_and_what_steps_are_worth():
    rng = np.random.default_rng(7)
    phis = [steps_of(made_bouts(rng, phi=0.3), NAMES, METRIC).phi for _ in range(30)]
    assert np.mean(phis) == pytest.approx(0.3, abs=0.02)
    steps = steps_of(made_bouts(rng, phi=0.3), NAMES, METRIC)
    assert effective_n(100, 0.3) == pytest.approx(53.8, abs=0.05)  # O14
    assert effective_n(100, 0.6) == pytest.approx(25.0, abs=0.05)
    assert steps.sampling_variance == pytest.approx(steps.step_variance / effective_n(100, steps.phi))
    gap = steps_of([bout(np.arange(10.0), BEFORE)], NAMES, METRIC)
    assert gap.follows.sum() == 9
    table = bout(np.arange(10.0), BEFORE).table.select(np.arange(10) != 4)
    assert steps_of([bout(table, BEFORE)], NAMES, METRIC).follows.sum() == 7, (
        "behind a missing step nobody is a neighbour"
    )


def test_small_bouts_count_as_less():
    rng = np.random.default_rng(8)
    bouts = made_bouts(rng, (20, 200, 200, 200, 200, 200), bout_sd=0.0, sd=5.0)
    off = [bout(b.table[METRIC] + (8.0 if k == 0 else 0.0), b.condition, k) for k, b in enumerate(bouts)]
    found = contact_time(off)
    plain = means_of(off, AFTER).mean() - means_of(off, BEFORE).mean()
    assert abs(found.difference) < abs(plain)


def test_feet_that_differ_do_not_move_an_unbalanced_bout():
    rng = np.random.default_rng(9)
    bouts = []
    for k in range(6):
        share = 0.5 if k < 3 else 0.8  # after, most left steps are missing
        side = np.where(rng.random(120) < share, "R", "L")
        bouts.append(
            bout(240.0 + 20.0 * (side == "R") + 0.2 * rng.normal() + rng.normal(size=120), NAMES[k > 2], k, side=side)
        )
    plain = means_of(bouts, AFTER).mean() - means_of(bouts, BEFORE).mean()
    assert plain > 5.0
    assert abs(contact_time(bouts).difference) < 0.5


def test_speed_is_a_covariate_where_it_varies():
    rng = np.random.default_rng(10)
    bouts = []
    for k in range(6):
        speed = 3.0 + 0.02 * (k > 2) + 0.02 * rng.normal(size=150)
        values = 240.0 - 60.0 * (speed - 3.0) + 0.05 * rng.normal() + 0.5 * rng.normal(size=150)
        bouts.append(bout(values, NAMES[k > 2], k, speed=speed))
    plain = means_of(bouts, AFTER).mean() - means_of(bouts, BEFORE).mean()
    assert plain < -1.0
    assert abs(contact_time(bouts).difference) < 0.15


def test_bouts_that_agree_to_the_last_digit_are_no_certainty():
    same = ar1(np.random.default_rng(11), 100, sd=5.0) + 240.0
    bouts = [bout(same + 2.0 * (k > 2), NAMES[k > 2], k) for k in range(6)]
    found = contact_time(bouts)
    assert found.low < 1.0 < 3.0 < found.high
    flat = [bout(np.full(30, 240.0), NAMES[k > 2], k) for k in range(6)]
    assert contact_time(flat).verdict == "no clear change"
    assert abs(contact_time(flat).low) < 1e-5


def test_a_fit_that_fails_is_made_by_moments(monkeypatch):
    bouts = made_bouts(np.random.default_rng(12), (30, 100, 100, 60, 100, 100))
    steps = steps_of(bouts, NAMES, METRIC)
    design = design_matrix(steps.bouts, steps.after, "bouts")
    usual = bouts_estimate(steps, design)
    monkeypatch.setattr("analysis.comparison_mixed._reml", lambda *_: None)
    other = bouts_estimate(steps, design)
    assert other.difference == pytest.approx(usual.difference, abs=0.5)
    assert other.df == usual.df


def test_without_the_library_it_says_what_to_install(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("statsmodels"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    bouts = made_bouts(np.random.default_rng(13))
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(AnalysisError, match=r"pip install 'stance\[compare\]'"):
        contact_time(bouts)
    assert contact_time(bouts[2:4]).verdict == "not a test", "a description needs no library"


def share_found(rng, trials, **how):
    return sum(contact_time(made_bouts(rng, **how)).excludes_zero for _ in range(trials)) / trials


@pytest.mark.validate
def test_pairs_without_a_difference():
    """2,000 pairs of 3 + 3 bouts: 3 to 7 % are called different; with fewer trials the limits leave room for chance."""
    share = share_found(np.random.default_rng(14), TRIALS)
    room = max(0.02, 2.6 * np.sqrt(0.05 * 0.95 / TRIALS))
    assert abs(share - 0.05) <= room


@pytest.mark.validate
def test_a_change_of_five_percent_is_found():
    """Steps that scatter by 3 %, more than most runners' do; in the short version, which proves less, by 2.5 %."""
    sd = 240.0 * (0.03 if TRIALS > 500 else 0.025)
    share = share_found(np.random.default_rng(15), TRIALS // 2, change=12.0, sd=sd)
    assert share >= (0.8 if TRIALS > 500 else 0.7)


@pytest.mark.validate
@pytest.mark.parametrize("bout_sd", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("counts", [(20, 200, 20, 200, 200, 20), (20, 20, 20, 200, 200, 200), (100,) * 8])
def test_unequal_bouts_without_a_difference(counts, bout_sd):
    trials = max(8, TRIALS // 8)
    share = share_found(np.random.default_rng(16), trials, counts=counts, bout_sd=bout_sd)
    assert share <= 0.075 + 2.6 * np.sqrt(0.05 * 0.95 / trials)
