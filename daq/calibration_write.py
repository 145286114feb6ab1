"""Writing a calibration file: text that people can read, and that gives every number back to the bit."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Reading
from analysis.calibration_quality import Quality
from analysis.protocol import G
from analysis.wrench import COMPONENTS, Belt
from daq.calibration_checks import check_calibration, identity_of
from daq.calibration_problems import MOST_DIGITS, checksum, metres
from daq.calibration_read import Calibration, parse_calibration
from daq.calibration_schema import FORMAT, KIND
from daq.calibration_store import replace_calibration

if TYPE_CHECKING:
    from analysis.calibration_fit import Fit
    from daq.rig import Rig

Floats = NDArray[np.float64]

_HEAD = """\
# Calibration of the treadmill {name}, made on {day}.
#
# What was put on the belt, what the cells said to it, and what follows: how counts become force. The file lies beside
# the rig file; every session that is recorded with it keeps a copy. `stance calibrate` makes a new one.
# A changed file is refused. Whoever changes it all the same, and answers for it, takes the line `checksum` out.
"""
_RIG = "# The treadmill as it was. If any of this changes, the calibration is void."
_QUALITY = "# How good it is, by its own account; what the loads could not tell is left out."
_LOPO = "# Error at each place if the fit is not told of it: force in N, place in mm."
_CROSSTALK = "# What the data sheets' read-out takes for another force, % of that force."
_U_CROSSTALK = "# Standard uncertainty of the same."
_BELT = """\
# Force on the runner = matrix · (counts − zero). Columns are channels 0 to 7; N per count, and N·m per count about the
# centre of the belt's surface. The row of what no cell sees is zero."""
_DIRECTIONS = """\
# How it may still be wrong: the true force is (1 + z₁·D₁ + z₂·D₂ + …) times the one read, the z independent, with mean
# 0 and standard deviation 1."""
_READINGS = "# What was put on (force on whoever makes it), and the mean counts of every channel."


def write_calibration(
    path: Path,
    rig: "Rig",
    fit: "Fit",
    readings: Sequence[Reading],
    *,
    operator: str = "",
    note: str = "",
    gravity_m_s2: float = G,
    made_utc: str | datetime,
    rehearsal: bool = False,
) -> Calibration:
    """Write a calibration file, whole or not at all; an older one is kept beside it under the date it was made.

    Args:
        path: The file, best `calibration_path(rig)`.
        rig: The rig as it stands.
        fit: What follows from the readings.
        readings: All of them, those set aside too.
        operator: Who made it.
        note: As much as you like.
        gravity_m_s2: Gravity by which masses became forces.
        made_utc: When it was made, with its time zone.
        rehearsal: Whether it is of a virtual treadmill; no machine is used with it then.

    Returns:
        The calibration as it will be read. A RigError says why it cannot be used or written.
    """
    moment = made_utc if isinstance(made_utc, str) else made_utc.isoformat(timespec="seconds")
    top: dict[str, str | float] = {"made_utc": moment, "operator": operator, "note": note, "gravity_m_s2": gravity_m_s2}
    if rehearsal:
        top["rehearsal"] = True
    text = calibration_text(rig, fit.matrices, fit.directions, fit.quality, readings, top)
    calibration = parse_calibration(text, str(path))
    check_calibration(calibration, rig)
    replace_calibration(path, text)
    return calibration


def calibration_text(
    rig: "Rig",
    matrices: Floats,
    directions: Sequence[Floats],
    quality: Quality,
    readings: Sequence[Reading],
    top: Mapping[str, str | float],
) -> str:
    """The text of a calibration file.

    Args:
        rig: The rig as it stands.
        matrices: (B, 6, C) read-out of each belt.
        directions: For each belt (d, 6, 6).
        quality: How good it is.
        readings: What was put on, and what the cells said.
        top: `made_utc`, `operator`, `note` and `gravity_m_s2`; `rehearsal` of one.

    Returns:
        TOML with its checksum.
    """
    from daq.results import software_version

    first = {"format": FORMAT, "kind": KIND}
    lines = [
        *_pairs({"made_utc": top["made_utc"], "software": software_version(), **top}),
        *_rig_lines(rig),
        *_quality_lines(quality),
    ]
    for belt, matrix, ways in zip(rig.nominal_belts(), matrices, directions, strict=True):
        lines += _belt_lines(belt, matrix, ways)
    lines += ["", _READINGS]
    for reading in readings:
        lines += ["", "[[readings]]", *_pairs(_reading(reading))]
    head = _HEAD.format(name=rig.name, day=str(top["made_utc"])[:10])
    start = "\n".join([head, *_pairs(first), ""])
    rest = "\n".join([*lines, ""])
    return f'{start}checksum = "{checksum(start + rest)}"\n{rest}'


def _rig_lines(rig: "Rig") -> Iterator[str]:
    then = identity_of(rig).model_dump()
    yield from ("", _RIG, "[rig]", *_pairs({name: then[name] for name in ("name", "belt_height_mm")}))
    yield from ("", "[rig.adc]", *_pairs(then["adc"]))
    for what in ("cells", "belts"):
        for table in then[what]:
            yield from ("", f"[[rig.{what}]]", *_pairs(table))


def _quality_lines(quality: Quality) -> Iterator[str]:
    values = asdict(quality)
    tables = {name: values.pop(name) for name in ("crosstalk_pct", "u_crosstalk_pct", "lopo_by_place")}
    yield from ("", _QUALITY, "[quality]", *_pairs(values))
    for (name, table), words in zip(tables.items(), (_CROSSTALK, _U_CROSSTALK, _LOPO), strict=True):
        if table:
            yield from ("", words, f"[quality.{name}]")
            yield from (f"{_value(key)} = {_value(_known(value))}" for key, value in table.items())


def _known(value: Any) -> Any:
    """A pair without what is not known: no load at this place was heavy enough to tell where it is read."""
    return [one for one in value if not np.isnan(one)] if isinstance(value, Sequence) else value


def _belt_lines(belt: Belt, matrix: Floats, directions: Floats) -> Iterator[str]:
    yield from ("", _BELT, "[[belts]]", *_pairs({"name": belt.name}), "matrix = [")
    for component, row in zip(COMPONENTS, matrix, strict=True):
        seen = "" if component in belt.observable else ", not seen"
        yield f"    {_value(row)},  # {component}{seen}"
    yield from ("]", _DIRECTIONS, "directions = [")
    for number, rows in enumerate(directions, 1):
        yield f"    [  # D{number}"
        yield from (f"        {_value(row)}," for row in rows)
        yield "    ],"
    yield "]"


def _reading(reading: Reading) -> dict[str, Any]:
    load = reading.load
    return {
        "label": load.label,
        "kind": load.kind,
        "weight": load.weight,
        "place": load.place,
        "series": load.series,
        "belt": load.belt,
        "force_N": load.force_N,
        "u_force_N": load.u_force_N,
        "point_mm": _millimetres(load.point_m),
        "u_point_mm": _millimetres(load.u_point_m),
        "counts": reading.counts,
        "zero": reading.zero,
        "u_counts": reading.u_counts,
        "time_s": reading.time_s,
        "accepted": reading.accepted,
        "remark": reading.remark,
    }


def _millimetres(point_m: Floats) -> list[Decimal]:
    """Millimetres as people gave them, which are the same metres to the bit when they are read."""
    return [_shifted(one) for one in np.asarray(point_m, np.float64).tolist()]


def _shifted(value_m: float) -> Decimal:
    short = f"{1_000 * value_m:.{MOST_DIGITS - 3}g}"
    if not np.isfinite(value_m) or metres(short) == value_m:
        return Decimal(short)
    exact = Decimal(repr(value_m)).scaleb(3)
    return exact if len(exact.as_tuple().digits) > MOST_DIGITS else Decimal(f"{exact:.{MOST_DIGITS}e}")


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    """Lines of a table; what is not known has none."""
    return (f"{name} = {_value(value)}" for name, value in values.items() if value is not None)


def _value(value: Any) -> str:
    """A value as TOML writes it, numbers with all the digits that they need to come back to the bit."""
    if isinstance(value, str):
        known = value.encode("utf-8", "replace").decode()
        return json.dumps(known, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}" if -12 < value.adjusted() < 12 else f"{value:e}".lower()
        return text if "." in text or "e" in text or not value.is_finite() else f"{text}.0"
    if isinstance(value, Iterable):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value.item() if isinstance(value, np.generic) else value)
