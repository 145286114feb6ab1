"""Running or walking, step by step."""

import numpy as np
from numpy.typing import NDArray

from analysis.stances import NONE, Stances
from analysis.wrench import FZ

OTHER_FOOT_N = 50.0
"""More than this on the other belt at touchdown is the other foot."""


def gait(stances: Stances) -> NDArray[np.str_]:
    """Walking has double support, running has a flight.

    On one belt a walking step is known by having been split from the other foot's. On two belts it walks if the other
    foot comes down before this one leaves, or, where no step follows, if the other foot was still down when it came.

    Args:
        stances: The steps.

    Returns:
        (k,) "walk" or "run".
    """
    followed = (stances.next_on != NONE) & (stances.off != NONE)
    overlaps = followed & (stances.next_on < stances.off)
    other_N = stances.total_N[stances.on] - stances.wrench[FZ, stances.on]
    overlaps |= (stances.next_on == NONE) & (other_N > OTHER_FOOT_N)
    return np.where((stances.foot != 0) | overlaps, "walk", "run")
