"""Left against right: indices, with the interval that the scatter from stride to stride leaves.

Described, never judged: whether a difference is more than this runner's own change from day to day takes repeated
sessions to say.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics import block_bootstrap
from analysis.steps import StepTable

Floats = NDArray[np.float64]

BLOCK_STRIDES = 20
"""Strides that stay together, where there are enough of them."""
FEWEST_BLOCKS = 10
"""Fewer blocks than this make the interval too narrow."""
DRAWS = 1000
FEWEST_STRIDES = 10
MEASURES = (
    "contact_time_ms",
    "flight_time_ms",
    "step_time_ms",
    "active_peak_BW",
    "impact_peak_BW",
    "hf_peak_BW",
    "valr_BW_s",
    "vertical_impulse_BW_s",
    "vertical_oscillation_mm",
    "braking_peak_BW",
    "braking_impulse_BW_s",
    "propulsive_peak_BW",
    "propulsive_impulse_BW_s",
    "cop_travel_mm",
)
"""Columns that have a left and a right of the same kind; modelled ones have not."""


@dataclass(frozen=True)
class Asymmetry:
    """One measure, left against right."""

    left: float
    """Mean of the left steps."""
    right: float
    """Mean of the right steps."""
    index_pct: float
    """Symmetry index, see `symmetry_index`."""
    low_pct: float
    """Lower limit of its 95 % interval."""
    high_pct: float
    """Upper limit."""
    angle_pct: float
    """Symmetry angle, see `symmetry_angle`."""
    strides: int
    """Strides that both feet were seen in."""


def symmetry_index(left: Floats, right: Floats) -> Floats:
    """Difference over mean, 100·(L − R)/(½(L + R)), %; positive where left is larger (Robinson et al. 1987)."""
    index: Floats = 100.0 * (left - right) / (0.5 * (left + right))
    return index


def symmetry_angle(left: Floats, right: Floats) -> Floats:
    """Symmetry angle 100·(45° − atan2(L, R))/90°, %; negative where left is larger (Zifchock et al. 2008).

    Gait Posture 27:622. Unlike the index it needs no reference value and is bounded.
    """
    theta = np.degrees(np.arctan2(left, right))
    away = 45.0 - theta
    away = np.where(np.abs(away) > 90.0, 45.0 - (theta - 180.0), away)
    angle: Floats = 100.0 * away / 90.0
    return angle


def strides(table: StepTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the left and of the right step of each stride: valid neighbours, each step used once.

    Args:
        table: Steps of a session or bout.

    Returns:
        (s,) row numbers of the left steps and of the right ones.
    """
    side, number, sound = table["side"], table["step"], table["valid"]
    first = np.arange(max(table.rows - 1, 0))
    pair = sound[:-1] & sound[1:] & (number[1:] - number[:-1] == 1)
    pair &= ((side[:-1] == "L") & (side[1:] == "R")) | ((side[:-1] == "R") & (side[1:] == "L"))
    run_start = np.maximum.accumulate(np.where(pair, -1, first)) + 1
    chosen = first[pair & ((first - run_start) % 2 == 0)]
    starts_left = side[chosen] == "L"
    return np.where(starts_left, chosen, chosen + 1), np.where(starts_left, chosen + 1, chosen)


def asymmetry(table: StepTable) -> dict[str, Asymmetry]:
    """Left against right for every measure, with 95 % intervals by moving-block bootstrap over strides.

    Args:
        table: Steps of a session or bout.

    Returns:
        Column → indices; columns without enough strides are left out.
    """
    left_rows, right_rows = strides(table)
    out = {}
    for name in MEASURES:
        left, right = table[name][left_rows], table[name][right_rows]
        both = ~np.isnan(left + right)
        left, right = left[both], right[both]
        if left.size < FEWEST_STRIDES or left.mean() + right.mean() == 0.0:
            continue
        rows = block_bootstrap(left.size, block=min(BLOCK_STRIDES, left.size // FEWEST_BLOCKS), draws=DRAWS)
        drawn = symmetry_index(left[rows].mean(axis=1), right[rows].mean(axis=1))
        low, high = np.quantile(drawn, (0.025, 0.975))
        means = (left.mean(), right.mean())
        out[name] = Asymmetry(
            float(means[0]),
            float(means[1]),
            float(symmetry_index(*means)),
            float(low),
            float(high),
            float(symmetry_angle(*means)),
            int(left.size),
        )
    return out
