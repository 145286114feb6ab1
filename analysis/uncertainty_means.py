"""Standard uncertainty of a mean over steps: what errs alike in all of them, and how the steps scatter."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.uncertainty_probes import NOISE, Probe
from analysis.uncertainty_totals import Shown

Floats = NDArray[np.float64]

SCATTER = "steps"
"""Name of the part that the scatter of the steps makes, noise included."""
MOST_GAIN = -0.4
"""Autocorrelation of neighbours that is taken for a gain at most: numbers of whole strides share every other step."""
LONGEST_LAG = 0.25
"""Lags up to this share of the number of steps are looked at."""


def systematic(probes: tuple[Probe, ...], changes: Floats) -> dict[str, Floats]:
    """Put the changes of all probes together, source by source.

    Independent ones add as squares. Belts add as they are: they are calibrated with the same weights.

    Args:
        probes: Systematic sources.
        changes: (probes, metrics) change by one standard uncertainty of each; NaN where nothing was seen.

    Returns:
        (metrics,) magnitude by source.
    """
    found: dict[str, Floats] = {}
    for source in dict.fromkeys(probe.source for probe in probes):
        of_source = np.asarray([probe.source == source for probe in probes])
        belts = np.asarray([probe.belt for probe in probes])
        squares = [(changes[of_source & (belts == belt)] ** 2).sum(axis=0) for belt in sorted(set(belts[of_source]))]
        found[source] = np.asarray(np.sum([np.sqrt(square) for square in squares], axis=0))
    return found


def one_step(probes: tuple[Probe, ...], shown: Shown) -> dict[str, Floats]:
    """What makes up the uncertainty of one step.

    Args:
        probes: Systematic sources.
        shown: What the steps tried showed.

    Returns:
        (metrics,) standard uncertainty by source.
    """
    found: dict[str, Floats] = {}
    for source in dict.fromkeys(probe.source for probe in probes):
        of_source = np.asarray([probe.source == source for probe in probes])
        found[source] = np.asarray(np.sqrt(shown.square[of_source].sum(axis=0)))
    return found | {NOISE: np.asarray(np.sqrt(shown.noise))}


@dataclass(frozen=True)
class Scatter:
    """How steps scatter about their foot's mean."""

    u: float
    """Standard uncertainty that it leaves the mean, that of Student's t: few steps count as less; NaN from too few."""
    n_eff: float
    """Number of independent steps that would leave as much."""


def scatter(values: Floats, side: NDArray[np.str_]) -> Scatter:
    """What the scatter of steps leaves of uncertainty in their mean.

    Each foot scatters about its own mean: that the feet differ is no scatter. Neighbours are alike; their
    autocorrelation is summed in pairs of lags for as long as the pairs are positive (Geyer 1992, Stat Sci 7:473), which
    counts slow change too. A negative one is a gain as far as it is more than chance, 1/√n. From few steps the scatter
    itself is uncertain: the variance is that of Student's t, ν/(ν − 2) (GUM supplement 1, 6.4.9).

    Args:
        values: (n,) values in order, without null.
        side: (n,) "L", "R" or "?".

    Returns:
        The uncertainty.
    """
    away = values.astype(np.float64)
    feet = 0
    for name in ("L", "R", "?"):
        mine = side == name
        if mine.any():
            feet += 1
            away[mine] -= away[mine].mean()
    freedom = values.size - feet
    if freedom < 3:
        return Scatter(float("nan"), float("nan"))
    power = float((away * away).sum())
    if power <= 0.0:
        return Scatter(0.0, float(values.size))
    inflation = 1.0 + 2.0 * _correlated(away, power)
    n_eff = max(1.0, values.size / inflation)
    known = max(3.0, freedom / inflation)  # degrees of freedom, ν
    return Scatter(float(np.sqrt(power / freedom / n_eff * known / (known - 2.0))), n_eff)


def _correlated(away: Floats, power: float) -> float:
    """Sum of the autocorrelations that stand out; below zero where neighbours make up for each other."""
    n = away.size
    lags = np.arange(1, max(2, int(LONGEST_LAG * n)) + 1)
    rho = np.asarray([(away[lag:] * away[:-lag]).sum() / power + 1.0 / n for lag in lags if lag < n])
    pairs = np.asarray([rho[k : k + 2].sum() for k in range(0, rho.size, 2)])
    until = int(np.argmax(pairs <= 0.0)) if (pairs <= 0.0).any() else pairs.size
    if until:
        return float(pairs[:until].sum())
    return float(max(MOST_GAIN, min(0.0, rho[0] + 1.0 / np.sqrt(n))))


def combined(parts: Mapping[str, float]) -> float:
    """Root of the sum of squares; NaN counts as nothing."""
    return float(np.sqrt(np.nansum(np.square(list(parts.values())))))
