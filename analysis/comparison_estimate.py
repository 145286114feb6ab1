"""One metric's difference at the level of its replicates, with the 95 % interval."""

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_data import Steps
from analysis.comparison_design import Plan, bout_shares, design_matrix
from analysis.comparison_mixed import Estimate, bouts_estimate, contrast, means_estimate
from analysis.comparison_shares import shares_estimate
from analysis.statistics import Z95

Floats = NDArray[np.float64]

MOST_DF = 1e6


def estimate_difference(steps: Steps, plan: Plan) -> Estimate:
    """Difference by the estimator that the plan asks for.

    Args:
        steps: Of both conditions.
        plan: A test.

    Returns:
        The estimate.
    """
    if plan.level == "runners":
        return _by_runners(steps)
    if plan.level == "days":
        return _by_days(steps)
    if plan.level == "bouts" and steps.is_share:
        return shares_estimate(steps.bout_means, steps.after, steps.sampling_variance)
    return bouts_estimate(steps, design_matrix(steps.bouts, steps.after, plan.level))


def _by_days(steps: Steps) -> Estimate:
    """Day means, each the mean of its bouts, against each other."""
    names = sorted({bout.day for bout in steps.bouts})
    mine = np.asarray([[bout.day == name for bout in steps.bouts] for name in names], np.float64)
    share = mine / mine.sum(axis=1, keepdims=True)
    after, means = share @ steps.after > 0.5, share @ steps.bout_means
    sampling = (share * share) @ steps.sampling_variance
    if steps.is_share:
        return shares_estimate(means, after, sampling)
    return means_estimate(means, np.column_stack((np.ones(len(names)), after - 0.5)), sampling)


def runner_means(steps: Steps) -> tuple[Floats, Floats]:
    """Mean of each runner's bout means before and after.

    Args:
        steps: Of R runners who have both conditions.

    Returns:
        (R,) before and (R,) after.
    """
    shares = runner_shares(steps)
    return (
        np.where(steps.after, 0.0, -shares) @ steps.bout_means,
        np.where(steps.after, shares, 0.0) @ steps.bout_means,
    )


def runner_shares(steps: Steps) -> Floats:
    """(R, J) share of each bout in the difference of each runner."""
    names = sorted({bout.runner for bout in steps.bouts})
    mine = np.asarray([[bout.runner == name for bout in steps.bouts] for name in names])
    shares: Floats = mine * bout_shares(steps.bouts, steps.after) * len(names)
    return shares


def _by_runners(steps: Steps) -> Estimate:
    """Each runner's own difference; random intercept and slope come down to a paired t-test."""
    before, after = runner_means(steps)
    shares = runner_shares(steps)
    sampling = (shares * shares) @ steps.sampling_variance
    found = means_estimate(after - before, np.ones((before.size, 1)), sampling, floor=steps.is_share)
    return Estimate(float(before.mean()), float(after.mean()), found.variance, found.df)


def interval(found: Estimate, u: float, *, is_share: bool = False) -> tuple[float, float, float | None]:
    """95 % interval of a difference.

    What is known of old (slopes from many steps, the instrument) has no degrees of freedom to lose; the rest has those
    of its replicates, and the sum those of Welch and Satterthwaite (GUM, G.4).

    Args:
        found: Difference and its variances.
        u: Standard uncertainty that the instruments leave it.
        is_share: The interval of a share ends at −1 and 1.

    Returns:
        Lower limit, upper limit, degrees of freedom; None where nothing scatters.
    """
    from scipy.stats import t

    total = found.variance + found.known + u * u
    df = min(MOST_DF, found.df * (total / found.variance) ** 2) if found.variance > 0.0 else None
    half = (Z95 if df is None else float(t.ppf(0.975, df))) * float(np.sqrt(total))
    low, high = found.difference - half, found.difference + half
    return (max(-1.0, low), min(1.0, high), df) if is_share else (low, high, df)


def instrument_u(steps: Steps, metric: str, plan: Plan) -> float | None:
    """Standard uncertainty that the instruments leave the difference.

    What errs alike in all bouts of one calibration cancels as far as that calibration is on both sides; where days are
    compared with themselves, on both sides of one day.

    Args:
        steps: Of both conditions.
        metric: Its name in `Bout.u_mean`.
        plan: What the replicates are.

    Returns:
        In the metric's unit; 0 within one calibration, None where it is not known.
    """
    ids = [bout.calibration_id for bout in steps.bouts]
    if len(set(ids)) == 1:
        return 0.0
    shares, square = _shares(steps, plan), 0.0
    for one in sorted(set(ids)):
        mine = np.asarray([name == one for name in ids])
        left = float(shares[mine].sum())
        if abs(left) < 1e-9:
            continue
        told = [
            b.u_mean[metric] for b, is_mine in zip(steps.bouts, mine, strict=True) if is_mine and metric in b.u_mean
        ]
        if not told:
            return None
        square += (left * float(np.mean(told))) ** 2
    return float(np.sqrt(square))


def _shares(steps: Steps, plan: Plan) -> Floats:
    """(J,) share of each bout's mean in the difference, about as the estimator weights them."""
    if plan.level != "bouts of days":
        return bout_shares(steps.bouts, steps.after)
    design = design_matrix(steps.bouts, steps.after, plan.level)
    return contrast(design, np.ones(len(steps.bouts)))


def hedges_g(steps: Steps) -> float | None:
    """Difference over the pooled SD of runner means before and after, corrected for few runners (Lakens 2013).

    Args:
        steps: Of R runners who have both conditions.

    Returns:
        Hedges' g; None for one runner, or where runners do not differ.
    """
    before, after = runner_means(steps)
    if before.size < 2:
        return None
    spread = float(np.sqrt(0.5 * (before.var(ddof=1) + after.var(ddof=1))))
    if spread <= 0.0:
        return None
    return float((after - before).mean()) / spread * (1.0 - 3.0 / (8.0 * before.size - 9.0))
