"""What the steps tried have shown over a session: the parts of a budget."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.uncertainty_probes import Probe
from analysis.uncertainty_samples import Samples

Floats = NDArray[np.float64]

SIDES = ("L", "R", "?")


@dataclass(frozen=True)
class Shown:
    """Weighted means over the steps tried, all of a session or those of one side; NaN where nothing was seen."""

    moved: Floats
    """(probes, metrics) mean change by one standard uncertainty: what the mean of many steps is off by."""
    square: Floats
    """(probes, metrics) mean square of the change: what one step is off by."""
    noise: Floats
    """(metrics,) variance of a step by noise."""
    bias: Floats
    """(metrics,) what noise adds on average."""


class Totals:
    """Adds up what steps show, by side.

    Args:
        probes: Systematic sources.
        names: Columns.
    """

    def __init__(self, probes: tuple[Probe, ...], names: tuple[str, ...]) -> None:
        self._count = len(probes)
        self._sums = np.zeros(
            (len(SIDES), 3, self._count + 1, len(names))
        )  # weights, values, squares; noise comes last
        self._noise = np.zeros(2)  # steps, and the squares of their noise

    def hear(self, sd_N: Floats) -> None:
        """Take the noise of the force (n,) in the next valid steps, N."""
        square = sd_N * sd_N
        for place, values in enumerate((np.ones(square.size), square)):
            self._noise[place] = np.add.accumulate(np.append(self._noise[place], values))[-1]

    def add(self, samples: Samples, side: NDArray[np.str_], weight: Floats) -> None:
        """Take what the next steps showed.

        Args:
            samples: Of s steps.
            side: (s,) "L", "R" or "?".
            weight: (s,) how many steps each stands for.
        """
        noise, bias = samples.noise[:, np.newaxis], samples.bias[:, np.newaxis]
        value = np.concatenate((samples.moved, bias), axis=1)
        squares = np.concatenate((samples.moved**2, noise), axis=1)
        known = ~np.isnan(value) & ~np.isnan(squares)
        weights = known * weight[:, np.newaxis, np.newaxis]
        terms = np.stack((weights, *(np.where(known, one, 0.0) * weights for one in (value, squares))), axis=1)
        for number, name in enumerate(SIDES):
            mine = terms[side == name]
            # One after the other, so that the sum does not depend on how they arrive.
            self._sums[number] = np.add.accumulate(np.concatenate((self._sums[number, np.newaxis], mine)))[-1]

    def of(self, counts: Mapping[str, int]) -> Shown:
        """What was shown by some sides.

        Args:
            counts: Side → number of steps, by which each side counts.

        Returns:
            The means.
        """
        chosen = [SIDES.index(side) for side in counts]
        weights, values, squares = self._sums[chosen].transpose(1, 0, 2, 3)
        known = weights > 0.0
        per_step = np.asarray(list(counts.values()), np.float64)[:, np.newaxis, np.newaxis] * known
        with np.errstate(invalid="ignore", divide="ignore"):
            share = per_step / per_step.sum(axis=0)
            mean, square = (np.where(known, one / weights * share, 0.0).sum(axis=0) for one in (values, squares))
            variance_N = self._noise[1] / self._noise[0]
        mean, square = (np.where(known.any(axis=0), one, np.nan) for one in (mean, square))
        last = self._count
        return Shown(mean[:last], square[:last], square[last] * variance_N, mean[last] * variance_N)
