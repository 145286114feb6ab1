"""Which steps a large number is the mean of: all that a tile says comes from the same rows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
"""A step table, or some of its columns cut to the same rows."""
Ints = NDArray[np.int64]

LAST_MINUTE = 0
"""In place of a number of steps: all of the last minute."""
MINUTE_S = 60.0
SIDES = ("L", "R")
TOLD = 0.8
"""Least share of the last steps whose foot is known, for a number of each foot."""


@dataclass(frozen=True)
class Chosen:
    """Rows of the step table, each in order of touchdown."""

    groups: tuple[Ints, ...]
    """Rows of the left and of the right foot; all in one where feet are not told apart."""

    @property
    def told(self) -> bool:
        """Whether left and right are told apart."""
        return len(self.groups) == len(SIDES)

    @property
    def newest(self) -> int | None:
        """The last row; None without any."""
        return max((int(rows[-1]) for rows in self.groups if rows.size), default=None)

    def of(self, side: str) -> Ints:
        """Rows of a foot, "L" or "R"; none where feet are not told apart."""
        return self.groups[SIDES.index(side)] if self.told else np.empty(0, np.int64)


def choose_steps(table: Columns, count: int) -> Chosen:
    """Take the last valid steps, foot by foot if most of them have a foot.

    Args:
        table: Rows in order of touchdown.
        count: How many steps of a foot, or `LAST_MINUTE` up to the newest valid one.

    Returns:
        The rows. Nobody looks further back for a foot than steps of which `TOLD` have a side would reach.
    """
    valid: Ints = np.flatnonzero(table["valid"])
    last = _last_minute(table, valid) if count == LAST_MINUTE else valid[-2 * count :]
    side = table["side"]
    if not last.size or np.isin(side[last], SIDES).mean() < TOLD:
        return Chosen((last,))
    near = last if count == LAST_MINUTE else valid[-math.ceil(2 * count / TOLD) :]
    return Chosen(tuple(near[side[near] == foot][-count:] for foot in SIDES))


def _last_minute(table: Columns, valid: Ints) -> Ints:
    time_s = table["touchdown_s"][valid]
    return valid[time_s >= time_s[-1] - MINUTE_S] if valid.size else valid
