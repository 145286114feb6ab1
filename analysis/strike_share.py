"""Foot strike of a whole foot, and how often a runner lands on the heel: from the rows of the step table.

The steps of one foot share its anatomy and its shoe, so that what misleads one misleads all of them: a hundred steps do
not multiply the odds. They only average the noise away, and so a foot's log odds are the mean of its steps'.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Columns
from analysis.foot_strike_model import MODEL
from analysis.statistics import effective_n, wilson
from analysis.strike_model import StrikeModel

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FootStrike:
    """Verdict on one foot."""

    name: str
    """rearfoot, midfoot, forefoot or uncertain."""
    p: float
    """Probability of that class; of rearfoot if it is uncertain."""
    rearfoot_p: float
    """Probability that the foot lands on its rear."""
    steps: int
    """Steps that it was told from."""


@dataclass(frozen=True)
class HeelShare:
    """Share of the steps that land on the heel."""

    share: float
    """Rearfoot steps ÷ steps with a verdict; NaN if there is none."""
    low: float
    """Lower end of the 95 % interval …"""
    high: float
    """… and its upper end: how far the steps would scatter, not how far the method errs."""
    steps: int
    """Steps with a verdict."""
    effective_steps: float
    """What they are worth as independent ones."""
    uncertain: int
    """Steps that were uncertain."""


def foot_strike_of(columns: Columns, model: StrikeModel = MODEL) -> FootStrike | None:
    """Tell the strike of one foot from its steps.

    Args:
        columns: Rows of this foot: `rearfoot_p`, `foot_strike`, `foot_strike_p`, `valid`.
        model: Coefficients.

    Returns:
        The verdict; None without a step to tell it from.
    """
    told = columns["valid"] & ~np.isnan(columns["rearfoot_p"])
    p, name, named_p = (columns[key][told] for key in ("rearfoot_p", "foot_strike", "foot_strike_p"))
    if not p.size:
        return None
    rearfoot = model.doubt + (1.0 - 2.0 * model.doubt) / (1.0 + np.exp(-model.rearfoot_odds(p).mean()))
    ball = (name == "midfoot") | (name == "forefoot")
    share = named_p[ball] / (1.0 - p[ball])
    forefoot = np.where(name[ball] == "forefoot", share, 1.0 - share).mean() if ball.any() else 0.0
    verdict, of_class = model.verdict(np.array([rearfoot]), np.array([forefoot]))
    return FootStrike(str(verdict[0]), float(of_class[0]), float(rearfoot), int(p.size))


def heel_share(columns: Columns) -> HeelShare:
    """Share of heel strikes with the 95 % interval of Wilson on the effective number of steps.

    φ is the autocorrelation of each foot's successive steps, heel or not (metrics specification 5.4 and 10).

    Args:
        columns: Rows in order: `step`, `foot_strike`, `valid`.

    Returns:
        The share; NaN if no step has a verdict.
    """
    name, valid = columns["foot_strike"], columns["valid"]
    told = valid & (name != "") & (name != "uncertain")
    uncertain, n = int((valid & (name == "uncertain")).sum()), int(told.sum())
    if n == 0:
        return HeelShare(math.nan, math.nan, math.nan, 0, 0.0, uncertain)
    heel = np.where(told, name == "rearfoot", np.nan)
    share = float(np.nanmean(heel))
    worth = effective_n(n, _autocorrelation(heel, columns["step"]))
    low, high = wilson(share, worth)
    return HeelShare(share, low, high, n, worth, uncertain)


def _autocorrelation(heel: Floats, step: NDArray[np.int64]) -> float:
    """Correlation of a foot's step with its next one, two steps on; 0 where they are all alike."""
    away = np.full(heel.size, np.nan)
    for parity in (0, 1):
        foot = ~np.isnan(heel) & (step % 2 == parity)
        if foot.any():
            away[foot] = heel[foot] - heel[foot].mean()
    product = away[:-2] * away[2:]
    pair = ~np.isnan(product) & (step[2:] - step[:-2] == 2)
    power = float(np.nanmean(away * away))
    return float(product[pair].mean()) / power if pair.any() and power > 0.0 else 0.0
