"""The tables of a certificate, as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from analysis.statistics import Z95
from analysis.wrench import COMPONENTS
from viewer.report.certificate_points import Point
from viewer.report.certificate_verdict import decimals, told, with_sign
from viewer.report.words import count, number, when

if TYPE_CHECKING:
    from daq.calibration import Calibration
    from daq.rig import Rig
    from daq.rig_schema import Cell as RigCell

PER_COUNTS = 1_000
"""A matrix is shown per so many counts; one count is a few millinewtons."""


@dataclass(frozen=True)
class Cell:
    """One load cell."""

    name: str
    """Name."""
    serial: str
    """Serial number; a dash where the rig file has none."""
    channel: int
    """Channel of the converter, from 0."""
    axis: str
    """Direction it measures, with its belt."""
    capacity: str
    """Rated load, N."""
    scale: str
    """How far its own force is scaled away from the rig file's nominal scale, %."""
    matrix: tuple[str, ...]
    """Its column of the matrix: what `PER_COUNTS` counts of it mean, N and N·m, in the order of `matrix_heads`."""


@dataclass(frozen=True)
class ReadingRow:
    """One reading."""

    number: int
    """In the order of reading, from 1."""
    label: str
    """What the load is called."""
    said: str
    """Its force, N."""
    error: str
    """Read − said along the load's own main axis, N."""
    cop: str
    """Distance between the true and the read centre of pressure, mm."""
    remark: str
    """Why it was left out, or what was said of it."""
    used: bool
    """Whether the fit used it."""


def facts(rig: "Rig", calibration: "Calibration") -> list[tuple[str, str]]:
    """What was calibrated, when, by whom, with what; rows without a value are left out.

    Args:
        rig: The rig.
        calibration: Its calibration.

    Returns:
        What and text.
    """
    from daq.calibration import OLD_DAYS

    quality, adc = calibration.quality, rig.adc
    rows = [
        ("Rig", rig.name),
        ("Made", when(calibration.made_utc)),
        ("Good until", f"{_until(calibration.made_utc, OLD_DAYS)} ({OLD_DAYS} days)"),
        ("Operator", calibration.operator or "not named"),
        ("Note", calibration.note),
        ("Converter", f"{adc.name}, gain {adc.gain:g}, {adc.sample_rate_Hz:g} Hz, "
                      f"excitation {adc.excitation_mV / 1e3:g} V"),
        ("Loads", f"{count(quality.loads, 'load')} at {count(quality.places, 'place')}, "
                  f"g = {calibration.gravity_m_s2:.4f} m/s²"),
        ("Condition", f"{number(quality.condition, 1)}; noise of a reading {told(quality.noise_N, 'N')}"),
        ("Software", calibration.software),
    ]  # fmt: skip
    return [(what, text) for what, text in rows if text]


def _until(made_utc: str, days: int) -> str:
    try:
        return f"{datetime.fromisoformat(made_utc) + timedelta(days=days):%Y-%m-%d}"
    except ValueError:
        return "not known"


def matrix_heads(rig: "Rig") -> list[str]:
    """What the rig's cells see: "Fz", or "L Fz" on a split belt."""
    return [f"{belt.name} {name}".strip() for belt in rig.belts() for name in COMPONENTS if name in belt.observable]


def cell_rows(rig: "Rig", calibration: "Calibration") -> list[Cell]:
    """The load cells, and what the calibration made of them.

    Args:
        rig: The rig.
        calibration: Its calibration.

    Returns:
        In the order of the rig file.
    """
    belts = rig.belts()
    seen = [
        calibration.matrices[number, at]
        for number, belt in enumerate(belts)
        for at, name in enumerate(COMPONENTS)
        if name in belt.observable
    ]
    rows = []
    for cell in rig.cells:
        column = tuple(number(PER_COUNTS * float(row[cell.channel]), 4) for row in seen)
        axis = f"{cell.axis}, {cell.belt}" if cell.belt else cell.axis
        rows.append(Cell(cell.name, cell.serial or "–", cell.channel, axis, f"{cell.capacity_N:,g}",
                         _scale(rig, calibration, cell), column))  # fmt: skip
    return rows


def _scale(rig: "Rig", calibration: "Calibration", cell: "RigCell") -> str:
    """What the calibration made of a cell's own force, against the rig file, in per cent."""
    nominal = rig.nominal_belts()
    belt = next(number for number, one in enumerate(nominal) if one.name == (cell.belt or ""))
    axis = "xyz".index(cell.axis)
    change = 100.0 * (calibration.matrices[belt][axis, cell.channel] / nominal[belt].matrix[axis, cell.channel] - 1.0)
    return with_sign(float(change), 2)


def crosstalk_table(
    pairs: Mapping[str, float], left: Mapping[str, float]
) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Cross-talk as a square table.

    Args:
        pairs: "Fx from Fz" → per cent that the calibration takes out.
        left: The same names → standard uncertainty of it, per cent.

    Returns:
        Names of the forces it comes from, and one row per force that it appears in, with a text per column.
    """
    split = {
        tuple(name.split(" from ")): _percent(value, left.get(name))
        for name, value in pairs.items()
        if name.count(" from ") == 1
    }
    sources = list(dict.fromkeys(source for _, source in split))
    seen = list(dict.fromkeys(into for into, _ in split))
    rows = [(into, [split.get((into, source), "" if into == source else "–") for source in sources]) for into in seen]
    return sources, rows


def _percent(value: float, u: float | None) -> str:
    if u is None:
        return number(value, 1)
    places = decimals(Z95 * u)
    return f"{number(value, places)} ± {number(Z95 * u, places)}"


def reading_rows(points: list[Point]) -> list[ReadingRow]:
    """Every reading, short.

    Args:
        points: From `points_of`.

    Returns:
        In their order.
    """
    return [_reading_row(point) for point in points]


def _reading_row(point: Point) -> ReadingRow:
    axis = int(np.argmax(np.abs(point.said_N)))
    error = float(point.error_N[axis])
    off = float(np.hypot(*point.error_mm))
    load = point.reading.load
    return ReadingRow(
        point.number,
        load.label,
        f"{'xyz'[axis]} {number(float(point.said_N[axis]), 1)}",
        "–" if np.isnan(error) else with_sign(error, 2),
        "–" if np.isnan(off) else number(off, 1),
        point.reading.remark,
        point.used,
    )
