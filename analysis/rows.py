"""Puts values of some steps back among all steps of a batch."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fill_rows(values: Floats, rows: NDArray[np.generic], count: int) -> Floats:
    """A column that is null but for some rows.

    Args:
        values: (n,) values.
        rows: Their rows: a (count,) mask or an (n,) index.
        count: Number of rows in all.

    Returns:
        (count,) values, NaN elsewhere.
    """
    full = np.full(count, np.nan)
    full[rows] = values
    return full
