"""What a calibration file has beyond its single keys: lists, the date, the checksum, millimetres to the bit."""

import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from daq.calibration_schema import CalibrationFile
from daq.layout import CHANNELS
from daq.rig_errors import Problem

_CHECKSUM = re.compile(r"^checksum[ \t]*=.*\n?", re.MULTILINE)


MOST_DIGITS = 15
"""So many significant digits, a double always gives back."""


def metres(millimetres: str) -> float:
    """Millimetres as written in metres, as everybody reckons it; with all the digits of a double, to the bit.

    Some doubles are no double of millimetres divided by 1000. They are written in more than 15 digits, and those are
    shifted by three places before they are rounded.

    Args:
        millimetres: Text of a number.

    Returns:
        Metres.
    """
    exact = Decimal(millimetres)
    return float(exact.scaleb(-3)) if len(exact.as_tuple().digits) > MOST_DIGITS else float(millimetres) / 1_000


def checksum(text: str) -> str:
    """Sum of a calibration file but for the line that holds it; line ends do not count.

    Args:
        text: The file's content.

    Returns:
        The value of its key `checksum`.
    """
    rest = _CHECKSUM.sub("", text.replace("\r\n", "\n"), count=1)
    return f"crc32:{zlib.crc32(rest.encode()):08x}"


def problems_within(file: CalibrationFile) -> Iterator[Problem]:
    """What the types of single keys cannot tell.

    Args:
        file: A file whose keys are each all right.

    Yields:
        Problem: One per mistake.
    """
    for at, belt in enumerate(file.belts):
        yield from _shape(f"belts[{at}].matrix", belt.matrix, 6, CHANNELS)
        for number, one in enumerate(belt.directions):
            yield from _shape(f"belts[{at}].directions[{number}]", one, 6, 6)
    names = [belt.name for belt in file.belts]
    if names not in ([""], ["L", "R"], ["R", "L"]):
        seen = ", ".join(f'"{name}"' for name in names)
        yield Problem("belts", 'one called "", or one "L" and one "R"', seen or "none")
    for at, reading in enumerate(file.readings):
        for key in ("counts", "zero", "u_counts"):
            length = len(getattr(reading, key))
            if length != CHANNELS:
                yield Problem(f"readings[{at}].{key}", f"{CHANNELS} numbers, one per channel", f"{length} of them")
    if when(file.made_utc) is None:
        example = "2025-03-04T05:06:07+00:00"
        yield Problem("made_utc", f"a date and time with its offset from UTC, as {example}", f'"{file.made_utc}"')


def _shape(key: str, rows: Sequence[Sequence[float]], height: int, width: int) -> Iterator[Problem]:
    lengths = sorted({len(row) for row in rows})
    if len(rows) != height or lengths != [width]:
        seen = f"{len(rows)} rows of {' and '.join(map(str, lengths)) or 0}"
        yield Problem(key, f"{height} rows of {width} numbers", seen)


def when(text: str) -> datetime | None:
    """A moment from its ISO 8601 text.

    Args:
        text: Date and time with an offset from UTC.

    Returns:
        The moment; None if it is no such text.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
