"""In which units a table of forces is: as a person says, as its headers say, or as only its numbers can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from daq.errors import FormatError
from daq.formats.force_checks import MAX_RATE_Hz, MIN_RATE_Hz
from daq.formats.force_columns import QUANTITY, Column
from daq.formats.text_table import TextTable
from daq.imports.imported import Doubt

_DEFAULT = {"force": "N", "moment": "Nm", "length": "m", "time": "s", "speed": "m/s"}
_FAR_M = 10.0
"""No belt is that long, so a place further off is in millimetres."""


@dataclass(frozen=True)
class TableOptions:
    """What a person says of a table."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Their header → our name."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Quantity → unit."""
    skip_rows: int | None = None
    """Lines above the header."""
    rate_Hz: float | None = None
    """Sample rate."""
    mass_kg: float | None = None
    """Body mass, for forces in body weights."""


def find_units(
    columns: Sequence[Column], table: TextTable, options: TableOptions, doubts: list[Doubt]
) -> dict[str, str]:
    """Find the unit of each quantity: as told, else as the headers say, else what is usual; lengths and times by size.

    Args:
        columns: Those that mean something.
        table: The table.
        options: What a person says.
        doubts: Is added to.

    Returns:
        Quantity → unit.

    Raises:
        FormatError: Columns of one quantity are in different units.
    """
    found: dict[str, str] = {}
    for quantity in dict.fromkeys(QUANTITY[column.role] for column in columns):
        mine = [column for column in columns if QUANTITY[column.role] == quantity]
        named = {column.unit for column in mine if column.unit}
        if quantity in options.units:
            found[quantity] = options.units[quantity]
            if named - {options.units[quantity]}:
                text = f"{quantity} taken in {found[quantity]}, as told; a column says {', '.join(sorted(named))}"
                doubts.append(Doubt("units", text, "", "note"))
        elif len(named) == 1:
            found[quantity] = named.pop()
        elif len(named) > 1:
            raise FormatError(table.header[mine[0].number], expected=f"one unit of {quantity}",
                              seen=", ".join(sorted(named)), next_step="Say it: --units.")  # fmt: skip
        else:
            found[quantity] = _by_size(quantity, mine, table, doubts)
    return found


def _by_size(quantity: str, columns: Sequence[Column], table: TextTable, doubts: list[Doubt]) -> str:
    values = np.concatenate([table.values[column.number] for column in columns])
    values = values[np.isfinite(values)]
    if quantity == "length" and values.size and np.percentile(np.abs(values), 75) > _FAR_M:
        doubts.append(Doubt("length", "places are too large for metres: taken as mm", "--units length=mm", "note"))
        return "mm"
    if quantity == "time":
        step = float(np.median(np.diff(values))) if values.size > 1 else 0.0
        if step > 0 and not MIN_RATE_Hz <= 1 / step <= MAX_RATE_Hz and MIN_RATE_Hz <= 1000 / step <= MAX_RATE_Hz:
            doubts.append(Doubt("time", f"times in steps of {step:g}: taken as ms", "--units time=ms", "note"))
            return "ms"
    return _DEFAULT[quantity]
