"""Means over the valid steps of a session, all together and by side."""

from typing import Any

import numpy as np

from analysis.steps import COLUMNS, StepTable

NO_MEAN = ("touchdown_s", "toe_off_s", "foot_strike_p", "rearfoot_p")
METRICS = tuple(c.name for c in COLUMNS if c.kind == "float" and c.name not in NO_MEAN and not c.name.startswith("u_"))
"""Columns that have a mean."""


def summarise(table: StepTable) -> dict[str, dict[str, float | int | None]]:
    """Mean, SD, median and count of every metric over the valid steps.

    Args:
        table: Rows of one session, bout or side.

    Returns:
        Metric → {"mean", "sd", "median", "n", "u"}; metrics without a value are left out. `u`, the standard
        uncertainty of the mean, is None: it needs the rig's calibration and is not guessed from scatter alone.
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
                "u": None,
            }
    return out


def summarise_sides(table: StepTable) -> dict[str, Any]:
    """The same for each side on its own; sides that are not known do not appear."""
    sides = [side for side in ("L", "R") if np.any(table["side"] == side)]
    return {side: summarise(table.select(table["side"] == side)) for side in sides}
