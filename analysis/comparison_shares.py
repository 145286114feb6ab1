"""Difference of shares of steps, as of heel strikes: their scatter is another before and after, so it is not pooled.

A runner who always lands on the heel shows shares that hardly scatter; one who is learning not to shows shares all over
the place. Welch's t-test keeps the two apart. Neither side scatters less than so many steps must: three bouts of a
hundred heel strikes each are not a certainty.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_mixed import Estimate

Floats = NDArray[np.float64]


def shares_estimate(means: Floats, after: NDArray[np.bool_], sampling: Floats) -> Estimate:
    """Welch's t-test on the shares of replicates.

    Args:
        means: (k,) share of each bout or session, at least two of each condition.
        after: (k,) which belong to the second condition.
        sampling: (k,) variance that the steps alone leave each.

    Returns:
        The estimate.
    """
    sides = [(means[mine], sampling[mine]) for mine in (~after, after)]
    parts = np.asarray([max(one.var(ddof=1) / one.size, float(own.sum()) / one.size**2) for one, own in sides])
    free = np.asarray([one.size - 1.0 for one, _ in sides])
    df = float(parts.sum() ** 2 / (parts**2 / free).sum())
    return Estimate(float(sides[0][0].mean()), float(sides[1][0].mean()), float(parts.sum()), df)
