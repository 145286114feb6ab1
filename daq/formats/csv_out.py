"""CSV: the force CSV that `stance import` and the virtual treadmill read, the step table, and raw samples."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from daq.formats.force_rows import ForceRows, columns_of
from daq.formats.new_files import write_text_rows

Floats = NDArray[np.float64]

DIGITS = {"N": "%.4f", "Nm": "%.5f", "m": "%.6f", "s": "%.9f"}
"""Decimals by unit, as `write_force_csv` has them: 0.1 mN, 1 µm, 1 ns."""
ROWS = 1 << 14


def write_force(stream: IO[bytes], rows: ForceRows, first: int, last: int, table: StepTable | None = None) -> None:
    """Write force as CSV.

    Args:
        stream: The file, open.
        rows: The force; across a gap the times jump, and a column `segment` counts the stretches.
        first: First row.
        last: Row after the last.
        table: Steps of the session: their belt speed goes into a column, if they have one.
    """
    speed = BeltSpeeds(table)
    apart = any(first < segment.first < last for segment in rows.segments)
    head = True
    for block in rows.blocks(first, last):
        columns: dict[str, Floats] = {"time_s": block.time_s}
        for plate, wrench in zip(rows.plates, block.wrench, strict=True):
            columns |= {f"{name}{plate.suffix}": values for name, values in columns_of(plate, wrench).items()}
        if speed.known:
            columns["belt_speed_m_s"] = speed.at(block.time_s)
        formats = [_format(name) for name in columns]
        if apart:
            columns["segment"] = np.full(block.time_s.size, float(block.segment))
            formats.append("%d")
        if head:
            stream.write((",".join(columns) + "\n").encode())
            head = False
        write_text_rows(stream, ",".join(formats) + "\n", np.column_stack(list(columns.values())))


class BeltSpeeds:
    """Belt speed over time: the mean over each step, from its touchdown to the next step's.

    Args:
        table: Steps of the session; None for no speed.
    """

    def __init__(self, table: StepTable | None) -> None:
        known = np.zeros(0, np.bool_) if table is None else np.isfinite(table["belt_speed_m_s"] + table["touchdown_s"])
        self._time_s = np.zeros(0) if table is None else table["touchdown_s"][known]
        self._speed = np.zeros(0) if table is None else table["belt_speed_m_s"][known]

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return bool(self._time_s.size)

    def at(self, time_s: Floats) -> Floats:
        """(m,) m/s at these times; before the first step that of the first."""
        found: Floats = self._speed[np.maximum(np.searchsorted(self._time_s, time_s, side="right") - 1, 0)]
        return found


def _format(name: str) -> str:
    return DIGITS[name.removesuffix("_L").removesuffix("_R").rsplit("_", 1)[1]]


def write_records(stream: IO[bytes], columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Write a step table; null is an empty field, flags are joined by blanks.

    Args:
        stream: The file, open.
        columns: Names, in order.
        records: Rows as `StepTable.records` gives them.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for record in records:
        writer.writerow({**record, "flags": " ".join(record["flags"])})
    stream.write(text.getvalue().encode())


def write_samples(stream: IO[bytes], parts: Iterable[Mapping[str, NDArray[Any]]]) -> None:
    """Write raw samples.

    Args:
        stream: The file, open.
        parts: Columns of equal length, some thousand rows at a time.
    """
    head = True
    for columns in parts:
        if head:
            stream.write((",".join(columns) + "\n").encode())
            head = False
        names = list(columns)
        formats = [
            "%.9f" if name == "time_s" else "%.9g" if columns[name].dtype.kind == "f" else "%d" for name in names
        ]
        rows = len(columns[names[0]])
        for start in range(0, rows, ROWS):
            lists = [columns[name][start : start + ROWS].tolist() for name in names]
            row = ",".join(formats) + "\n"
            flat = tuple(value for values in zip(*lists, strict=True) for value in values)
            stream.write((row * len(lists[0]) % flat).encode())
