"""Force as CSV: `time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m[,Tz_Nm][,belt_speed_m_s]`, with _L and _R for two belts.

Frame of reference: +x forward, +y left, +z up, origin at the belt's centre on its surface; ground reaction on the
runner. Only Fz_N is required; what else there is decides what can be told about a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError
from daq.formats.csv_table import read_table
from daq.formats.force_checks import check_values, sample_rate
from daq.nearest import nearest

Floats = NDArray[np.float64]

COLUMNS = {
    "Fx_N": "Fx", "Fy_N": "Fy", "Fz_N": "Fz", "copx_m": "copx", "copy_m": "copy", "Tz_Nm": "Tz",
    "belt_speed_m_s": "belt_speed",
}  # fmt: skip
SIDES = ("", "L", "R")


@dataclass(frozen=True)
class BeltForce:
    """What one belt carried. A column that the file does not have is None."""

    Fz: Floats
    """(n,) vertical force, N."""
    Fx: Floats | None = None
    """(n,) fore-aft force, N; braking is negative."""
    Fy: Floats | None = None
    """(n,) side force, N; left is positive."""
    copx: Floats | None = None
    """(n,) fore-aft centre of pressure, m; NaN where the file has none."""
    copy: Floats | None = None
    """(n,) side centre of pressure, m; NaN where the file has none."""
    Tz: Floats | None = None
    """(n,) free vertical moment at the COP, N·m; NaN where the file has none."""
    belt_speed: Floats | None = None
    """(n,) belt speed, m/s."""

    @property
    def observable(self) -> frozenset[str]:
        """Components of `wrench` that mean something; the others' rows are zero."""
        there = {field.name for field in fields(self) if getattr(self, field.name) is not None}
        seen = there & {"Fx", "Fy", "Fz"}
        seen |= {"Mx"} if "copy" in there else set()
        seen |= {"My"} if "copx" in there else set()
        seen |= {"Mz"} if there >= {"Fx", "Fy", "copx", "copy", "Tz"} else set()
        return frozenset(seen)

    def wrench(self, *, cop_min_N: float = 20.0) -> Floats:
        """Forces and moments about the belt-surface centre.

        Where the foot barely presses, a COP is noise over noise: below `cop_min_N`, and where the COP is NaN, all
        three moments are 0, which places the little force there is at the belt's centre. A NaN free moment counts as 0.

        Args:
            cop_min_N: Smallest vertical force at which the COP is believed, N.

        Returns:
            (6, n) Fx Fy Fz Mx My Mz in N and N·m; rows that are not `observable` are zero.
        """
        zero = np.zeros_like(self.Fz)
        fx, fy, x, y = (zero if part is None else part for part in (self.Fx, self.Fy, self.copx, self.copy))
        known = (self.Fz >= cop_min_N) & np.isfinite(x) & np.isfinite(y)
        x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
        mz = zero
        if "Mz" in self.observable and self.Tz is not None:
            mz = np.where(known, x * fy - y * fx + np.nan_to_num(self.Tz, nan=0.0), 0.0)
        return np.stack([fx, fy, self.Fz, y * self.Fz, -x * self.Fz, mz])


@dataclass(frozen=True)
class ForceRecord:
    """Force over time as another system measured it."""

    sample_rate_Hz: float
    """Sample rate, Hz."""
    belts: dict[str, BeltForce]
    """"" for a single belt; "L" and "R" for two."""
    start_s: float = 0.0
    """Time of the first sample in the file's own time, s."""
    ignored: tuple[str, ...] = ()
    """Headers that were not used."""

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(next(iter(self.belts.values())).Fz)

    @property
    def duration_s(self) -> float:
        """Samples over sample rate, s."""
        return self.n / self.sample_rate_Hz

    def wrench(self, belt: str = "") -> Floats:
        """Wrench of one belt: `BeltForce.wrench`."""
        return self.belts[belt].wrench()


def read_force_csv(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sample_rate_Hz: float | None = None,
) -> ForceRecord:
    """Read a force CSV.

    Args:
        path: The file.
        columns: Their header → our name, for example {"FP1_Fz": "Fz_N"}.
        sample_rate_Hz: Needed when the file has no time_s.

    Returns:
        The record.

    Raises:
        FormatError: The file cannot be read, or does not hold what it should.
    """
    where = str(path)
    header, values = read_table(Path(path))
    names = _renamed(header, columns or {}, where)
    table = dict(zip(names, values, strict=True))
    sides = _sides(names, header, where)
    belts = {side: _belt(table, side, where) for side in sides}
    if "time_s" in table:
        rate = sample_rate(table["time_s"], where)
    elif sample_rate_Hz:
        rate = sample_rate_Hz
    else:
        hint = "Name the time column time_s."
        raise FormatError(where, expected="a column time_s", seen=", ".join(header), next_step=hint)
    used = {"time_s", *(_suffixed(ours, side) for ours in COLUMNS for side in {"", *sides})}
    ignored = tuple(theirs for theirs, ours in zip(header, names, strict=True) if ours not in used)
    return ForceRecord(rate, belts, float(table["time_s"][0]) if "time_s" in table else 0.0, ignored)


def _suffixed(ours: str, side: str) -> str:
    return f"{ours}_{side}" if side else ours


def _renamed(header: list[str], columns: Mapping[str, str], where: str) -> list[str]:
    """Our names for the file's headers."""
    ours = {"time_s", *(_suffixed(name, side) for name in COLUMNS for side in SIDES)}
    for theirs, name in columns.items():
        if theirs not in header:
            raise FormatError(where, expected=f"a column {theirs!r}, as mapped", seen=", ".join(header))
        if name not in ours:
            known = f"time_s, {', '.join(COLUMNS)}, the latter with _L or _R for two belts"
            raise FormatError(where, expected=f"a map onto one of {known}", seen=f"{theirs}={name}")
    names = [columns.get(theirs, theirs) for theirs in header]
    for name in ours:
        if names.count(name) > 1:
            raise FormatError(where, expected=f"one column {name}", seen=f"{names.count(name)}: {', '.join(header)}")
    return names


def _sides(names: list[str], header: list[str], where: str) -> list[str]:
    sides = [side for side in SIDES if _suffixed("Fz_N", side) in names]
    if "" in sides and len(sides) > 1:
        raise FormatError(where, expected="either Fz_N or Fz_N_L and Fz_N_R", seen=", ".join(header))
    if not sides:
        near = next((theirs for theirs in header if "fz" in theirs.lower()), nearest("Fz_N", header))
        hint = f"If {near} is the vertical force in newtons, name it Fz_N." if near else "Name it Fz_N."
        raise FormatError(where, expected="a column Fz_N", seen=", ".join(header), next_step=hint)
    return sides


def _belt(table: Mapping[str, Floats], side: str, where: str) -> BeltForce:
    parts = {part: table.get(_suffixed(ours, side)) for ours, part in COLUMNS.items()}
    if parts["belt_speed"] is None:
        parts["belt_speed"] = table.get("belt_speed_m_s")
    for ours, part in COLUMNS.items():
        values = parts[part]
        if values is not None:
            check_values(values, _suffixed(ours, side), where, holes=part in {"copx", "copy", "Tz"})
    vertical = parts.pop("Fz")
    assert vertical is not None
    return BeltForce(vertical, **parts)


def write_force_csv(path: str | Path, record: ForceRecord, *, overwrite: bool = False) -> None:
    """Write a force CSV that `read_force_csv` reads: forces to 0.1 mN, COP to 1 µm.

    Args:
        path: The file.
        record: What to write.
        overwrite: Whether an existing file may be replaced.

    Raises:
        FormatError: The file exists or cannot be written.
    """
    time = record.start_s + np.arange(record.n) / record.sample_rate_Hz
    table: dict[str, Floats] = {"time_s": time}
    for side, belt in record.belts.items():
        parts = {_suffixed(ours, side): getattr(belt, part) for ours, part in COLUMNS.items()}
        table |= {name: values for name, values in parts.items() if values is not None}
    digits = {"N": "%.4f", "Nm": "%.5f", "m": "%.6f", "s": "%.9f"}
    formats = [digits[name.removesuffix("_L").removesuffix("_R").rsplit("_", 1)[1]] for name in table]
    try:
        with Path(path).open("w" if overwrite else "x", encoding="utf-8", newline="") as file:
            header = ",".join(table)
            np.savetxt(file, np.column_stack(list(table.values())), formats, ",", header=header, comments="")
    except FileExistsError:
        raise FormatError(str(path), expected="a new file", seen="one of that name") from None
    except OSError as error:
        raise FormatError(str(path), expected="a writable file", seen=error.strerror or str(error)) from None
