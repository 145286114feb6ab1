"""Difference between conditions with an interval that counts replicates, not steps.

The model of one runner is y = β0 + β1·condition + β2·(v − v̄) + β3·side + u_bout + ε, u_bout a random intercept, ε an
AR(1) series of steps. Its variances and covariate slopes are found by restricted maximum likelihood. A mixed model's
usual z takes the variance of bouts for known, though six bouts hardly tell it: of pairs without a difference 12 % would
be called different. So the condition's own interval is made of the bouts' means, weighted as the model says, by their
own scatter about the model, with Student's t on (bouts − columns) degrees of freedom (Hartung & Knapp 2001, Stat Med
20:3875). With equal weights that is the t-test on bout means, which is exact; a variance of bouts estimated as 0 does
no harm, and the weights alone rest on AR(1) being right.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_data import Steps
from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

LEAST_BOUT_SD = 0.5
"""For the weights bouts differ by at least this share of their steps' SD: six bouts often seem not to differ at all,
and weights that believe it give all to the long ones (8 % false positives instead of 4 %)."""
NOTHING = 1e-18
"""Scatter below this share of the values' square is rounding."""


@dataclass(frozen=True)
class Estimate:
    """After minus before, with what is not known about it."""

    before: float
    """Mean before, in the metric's unit."""
    after: float
    """Mean after."""
    variance: float
    """Variance of the difference by the scatter of its replicates."""
    df: float
    """Degrees of freedom of that variance."""
    known: float = 0.0
    """Further variance, of many degrees of freedom: the slopes of side and speed."""

    @property
    def difference(self) -> float:
        """After − before."""
        return self.after - self.before


@dataclass(frozen=True)
class Components:
    """What the mixed model has found."""

    bout_variance: float
    """Variance of bouts beyond that of their steps, τ²."""
    slopes: Floats
    """(c,) slopes of the covariates."""
    slopes_cov: Floats
    """(c, c) their covariance."""


def statsmodels_api() -> Any:
    """The statistics library, imported when first needed.

    Returns:
        The module `statsmodels.api`.

    Raises:
        AnalysisError: It is not installed.
    """
    try:
        import statsmodels.api as sm
    except ImportError:
        raise AnalysisError(
            "statsmodels", expected="this package to be installed", seen="none",
            next_step="Install it: pip install 'stance[compare]'.",
        ) from None  # fmt: skip
    return sm


def bouts_estimate(steps: Steps, design: Floats) -> Estimate:
    """Difference by the mixed model: bouts are the replicates.

    Args:
        steps: Of J bouts.
        design: (J, p) intercepts (one, or one per day) and in the last column the condition, −½ and ½.

    Returns:
        The estimate.
    """
    found = components(steps, design)
    covariates = np.column_stack([steps.means(c) for c in steps.covariates.T] or [np.empty((len(steps.bouts), 0))])
    means = steps.bout_means - covariates @ found.slopes
    total = np.maximum(found.bout_variance, LEAST_BOUT_SD**2 * steps.step_variance) + steps.sampling_variance
    weights = 1.0 / total if (total > 0.0).all() else np.ones(means.size)
    shift = contrast(design, weights) @ covariates
    known = float(shift @ found.slopes_cov @ shift)
    return _weighted(means, design, weights / weights.mean(), steps.sampling_variance, known, floor=steps.is_share)


def means_estimate(means: Floats, design: Floats, sampling: Floats, *, floor: bool = False) -> Estimate:
    """Difference by an ordinary t-test on the means of replicates: days or runners.

    Args:
        means: (k,) mean of each replicate; of runners their own difference.
        design: (k, p) as for `bouts_estimate`; a single column of ones for differences.
        sampling: (k,) variance that the steps alone leave each mean.
        floor: The interval must not be narrower than the steps alone leave it.

    Returns:
        The estimate; where `design` has one column `before` is 0.
    """
    return _weighted(means, design, np.ones(means.size), sampling, 0.0, floor=floor)


def _weighted(
    means: Floats, design: Floats, weights: Floats, sampling: Floats, known: float, *, floor: bool
) -> Estimate:
    fit = statsmodels_api().WLS(means, design, weights=weights).fit()
    effect, variance = float(fit.params[-1]), float(fit.cov_params()[-1, -1])
    rounding = NOTHING * float((means * means).mean())
    nothing = variance <= rounding
    if floor or nothing:  # bouts that agree to the last digit would make an interval of no width
        share = contrast(design, weights)
        least = float((share * share * sampling).sum())
        variance = max(rounding, least) if nothing else max(variance, least)
    if design.shape[1] == 1:
        return Estimate(0.0, effect, variance, float(fit.df_resid))
    middle = float(np.mean(fit.params[:-1]))
    return Estimate(middle - 0.5 * effect, middle + 0.5 * effect, variance, float(fit.df_resid), known)


def contrast(design: Floats, weights: Floats) -> Floats:
    """(J,) share of each mean in the effect of the last column."""
    weighted = design * weights[:, np.newaxis]
    row: Floats = np.linalg.solve(weighted.T @ design, weighted.T)[-1]
    return row


def components(steps: Steps, design: Floats) -> Components:
    """Variance of bouts and slopes of the covariates, by restricted maximum likelihood.

    Steps are freed of AR(1) first, each minus φ times its neighbour; the random intercept is altered alike, so it
    remains the same model.

    Args:
        steps: Of J bouts.
        design: (J, p) as for `bouts_estimate`.

    Returns:
        Variances in the metric's unit squared; without scatter within bouts they are 0, and only the bouts' own counts.
    """
    scale = float(steps.residuals.std())
    covariates = steps.covariates
    if scale <= 0.0 or scale**2 <= NOTHING * float((steps.values**2).mean()):
        return Components(0.0, np.zeros(covariates.shape[1]), np.zeros((covariates.shape[1],) * 2))
    spread = covariates.std(axis=0)
    y = (steps.values - steps.values.mean()) / scale
    columns = np.column_stack((np.ones(y.size), design[steps.bout], covariates / spread))
    one, *rest = _whitened(np.column_stack((columns[:, 0], y, columns[:, 1:])), steps).T
    fit = _reml(np.asarray(rest[0]), np.column_stack(rest[1:]), steps.bout, np.asarray(one))
    if fit is None:
        return _by_moments(steps, design)
    first = design.shape[1]
    size = columns.shape[1] - 1
    cov = np.asarray(fit.cov_params())[first:size, first:size] * scale**2 / np.outer(spread, spread)
    slopes = np.asarray(fit.fe_params)[first:] * scale / spread
    return Components(float(np.asarray(fit.cov_re)[0, 0]) * scale**2, slopes, cov)


def _whitened(columns: Floats, steps: Steps) -> Floats:
    """Columns less φ times the neighbour's; where there is none, as much smaller as the rest becomes."""
    phi = steps.phi
    out: Floats = columns * np.sqrt(1.0 - phi * phi)
    follows = steps.follows
    out[follows] = columns[follows] - phi * columns[np.flatnonzero(follows) - 1]
    return out


def _reml(y: Floats, exog: Floats, groups: NDArray[np.int64], intercept: Floats) -> Any:
    """Fit of the mixed model; None if it cannot be fitted."""
    statsmodels_api()
    from statsmodels.regression.mixed_linear_model import MixedLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of bouts of 0 lies on the border, and is an answer
        try:
            # Searches along the gradient stop short of the optimum in one fit of thirty; Powell's does not.
            fit = MixedLM(y, exog, groups=groups, exog_re=intercept).fit(reml=True, method="powell")
        except (np.linalg.LinAlgError, ValueError):
            return None
    found = (fit.cov_re, fit.fe_params, fit.cov_params())
    return fit if all(np.isfinite(np.asarray(one)).all() for one in found) else None


def _by_moments(steps: Steps, design: Floats) -> Components:
    """The same from mean squares, where the likelihood cannot be searched: covariates left alone."""
    fit = statsmodels_api().OLS(steps.bout_means, design).fit()
    size = steps.covariates.shape[1]
    beyond = float(fit.scale) - float(steps.sampling_variance.mean())
    return Components(max(0.0, beyond), np.zeros(size), np.zeros((size, size)))
