"""A table of numbers with one header row: a fast reader for clean files, a slow one that says what is wrong."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError

MIN_ROWS = 10
MAX_BYTES = 2_000_000_000  # about four hours at 1 kHz; read at once it would take three times that in memory


def read_table(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Read header and columns.

    Args:
        path: The file: comma-separated, points as decimal marks, UTF-8.

    Returns:
        Headers and (columns, n) values; an empty cell is NaN.

    Raises:
        FormatError: The file is no such table.
    """
    where = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            hint = "Cut it into shorter recordings."
            seen = f"{size / 1e9:.1f} GB"
            raise FormatError(where, expected=f"at most {MAX_BYTES / 1e9:g} GB", seen=seen, next_step=hint)
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = _header(file, where)
            start = file.tell()
            sample = list(islice(iter(file.readline, ""), 3))
            _check_sample(header, sample, where)
            file.seek(start)
            values = _fast(file, len(header)) if sample else None
            if values is None:
                file.seek(start)
                values = _slow(file, header, where)
    except UnicodeDecodeError as error:
        seen = f"a byte 0x{error.object[error.start]:02x}; is this a text file?"
        raise FormatError(where, expected="UTF-8 text", seen=seen) from None
    except OSError as error:
        raise FormatError(where, expected="a readable file", seen=error.strerror or str(error)) from None
    if values.shape[1] < MIN_ROWS:
        raise FormatError(where, expected=f"at least {MIN_ROWS} rows of numbers", seen=str(values.shape[1]))
    return header, values


def _header(file: TextIO, where: str) -> list[str]:
    line = next((text for text in iter(file.readline, "") if text.strip()), "")
    if not line:
        raise FormatError(where, expected="a header row and numbers", seen="an empty file")
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        if mark in line and "," not in line:
            hint = "Save it as comma-separated with points as decimal marks."
            raise FormatError(where, expected="commas between columns", seen=word, next_step=hint)
    cells = [cell.strip() for cell in next(csv.reader([line]))]
    if all(_number(cell) is not None for cell in cells):
        hint = "Put the column names in the first line, for example time_s,Fz_N."
        raise FormatError(where, expected="a header row", seen=f"numbers: {line.strip()[:60]}", next_step=hint)
    return cells


def _check_sample(header: list[str], lines: list[str], where: str) -> None:
    """Decimal commas double the number of cells; say so before a cell is called wrong."""
    for line in lines:
        cells = line.strip().split(",")
        if len(header) < len(cells) <= 2 * len(header) and all(cell.strip("+- ").isdigit() for cell in cells):
            hint = "Save it with points as decimal marks."
            seen = f"{len(cells)} cells under {len(header)} headers; decimal commas? {line.strip()[:60]}"
            raise FormatError(where, expected="points as decimal marks", seen=seen, next_step=hint)
    if any(";" in line for line in lines):
        raise FormatError(where, expected="commas between columns", seen=f"semicolons: {lines[0].strip()[:60]}")


def _fast(file: TextIO, width: int) -> NDArray[np.float64] | None:
    """All rows at C speed, or None if a row is not plain numbers."""
    try:
        table = np.loadtxt(file, delimiter=",", comments=None, ndmin=2, quotechar='"')
    except (ValueError, IndexError):
        return None
    return np.ascontiguousarray(table.T) if table.shape[1] == width else None


def _slow(file: TextIO, header: list[str], where: str) -> NDArray[np.float64]:
    rows = list(_rows(file, header, where))
    return np.array(rows, dtype=np.float64).reshape(-1, len(header)).T.copy()


def _rows(file: TextIO, header: list[str], where: str) -> Iterator[list[float]]:
    count = 0
    for cells in csv.reader(file):
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if len(cells) != len(header):
            seen = f"{len(cells)} in row {count}: {','.join(cells)[:60]}"
            raise FormatError(where, expected=f"{len(header)} cells in every row", seen=seen)
        row = [_number(cell) for cell in cells]
        for name, cell, value in zip(header, cells, row, strict=True):
            if value is None:
                raise FormatError(where, expected="a number", seen=f"{cell[:40]!r} in row {count}, column {name}")
        yield [value for value in row if value is not None]


def _number(cell: str) -> float | None:
    text = cell.strip()
    if not text:
        return float("nan")
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
