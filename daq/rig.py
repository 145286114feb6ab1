"""The rig description: which cells carry the treadmill, where, and what their counts mean. TOML, `docs/rig-file.md`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.setup import DeckModes
from analysis.setup import Mode as AnalysisMode
from analysis.tolerances import assumed_directions
from analysis.wrench import Belt
from daq.calibration_checks import calibration_path, check_calibration
from daq.calibration_read import Calibration, load_calibration
from daq.calibration_schema import KIND
from daq.errors import RigError
from daq.nearest import nearest
from daq.rig_checks import belt_names, check_labels, check_rig
from daq.rig_errors import problems_of, told
from daq.rig_readout import newtons_per_count, nominal_belt, seen_rows
from daq.rig_schema import Adc, BeltSensor, Cell, Machine, Mode, Modes, Noise, RigFile
from daq.rig_text import parse_toml, read_text

# The shipped rigs live in the package above this one. It is found by name when asked for, so that no import points
# upwards; its TOML files are package data, hence there in a checkout, an installed wheel and a zip alike.
_SHIPPED_IN = "rigs"
WITHOUT = "none"
"""Said in place of a calibration file to go without."""


@dataclass(frozen=True)
class Rig:
    """A treadmill as its file describes it."""

    file: RigFile
    """The validated keys."""
    text: str
    """The file, word for word, as a session keeps it."""
    where: str
    """Path or shipped name, for messages."""
    calibration: Calibration | None = None
    """What known loads told of it; None where there is nothing but the cells' data sheets."""

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
        return newtons_per_count(cell, self.adc)

    def limit_N(self, cell: Cell) -> float:
        """Largest load that a cell and its channel can report: rated load or full scale, whichever comes first, N."""
        return min(cell.capacity_N, self.newtons_per_count(cell) * (self.adc.full_scale_counts - 1))

    def belts(self) -> tuple[Belt, ...]:
        """Read-out of each belt from counts, calibrated if there is a calibration, with how it may be wrong."""
        return self._belts

    def nominal_belts(self) -> tuple[Belt, ...]:
        """Read-out of each belt by the statics of a rigid machine and the data sheets of its cells."""
        return self._nominal_belts

    @cached_property
    def _belts(self) -> tuple[Belt, ...]:
        if self.calibration is None:
            return tuple(replace(belt, directions=assumed_directions(belt)) for belt in self._nominal_belts)
        known = zip(self._nominal_belts, self.calibration.matrices, self.calibration.directions, strict=True)
        return tuple(
            replace(belt, matrix=seen_rows(matrix, belt.observable), directions=directions)
            for belt, matrix, directions in known
        )

    @cached_property
    def _nominal_belts(self) -> tuple[Belt, ...]:
        return tuple(nominal_belt(self.file, name) for name in belt_names(self.file))


def _analysis_mode(mode: Mode) -> AnalysisMode:
    return AnalysisMode(
        mode.natural_frequency_Hz, mode.damping, mode.u_natural_frequency_Hz, mode.u_damping, mode.identified
    )


def shipped_rigs() -> tuple[str, ...]:
    """Names of the rigs that come with the software."""
    entries = files(_SHIPPED_IN).iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")))


def load_rig(name_or_path: str | Path, calibration: str | Path | None = None) -> Rig:
    """Load a shipped rig by name, or a rig file by path.

    Args:
        name_or_path: A name of `shipped_rigs()`, or a path.
        calibration: Path of its calibration file; "none" goes without; None takes the one that lies beside the rig
            file, if there is one.

    Returns:
        The rig. A RigError says that there is no such rig or calibration, that a file cannot be read or understood,
        or that the two do not belong together.
    """
    rig = _load(name_or_path)
    if calibration == WITHOUT:
        return rig
    path = calibration_path(rig) if calibration is None else Path(calibration)
    if path is None or (calibration is None and not path.is_file()):
        return rig
    return calibrated(rig, load_calibration(path))


def calibrated(rig: Rig, calibration: Calibration) -> Rig:
    """A rig with a calibration.

    Args:
        rig: The rig.
        calibration: Its calibration; a RigError says that it is not.

    Returns:
        The rig, whose belts read by it.
    """
    check_calibration(calibration, rig)
    return replace(rig, calibration=calibration)


def _load(name_or_path: str | Path) -> Rig:
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
    return parse_rig(read_text(path), str(path))


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
    data = parse_toml(text, where)
    if data.get("kind") == KIND:
        raise RigError(where, expected="a rig file", seen="a calibration file",
                       next_step="Give the rig file as the rig, and this one with --calibration.")  # fmt: skip
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
