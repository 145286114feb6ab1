"""How sure a two-mass fit is of the limb's impulse and of its duration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.two_mass_fit import Fit, Problem, solve
from analysis.two_mass_model import pulses

Floats = NDArray[np.float64]

LAGS = 3
"""Grid points (about 13 ms) over which what the fit leaves is taken to be correlated."""
INFLATION = 1.4
"""The fit follows the slow part of the noise, so what it leaves looks quieter than the noise was. On simulated steps
with white force noise, low-passed as the data are, an interval of ± 1.96 u then holds the truth in 95–98 % of steps;
without this factor in 84–89 %."""


def residuals(problem: Problem, found: Fit) -> Floats:
    """(k, P) force minus model, 1/s."""
    at = pulses(found.shape, problem.t)
    left: Floats = problem.force - at.body - found.share[:, None] * (at.limb - at.body)
    return left


@dataclass(frozen=True)
class Uncertainty:
    """Standard uncertainties of k fits."""

    share: Floats
    """(k,) of J1's share of the impulse."""
    dt1_s: Floats
    """(k,) of Δt1, s."""
    rate: Floats
    """(k,) of J1's share / Δt1², 1/s²."""


def fit_uncertainty(problem: Problem, found: Fit) -> Uncertainty:
    """Standard uncertainty of J1's share, of Δt1 and of their quotient J1/Δt1².

    Each estimate is, to first order, a weighted sum of the force's errors; the weights follow from the model's
    derivatives (Gauss–Newton), and the errors' size and correlation from the residuals, their autocovariance tapered
    as by Newey and West (1987, Econometrica 55:703). A parameter that lies on its bound counts as known.

    Args:
        problem: The steps.
        found: Their fits.

    Returns:
        The uncertainties.
    """
    left = residuals(problem, found)
    points = left.shape[1]
    freedom = points - 6.0
    spread = [(left[:, lag:] * left[:, : points - lag]).sum(axis=1) / freedom for lag in range(LAGS + 1)]

    def uncertainty(weight: Floats) -> Floats:
        variance = spread[0] * (weight * weight).sum(axis=1)
        for lag in range(1, LAGS + 1):
            pairs = (weight[:, lag:] * weight[:, : points - lag]).sum(axis=1)
            variance = variance + 2.0 * (1.0 - lag / (LAGS + 1.0)) * spread[lag] * pairs
        size: Floats = INFLATION * np.sqrt(np.maximum(variance, 0.0))
        return size

    of_share, of_dt1 = _influence(problem, found)
    dt1 = found.shape[0]
    of_rate = of_share / (dt1 * dt1)[:, None] - (2.0 * found.share / (dt1 * dt1 * dt1))[:, None] * of_dt1
    return Uncertainty(uncertainty(of_share), uncertainty(of_dt1), uncertainty(of_rate))


def _influence(problem: Problem, found: Fit) -> tuple[Floats, Floats]:
    """(k, P) weights with which errors of the force enter the share and Δt1."""
    at = pulses(found.shape, problem.t)
    columns = np.concatenate(((at.limb - at.body)[None], at.slopes(found.share)))
    known = np.zeros((6, found.share.size), np.bool_)
    known[1:] = (found.shape <= problem.lowest) | (found.shape >= problem.highest)
    columns = np.where(known[:, :, None], 0.0, columns)
    normal = np.zeros((6, 6, found.share.size))
    for row in range(6):
        normal[row, row:] = (columns[row:] * columns[row]).sum(axis=2)
        own = normal[row, row]
        normal[row, row] = np.where(own > 0.0, own * (1.0 + 1e-9), 1.0)
    weights = []
    for wanted in (0, 1):
        unit = np.zeros((6, found.share.size))
        unit[wanted] = 1.0
        share = solve(normal, unit)
        weights.append((share[:, :, None] * columns).sum(axis=0))
    return weights[0], weights[1]
