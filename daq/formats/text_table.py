"""Tables of numbers as other programs write them: any delimiter, decimal commas, lines of text before the header."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError

Floats = NDArray[np.float64]

MAX_BYTES = 600_000_000
"""About 13 million rows of four numbers, which take 3 GB of memory while they are looked at."""
MIN_ROWS = 10
_LOOK_LINES = 400
"""How far from the start the numbers must begin."""
_DELIMITERS = ("\t", ";", ",", None)
"""None: any white space."""
_HOLES = {"", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "-", "--", "1.#qnan", "-1.#ind", "(null)"}
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)", re.IGNORECASE)
_WORDS = {"\t": "tabs", ";": "semicolons", ",": "commas", None: "blanks"}


@dataclass(frozen=True)
class TextTable:
    """A table and what stood above it."""

    header: tuple[str, ...]
    """Names of the columns; "1", "2", … if the file has none."""
    values: Floats
    """(columns, n); NaN for an empty cell."""
    named: bool = True
    """Whether the file names its columns."""
    meta: Mapping[str, str] = field(default_factory=dict)
    """Lines above the header of the form `KEY<tab>value` or `key=value`, keys in capitals."""
    units: tuple[str, ...] = ()
    """Units of the columns, where they stand in a line of their own."""
    delimiter: str = ","
    """In words."""
    skipped: int = 0
    """Lines above the header."""


def read_text_table(path: Path, skip_rows: int | None = None) -> TextTable:
    """Read a table.

    Args:
        path: The file, UTF-8, UTF-16 with a mark, or Latin-1.
        skip_rows: Lines above the header, if that cannot be seen.

    Returns:
        The table.

    Raises:
        FormatError: There is no table in it, or it is damaged.
    """
    where = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FormatError(where, expected=f"at most {MAX_BYTES / 1e9:g} GB", seen=f"{size / 1e9:.1f} GB",
                              next_step="Cut it into shorter recordings.")  # fmt: skip
        with path.open("rb") as raw:
            encoding = _encoding(raw.read(1 << 16), where)
        with path.open(encoding=encoding, newline=None) as file:
            return _read(file, where, skip_rows)
    except UnicodeDecodeError as error:
        raise FormatError(where, expected="text", seen=f"bytes that are none ({error.reason})") from None
    except OSError as error:
        raise FormatError(where, expected="a readable file", seen=error.strerror or str(error)) from None


def _encoding(start: bytes, where: str) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if not start.strip():
        raise FormatError(where, expected="a table of numbers", seen="an empty file")
    if b"\0" in start:
        raise FormatError(where, expected="text", seen="binary data")
    try:
        start[: start.rfind(b"\n") + 1 or len(start)].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _read(file: TextIO, where: str, skip_rows: int | None) -> TextTable:
    top = list(islice(file, (skip_rows or 0) + _LOOK_LINES))
    first = skip_rows or 0
    delimiter, data_at, width = _layout(top, first, where)
    table = _numbers(chain(top[data_at:], file), delimiter, width, where, data_at)
    above = [line for line in top[first:data_at] if line.strip()]
    names, units, named = _names(above, delimiter, width)
    meta = _meta(top[:data_at], names if named else ())
    if table.shape[1] < MIN_ROWS or (width > 50 and width > 5 * table.shape[1]):
        hint = "Is one sample a column and not a row? Transpose it." if width > 50 else ""
        raise FormatError(where, expected=f"at least {MIN_ROWS} rows of numbers",
                          seen=f"{table.shape[1]} rows of {width}", next_step=hint)  # fmt: skip
    return TextTable(names, table, named, meta, units, _WORDS[delimiter], max(data_at - len(above), first))


def _layout(top: list[str], first: int, where: str) -> tuple[str | None, int, int]:
    """Delimiter, line of the first numbers, and columns: of all delimiters the one that makes most of the lines."""
    best: tuple[int, int, int, str | None] = (0, 0, 0, None)
    widths: list[int] = []
    for delimiter in _DELIMITERS:
        found = _widths(top[first:], delimiter)
        lines = [k for k, width in enumerate(found) if width > 0]
        if not lines:
            continue
        width = max({found[k] for k in lines}, key=[found[k] for k in lines].count)
        mine = [k for k in lines if found[k] == width]
        start = next((k for k in mine if found[k : k + 5].count(width) >= 2), mine[0])
        rank = (len(mine), width, first + start, delimiter)
        if rank[:2] > best[:2]:
            best, widths = rank, found
    if best[0] == 0:
        seen = next((line.strip()[:60] for line in top[first:] if line.strip()), "nothing")
        hint = "Say how many lines stand above the header: --skip-rows N." if len(top) >= _LOOK_LINES else ""
        raise FormatError(where, expected="rows of numbers", seen=repr(seen), next_step=hint)
    _check_none_lost(top, widths, first, best, where)
    return best[3], best[2], best[1]


def _check_none_lost(
    top: list[str], widths: list[int], first: int, best: tuple[int, int, int, str | None], where: str
) -> None:
    """Rows of another width right above the first one that fits, without a header in between, are data too."""
    _, width, start, _ = best
    above = start - first - 1
    if above >= 0 and widths[above] > 0 and top[start - 1].strip():
        raise FormatError(where, expected=f"{width} cells in every row",
                          seen=f"{widths[above]} in line {start}: {top[start - 1].strip()[:60]}",
                          next_step="If that line is no data: --skip-rows N.")  # fmt: skip


def _widths(lines: list[str], delimiter: str | None) -> list[int]:
    """Cells of each line of numbers, 0 for any other line.

    Rows that end in a delimiter have no cell behind it, unless the header, or a row, has something there: then that
    cell is only empty, as programs write a centre of pressure where nothing presses.
    """
    widths = [_width(line, delimiter) for line in lines]
    most = max(widths, default=0)
    widest = [_cells(line, delimiter) for line, width in zip(lines, widths, strict=True) if width == most]
    if delimiter is None or most < 2 or any(cells[-1] for cells in widest):
        return widths
    start = widths.index(next(width for width in widths if width))
    above = [_cells(line, delimiter) for line in lines[max(0, start - 3) : start]]
    if any(len(cells) == most and cells[-1] for cells in above):
        return widths
    return [most - 1 if width == most else width for width in widths]


def _cells(line: str, delimiter: str | None) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.rstrip("\r\n").split(delimiter)]


def _width(line: str, delimiter: str | None) -> int:
    """Cells of a line of numbers, an empty one behind a last delimiter included; 0 for any other line."""
    cells = _cells(line, delimiter)
    numbers = [bool(_NUMBER.fullmatch(cell)) and not (delimiter == "," and "," in cell) for cell in cells]
    fits = all(number or cell.lower() in _HOLES for number, cell in zip(numbers, cells, strict=True))
    return len(cells) if fits and any(numbers) else 0


def _names(above: list[str], delimiter: str | None, width: int) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Names and units of the columns, from the last lines above the numbers that have as many cells."""
    rows = [_fitted(_cells(line, delimiter), width) for line in above[-3:]]
    fitting = [row for row in rows if row is not None]
    if not fitting:
        return tuple(str(k + 1) for k in range(width)), (), False
    if len(fitting) > 1 and _are_units(fitting[-1]):
        return tuple(fitting[-2]), tuple(fitting[-1]), True
    return tuple(fitting[-1]), (), True


def _fitted(cells: list[str], width: int) -> list[str] | None:
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    return cells if len(cells) == width and sum(bool(cell) for cell in cells) * 2 > width else None


def _are_units(cells: list[str]) -> bool:
    from daq.formats.import_units import TABLES, unit_of

    told = [cell for cell in cells if cell.strip("[]() ")]
    known = [cell for cell in told if any(unit_of(cell, table) for table in TABLES.values())]
    return len(known) * 2 > len(told)


def _meta(lines: list[str], header: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        key, mark, value = line.strip().partition("=") if line[:1] != "#" else line.strip("# \n").partition(":")
        if not mark:
            key, _, value = line.strip().replace(";", "\t").replace(",", "\t", 1).partition("\t")
        if key.strip() and key.strip() not in header and len(key) < 60:
            found.setdefault(key.strip().upper(), value.strip())
    return found


def _numbers(lines: Iterator[str], delimiter: str | None, width: int, where: str, before: int) -> Floats:
    tidy = _tidier(delimiter, width, where, before)
    try:
        table = np.loadtxt(tidy(lines), delimiter="\t", comments=None, ndmin=2)
    except ValueError as error:
        raise FormatError(where, expected="rows of numbers", seen=str(error)) from None
    return np.ascontiguousarray(table.T)


def _tidier(delimiter: str | None, width: int, where: str, before: int) -> Callable[[Iterator[str]], Iterator[str]]:
    """A generator that makes any row one of plain numbers between tabs, and says what it cannot read."""

    def tidy(lines: Iterator[str]) -> Iterator[str]:
        for number, line in enumerate(lines, before + 1):
            cells = _cells(line, delimiter)
            if len(cells) == width + 1 and not cells[-1]:
                cells.pop()
            if not any(cells):
                continue
            if len(cells) != width:
                raise FormatError(where, expected=f"{width} cells in every row",
                                  seen=f"{len(cells)} in line {number}: {line.strip()[:60]}")  # fmt: skip
            yield "\t".join(_plain(cell, where, number) for cell in cells)

    return tidy


def _plain(cell: str, where: str, number: int) -> str:
    if cell.lower() in _HOLES:
        return "nan"
    if not _NUMBER.fullmatch(cell):
        raise FormatError(where, expected="a number", seen=f"{cell[:40]!r} in line {number}")
    return cell.replace(",", ".")
