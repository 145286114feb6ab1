"""What is uncertain of cells that nobody calibrated: their gain, their place, the excitation they share."""

import numpy as np
from numpy.typing import NDArray

from analysis.cell_drift import channel_newtons
from analysis.directions import compress_directions
from analysis.wrench import COMPONENTS, Belt

Floats = NDArray[np.float64]

GAIN = 0.01
"""Relative standard uncertainty of one cell's gain: inexpensive cells are trimmed to about a per cent."""
SHARED_GAIN = 0.01
"""The same of what all cells have in common: excitation and the converter's reference."""
PLACE_M = 0.005
"""Standard uncertainty of where a cell takes its force, along each axis, m."""

_X, _Y, _Z = np.eye(3)
_ACROSS = {0: (_Y, _Z), 1: (_X, _Z), 2: (_X, _Y)}
"""Axis of a cell → directions in which it can be misplaced and its moment be wrong."""


def assumed_directions(
    belt: Belt, *, gain: float = GAIN, place_m: float = PLACE_M, shared_gain: float = SHARED_GAIN
) -> Floats:
    """Directions in which the nominal read-out of a belt may be wrong, to be put into `Belt.directions`.

        belt = dataclasses.replace(belt, directions=assumed_directions(belt))

    Nothing but the belt is needed. Column c of its matrix is newtons per count times (axis, lever × axis), so its force
    rows tell the cell's axis and scale (the sign drops out), and a cell that is off by dr is wrong by f·(dr × axis),
    whatever its lever. How much a cell carries of a wrench follows from the read-out turned round: the pseudo-inverse
    of unit wrenches shares a load as equally stiff supports do.

    Args:
        belt: Nominal read-out of one belt from counts, (6, C), without calibration.
        gain: Relative standard uncertainty of each cell's gain.
        place_m: Standard uncertainty of a cell's place along each of the two axes across its own, m.
        shared_gain: Relative standard uncertainty of a gain that all cells share.

    Returns:
        (d, 6, 6), d about 10 for four vertical cells; empty if no channel measures force.
    """
    scale = channel_newtons([belt.matrix])
    cells = np.flatnonzero(scale)
    if not cells.size:
        return np.zeros((0, 6, 6))
    wrenches = belt.matrix[:, cells] / scale[cells]
    axes = np.abs(wrenches[:3]).argmax(axis=0)
    carried = np.linalg.pinv(wrenches)
    found = [shared_gain * wrenches @ carried]
    for wrench, axis, share in zip(wrenches.T, axes, carried, strict=True):
        found.append(gain * np.outer(wrench, share))
        for across in _ACROSS[int(axis)]:
            moment = np.cross(place_m * across, np.eye(3)[axis])
            found.append(np.outer(np.concatenate([np.zeros(3), moment]), share))
    return compress_directions(np.array(found), belt.observable)


def assumed_force_directions(
    observable: frozenset[str], *, gain: float = SHARED_GAIN, place_m: float = PLACE_M
) -> Floats:
    """The same for a force that another system measured, of which only the components are known.

    Args:
        observable: Components that were measured.
        gain: Relative standard uncertainty of the scale of all components, and once more of each force alone.
        place_m: Standard uncertainty of the centre of pressure along each axis, m.

    Returns:
        (d, 6, 6).
    """
    found = [gain * np.eye(6)]
    found += [gain * np.diag(np.eye(6)[axis]) for axis in range(2)]
    for offset in (place_m * _X, place_m * _Y):
        shift = np.zeros((6, 6))
        shift[3:, :3] = np.cross(offset, np.eye(3)).T  # a force that acts so much further along the axis
        found.append(shift)
    seen = np.isin(COMPONENTS, sorted(observable))
    return compress_directions(np.array(found) * (seen[:, None] & seen), observable)
