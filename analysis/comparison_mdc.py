"""Minimal detectable change: how far this runner's days lie apart when nothing was trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparison_data import Steps, steps_of
from analysis.comparison_types import Bout
from analysis.statistics import Z95

FEWEST_DAYS = 2
"""Baseline days of each runner before training, without which no change is claimed."""
TRUSTED_DAYS = 4
"""From fewer the minimal detectable change itself is only roughly known."""


@dataclass(frozen=True)
class Repeatability:
    """What a repeated baseline tells of one metric."""

    sem: float
    """Standard error of measurement: SD of day means of one runner."""
    mdc: float
    """Minimal detectable change, 95 %: 1.96·√2·SEM; of a mean over R runners ÷ √R."""
    days: int
    """Fewest days of a runner."""


def repeatability(baseline: Sequence[Bout], runners: Sequence[str], metric: str) -> Repeatability | None:
    """SEM and MDC95 from the days of a baseline.

    SEM² is the variance of a runner's day means, but at least what the scatter of bouts, or of the steps alone, leaves
    them: two days that happen to agree do not make a runner repeat better than the bouts of one day or the steps of
    one bout do.

    Args:
        baseline: Bouts without training in between; those whose day is not known tell nothing of days.
        runners: Who is compared.
        metric: Column, or `heel_share`.

    Returns:
        The figures; None if a runner has fewer than two days with a value, or nothing scatters at all.
    """
    dated = [bout for bout in baseline if bout.day]
    found = [_of_runner([bout for bout in dated if bout.runner == runner], metric) for runner in runners]
    known = [one for one in found if one is not None]
    if len(known) < len(runners) or not known:
        return None
    sem = float(np.sqrt(np.mean([square for square, _ in known])))
    if sem <= 0.0:
        return None
    return Repeatability(sem, Z95 * float(np.sqrt(2.0 / len(runners))) * sem, min(n for _, n in known))


def _of_runner(bouts: Sequence[Bout], metric: str) -> tuple[float, int] | None:
    """SEM² and the number of days of one runner."""
    steps: Steps = steps_of(bouts, ("", ""), metric)
    names = sorted({bout.day for bout in steps.bouts})
    if len(names) < FEWEST_DAYS:
        return None
    day = np.asarray([names.index(bout.day) for bout in steps.bouts])
    count = np.bincount(day)
    means = np.bincount(day, weights=steps.bout_means) / count
    between = float(means.var(ddof=1))
    free = len(steps.bouts) - len(names)
    of_bouts = float(((steps.bout_means - means[day]) ** 2).sum()) / free * float(np.mean(1.0 / count)) if free else 0.0
    of_steps = float(np.mean(np.bincount(day, weights=steps.sampling_variance) / count**2))
    return max(between, of_bouts, of_steps), len(names)


def false_claims(days: int) -> float:
    """How often a day without a change would pass the minimal detectable change, at most.

    If nothing but the day changes, Δ between one day and the mean of k baseline ones has the variance σ²(1 + 1/k),
    and their SEM estimates σ with k − 1 degrees of freedom: P = P(|t| > 1.96·√2/√(1 + 1/k)).

    Args:
        days: Baseline days k, at least 2.

    Returns:
        Share of comparisons: 0.26 for two days, 0.09 for four, 0.05 for six.
    """
    from scipy.stats import t

    return 2.0 * float(t.sf(Z95 * np.sqrt(2.0 / (1.0 + 1.0 / days)), days - 1))
