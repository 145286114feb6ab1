"""Channels that are exactly zero from end to end: nobody measured them, and they are not taken for a measurement."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daq.imports.imported import AXES, Doubt, ForeignBelt, ForeignForce

Floats = NDArray[np.float64]


def without_silent(foreign: ForeignForce) -> ForeignForce:
    """The same without the components that are zero throughout, and a note that names them.

    A belt that nobody trod on is left as it is: there all is zero.

    Args:
        foreign: The force, as the file tells it.

    Returns:
        The force with those axes taken out of `forces`, `moments`, `cops` and `free`.
    """
    belts, named = [], []
    for belt in foreign.belts:
        heard, silent = _heard(belt)
        belts.append(heard)
        named += [f"{part} of {belt.name}" if len(foreign.belts) > 1 else part for part in silent]
    if not named:
        return foreign
    text = f"{', '.join(named)}: exactly 0 throughout, so taken as not measured"
    return replace(foreign, belts=tuple(belts), doubts=(*foreign.doubts, Doubt("zeros", text, "", "note")))


def _heard(belt: ForeignBelt) -> tuple[ForeignBelt, list[str]]:
    if not np.nan_to_num(belt.force).any():
        return belt, []
    silent = [f"F{axis}" for axis in belt.forces if _zero(belt.force[AXES.index(axis)])]
    forces = "".join(axis for axis in belt.forces if f"F{axis}" not in silent)
    moments, cops, free = belt.moments, belt.cops, belt.free
    if belt.moment is not None:
        gone = [axis for axis in moments if _zero(belt.moment[AXES.index(axis)])]
        silent += [f"M{axis}" for axis in gone]
        moments = "".join(axis for axis in moments if axis not in gone)
    if belt.cop is not None:
        gone = [axis for axis in cops if _zero(belt.cop[AXES.index(axis)])]
        # The surface's own height is zero in many files, and is no place on it.
        silent += [f"COP {axis}" for axis in gone if axis in belt.forces and _wide(belt, axis)]
        cops = "".join(axis for axis in cops if axis not in gone)
    if free is not None and _zero(free):
        silent.append("free moment")
        free = None
    return replace(belt, forces=forces, moments=moments, cops=cops, free=free), silent


def _zero(values: Floats) -> bool:
    return not np.nan_to_num(values).any()


def _wide(belt: ForeignBelt, axis: str) -> bool:
    """Whether an axis lies in the surface: it is not the one that carries the weight."""
    spans = np.ptp(np.nan_to_num(belt.force), axis=1)
    return AXES[int(np.argmax(spans))] != axis
