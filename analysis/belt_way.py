"""How far the belt goes between two moments of a step."""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch
from analysis.ragged import value_at

Floats = NDArray[np.float64]


def belt_way(batch: Batch, start: Floats, stop: Floats) -> Floats:
    """Way of the belt, by its sensor, else by the set speed: on a real belt the speed dips in every stance.

    Args:
        batch: The steps.
        start: (k,) first moment in samples after `on`, within the step's samples; NaN allowed.
        stop: (k,) second moment, likewise.

    Returns:
        (k,) m, positive if `stop` comes later; NaN where a moment or the speed is not known.
    """
    way = np.full(len(batch), np.nan)
    known = ~np.isnan(start + stop)
    origin = batch.stances.on[known]
    travel = batch.stances.travel_m
    measured = value_at(travel, origin, stop[known]) - value_at(travel, origin, start[known])
    speed = batch.setup.runner.belt_speed_m_s
    set_m_s = np.nan if speed is None else speed
    set_way = set_m_s * ((stop[known] - start[known]) * batch.interval_s)
    way[known] = np.where(np.isnan(measured), set_way, measured)
    return way
