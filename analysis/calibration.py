"""Calibration in terms of physics: what was put on the belt, what the cells said, and what follows from both.

A load is told as the force on whoever makes it, as everywhere: a weight of 20 kg has Fz = +196 N, and who pulls the
machine forward feels Fx < 0, as a runner who brakes does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("weight", "person", "pull", "pole")
"""A dead weight; somebody who stands still; a horizontal line with a known force; an instrumented pole."""


@dataclass(frozen=True)
class KnownLoad:
    """A force of known size at a known place."""

    label: str
    """What people call it: "20 kg at front left"."""
    kind: str
    """One of `KINDS`."""
    force_N: Floats
    """(3,) Fx, Fy, Fz on whoever makes it, N."""
    point_m: Floats
    """(3,) x, y, z from the rig's origin (its belt's centre, on its surface), m."""
    u_force_N: Floats
    """(3,) standard uncertainty of the force, N."""
    u_point_m: Floats
    """(3,) standard uncertainty of the place, m; large for a person, whose own place nobody measures."""
    belt: str = ""
    """Belt it is put on: "" for a single belt, "L" or "R"."""
    place: str = ""
    """Name of the place, the same for all loads there: what leave-one-position-out leaves out."""
    series: str = ""
    """"up" or "down" in an ascending or descending series at one place, else ""; for hysteresis."""
    weight: str = ""
    """Name of the weight or of the force gauge; loads of one name share its relative error."""


@dataclass(frozen=True)
class Reading:
    """What the cells said to a load."""

    load: KnownLoad
    """The load."""
    counts: Floats
    """(C,) mean counts under the load."""
    zero: Floats
    """(C,) mean counts of the empty belt, at the same time: between the zeros before and after."""
    u_counts: Floats
    """(C,) standard uncertainty of counts − zero, from noise and drift."""
    time_s: float = 0.0
    """When it was taken, s since the calibration began."""
    accepted: bool = True
    """Left out of the fit if not: a person set it aside, and why stands in `remark`."""
    remark: str = ""
    """What a person or the checks said of it."""

    @property
    def net(self) -> Floats:
        """(C,) counts that the load made."""
        return self.counts - self.zero
