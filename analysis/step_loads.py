"""What body weight and weight closure are made of: the impulse and duration of every whole step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import step_flags
from analysis.flags import INVALIDATING
from analysis.ragged import integrate
from analysis.setup import Setup
from analysis.stances import Stances
from analysis.timing import Crossings, next_touchdown

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StepLoads:
    """Impulse and duration of steps."""

    impulse_Ns: Floats
    """(k,) ∫ Fz dt from touchdown to the next touchdown; NaN where none follows or the step is not valid."""
    time_s: Floats
    """(k,) the step's duration, likewise."""


def step_loads(stances: Stances, at_ref: Crossings, setup: Setup) -> StepLoads:
    """Impulse and duration of each whole step, over all belts.

    Touchdown is that of the protocol's force in newtons, also where it defines contact by body weight, which is not
    known yet.

    Args:
        stances: The steps.
        at_ref: Touchdown and toe-off at the protocol's force in newtons.
        setup: Rates and protocol.

    Returns:
        Impulses and times.
    """
    following = next_touchdown(stances, setup.protocol.ref_N)
    sound = (step_flags(stances, at_ref) & np.uint32(INVALIDATING)) == 0
    use = sound & ~np.isnan(following) & ~np.isnan(at_ref.touchdown)
    impulse, time = np.full(len(stances), np.nan), np.full(len(stances), np.nan)
    interval = 1.0 / setup.sample_rate_Hz
    impulse[use] = integrate(stances.total_N, stances.on[use], at_ref.touchdown[use], following[use]) * interval
    time[use] = (following[use] - at_ref.touchdown[use]) * interval
    return StepLoads(impulse, time)


def join_loads(parts: Sequence[StepLoads]) -> StepLoads:
    """Loads of several batches, in order."""
    if len(parts) == 1:
        return parts[0]
    return StepLoads(
        np.concatenate([np.empty(0), *(part.impulse_Ns for part in parts)]),
        np.concatenate([np.empty(0), *(part.time_s for part in parts)]),
    )
