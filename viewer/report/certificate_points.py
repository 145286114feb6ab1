"""What the calibrated rig reads at each load of its calibration, against what was put on it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.calibration import Floats, Reading
from analysis.calibration_design import belt_of, wrench_of
from analysis.wrench import COMPONENTS, FZ, MX, MY, Belt
from rigs.procedures.plan_loads import centres_m

if TYPE_CHECKING:
    from daq.calibration import Calibration
    from daq.rig import Rig

LEAST_N = 100.0
"""Below this vertical force no centre of pressure is drawn: noise would be most of it."""
VAGUE_M = 0.02
"""A place known no better tells nothing about the centre of pressure: nobody measures where a person stands."""


@dataclass(frozen=True)
class Point:
    """One load and how far the calibrated rig is off there."""

    number: int
    """In the order of reading, from 1."""
    reading: Reading
    """What was read."""
    belt: int
    """Number of the belt."""
    said_N: Floats
    """(3,) Fx, Fy, Fz of the load."""
    error_N: Floats
    """(3,) read − said; NaN what the cells cannot see."""
    error_mm: Floats
    """(2,) centre of pressure, read − said, forward and left; NaN where the load does not tell it."""

    @property
    def place(self) -> str:
        """Name of the place; where it has none, the load's own."""
        return self.reading.load.place or self.reading.load.label

    @property
    def at_mm(self) -> tuple[float, float]:
        """Place of the load, forward and left of the rig's origin, mm."""
        x, y = 1e3 * self.reading.load.point_m[:2]
        return float(x), float(y)

    @property
    def used(self) -> bool:
        """Whether the fit used it."""
        return self.reading.accepted


def points_of(rig: "Rig", calibration: "Calibration") -> list[Point]:
    """Put the matrices of a calibration to its own readings.

    Args:
        rig: The rig.
        calibration: Its calibration.

    Returns:
        One point per reading, in their order.
    """
    belts, centres = rig.belts(), centres_m(rig)
    found = []
    for number, reading in enumerate(calibration.readings, 1):
        at = belt_of(reading.load, belts)
        said, read = wrench_of(reading.load, centres[at]), calibration.matrices[at] @ reading.net
        seen = np.array([name in belts[at].observable for name in COMPONENTS[:3]])
        error_N = np.where(seen, (read - said)[:3], np.nan)
        found.append(Point(number, reading, at, said[:3], error_N, _cop_error_mm(belts[at], reading, said, read)))
    return found


def _cop_error_mm(belt: Belt, reading: Reading, said: Floats, read: Floats) -> Floats:
    known = float(np.max(reading.load.u_point_m[:2])) <= VAGUE_M
    upright = not said[:2].any() or belt.observable >= {"Fx", "Fy"}
    if not (known and upright and min(said[FZ], read[FZ]) >= LEAST_N):
        return np.full(2, np.nan)
    was, is_at = (np.array([-wrench[MY], wrench[MX]]) / wrench[FZ] for wrench in (said, read))
    error: Floats = 1e3 * (is_at - was)
    return error
