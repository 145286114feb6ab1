"""MOT: ground reaction for OpenSim, in its frame: x forward, y up, z right; metres and newtons.

Columns as in OpenSim's own examples: `ground_force_r_vx … vz` force, `ground_force_r_px … pz` its point of application,
`ground_torque_r_x … z` the free moment there; `_l_` for the left foot, neither for force that no foot can be told of.
Header after OpenSim's description of motion files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FX, FY, FZ, MX, MY, free_moment
from daq.formats.about import About
from daq.formats.force_rows import COP_MIN_N, FREE_MOMENT, Block, ForceRows, Plate, Segment
from daq.formats.mot_feet import Feet
from daq.formats.new_files import write_text_rows

Floats = NDArray[np.float64]

FORMATS = ("%.5f",) * 3 + ("%.7f",) * 3 + ("%.6f",) * 3
"""Of force, N, point, m, and torque, N·m."""
_FEET = {"L": "l_", "R": "r_", "": ""}


@dataclass
class _Track:
    """One foot's force through the file."""

    name: str
    """ "L", "R" or "" for no foot in particular."""
    plate: int
    """Plate that it acts on."""
    held: tuple[float, float]
    """Latest centre of pressure on the plate, m: an unloaded foot keeps it, so that it does not leap about."""


def write_mot(stream: IO[bytes], rows: ForceRows, part: Segment, feet: Feet | None, about: About) -> list[str]:
    """Write one stretch of force without gaps.

    Args:
        stream: The file, open.
        rows: The force.
        part: Which of its rows.
        feet: Which foot a single belt's force belongs to; None for not told.
        about: Where it comes from.

    Returns:
        Names of the columns.
    """
    tracks = [_Track(name, plate, (0.0, 0.0)) for name, plate in _tracks(rows.plates, feet)]
    columns = ["time", *(label for track in tracks for label in _labels(_FEET[track.name]))]
    stream.write(_header(part.rows, columns, rows.plates, about).encode())
    row = "\t".join(["%.6f", *(FORMATS * len(tracks))]) + "\n"
    for block in rows.blocks(part.first, part.last):
        table = [_foot(track, block, rows.plates[track.plate], feet) for track in tracks]
        write_text_rows(stream, row, np.column_stack([block.time_s, *table]))
    return columns


def _tracks(plates: Sequence[Plate], feet: Feet | None) -> list[tuple[str, int]]:
    if feet is not None:
        return [("R", 0), ("L", 0)]
    return sorted(((plate.name, number) for number, plate in enumerate(plates)), reverse=True)


def _labels(foot: str) -> list[str]:
    force = [f"ground_force_{foot}{kind}{axis}" for kind in "vp" for axis in "xyz"]
    return force + [f"ground_torque_{foot}{axis}" for axis in "xyz"]


def _header(rows: int, columns: Sequence[str], plates: Sequence[Plate], about: About) -> str:
    lines = ["ground_reaction", "version=1", f"nRows={rows}", f"nColumns={len(columns)}", "inDegrees=yes"]
    lines += [f"# {name}: {value}" for name, value in about.as_dict().items()]
    lines += [
        f"# belt {plate.name or 'only'}: {' '.join(plate.unobserved)} NOT MEASURED, 0 is no value"
        for plate in plates if plate.unobserved
    ]  # fmt: skip
    return "\n".join([*lines, "endheader", "\t".join(columns)]) + "\n"


def _foot(track: _Track, block: Block, plate: Plate, feet: Feet | None) -> Floats:
    """(m, 9) force, point and torque of one foot in OpenSim's frame."""
    wrench = block.wrench[track.plate]
    if feet is not None:
        mine = feet.is_left(block.time_s) == (track.name == "L")
        wrench = np.where(mine, wrench, 0.0)
    x, y = _held_cop(track, wrench)
    tz = np.nan_to_num(free_moment(wrench, min_force_N=COP_MIN_N)) if plate.observable >= FREE_MOMENT else 0.0 * x
    none = np.zeros_like(x)
    px, py = x + plate.centre_m[0], y + plate.centre_m[1]
    # + 0.0: a minus sign in front of a zero is only confusing
    parts = [wrench[FX], wrench[FZ], -wrench[FY], px, none, -py, none, tz, none]
    return np.column_stack(parts) + 0.0


def _held_cop(track: _Track, wrench: Floats) -> tuple[Floats, Floats]:
    """Centre of pressure, and where the foot is not loaded, the latest one."""
    loaded = wrench[FZ] >= COP_MIN_N
    safe = np.where(loaded, wrench[FZ], 1.0)
    latest = np.maximum.accumulate(np.where(loaded, np.arange(1, loaded.size + 1), 0))
    x, y = (
        np.concatenate([[held], moment / safe])[latest]
        for held, moment in zip(track.held, (-wrench[MY], wrench[MX]), strict=True)
    )
    if loaded.size:
        track.held = float(x[-1]), float(y[-1])
    return x, y
