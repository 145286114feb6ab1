"""One or two files of another system, read as one foreign force, with what a person says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from daq.errors import FormatError
from daq.formats.import_units import parse_units
from daq.imports.imported import AXES, Bools, Doubt, Floats, ForeignBelt, ForeignForce

TURNED = ("all", "x", "y", "z", "Fx", "Fy", "Fz", "copx", "copy", "copz", "Mx", "My", "Mz", "Tz")
"""What `flips` may name: everything that the foot does to the belt, a whole axis, or one component."""
SIDES = ("L", "R")


@dataclass(frozen=True)
class ImportOptions:
    """What a person says of the files."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Header → our name."""
    units: tuple[str, ...] = ()
    """For example ("force=kN",)."""
    flips: tuple[str, ...] = ()
    """Of `TURNED`, in the file's own axes."""
    up: str = ""
    """Axis that points up, for example "+y"."""
    forward: str = ""
    """Axis of the running direction."""
    plates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """"", "L" or "R" → numbers of the platforms, from 1."""
    skip_rows: int | None = None
    """Lines above the header."""
    rate_Hz: float | None = None
    """Sample rate where the file does not tell it."""
    date: str = ""
    """When it was measured, ISO 8601; empty for what the file says."""


def parse_plates(text: str) -> dict[str, tuple[int, ...]]:
    """Read "L=1,R=2", "2" or "1+2".

    Args:
        text: As typed.

    Returns:
        Belt → numbers.

    Raises:
        FormatError: It is none of these.
    """
    found: dict[str, tuple[int, ...]] = {}
    for part in text.split(","):
        side, _, numbers = part.strip().rpartition("=")
        digits = numbers.split("+")
        if side not in ("", *SIDES) or side in found or not all(digit.isdigit() for digit in digits):
            break
        found[side] = tuple(int(digit) for digit in digits)
    every = [number for numbers in found.values() for number in numbers]
    alone = len(found) == 1 or "" not in found
    if len(found) < text.count(",") + 1 or min(every) < 1 or len(set(every)) < len(every) or not alone:
        raise FormatError("--plates", expected="L=1,R=2 or one number, or 1+2 for one belt on two", seen=text)
    return found


def read_foreign(paths: Sequence[Path], options: ImportOptions, mass_kg: float | None) -> ForeignForce:
    """Read the files.

    Args:
        paths: One file, or two tables, one for each belt.
        options: What a person says.
        mass_kg: Body mass, for forces in body weights.

    Returns:
        The force, flips done.

    Raises:
        FormatError: A file cannot be read, or the two do not belong together.
    """
    units = parse_units(options.units)
    chosen = tuple(number for numbers in options.plates.values() for number in numbers)
    c3d = [path for path in paths if path.suffix.lower() == ".c3d"]
    if c3d and len(paths) > 1:
        raise FormatError(
            str(c3d[0]), expected="one C3D file by itself: it holds all belts", seen=f"{len(paths)} files"
        )
    if c3d:
        from daq.formats.c3d_import import read_c3d_force

        return _flipped(read_c3d_force(c3d[0], units, chosen), options.flips)
    from daq.formats.table_import import read_force_table
    from daq.formats.table_units import TableOptions

    said = TableOptions(options.columns, units, options.skip_rows, options.rate_Hz, mass_kg)
    if len(paths) > 2:
        raise FormatError(str(paths[2]), expected="one file, or two: one for each belt", seen=f"{len(paths)} files")
    parts = [read_force_table(path, said) for path in paths]
    return _flipped(parts[0] if len(parts) == 1 else _joined(parts, paths), options.flips)


def _joined(parts: Sequence[ForeignForce], paths: Sequence[Path]) -> ForeignForce:
    """Two tables of the same run."""
    first, second = parts
    where = f"{paths[0]} and {paths[1]}"
    if abs(first.sample_rate_Hz / second.sample_rate_Hz - 1) > 1e-6:
        raise FormatError(where, expected="one sample rate",
                          seen=f"{first.sample_rate_Hz:g} Hz and {second.sample_rate_Hz:g} Hz")  # fmt: skip
    if any(len(part.belts) != 1 for part in parts):
        raise FormatError(where, expected="one belt in each file", seen=f"{[len(part.belts) for part in parts]}")
    if first.units != second.units:
        raise FormatError(where, expected="the same units", seen=f"{dict(first.units)} and {dict(second.units)}")
    doubts = [*dict.fromkeys((*first.doubts, *second.doubts))]
    n = min(first.n, second.n)
    if first.n != second.n:
        text = f"the files have {first.n} and {second.n} samples; only the first {n} are taken"
        doubts.append(Doubt("lengths", text))
    if abs(first.start_s - second.start_s) > 0.5 / first.sample_rate_Hz:
        text = f"the files begin at {first.start_s:g} s and {second.start_s:g} s"
        doubts.append(Doubt("starts", f"{text}: they are not of the same time", "none: cut them alike", "stop"))
    missing = np.zeros(n, np.bool_)
    for part in parts:
        missing |= np.zeros(n, np.bool_) if part.missing is None else part.missing[:n]
    belts = tuple(
        replace(_cut(part.belts[0], n), name=path.name) for part, path in zip(parts, paths, strict=True)
    )  # fmt: skip
    speed = first.belt_speed_m_s if first.belt_speed_m_s is not None else second.belt_speed_m_s
    return replace(first, belts=belts, missing=missing if missing.any() else None, doubts=tuple(doubts),
                   belt_speed_m_s=None if speed is None else speed[:n])  # fmt: skip


def _cut(belt: ForeignBelt, n: int) -> ForeignBelt:
    def part(values: Floats | None) -> Floats | None:
        return None if values is None else values[..., :n]

    return replace(belt, force=belt.force[:, :n], moment=part(belt.moment), cop=part(belt.cop), free=part(belt.free))


def _flipped(foreign: ForeignForce, flips: Sequence[str]) -> ForeignForce:
    for flip in flips:
        if flip not in TURNED:
            raise FormatError("--flip", expected=f"one of {', '.join(TURNED)}", seen=flip)
    if not flips:
        return foreign
    belts = tuple(_flip_belt(belt, set(flips)) for belt in foreign.belts)
    return replace(foreign, belts=belts)


def _flip_belt(belt: ForeignBelt, flips: set[str]) -> ForeignBelt:
    """Turn signs. An axis that is turned takes force and place with it, and the moments about the other two."""
    whole = -1.0 if "all" in flips else 1.0
    axis = np.array([-1.0 if name in flips else 1.0 for name in AXES])
    one = {kind: np.array([-1.0 if f"{kind}{name}" in flips else 1.0 for name in AXES]) for kind in ("F", "cop", "M")}
    mirrored = float(np.prod(axis))
    free = belt.free if belt.free is None else belt.free * whole * mirrored * (-1.0 if "Tz" in flips else 1.0)
    return replace(
        belt, force=belt.force * (whole * axis * one["F"])[:, None],
        cop=None if belt.cop is None else belt.cop * (axis * one["cop"])[:, None],
        moment=None if belt.moment is None else belt.moment * (whole * mirrored * axis * one["M"])[:, None],
        centre=belt.centre * axis, free=free,
    )  # fmt: skip


def known(foreign: ForeignForce) -> Bools:
    """(n,) samples that are there."""
    return np.ones(foreign.n, np.bool_) if foreign.missing is None else ~foreign.missing
