"""Means that follow what comes, one value after the other, and are the same however the values arrive."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Running:
    """Exponentially weighted mean of each entry of what comes.

    Args:
        keep: Share of an entry's weight that is left after the next one, below 1.
    """

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._state: Floats | None = None

    def feed(self, values: Floats) -> tuple[Floats, Floats]:
        """Take the next values.

        Args:
            values: (n, …) in order; a NaN says nothing.

        Returns:
            (n, …) mean after each of them; NaN before the first value of an entry.
            (n, …) how many equally weighted values it is worth.
        """
        from scipy.signal import lfilter

        known = ~np.isnan(values)
        both = np.stack((np.where(known, values, 0.0), known.astype(np.float64)), axis=1)
        if self._state is None:
            self._state = np.zeros((1, *both.shape[1:]))
        sums, self._state = lfilter([1.0], [1.0, -self._keep], both, axis=0, zi=self._state)
        weight = sums[:, 1]
        mean: Floats = np.where(weight > 0.0, sums[:, 0] / np.where(weight > 0.0, weight, 1.0), np.nan)
        older = 1.0 - weight * (1.0 - self._keep)
        worth = weight * weight * (1.0 - self._keep**2) / np.where(weight > 0.0, 1.0 - older * older, 1.0)
        return mean, worth
