"""Means over the valid steps of a session, all together and by side."""

from typing import Any

import numpy as np

from analysis.steps import COLUMNS, StepTable
from analysis.uncertainty import Uncertainties
from analysis.uncertainty_budget import NO_BUDGET, Budget, make_budget

NO_MEAN = ("touchdown_s", "toe_off_s", "foot_strike_p", "rearfoot_p")
METRICS = tuple(c.name for c in COLUMNS if c.kind == "float" and c.name not in NO_MEAN and not c.name.startswith("u_"))
"""Columns that have a mean."""


def summarise(table: StepTable, budget: Budget = NO_BUDGET) -> dict[str, dict[str, float | int | None]]:
    """Mean, SD, median and count of every metric over the valid steps.

    Args:
        table: Rows of one session, bout or side.
        budget: Of the same rows.

    Returns:
        Metric → {"mean", "sd", "median", "n", "u"}; metrics without a value are left out. `u` is the standard
        uncertainty of the mean; None where the budget does not tell it, for scatter alone would be a guess.
    """
    valid = table["valid"]
    out: dict[str, dict[str, float | int | None]] = {}
    for name in (*METRICS, *table.extra):
        values = table[name][valid]
        values = values[~np.isnan(values)]
        if values.size:
            sd = float(values.std(ddof=1)) if values.size > 1 else None
            out[name] = {
                "mean": float(values.mean()),
                "sd": sd,
                "median": float(np.median(values)),
                "n": int(values.size),
                "u": budget.u_mean(name),
            }
    return out


def summarise_sides(table: StepTable, told: Uncertainties | None = None) -> dict[str, Any]:
    """The same for each side on its own; sides that are not known do not appear.

    Args:
        table: Rows of one session or bout.
        told: What told the rows' uncertainties.

    Returns:
        "L", "R" → as `summarise` gives it.
    """
    out = {}
    for side in ("L", "R"):
        mine = table.select(table["side"] == side)
        if mine.rows:
            out[side] = summarise(mine, make_budget(told, mine))
    return out
