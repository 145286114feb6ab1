"""A real trial with a known drift, for tests. Origin and licence: tests/data/dryft.SOURCE."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DriftedTrial:
    """Thirty seconds of one runner at 2.5 m/s, unfiltered."""

    sample_rate_Hz: float
    """300 Hz."""
    drifted_N: Floats
    """(9000,) vertical force plus a drift that rises from 0 to 113 N; in flight the drift alone."""
    true_N: Floats
    """(9000,) the same force as it was measured, its own flight offset of about 1 N included."""


@cache
def dryft() -> DriftedTrial:
    """The trial."""
    with np.load(Path(__file__).parent / "data" / "dryft.npz") as file:
        force, rate = file["force_q"] * float(file["step_N"]), float(file["sample_rate_Hz"])
    force.flags.writeable = False
    return DriftedTrial(rate, force[0], force[1])
