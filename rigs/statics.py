"""Rigid-body statics: how much of a wrench on the belt each load cell carries.

A rigid body on elastic supports takes the position that balances the load; each support then carries its stiffness
times its own shortening. With A the wrench that unit support forces make about the belt-surface centre and K the
stiffnesses, the support forces are f = K Aᵀ (A K Aᵀ)⁻¹ w.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daq.errors import RigError

Floats = NDArray[np.float64]

X, Y, Z = range(3)
AXES = "xyz"
LEAST_LEVER = 0.05
"""Mounts a few millimetres off one line do not hold a moment across it: of the others' effect, at least this share."""


@dataclass(frozen=True)
class CellLayout:
    """Where the cells of one belt stand and what they press along."""

    position_m: Floats
    """Shape (C, 3): metres from the belt-surface centre; z is negative below the belt."""
    axis: tuple[int, ...]
    """Per cell: 0, 1 or 2 for a cell along x, y or z."""
    carries: Literal["deck", "whole"]
    """"whole": everything stands on the cells. "deck": rollers and frame take the horizontal force, not the cells."""
    stiffness: tuple[float, ...] = ()
    """Per cell, relative to the others along the same axis; empty = all equal."""

    @property
    def plane_z_m(self) -> float:
        """Mean height of the vertical cells, m: −h, with h the height of the belt above the cell plane."""
        heights = [z for z, axis in zip(self.position_m[:, Z], self.axis, strict=True) if axis == Z]
        return float(np.mean(heights)) if heights else 0.0


def unit_wrenches(position_m: Floats, axis: Sequence[int]) -> Floats:
    """Wrench that one newton at each support makes.

    Args:
        position_m: (C, 3), metres from the point the moments are taken about.
        axis: Direction of each support, 0, 1 or 2.

    Returns:
        (6, C): rows Fx Fy Fz (N per N) and Mx My Mz (N·m per N).
    """
    direction = np.eye(3)[list(axis)].reshape(-1, 3)
    return np.vstack([direction.T, np.cross(position_m, direction).T])


def load_sharing(layout: CellLayout) -> Floats:
    """Force on every cell per unit of wrench on the belt surface.

    A direction without a cell is held by something that is not measured: the frame, the rollers, flexures. Such a
    hidden support stands in the plane of the vertical cells, so on a rig without fore-aft cells a horizontal force H on
    the belt still loads the vertical cells through the moment h·H. This is the COP bias of such rigs.

    Args:
        layout: The cells of one belt.

    Returns:
        (C, 6): N per N for the force columns, N per N·m for the moment columns.

    Raises:
        RigError: If the cells cannot balance a vertical force anywhere on the belt.
    """
    own = _own_cells(layout)
    cells = unit_wrenches(layout.position_m[own], [layout.axis[i] for i in own])
    supports = np.hstack([cells, _hidden_supports(layout, cells)])
    if np.linalg.matrix_rank(supports, tol=1e-9) < 6:
        raise RigError(
            "load cells",
            expected="vertical cells at three or more places not on one line",
            seen=f"{layout.axis.count(Z)} vertical cells that cannot balance a load anywhere on the belt",
            next_step="Check position_mm and axis of the cells in the rig file.",
        )
    stiffness = np.ones(supports.shape[1])
    if layout.stiffness:
        stiffness[: len(own)] = np.take(layout.stiffness, own)
    flexible = supports * stiffness
    share = np.zeros((len(layout.axis), 6))
    share[own] = np.linalg.solve(flexible @ supports.T, flexible).T[: len(own)]
    return share


def _own_cells(layout: CellLayout) -> list[int]:
    """Cells that the belt's load can reach: under a deck the horizontal ones feel friction only."""
    return [i for i, axis in enumerate(layout.axis) if axis == Z or layout.carries == "whole"]


def _hidden_supports(layout: CellLayout, cells: Floats) -> Floats:
    """Unit wrenches of what holds the body where no cell does: (6, 0…3)."""
    centre = np.array([[0.0, 0.0, layout.plane_z_m]])
    hidden = [unit_wrenches(centre, [axis]) for axis in (X, Y) if not cells[axis].any()]
    found = np.hstack([cells, *hidden])
    yaw = np.zeros((6, 1))
    yaw[5] = 1.0
    if np.linalg.matrix_rank(np.hstack([found, yaw]), tol=1e-9) > np.linalg.matrix_rank(found, tol=1e-9):
        hidden.append(yaw)
    return np.hstack(hidden) if hidden else np.zeros((6, 0))


def share_along(position_m: Floats, axis: int) -> Floats:
    """Force along an axis that mounts at some places take when they alone hold a rigid body along it, equally stiff.

    Args:
        position_m: (C, 3), metres from the belt-surface centre.
        axis: 0, 1 or 2.

    Returns:
        (C, 6): N per N and per N·m. Moments that the mounts cannot take are left to others.
    """
    unit = unit_wrenches(position_m, [axis] * len(position_m))
    rows = [Z, 3, 4] if axis == Z else [axis, 5]
    share = np.zeros((len(position_m), 6))
    share[:, rows] = np.linalg.pinv(unit[rows], rcond=LEAST_LEVER)
    return share
