"""CSV, TSV, MOT and STO files as a foreign force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.protocol import G
from daq.errors import FormatError
from daq.formats.force_checks import MAX_RATE_Hz, MIN_RATE_Hz
from daq.formats.force_columns import QUANTITY, Column, find_columns
from daq.formats.import_units import BODY_WEIGHT, TABLES
from daq.formats.table_surface import moments_agree, side_of, surface_of
from daq.formats.table_units import TableOptions, find_units
from daq.formats.text_table import TextTable, read_text_table
from daq.formats.time_grid import Grid, even_grid
from daq.imports.dates import date_in
from daq.imports.imported import AXES, Doubt, Floats, ForeignBelt, ForeignForce

OPENSIM = (".mot", ".sto")


def read_force_table(path: Path, options: TableOptions) -> ForeignForce:
    """Read a table of forces.

    Args:
        path: The file; .mot and .sto are read as OpenSim writes them.
        options: What a person says.

    Returns:
        The force. A FormatError tells that it cannot be read, or does not say what is needed.
    """
    where = str(path)
    table = read_text_table(path, options.skip_rows)
    _check_whole(table, where)
    columns = _used(find_columns(table.header, table.units, options.columns, where), table, where)
    doubts: list[Doubt] = []
    units = find_units(columns, table, options, doubts)
    grid = _grid(columns, table, options, units, where)
    opensim = path.suffix.lower() in OPENSIM
    reader = _Reader(table, columns, units, grid, options, where, "y" if opensim else "")
    groups = list(dict.fromkeys(column.group for column in columns if column.role == "F"))
    belts = tuple(reader.belt(group, len(groups)) for group in groups)
    belts = tuple(belt for belt in belts if len(groups) == 1 or np.ptp(np.nan_to_num(belt.force)) > 0) or belts
    missing = np.ones(grid.n, np.bool_)
    missing[grid.place] = False
    missing |= ~np.all([np.isfinite(belt.force).all(axis=0) for belt in belts], axis=0)
    doubts += [*grid.doubts, *reader.unequal()]
    forces = [column for column in columns if column.role == "F"]
    unused = {column.number for column in reader.unused}
    used = [column for column in columns if column.number not in unused]
    measured, key = date_in(table.meta)
    return ForeignForce(
        "MOT" if opensim else "CSV", grid.sample_rate_Hz, belts, missing if missing.any() else None,
        belt_speed_m_s=reader.speed(), start_s=reader.start_s, ours=all(column.ours for column in forces),
        up="+y" if opensim else "", up_why="OpenSim's ground has y upwards" if opensim else "", units=units,
        mapping={column.header: column.meaning for column in used},
        ignored=tuple(name for name in table.header if name not in {column.header for column in used}),
        doubts=tuple(doubts), measured=measured, measured_why=f"{key} in the file" if key else "",
        handed="OpenSim's ground is so" if opensim else "",
    )  # fmt: skip


def _check_whole(table: TextTable, where: str) -> None:
    """Files that say how long they are can be seen to be cut short."""
    for key in ("NROWS", "DATAROWS", "NO_OF_SAMPLES"):
        told = table.meta.get(key, "").split("\t")[0]
        if told.isdigit() and int(told) > table.values.shape[1]:
            raise FormatError(where, expected=f"{told} rows, as its header says",
                              seen=f"{table.values.shape[1]}: the file is cut short")  # fmt: skip


def _used(columns: list[Column], table: TextTable, where: str) -> list[Column]:
    empty = {c.number for c in columns if np.isnan(table.values[c.number]).all()}
    columns = [column for column in columns if column.number not in empty]
    if not any(column.role == "F" for column in columns):
        listed = ", ".join(table.header[:12]) + (" …" if len(table.header) > 12 else "")
        first = table.header[0]
        hint = f"Say which column is the vertical force, for example --map '{first}=Fz_N'."
        raise FormatError(where, expected="a column of force", seen=listed, next_step=hint)
    return columns


def _grid(
    columns: Sequence[Column], table: TextTable, options: TableOptions, units: Mapping[str, str], where: str
) -> Grid:
    rows = table.values.shape[1]
    told = options.rate_Hz or _rate_of(table)
    times = [column for column in columns if column.role == "time"]
    if not times:
        if not told:
            hint = "Say the sample rate, for example --rate 1000, or which column is the time: --map theirs=time_s."
            raise FormatError(where, expected="a column of times", seen=", ".join(table.header[:12]), next_step=hint)
        everything = np.arange(rows, dtype=np.int64)
        return Grid(told, everything, everything, rows)
    same = (table.values[:, 1:] == table.values[:, :-1]) | (
        np.isnan(table.values[:, 1:]) & np.isnan(table.values[:, :-1])
    )
    time = table.values[times[0].number] * TABLES["time"][units["time"]]
    return even_grid(time, same.all(axis=0), where, told)


def _rate_of(table: TextTable) -> float | None:
    """The rate that a file states above its header."""
    for key in ("FREQUENCY", "DATARATE", "SAMPLE RATE", "SAMPLING RATE", "SAMPLERATE"):
        try:
            rate = float(table.meta.get(key, "").split("\t")[0])
        except ValueError:
            continue
        if MIN_RATE_Hz <= rate <= MAX_RATE_Hz:
            return rate
    return None


@dataclass(frozen=True)
class _Reader:
    """Columns of one table, in SI units on an even grid."""

    table: TextTable
    columns: Sequence[Column]
    units: Mapping[str, str]
    grid: Grid
    options: TableOptions
    where: str
    up: str = ""
    """Upright axis where the format tells it."""

    @property
    def upright(self) -> str:
        """Axis that carries the weight: as the format or our own names tell it, else that of the largest force."""
        forces = [column for column in self.columns if column.role == "F"]
        if self.up or all(column.ours for column in forces):
            return self.up or "z"
        values = {axis: [self.table.values[c.number] for c in forces if c.axis == axis] for axis in AXES}
        return max(AXES, key=lambda axis: np.nansum(np.abs(values[axis])) if values[axis] else -1.0)

    @property
    def unused(self) -> list[Column]:
        """Columns that tell something, and that go unused: torques about a level axis, moments beside a COP."""
        told = {(column.role, column.group) for column in self.columns}
        upright = self.upright
        level = [c for c in self.columns if c.role == "T" and (c.axis != upright or ("cop", c.group) not in told)]
        beside = [c for c in self.columns if c.role == "M" and ("cop", c.group) in told and not self._about_centre(c)]
        return [c for c in level + beside if np.nan_to_num(self.table.values[c.number]).any()]

    @property
    def start_s(self) -> float:
        times = [column for column in self.columns if column.role == "time"]
        return float(self.table.values[times[0].number, 0] * TABLES["time"][self.units["time"]]) if times else 0.0

    def column(self, column: Column) -> Floats:
        """(n,) values in SI units; NaN where the grid has no row."""
        quantity = QUANTITY[column.role]
        unit = self.units[quantity]
        out = np.full(self.grid.n, np.nan)
        out[self.grid.place] = self.table.values[column.number][self.grid.kept] * self._gain(quantity, unit)
        if np.isinf(out).any():
            row = int(np.argmax(np.isinf(out)))
            raise FormatError(
                self.where, expected=f"finite numbers in {column.header}", seen=f"infinity in sample {row + 1}"
            )
        return out

    def _gain(self, quantity: str, unit: str) -> float:
        if unit != BODY_WEIGHT:
            return TABLES[quantity][unit]
        if self.options.mass_kg is None:
            raise FormatError(self.where, expected="a body mass, for forces in body weights", seen="none",
                              next_step="Say it: --mass KG.")  # fmt: skip
        return self.options.mass_kg * G

    def rows(self, group: str, role: str) -> tuple[Floats, str]:
        """(3, n) of a role and the axes that are there; zero elsewhere."""
        out, axes = np.zeros((3, self.grid.n)), ""
        for column in self.columns:
            if column.role == role and column.group == group and column.axis:
                out[AXES.index(column.axis)] = self.column(column)
                axes += column.axis
        return out, "".join(sorted(axes))

    def _about_centre(self, column: Column) -> bool:
        """Whether the moments beside a column's own are taken instead of the centre of pressure."""
        centre, _ = surface_of(self.table)
        (force, _), (moment, moments), (cop, _) = (self.rows(column.group, role) for role in ("F", "M", "cop"))
        return centre is not None and moments == "xyz" and moments_agree(force, moment, cop, centre)

    def belt(self, group: str, groups: int) -> ForeignBelt:
        """One belt, platform or foot."""
        force, forces = self.rows(group, "F")
        cop, cops = self.rows(group, "cop")
        moment, moments = self.rows(group, "M")
        free, frees = self.rows(group, "T")
        centre, size = surface_of(self.table)
        side = group if group in {"L", "R"} else side_of(self.table) if groups == 1 else ""
        vertical = self.upright
        name = {"L": "left", "R": "right", "": "the belt"}.get(group, f"number {group}")
        own = np.zeros(3) if centre is None else centre
        if centre is not None and moments == "xyz" and moments_agree(force, moment, cop, centre):
            return ForeignBelt(name, force, forces, moment, centre=own, centre_known=True, size=size, side=side)
        return ForeignBelt(
            name, force, forces, None if cops or len(moments) < 2 else np.nan_to_num(moment), cop if cops else None,
            cops, moments, free[AXES.index(vertical)] if cops and vertical in frees else None, own, centre is not None,
            size, side,
        )  # fmt: skip

    def speed(self) -> Floats | None:
        """(n,) belt speed, m/s."""
        found = [self.column(column) for column in self.columns if column.role == "speed"]
        return found[0] if found else None

    def unequal(self) -> list[Doubt]:
        """Columns that were sampled slower than the rows: blanks at regular places, or values held for some rows."""
        forces = [column for column in self.columns if column.role in {"F", "cop", "M"}]
        holes = {c.header: float(np.mean(np.isnan(self.table.values[c.number]))) for c in forces if c.role == "F"}
        least = min(holes.values(), default=0.0)
        slow = [name for name, share in holes.items() if share > 0.3 and share > least + 0.2]
        if slow:
            raise FormatError(self.where, expected="all columns of force at one rate",
                              seen=f"{', '.join(slow)} with only every {1 / (1 - holes[slow[0]]):.0f}th row filled",
                              next_step="Export them at one rate.")  # fmt: skip
        held = {c.header: _held(self.table.values[c.number]) for c in forces if c.role == "F"}
        slow = [name for name, share in held.items() if share > 0.4]
        if not slow:
            return []
        text = f"sampled slower than the file's rate, each value kept for several rows: {', '.join(slow)}"
        return [Doubt("held", text, weight="ask" if len(slow) == len(held) else "stop",
                      flag="" if len(slow) == len(held) else "none: export all columns at one rate")]  # fmt: skip


def _held(values: Floats) -> float:
    """Share of values equal to the one before, among those that are loaded: zeros in flight do not count."""
    largest = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
    loaded = np.abs(values[1:]) > 0.2 * largest
    return float(np.mean((values[1:] == values[:-1])[loaded])) if loaded.sum() > 20 else 0.0
