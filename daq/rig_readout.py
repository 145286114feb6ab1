"""From cells to the read-out of a belt: the statics of a rigid machine, and the scales of the cells' data sheets."""

from collections.abc import Sequence

import numpy as np

from analysis.wrench import COMPONENTS, Belt, Floats
from daq.layout import CHANNELS
from daq.rig_schema import Adc, Cell, RigFile

_AXES = "xyz"


def newtons_per_count(cell: Cell, adc: Adc) -> float:
    """Nominal scale of a cell, sign left aside: capacity / (sensitivity · excitation) · full scale / counts.

    Args:
        cell: The cell.
        adc: The converter.

    Returns:
        Newtons per count.
    """
    rated_mV = cell.sensitivity_mV_per_V * adc.excitation_mV / 1_000
    return cell.capacity_N / rated_mV * adc.full_scale_mV / adc.full_scale_counts


def nominal_belt(rig: RigFile, name: str | None) -> Belt:
    """F = Σ fᵢ along each cell's axis, M = Σ rᵢ × fᵢ about the belt-surface centre, rᵢ = (x, y, −h).

    Args:
        rig: The rig's keys.
        name: Name of the belt; None for a single one.

    Returns:
        Its read-out from counts.
    """
    cells = [cell for cell in rig.cells if cell.belt == name]
    seen = _observable(cells)
    matrix = np.zeros((6, CHANNELS))
    for cell in cells:
        scale = cell.sign * newtons_per_count(cell, rig.adc)
        matrix[:, cell.channel] = scale * _unit_wrench(cell, _lever_m(rig, cell))
    return Belt(name or "", seen_rows(matrix, seen), seen)


def seen_rows(matrix: Floats, observable: frozenset[str]) -> Floats:
    """A read-out without what no cell sees.

    Args:
        matrix: (6, C), N or N·m per count.
        observable: Components that cells see.

    Returns:
        (6, C), the rows of the others zero; not to be written to, for many share it.
    """
    seen: Floats = np.where([[name in observable] for name in COMPONENTS], matrix, 0.0)
    seen.setflags(write=False)
    return seen


def _lever_m(rig: RigFile, cell: Cell) -> Floats:
    centre = next((belt.centre_mm for belt in rig.belts if belt.name == cell.belt), (0.0, 0.0))
    x, y = np.subtract(cell.position_mm, centre)
    return np.array([x, y, -rig.machine.belt_height_mm]) / 1_000


def _unit_wrench(cell: Cell, lever_m: Floats) -> Floats:
    force = np.eye(3)[_AXES.index(cell.axis)]
    return np.concatenate([force, np.cross(lever_m, force)])


def _observable(cells: Sequence[Cell]) -> frozenset[str]:
    """Components that these cells can see.

    The yaw moment Mz takes horizontal cells that fix all three of Fx, Fy and Mz; otherwise flexures carry part of it
    unseen. Mx and My are there with vertical cells alone, but then hold h·Fy and h·Fx.
    """
    axes = {cell.axis for cell in cells}
    seen = {"Fz", "Mx", "My"} | {f"F{axis}" for axis in axes}
    flat = [(c.axis == "x", c.axis == "y", (c.axis == "y") * c.position_mm[0] - (c.axis == "x") * c.position_mm[1])
            for c in cells if c.axis != "z"]  # fmt: skip
    if flat and np.linalg.matrix_rank(np.array(flat, dtype=np.float64)) == 3:
        seen.add("Mz")
    return frozenset(seen)
