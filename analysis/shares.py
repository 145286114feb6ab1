"""How often each class occurs among the steps, with the interval that so many steps in a row allow."""

from dataclasses import dataclass

import numpy as np

from analysis.statistics import effective_n, lag_one, wilson
from analysis.steps import StepTable


@dataclass(frozen=True)
class Share:
    """Share of one class among the valid steps that have one."""

    share: float
    """0 to 1."""
    low: float
    """Lower limit of the 95 % interval (Wilson, on the effective number of steps)."""
    high: float
    """Upper limit."""
    n: int
    """Steps of this class."""


def class_shares(table: StepTable, column: str) -> dict[str, Share]:
    """Share of every class that a text column holds.

    Args:
        table: Steps of a session, bout or side.
        column: For example "impact_class" or "foot_strike".

    Returns:
        Class → share, in order of the alphabet; empty where no valid step has a class.
    """
    classes = table[column][table["valid"] & (table[column] != "")]
    out = {}
    for name in np.unique(classes).tolist():
        own = (classes == name).astype(np.float64)
        share = float(own.mean())
        low, high = wilson(share, effective_n(own.size, lag_one(own)))
        out[name] = Share(share, low, high, int(own.sum()))
    return out
