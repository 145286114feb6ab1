"""What was run at one speed: nearly every metric changes with speed, so a trend mixes none."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.progress_points import FEWEST_STEPS
from analysis.steps import StepTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MATCHED = 0.01
"""Speeds within this share of their middle are one speed: equal to ±1 %."""
_WIDTH = (1.0 + MATCHED) / (1.0 - MATCHED) * (1.0 + 1e-9)


def speed_groups(speeds: Floats, fewest: int = 1) -> Ints:
    """Put speeds into groups within ±1 %, the fullest group first; no speed is in two.

    Args:
        speeds: (n,) m/s; NaN for those that are not known.
        fewest: Smaller groups are none.

    Returns:
        (n,) number of the group, from 0 in order of size; −1 for none.
    """
    labels = np.full(speeds.size, -1, np.int64)
    known = np.flatnonzero(speeds > 0.0)
    order = known[np.argsort(speeds[known], kind="stable")]
    number = 0
    while order.size:
        first, stop = _fullest(speeds[order])
        if stop - first < fewest:
            break
        labels[order[first:stop]] = number
        order = np.delete(order, np.s_[first:stop])
        number += 1
    return labels


def _fullest(ascending: Floats) -> tuple[int, int]:
    """The window that holds most speeds; of several, the narrowest."""
    stops = np.searchsorted(ascending, ascending * _WIDTH, side="right")
    held = stops - np.arange(ascending.size)
    best = np.flatnonzero(held == held.max())
    spread = ascending[stops[best] - 1] / ascending[best]
    first = int(best[np.argmin(spread)])
    return first, int(stops[first])


def parts_by_speed(table: StepTable) -> Iterator[tuple[float | None, StepTable]]:
    """Cut a bout's steps into the speeds that it was run at; what lies between, as while the belt speeds up, is none.

    Args:
        table: Valid running steps of a bout.

    Yields:
        tuple[float | None, StepTable]: Mean speed, m/s, and the steps run at it; None for steps of unknown speed.
    """
    speed = table["belt_speed_m_s"]
    groups = speed_groups(speed, FEWEST_STEPS)
    for group in range(int(groups.max(initial=-1)) + 1):
        mine = groups == group
        yield float(speed[mine].mean()), (table if mine.all() else table.select(mine))
    unknown = np.isnan(speed)
    if int(unknown.sum()) >= FEWEST_STEPS:
        yield None, (table if unknown.all() else table.select(unknown))
