"""Which steps are shown of each foot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH = 4096
"""Rows looked back over for the steps of a foot."""


@dataclass(frozen=True)
class Foot:
    """Steps of one foot."""

    side: str
    """L, R, or ? for both feet where they cannot be told apart."""
    rows: Ints
    """(k,) rows of the step table, in order; the last is the current step."""
    left_out: int | None
    """Row of the newest step, if it is not valid."""


def drawn_contact_ms(table: StepTable, rows: Ints) -> Floats:
    """Length of some stances for drawing, also where a rig must not print contact times.

    Args:
        table: The steps.
        rows: (k,) which of them.

    Returns:
        (k,) from touchdown to toe-off, ms.
    """
    length: Floats = 1e3 * (table["toe_off_s"][rows] - table["touchdown_s"][rows])
    return length


def choose(table: StepTable, rows: int, count: int) -> tuple[tuple[Foot, ...], int]:
    """The last valid steps of each foot, all in the gait of the newest one.

    Args:
        table: The steps.
        rows: How many of them are over.
        count: Steps of each foot, at most.

    Returns:
        Left and right foot, or one of unknown side; and how many of the last steps are not shown because their side
        is not known.
    """
    first = max(0, rows - REACH)
    recent = slice(first, rows)
    side = table["side"][recent]
    near = side[-2 * count :]
    known = bool(np.isin(near, ("L", "R")).any())
    names = ("L", "R") if known else ("?",)
    feet = tuple(_foot(table, name, first + np.flatnonzero(side == name), count) for name in names)
    return feet, int((near == "?").sum()) if known else 0


def _foot(table: StepTable, side: str, mine: Ints, count: int) -> Foot:
    valid = table["valid"][mine]
    good = mine[valid & ~np.isnan(drawn_contact_ms(table, mine))]
    if good.size:
        gait = table["gait"][good]
        good = good[gait == gait[-1]][-count:]
    left_out = int(mine[-1]) if mine.size and not valid[-1] else None
    return Foot(side, good, left_out)
