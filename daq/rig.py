"""The rig description: which cells carry the treadmill, where, and what their counts mean. TOML, `docs/rig-file.md`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from analysis.setup import DeckModes
from analysis.setup import Mode as AnalysisMode
from analysis.wrench import COMPONENTS, Belt, Floats
from daq.errors import RigError
from daq.layout import CHANNELS
from daq.nearest import nearest
from daq.rig_checks import belt_names, check_labels, check_rig
from daq.rig_errors import problems_of, told
from daq.rig_schema import Adc, BeltSensor, Cell, Machine, Mode, Modes, Noise, RigFile

# The shipped rigs live in the package above this one. It is found by name when asked for, so that no import points
# upwards; its TOML files are package data, hence there in a checkout, an installed wheel and a zip alike.
_SHIPPED_IN = "rigs"
_MAX_BYTES = 1_000_000
_AXES = "xyz"


@dataclass(frozen=True)
class Rig:
    """A treadmill as its file describes it."""

    file: RigFile
    """The validated keys."""
    text: str
    """The file, word for word, as a session keeps it."""
    where: str
    """Path or shipped name, for messages."""

    @property
    def name(self) -> str:
        """Name to call it by."""
        return self.file.name

    @property
    def title(self) -> str:
        """One line for lists."""
        return self.file.title

    @property
    def machine(self) -> Machine:
        """What stands on the cells, and how large the belt is."""
        return self.file.machine

    @property
    def adc(self) -> Adc:
        """The converter."""
        return self.file.adc

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The load cells, in the order of the file."""
        return self.file.cells

    @property
    def modes(self) -> Modes:
        """Modes of vibration, nominal or identified."""
        return self.file.modes

    def deck_modes(self) -> DeckModes:
        """The same as the analysis knows them: natural frequency, Hz, and damping per axis."""
        modes = self.modes
        x, y = (None if mode is None else _analysis_mode(mode) for mode in (modes.x, modes.y))
        return DeckModes(x, y, _analysis_mode(modes.z), modes.identified)

    @property
    def belt_sensor(self) -> BeltSensor | None:
        """The belt's pulse sensor, if there is one."""
        return self.file.belt_sensor

    @property
    def noise(self) -> Noise | None:
        """What the virtual twin adds, if anything."""
        return self.file.noise

    @property
    def sample_rate_Hz(self) -> float:
        """Sample rate, Hz."""
        return self.file.adc.sample_rate_Hz

    def newtons_per_count(self, cell: Cell) -> float:
        """Nominal scale of a cell, sign left aside: capacity / (sensitivity · excitation) · full scale / counts, N."""
        rated_mV = cell.sensitivity_mV_per_V * self.adc.excitation_mV / 1_000
        return cell.capacity_N / rated_mV * self.adc.full_scale_mV / self.adc.full_scale_counts

    def limit_N(self, cell: Cell) -> float:
        """Largest load that a cell and its channel can report: rated load or full scale, whichever comes first, N."""
        return min(cell.capacity_N, self.newtons_per_count(cell) * (self.adc.full_scale_counts - 1))

    def belts(self) -> tuple[Belt, ...]:
        """Read-out of each belt from counts, by the statics of a rigid machine."""
        return tuple(self._belt(name) for name in belt_names(self.file))

    def _belt(self, name: str | None) -> Belt:
        """F = Σ fᵢ along each cell's axis, M = Σ rᵢ × fᵢ about the belt-surface centre, rᵢ = (x, y, −h)."""
        cells = [cell for cell in self.cells if cell.belt == name]
        seen = _observable(cells)
        matrix = np.zeros((6, CHANNELS))
        for cell in cells:
            scale = cell.sign * self.newtons_per_count(cell)
            matrix[:, cell.channel] = scale * _unit_wrench(cell, self._lever_m(cell))
        for row, component in enumerate(COMPONENTS):
            matrix[row] *= component in seen
        return Belt(name or "", matrix, seen)

    def _lever_m(self, cell: Cell) -> Floats:
        centre = next((belt.centre_mm for belt in self.file.belts if belt.name == cell.belt), (0.0, 0.0))
        x, y = np.subtract(cell.position_mm, centre)
        return np.array([x, y, -self.machine.belt_height_mm]) / 1_000


def _analysis_mode(mode: Mode) -> AnalysisMode:
    return AnalysisMode(mode.natural_frequency_Hz, mode.damping)


def _unit_wrench(cell: Cell, lever_m: Floats) -> Floats:
    force = np.eye(3)[_AXES.index(cell.axis)]
    return np.concatenate([force, np.cross(lever_m, force)])


def _observable(cells: list[Cell]) -> frozenset[str]:
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


def shipped_rigs() -> tuple[str, ...]:
    """Names of the rigs that come with the software."""
    entries = files(_SHIPPED_IN).iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")))


def load_rig(name_or_path: str | Path) -> Rig:
    """Load a shipped rig by name, or a rig file by path.

    Args:
        name_or_path: A name of `shipped_rigs()`, or a path.

    Returns:
        The rig.

    Raises:
        RigError: There is no such rig, or its file cannot be read or understood.
    """
    name, shipped = str(name_or_path), shipped_rigs()
    if name in shipped:
        return parse_rig((files(_SHIPPED_IN) / f"{name}.toml").read_text(encoding="utf-8"), name)
    path = Path(name_or_path)
    if not path.is_file():
        near = nearest(path.name.removesuffix(".toml"), shipped)
        raise RigError(
            name,
            expected=f"a rig file, or one of {', '.join(shipped)}",
            seen="a folder" if path.is_dir() else "no such file or name",
            next_step=f"Did you mean {near}?" if near else "List them with `stance rigs list`.",
        )
    return parse_rig(_read(path), str(path))


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise RigError(str(path), expected="a text file of a few kilobytes", seen=f"{size / 1e6:.1f} MB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RigError(str(path), expected="a readable file", seen=error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        seen = f"a byte 0x{error.object[error.start]:02x} at {error.start}"
        raise RigError(str(path), expected="UTF-8 text", seen=seen) from None


def parse_rig(text: str, where: str) -> Rig:
    """Understand a rig file, or say everything that is wrong with it at once.

    Args:
        text: The file's content.
        where: Its path or name, for messages.

    Returns:
        The rig.

    Raises:
        RigError: The text is no TOML, or its keys are not those of a rig.
    """
    data = _toml(text, where)
    try:
        file = RigFile.model_validate(data)
    except ValidationError as error:
        found = [*problems_of(error, RigFile, data), *check_labels(_labels(data))]
        raise RigError(where, **told(found)) from None
    if found := check_rig(file):
        raise RigError(where, **told(found))
    return Rig(file, text, where)


def _labels(data: Mapping[str, Any]) -> list[tuple[object, object]]:
    """Names and channels as the file has them, so that repetitions are told even when other keys are wrong."""
    tables = data.get("cells")
    cells = [table for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
    return [(cell.get("name"), cell.get("channel")) for cell in cells]


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        line = re.match(r"line (\d+), column", place)
        if line:
            message += f" in: {text.splitlines()[int(line[1]) - 1].strip()[:80]}"
        raise RigError(f"{where}, {place.rstrip(')')}", expected="TOML", seen=message) from None
    except RecursionError:
        raise RigError(where, expected="TOML", seen="brackets nested too deep") from None
