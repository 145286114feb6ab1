"""Reading a calibration file: what it says, or everything that is wrong with it at once."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_quality import Quality
from daq.calibration_problems import checksum, metres, problems_within
from daq.calibration_schema import FORMAT, KIND, CalibrationFile, QualityTable, ReadingTable
from daq.errors import RigError
from daq.rig_errors import problems_of, told
from daq.rig_text import parse_toml, read_text

Floats = NDArray[np.float64]

MAX_BYTES = 4_000_000
_HINT = "Every key is described in docs/rig-file.md; `stance calibrate` makes such a file."
_WITHOUT = "Make it anew with `stance calibrate`, or go without: --calibration none"


@dataclass(frozen=True)
class Calibration:
    """What known loads told of a rig. Two are equal if their texts are."""

    text: str
    """The file, word for word, as a session keeps it."""
    where: str = field(compare=False)
    """Path, for messages."""
    made_utc: str = field(compare=False)
    """When it was made, ISO 8601."""
    software: str = field(compare=False)
    """What made it."""
    operator: str = field(compare=False)
    """Who made it; may be empty."""
    note: str = field(compare=False)
    """What the operator wrote."""
    rig_name: str = field(compare=False)
    """Name of the rig."""
    identity: dict[str, Any] = field(compare=False)
    """The rig as it was, keys of `RigThen`."""
    gravity_m_s2: float = field(compare=False)
    """Gravity by which masses became forces, m/s²."""
    names: tuple[str, ...] = field(compare=False)
    """Names of the B belts."""
    matrices: Floats = field(compare=False)
    """(B, 6, C) read-out of each belt, N and N·m per count."""
    directions: tuple[Floats, ...] = field(compare=False)
    """For each belt (d, 6, 6), as `Belt.directions`."""
    quality: Quality = field(compare=False)
    """How good it is, by its own account."""
    readings: tuple[Reading, ...] = field(compare=False)
    """What was put on, and what the cells said."""
    by_hand: bool = field(compare=False)
    """Whether a person took its checksum out, and so answers for it."""
    rehearsal: bool = field(compare=False)
    """Whether it is of a virtual treadmill, and so of no machine."""

    @property
    def made_on(self) -> str:
        """The day it was made, for people: 2025-03-04."""
        return self.made_utc[:10]


class _Exact(float):
    """A number of the file that remembers how it was written, for millimetres that must become metres to the bit."""

    written: str

    def __new__(cls, written: str) -> "_Exact":
        number = super().__new__(cls, written)
        number.written = written
        return number


def load_calibration(path: str | Path) -> Calibration:
    """Load a calibration file.

    Args:
        path: The file.

    Returns:
        The calibration; whether it fits a rig is asked of `check_calibration`.

    Raises:
        RigError: There is no such file, or it cannot be read or understood.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        seen = "" if stat.S_ISREG(mode) else "a folder" if stat.S_ISDIR(mode) else "a device"
    except (OSError, ValueError) as error:
        seen = getattr(error, "strerror", None) or str(error)
    if seen:
        next_step = "`stance calibrate` makes one; to go without: --calibration none"
        raise RigError(str(path), expected="a calibration file", seen=seen, next_step=next_step)
    return parse_calibration(read_text(path, most_bytes=MAX_BYTES), str(path))


def parse_calibration(text: str, where: str) -> Calibration:
    """Understand a calibration file, or say everything that is wrong with it at once.

    Args:
        text: The file's content.
        where: Its path or name, for messages.

    Returns:
        The calibration.

    Raises:
        RigError: The text is no TOML, its keys are not those of a calibration, or it was changed.
    """
    data = parse_toml(text, where, _Exact)
    _check_kind(data, where)
    if isinstance(data.get("checksum"), str) and data["checksum"] != checksum(text):
        raise RigError(
            where,
            expected="a calibration as it was made",
            seen="one that was changed after it was made, or cut off",
            next_step="Make it anew, or take the line `checksum` out to answer for it yourself.",
        )
    try:
        file = CalibrationFile.model_validate(data)
    except ValidationError as error:
        found = problems_of(error, CalibrationFile, data)
        raise RigError(where, **told(found, "a calibration file", _HINT)) from None
    if shapes := list(problems_within(file)):
        raise RigError(where, **told(shapes, "a calibration file", _HINT))
    return _calibration(file, data, text, where)


def _check_kind(data: dict[str, Any], where: str) -> None:
    """A file of another kind or version is told in one line, not by its hundred keys."""
    if data.get("kind") != KIND:
        seen = "a rig file" if "machine" in data and "cells" in data else 'a file without kind = "calibration"'
        raise RigError(where, expected="a calibration file", seen=seen, next_step=_WITHOUT)
    version = data.get("format")
    if isinstance(version, int) and version != FORMAT:
        raise RigError(
            where,
            expected=f"a calibration file of format {FORMAT}",
            seen=f"format {version}",
            next_step="It is from another version of stance. " + _WITHOUT,
        )


def _calibration(file: CalibrationFile, data: dict[str, Any], text: str, where: str) -> Calibration:
    raw = data.get("readings", ())
    return Calibration(
        text=text,
        where=where,
        made_utc=file.made_utc,
        software=file.software,
        operator=file.operator,
        note=file.note,
        rig_name=file.rig.name,
        identity=file.rig.model_dump(),
        gravity_m_s2=file.gravity_m_s2,
        names=tuple(belt.name for belt in file.belts),
        matrices=np.array([belt.matrix for belt in file.belts], np.float64),
        directions=tuple(np.array(belt.directions, np.float64).reshape(-1, 6, 6) for belt in file.belts),
        quality=_quality(file.quality),
        readings=tuple(_reading(table, own) for table, own in zip(file.readings, raw, strict=True)),
        by_hand=file.checksum is None,
        rehearsal=file.rehearsal,
    )


def _quality(table: QualityTable) -> Quality:
    values = table.model_dump()
    values["lopo_by_place"] = {place: (one[0], *one[1:], np.nan)[:2] for place, one in table.lopo_by_place.items()}
    return Quality(**values)


def _reading(table: ReadingTable, raw: dict[str, Any]) -> Reading:
    load = KnownLoad(
        label=table.label,
        kind=table.kind,
        force_N=np.array(table.force_N),
        point_m=_metres(raw["point_mm"]),
        u_force_N=np.array(table.u_force_N),
        u_point_m=_metres(raw["u_point_mm"]),
        belt=table.belt,
        place=table.place,
        series=table.series,
        weight=table.weight,
    )
    counts, zero, u_counts = (np.array(one, np.float64) for one in (table.counts, table.zero, table.u_counts))
    return Reading(load, counts, zero, u_counts, table.time_s, table.accepted, table.remark)


def _metres(millimetres: Sequence[_Exact | int]) -> Floats:
    return np.array([metres(one.written if isinstance(one, _Exact) else str(one)) for one in millimetres])
