"""Is the scale straight, and the same going up and coming down: what no linear read-out can put right."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad

Floats = NDArray[np.float64]

SAME = 0.01
"""Loads that differ by less than this share are the same."""
APART = 1.3
"""Loads of one place must differ by this factor to show a curve."""
LEAST_ERROR_N = 0.1
"""No vertical force is trusted better than this."""


def nonlinearity_pct(place: Sequence[str], said_N: Floats, read_N: Floats, u_N: Floats) -> float | None:
    """Largest departure from the straight line between nothing and the largest load.

    The error is a·F + b·F², a different for every place (that is gain), b the same for all. Between 0 and the largest
    load F₁ the curve leaves its chord by |b|·F₁²/4 at most.

    Args:
        place: (n,) names of places.
        said_N: (n,) vertical force put on.
        read_N: (n,) vertical force read.
        u_N: (n,) standard uncertainty of the force said.

    Returns:
        % of the largest load; None if no place has loads of different size.
    """
    names, at = np.unique(np.array(place, dtype=str), return_inverse=True)
    curved = [said_N[at == p].max() > APART * said_N[at == p].min() for p in range(len(names))]
    if not any(curved):
        return None
    gains = (at[:, np.newaxis] == np.arange(len(names))) * said_N[:, np.newaxis]
    weight = 1.0 / np.hypot(u_N, LEAST_ERROR_N)[:, np.newaxis]
    largest = float(said_N.max())
    design = np.column_stack([gains, said_N**2 / largest])
    found = np.linalg.lstsq(design * weight, (read_N - said_N) * weight[:, 0], rcond=None)[0]
    return 25.0 * abs(float(found[-1]))


def hysteresis_pct(loads: Sequence[KnownLoad], place: Sequence[str], read_N: Floats) -> float | None:
    """Largest difference between the same load at the same place in an ascending and in a descending series.

    Args:
        loads: (n,) vertical loads.
        place: (n,) names of places.
        read_N: (n,) vertical force read.

    Returns:
        % of the largest load; None without such a pair.
    """
    said_N = np.array([load.force_N[2] for load in loads])
    up, down = (np.array([load.series == series for load in loads], np.bool_) for series in ("up", "down"))
    names = np.array(place, dtype=str)
    alike = np.abs(said_N[:, np.newaxis] - said_N) <= SAME * said_N
    pairs = (names[:, np.newaxis] == names) & alike & up[:, np.newaxis] & down
    if not pairs.any():
        return None
    error = read_N - said_N
    return 100.0 * float(np.abs(error[:, np.newaxis] - error)[pairs].max() / said_N.max())
