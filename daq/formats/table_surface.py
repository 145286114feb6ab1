"""What a table tells of the platform that it came from: corners, side, and whether its moments are about the centre."""

import numpy as np

from daq.formats.text_table import TextTable
from daq.imports.imported import Floats


def moments_agree(force: Floats, moment: Floats, cop: Floats, centre: Floats) -> bool:
    """Whether moments are about the centre of the surface, with z upright, by the centre of pressure beside them.

    Then they tell more than it does: the free moment, and what there is in flight.
    """
    pressed = np.abs(force[2]) > 0.3 * np.nanpercentile(np.abs(force[2]), 98)
    if pressed.sum() < 10:
        return False
    f, m = force[2, pressed], moment[:, pressed]
    off = np.hypot(cop[0, pressed] - centre[0] + m[1] / f, cop[1, pressed] - centre[1] - m[0] / f)
    return bool(np.nanmedian(off) < 0.003)


def surface_of(table: TextTable) -> tuple[Floats | None, Floats | None]:
    """Centre and extent of the platform, from the corners that a Qualisys file states, m."""
    try:
        corners = np.array([
            [float(table.meta[f"FORCE_PLATE_CORNER_{name}_{axis}"].split("\t")[0]) for axis in "XYZ"]
            for name in ("POSX_POSY", "NEGX_POSY", "NEGX_NEGY", "POSX_NEGY")
        ])  # fmt: skip
    except (KeyError, ValueError):
        return None, None
    return corners.mean(axis=0) / 1000.0, np.ptp(corners, axis=0) / 1000.0


def side_of(table: TextTable) -> str:
    """Whether a file of its own is of the left or the right belt."""
    named = table.meta.get("FORCE_PLATE_NAME", "").split("\t")[0].strip().lower()
    return {"left": "L", "right": "R", "l": "L", "r": "R"}.get(named, "")
