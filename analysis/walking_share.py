"""What each foot carries while both are on one belt: the total force divided by the place where it acts.

Davis and Cavanagh (1993), J Biomech 26:593, split the vertical force of double support by its sideways centre of
pressure: F_L = F·(y − y_R)/(y_L − y_R), with y_L and y_R from the single support before and after. Feet stand on a
moving belt, so here both coordinates serve: each foot's own centre of pressure is carried on along a straight line in
time from the single support next to the double support, in which the belt's motion and the roll from heel to toe are
both contained; the share is the least-squares solution of F_L + F_R = F, F_L·p_L + F_R·p_R = F·p in both coordinates.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Place = tuple[Floats, Floats]
"""x and y, m."""


def fit_lines(x: Floats, y: Floats, first: Ints, length: int, origin: Ints) -> Floats:
    """Fit a line in time to each foot's own centre of pressure in a piece of single support.

    Args:
        x: (n,) centre of pressure, m.
        y: (n,) likewise.
        first: (k,) first sample of each piece.
        length: Samples of every piece; the same for all, so that a sum never depends on the batch.
        origin: (k,) sample from which the line counts time.

    Returns:
        (k, 3) x at the origin in m, its change in m per sample, both by least squares, and the mean y in m.
    """
    offset = np.arange(length)
    index = first[:, None] + offset
    lever = offset - 0.5 * (length - 1)
    around = x[index]
    mean = around.sum(axis=1) / length
    slope = (around * lever).sum(axis=1) / float((lever * lever).sum())
    middle = first + 0.5 * (length - 1)
    return np.stack((mean + slope * (origin - middle), slope, y[index].sum(axis=1) / length), axis=1)


def along(lines: Floats, time: Floats | Ints) -> Place:
    """Where feet are that were followed by `fit_lines`.

    Args:
        lines: (k, 3) lines.
        time: (k, n) samples after each line's origin.

    Returns:
        x (k, n) and y (k, 1), m.
    """
    return lines[:, 0:1] + lines[:, 1:2] * time, lines[:, 2:3]


def share_of(x: Floats, y: Floats, one: Place, other: Place) -> Floats:
    """Share of the vertical force that one of two feet carries, from where the total acts.

    The least-squares solution of f + g = 1, f·p_one + g·p_other = p is the projection of p on the line between the
    feet. With both feet at one x it is Davis and Cavanagh's (y − y_other)/(y_one − y_other).

    Args:
        x: Centre of pressure of the total, m; any shape.
        y: Likewise.
        one: x and y of that foot's own centre of pressure, m.
        other: x and y of the other's.

    Returns:
        Shares, limited to 0 … 1; NaN where both feet are in one place.
    """
    across_x, across_y = one[0] - other[0], one[1] - other[1]
    square = across_x * across_x + across_y * across_y
    parallel = (x - other[0]) * across_x + (y - other[1]) * across_y
    share: Floats = np.clip(parallel / np.where(square > 0.0, square, np.nan), 0.0, 1.0)
    return share


def distance_from_line(x: Floats, y: Floats, one: Place, other: Place) -> Floats:
    """How far the total's centre of pressure lies beside the line between the feet, m: what the split cannot explain.

    Args:
        x: As in `share_of`.
        y: As in `share_of`.
        one: As in `share_of`.
        other: As in `share_of`.

    Returns:
        Distances, ≥ 0; NaN where both feet are in one place.
    """
    across_x, across_y = one[0] - other[0], one[1] - other[1]
    square = across_x * across_x + across_y * across_y
    beside = (x - other[0]) * across_y - (y - other[1]) * across_x
    distance: Floats = np.abs(beside) / np.sqrt(np.where(square > 0.0, square, np.nan))
    return distance


def rising(share: Floats) -> Floats:
    """Make each row rise: weight goes from one foot to the other and does not come back within a double support.

    The mean of the largest value so far and the smallest still to come, which favours neither end.

    Args:
        share: (k, n) shares in time.

    Returns:
        (k, n) likewise, never falling along a row.
    """
    so_far = np.maximum.accumulate(share, axis=1)
    to_come = np.minimum.accumulate(share[:, ::-1], axis=1)[:, ::-1]
    risen: Floats = 0.5 * (so_far + to_come)
    return risen
