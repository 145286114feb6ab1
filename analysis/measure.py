"""From a batch of stances to rows of the step table."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Group
from analysis.com import com_columns
from analysis.cop import cop_columns
from analysis.flags import INVALIDATING, StepFlag
from analysis.foot_strike import foot_strike_columns
from analysis.fore_aft import fore_aft_columns
from analysis.frequency_split import frequency_columns
from analysis.gait import gait
from analysis.gates import RUNNING
from analysis.impact import impact_columns
from analysis.loading import loading_columns
from analysis.pose import pose_columns
from analysis.steps import StepTable, null_like
from analysis.stiffness import stiffness_columns
from analysis.timing import times_columns
from analysis.two_mass import two_mass_columns
from analysis.vertical import vertical_columns

GROUPS: tuple[Group, ...] = (
    times_columns,
    vertical_columns,
    frequency_columns,
    loading_columns,
    two_mass_columns,
    impact_columns,
    cop_columns,
    com_columns,
    stiffness_columns,
    fore_aft_columns,
    foot_strike_columns,
    pose_columns,
)
"""Every group sees the columns of those before it."""


def measure(batch: Batch, *, first_step: int, handrail: NDArray[np.bool_], gated: Collection[str] = ()) -> StepTable:
    """Measure the first steps of a batch.

    Args:
        batch: The steps, in order of touchdown; its first `rows` get a row, those behind are context.
        first_step: Number of the first of these steps in the session.
        handrail: (rows,) steps made holding the handrail.
        gated: Columns that this rig must not print.

    Returns:
        One row per step.
    """
    columns = _labels(batch, first_step) | measured(batch) | _marks(batch, handrail)
    columns |= {name: null_like(name, columns[name]) for name in gated if name in columns}
    return StepTable({name: values[: batch.rows] for name, values in columns.items()})


def measured(batch: Batch) -> dict[str, NDArray[Any]]:
    """Everything that is told of the steps of a batch by their force.

    Args:
        batch: The steps, in order of touchdown.

    Returns:
        (k,) columns of every group.
    """
    columns: dict[str, NDArray[Any]] = {}
    for group in GROUPS:
        columns |= group(batch, columns)
    walks = batch.stances.foot != 0
    if walks.any():
        columns |= {name: np.where(walks, null_like(name, columns[name]), columns[name]) for name in RUNNING}
    return columns


def _labels(batch: Batch, first_step: int) -> dict[str, NDArray[Any]]:
    """What tells the steps apart."""
    stances = batch.stances
    return {
        "step": np.arange(first_step, first_step + len(stances)),
        "side": np.asarray(["?", "L", "R"])[stances.side],
        "belt": np.asarray([belt.name for belt in batch.setup.belts])[stances.belt],
        "gait": gait(stances),
        "flight_noise_N": batch.flight_sd_N,
    }


def _marks(batch: Batch, handrail: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    """What is wrong with the steps. The handrail is added last: of a step that is only context it is not known."""
    flags = batch.flags.copy()
    flags[: batch.rows][handrail] |= np.uint32(StepFlag.HANDRAIL)
    return {"flags": flags, "valid": (flags & np.uint32(INVALIDATING)) == 0}
