"""Force platforms of C3D files: from analog signals to the wrench about the centre of the working surface.

Types 1 to 4 after the C3D user guide (c3d.org, FORCE_PLATFORM:TYPE, CHANNEL, CORNERS, ORIGIN, CAL_MATRIX). In the
platform's own axes x points from corner 2 to corner 1, y from corner 4 to corner 1, and z = x × y, which for most
platforms points into the ground. ORIGIN leads from the origin of the moments to the centre of the surface.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError
from daq.formats.c3d_file import C3dFile

Floats = NDArray[np.float64]

CHANNELS = {1: 6, 2: 6, 3: 8, 4: 6}
"""Analog channels of each type."""
_LENGTHS = {"mm": 1e-3, "cm": 1e-2, "dm": 0.1, "m": 1.0, "meter": 1.0, "meters": 1.0, "in": 0.0254}


@dataclass(frozen=True)
class Plate:
    """One force platform, in metres."""

    number: int
    """From 1, as the file counts them."""
    type: int
    """1 to 4."""
    channels: tuple[int, ...]
    """Analog channels, from 0."""
    corners: Floats
    """(4, 3) corners 1 to 4 in the lab, m."""
    origin: Floats
    """(3,) ORIGIN in the platform's axes, m."""
    matrix: Floats | None
    """(6, 6) CAL_MATRIX: force and moment = matrix · signals; only of type 4."""
    unit_m: float
    """Metres per POINT:UNITS, in which type 1 tells places, and all types moments (per newton)."""
    notes: tuple[str, ...] = ()
    """What was put right."""

    @property
    def centre(self) -> Floats:
        """(3,) centre of the surface in the lab, m."""
        return np.asarray(self.corners.mean(axis=0))

    @property
    def axes(self) -> Floats:
        """(3, 3) the platform's x, y and z in the lab, as columns."""
        x = self.corners[0] - self.corners[1]
        z = np.cross(x, self.corners[0] - self.corners[3])
        y = np.cross(z, x)
        return np.stack([axis / np.linalg.norm(axis) for axis in (x, y, z)], axis=1)

    @property
    def size(self) -> tuple[float, float]:
        """Extent along the platform's x and y, m."""
        x, y = self.corners[0] - self.corners[1], self.corners[0] - self.corners[3]
        return float(np.linalg.norm(x)), float(np.linalg.norm(y))


def plate_wrench(plate: Plate, signals: Floats) -> tuple[Floats, Floats]:
    """Force and moment that a platform shows, about the centre of its surface, in the lab's axes.

    Whether that is the force on the platform or on the runner is the file's affair; both are in use.

    Args:
        plate: The platform.
        signals: (channels, n) its analog signals.

    Returns:
        (3, n) force, N, and (3, n) moment, N·m.
    """
    force, moment = _FORMULAS[plate.type](plate, signals)
    return plate.axes @ force, plate.axes @ moment


def _type_1(plate: Plate, s: Floats) -> tuple[Floats, Floats]:
    """Fx Fy Fz Px Py Mz: force, centre of pressure on the surface, free moment there."""
    force = s[:3]
    x, y = s[3] * plate.unit_m, s[4] * plate.unit_m
    free = s[5] * plate.unit_m
    return force, np.stack([y * force[2], -x * force[2], x * force[1] - y * force[0] + free])


def _type_2(plate: Plate, s: Floats) -> tuple[Floats, Floats]:
    """Fx Fy Fz Mx My Mz about the platform's origin; M about the surface's centre = M − ORIGIN × F."""
    force = s[:3]
    return force, s[3:] * plate.unit_m - np.cross(plate.origin, force.T).T


def _type_3(plate: Plate, s: Floats) -> tuple[Floats, Floats]:
    """Fx12 Fx34 Fy14 Fy23 Fz1 Fz2 Fz3 Fz4: sensors at (±a, ±b) in the quadrants 1 to 4, ORIGIN = (a, b, z)."""
    a, b = plate.origin[:2]
    force = np.stack([s[0] + s[1], s[2] + s[3], s[4] + s[5] + s[6] + s[7]])
    about_sensors = np.stack(
        [b * (s[4] + s[5] - s[6] - s[7]), a * (s[5] + s[6] - s[4] - s[7]), b * (s[1] - s[0]) + a * (s[2] - s[3])]
    )
    down = np.array([0.0, 0.0, plate.origin[2]])
    return force, about_sensors - np.cross(down, force.T).T


def _type_4(plate: Plate, s: Floats) -> tuple[Floats, Floats]:
    """As type 2, once the calibration matrix has turned signals into force and moment."""
    assert plate.matrix is not None
    return _type_2(plate, plate.matrix @ s)


_FORMULAS = {1: _type_1, 2: _type_2, 3: _type_3, 4: _type_4}


def read_plates(file: C3dFile) -> list[Plate]:
    """Platforms of a C3D file.

    Args:
        file: As `read_c3d` gives it.

    Returns:
        The platforms that FORCE_PLATFORM:USED counts.

    Raises:
        FormatError: There is none, or one of another type, or its parameters do not hold what its type needs.
    """
    where = str(file.path)
    used = int(file.number("FORCE_PLATFORM", "USED") or 0)
    if used < 1:
        raise FormatError(where, expected="a force platform (FORCE_PLATFORM:USED at least 1)", seen="none",
                          next_step="Export it with its force platforms, or its forces as CSV.")  # fmt: skip
    if file.channels < 1:
        raise FormatError(where, expected="analog signals of the force platforms", seen="no analog channel",
                          next_step="Export it with its analog data.")  # fmt: skip
    if used > 32:
        raise FormatError(where, expected="at most 32 force platforms", seen=str(used))
    types = _needed(file, "TYPE", used)
    return [_plate(file, k, int(types[k]), used) for k in range(used)]


def _needed(file: C3dFile, name: str, count: int) -> Floats:
    values = file.numbers("FORCE_PLATFORM", name)
    seen = 0 if values is None else values.size
    if values is None or seen < count or not np.isfinite(values.astype(np.float64)).all():
        raise FormatError(str(file.path), expected=f"{count} numbers in FORCE_PLATFORM:{name}", seen=str(seen))
    return values.ravel(order="F").astype(np.float64)


def _plate(file: C3dFile, k: int, kind: int, used: int) -> Plate:
    where = str(file.path)
    if kind not in CHANNELS:
        seen = f"type {kind} (platform {k + 1})"
        raise FormatError(where, expected="force platforms of type 1, 2, 3 or 4", seen=seen,
                          next_step="Export it as type 2, or as CSV.")  # fmt: skip
    unit = _unit(file)
    corners = _needed(file, "CORNERS", 12 * used)[12 * k : 12 * k + 12].reshape(4, 3) * unit
    edges = corners[0] - corners[1], corners[0] - corners[3]
    if min(np.linalg.norm(edge) for edge in edges) < 0.01 or np.linalg.norm(np.cross(*edges)) < 1e-4:
        seen = f"{np.round(corners, 3).tolist()} m (platform {k + 1})"
        raise FormatError(where, expected="corners of a rectangle in FORCE_PLATFORM:CORNERS", seen=seen)
    origin, notes = _origin(_needed(file, "ORIGIN", 3 * used)[3 * k : 3 * k + 3] * unit, kind)
    matrix = _matrix(file, k) if kind == 4 else None
    return Plate(k + 1, kind, _channels(file, k, CHANNELS[kind]), corners, origin, matrix, unit, notes)


def _unit(file: C3dFile) -> float:
    told = (file.texts("POINT", "UNITS") or ["mm"])[0].lower()
    if told and told not in _LENGTHS:
        raise FormatError(str(file.path), expected="POINT:UNITS of mm, cm or m", seen=told)
    return _LENGTHS[told or "mm"]


def _origin(origin: Floats, kind: int) -> tuple[Floats, tuple[str, ...]]:
    """Put right what is known to be written the other way: the surface lies above the sensors, at negative z."""
    if kind == 1:
        return np.zeros(3), ()
    if kind == 3:
        put = np.array([abs(origin[0]), abs(origin[1]), -abs(origin[2])])
        return put, (() if np.array_equal(put, origin) else ("ORIGIN with signs as type 3 has them",))
    if origin[2] > 0:
        return -origin, ("ORIGIN turned round: its z is positive, as old AMTI sheets give it",)
    return origin, ()


def _channels(file: C3dFile, k: int, count: int) -> tuple[int, ...]:
    table = file.numbers("FORCE_PLATFORM", "CHANNEL")
    where = str(file.path)
    if table is None or table.ndim < 1 or (table.ndim == 1 and k > 0) or (table.ndim > 1 and table.shape[1] <= k):
        raise FormatError(where, expected=f"FORCE_PLATFORM:CHANNEL of platform {k + 1}", seen="none")
    column: Sequence[int] = [int(value) for value in (table if table.ndim == 1 else table[:, k])]
    if len(column) < count or min(column[:count]) < 1 or max(column[:count]) > file.channels:
        seen = f"{list(column)} of {file.channels}"
        raise FormatError(where, expected=f"{count} analog channels of platform {k + 1}", seen=seen)
    return tuple(number - 1 for number in column[:count])


def _matrix(file: C3dFile, k: int) -> Floats:
    values = file.numbers("FORCE_PLATFORM", "CAL_MATRIX")
    where = str(file.path)
    if values is None or values.ndim < 2 or values.shape[:2] != (6, 6) or values.size < 36 * (k + 1):
        seen = "none" if values is None else f"shape {values.shape}"
        raise FormatError(where, expected=f"a 6 × 6 CAL_MATRIX of platform {k + 1}, as type 4 needs", seen=seen)
    matrix = values.reshape(6, 6, -1, order="F")[:, :, k].astype(np.float64)
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < 6:
        raise FormatError(where, expected="a CAL_MATRIX that can be solved", seen=f"a singular one, platform {k + 1}")
    return matrix
