"""Steps of one metric, bout by bout: what every estimator of a before/after comparison begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_types import HEEL_SHARE, Bout
from analysis.statistics import effective_n

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_PHI = 0.95
SPEED_VARIES = 1e-3
"""Speed is a covariate where it varies within bouts by more than this share of its mean."""


@dataclass(frozen=True)
class Steps:
    """Valid steps with a value of one metric, from J bouts of which each has some."""

    bouts: tuple[Bout, ...]
    """(J,) in order of `began_s`."""
    after: NDArray[np.bool_]
    """(J,) which of them belong to the second condition."""
    values: Floats
    """(n,) values, bout after bout, in the metric's unit."""
    bout: Ints
    """(n,) which bout each belongs to."""
    number: Ints
    """(n,) number of the step in its session: neighbours differ by 1."""
    side: Floats
    """(n,) −½ left, ½ right, 0 unknown."""
    speed: Floats
    """(n,) belt speed, m/s; NaN where unknown."""
    is_share: bool
    """Values are 0 and 1."""

    @cached_property
    def count(self) -> Floats:
        """(J,) steps of each bout."""
        return np.bincount(self.bout, minlength=len(self.bouts)).astype(np.float64)

    def means(self, values: Floats) -> Floats:
        """(J,) mean of a (n,) column over the steps of each bout."""
        sums = np.bincount(self.bout, weights=values, minlength=len(self.bouts))
        return np.asarray(sums / self.count, np.float64)

    @cached_property
    def bout_means(self) -> Floats:
        """(J,) plain mean of each bout."""
        return self.means(self.values)

    @cached_property
    def follows(self) -> NDArray[np.bool_]:
        """(n,) steps whose neighbour before is the row before."""
        follows = np.zeros(self.values.size, bool)
        follows[1:] = (np.diff(self.number) == 1) & (np.diff(self.bout) == 0)
        return follows

    @cached_property
    def covariates(self) -> Floats:
        """(n, 0 to 2) side and speed less its mean, where they vary within bouts."""
        columns = []
        if (self.side < 0.0).any() and (self.side > 0.0).any():
            columns.append(self.side)
        if self.values.size and np.isfinite(self.speed).all():
            within = self.speed - self.means(self.speed)[self.bout]
            if within.std() > SPEED_VARIES * abs(self.speed.mean()):
                columns.append(self.speed - self.speed.mean())
        return np.column_stack(columns) if columns else np.empty((self.values.size, 0))

    @cached_property
    def residuals(self) -> Floats:
        """(n,) values freed of their bout's mean and of the covariates' share."""
        away = self.values - self.bout_means[self.bout]
        within = self.covariates - np.column_stack(
            [self.means(c)[self.bout] for c in self.covariates.T] or [np.empty((self.values.size, 0))]
        )
        slopes = np.linalg.lstsq(within, away, rcond=None)[0]
        return np.asarray(away - within @ slopes)

    @cached_property
    def phi(self) -> float:
        """Autocorrelation of neighbours, freed of its bias −(1 + 3φ)/n (Marriott & Pope 1954); never below 0."""
        power = float((self.residuals**2).mean()) if self.values.size else 0.0
        length = float(self.count.mean())
        if power <= 0.0 or length < 5.0 or not self.follows.any():
            return 0.0
        pairs = (self.residuals[1:] * self.residuals[:-1])[self.follows[1:]]
        phi = (float(pairs.mean()) / power + 1.0 / length) / (1.0 - 3.0 / length)
        return min(max(phi, 0.0), LARGEST_PHI)

    @cached_property
    def step_variance(self) -> Floats:
        """(J,) variance of steps about their bout's mean: one for all bouts, but a share's by what the share is."""
        free = self.values.size - len(self.bouts)
        pooled = float((self.residuals**2).sum()) / free if free > 0 else 0.0
        if not self.is_share:
            return np.full(len(self.bouts), pooled)
        # Laplace's rule: a share of 1 in 50 steps does not make the next heel strike certain.
        share = (self.bout_means * self.count + 1.0) / (self.count + 2.0)
        return np.maximum(pooled, share * (1.0 - share))

    @cached_property
    def sampling_variance(self) -> Floats:
        """(J,) variance that the scatter of steps leaves each bout's mean; n steps count as n(1 − φ)/(1 + φ)."""
        worth: Floats = np.asarray([effective_n(n, self.phi) for n in self.count.tolist()], np.float64)
        return np.asarray(self.step_variance / worth)


def steps_of(bouts: Sequence[Bout], conditions: tuple[str, str], metric: str) -> Steps:
    """Collect the steps that have a value.

    Args:
        bouts: Bouts of either condition, with the rows to be used.
        conditions: Names of the two.
        metric: Column, or `heel_share`.

    Returns:
        The steps; bouts without a value are left out.
    """
    ordered = sorted(bouts, key=lambda b: (b.began_s, b.session, b.name))
    columns = [(bout, _column(bout, metric)) for bout in ordered]
    there = [(bout, values, ~np.isnan(values)) for bout, values in columns if not np.isnan(values).all()]
    sides = [np.select([b.table["side"] == "L", b.table["side"] == "R"], [-0.5, 0.5])[k] for b, _, k in there]
    return Steps(
        bouts=tuple(bout for bout, _, _ in there),
        after=np.asarray([bout.condition == conditions[1] for bout, _, _ in there], bool),
        values=_joined([values[known] for _, values, known in there]),
        bout=np.repeat(np.arange(len(there)), [int(known.sum()) for _, _, known in there]),
        number=_joined([b.table["step"][known] for b, _, known in there]).astype(np.int64),
        side=_joined(sides),
        speed=_joined([b.table["belt_speed_m_s"][known] for b, _, known in there]),
        is_share=metric == HEEL_SHARE,
    )


def _column(bout: Bout, metric: str) -> Floats:
    """(rows,) values of a metric, NaN where there is none; heel strikes are 1, other strikes 0."""
    if metric != HEEL_SHARE:
        return np.where(bout.table["valid"], bout.table[metric], np.nan)
    strike = bout.table["foot_strike"]
    told = bout.table["valid"] & (strike != "") & (strike != "uncertain")
    heel: Floats = np.where(strike == "rearfoot", 1.0, 0.0)
    heel[~told] = np.nan
    return heel


def _joined(parts: Sequence[NDArray[np.generic]]) -> Floats:
    return np.concatenate(parts).astype(np.float64) if parts else np.empty(0)
