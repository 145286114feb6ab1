"""Few directions in which a read-out may be wrong, for many: uncertainty carried on at little cost.

A direction is a matrix D of (6, 6): the true wrench is (1 + z·D) times the one read, z a unit normal. A calibration or
a list of tolerances gives dozens; the largest singular values of all of them together hold nearly all of the effect.
"""

from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import COMPONENTS

Floats = NDArray[np.float64]

KEPT = 0.998
"""Share of the variance that is kept, over all components …"""
KEPT_OF_EACH = 0.99
"""… and of each component: 0.5 % of its standard uncertainty is lost at most."""

LEVER_M = 0.3
TYPICAL = np.array([210.0, 70.0, 700.0, 210.0, 210.0, 63.0])
"""(6,) what a runner of 700 N does: 1 BW down, 0.3 fore-aft, 0.1 sideways, at levers of `LEVER_M`; N and N·m."""


def compress_directions(
    directions: Floats, observable: AbstractSet[str], *, kept: float = KEPT, kept_of_each: float = KEPT_OF_EACH
) -> Floats:
    """Put many directions into the fewest that have nearly the same covariance.

    What a component loses is counted against its own uncertainty, for a typical runner's wrench: else the larger
    uncertainty of the centre of pressure would hide that of the force.

    Args:
        directions: (k, 6, 6), each for an independent unit normal.
        observable: Components that the belt's cells see; rows and columns of the others become zero.
        kept: Share of the variance to keep, over all components, 0 to 1.
        kept_of_each: Share of each component's variance to keep, 0 to 1.

    Returns:
        (d, 6, 6), largest first; d is at most k.
    """
    seen = np.array([name in observable for name in COMPONENTS])
    scaled = directions * np.outer(seen, seen) * TYPICAL
    effect = np.sqrt((scaled**2).sum(axis=(0, 2)))
    moved = effect > 0.0
    if not moved.any():
        return np.zeros((0, 6, 6))
    unit = np.where(moved, effect, 1.0)[:, np.newaxis]
    _, size, shape = np.linalg.svd((scaled / unit).reshape(-1, 36), full_matrices=False)
    parts = size[:, np.newaxis, np.newaxis] * shape.reshape(-1, 6, 6)
    enough = _enough(parts[:, moved], kept, kept_of_each)
    found: Floats = parts[:enough] * unit / TYPICAL * np.outer(seen, seen)
    return found


def _enough(parts: Floats, kept: float, kept_of_each: float) -> int:
    """How many of the parts (k, rows, 6) hold the shares wanted; each row's variance is 1 in all."""
    of_rows = np.cumsum((parts**2).sum(axis=2), axis=0)
    reached = (of_rows.mean(axis=1) >= kept - 1e-12) & (of_rows.min(axis=1) >= kept_of_each - 1e-12)
    return int(np.argmax(reached)) + 1 if reached.any() else len(parts)
