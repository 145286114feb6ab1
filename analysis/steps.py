"""The step table: one row per step, one array per column."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.flags import flag_list


@dataclass(frozen=True)
class Column:
    """What a column of the step table means."""

    name: str
    """Name, with its unit; fixed, because scripts and notebooks depend on it."""
    kind: str
    """"float", "int", "bool", "text" or "flags"; NaN and "" mean null."""
    meaning: str
    """One line for people."""


COLUMNS: tuple[Column, ...] = (
    Column("step", "int", "number of the step in the session, from 1"),
    Column("side", "text", "L, R, or ? where the side is not known"),
    Column("touchdown_s", "float", "device time of touchdown at the reporting threshold"),
    Column("toe_off_s", "float", "device time of toe-off at the reporting threshold"),
    Column("contact_time_ms", "float", "contact (support) time: toe-off − touchdown"),
    Column("flight_time_ms", "float", "next touchdown − toe-off"),
    Column("step_time_ms", "float", "next touchdown − touchdown"),
    Column("cadence_spm", "float", "60 / step time, steps per minute"),
    Column("contact_time_20N_ms", "float", "contact time at a threshold of 20 N"),
    Column("contact_time_5pctBW_ms", "float", "contact time at a threshold of 5 % of body weight"),
    Column("active_peak_N", "float", "active (thrust) peak of the vertical force"),
    Column("active_peak_BW", "float", "active peak in body weights"),
    Column("impact_peak_BW", "float", "impact peak of the vertical force, null if there is none"),
    Column("impact_peak_time_ms", "float", "its time after touchdown"),
    Column("impact_prominence_BW", "float", "how far it stands out"),
    Column("vertical_impulse_BW_s", "float", "∫ Fz dt over contact"),
    Column("braking_peak_BW", "float", "largest backward force, a positive magnitude"),
    Column("braking_time_ms", "float", "its time after touchdown"),
    Column("braking_impulse_BW_s", "float", "backward impulse, a positive magnitude"),
    Column("propulsive_peak_BW", "float", "largest forward force"),
    Column("propulsive_impulse_BW_s", "float", "forward impulse"),
    Column("braking_evidence", "text", "measured, or null where the rig cannot see fore-aft force"),
    Column("belt", "text", "belt of a split treadmill, else empty"),
    Column("valid", "bool", "nothing is wrong with this step"),
    Column("flags", "flags", "what is wrong or missing"),
)
_KINDS = {c.name: c.kind for c in COLUMNS}
_DTYPES: dict[str, Any] = {"float": np.float64, "int": np.int64, "bool": np.bool_, "text": "<U16", "flags": np.uint32}
COLUMN_DTYPES = {c.name: np.dtype(_DTYPES[c.kind]) for c in COLUMNS}
"""Type of each column."""


class StepTable(Mapping[str, NDArray[Any]]):
    """Columns by name, all of the same length; rows are final and in order of touchdown."""

    def __init__(self, columns: Mapping[str, NDArray[Any]] | None = None) -> None:
        given = columns if columns is not None else {}
        self._columns = {c.name: np.asarray(given.get(c.name, np.empty(0)), COLUMN_DTYPES[c.name]) for c in COLUMNS}

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def rows(self) -> int:
        """Number of steps."""
        return int(self._columns["step"].size)

    def select(self, chosen: NDArray[Any]) -> "StepTable":
        """The rows that a mask or an index chooses."""
        return StepTable({name: values[chosen] for name, values in self._columns.items()})

    def records(self) -> list[dict[str, Any]]:
        """Rows as plain dictionaries for JSON: null instead of NaN, infinity or "", flags as a list of names."""
        lists = {name: [_plain(v, _KINDS[name]) for v in values.tolist()] for name, values in self._columns.items()}
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]

    def equals(self, other: "StepTable") -> bool:
        """Whether every value is the same, bit for bit."""
        return all(
            a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
            for a, b in ((self[c.name], other[c.name]) for c in COLUMNS)
        )


def _plain(value: Any, kind: str) -> Any:
    if kind == "flags":
        return flag_list(value)
    if kind == "float":
        return value if math.isfinite(value) else None
    return None if value == "" else value


EMPTY = StepTable()
"""The table without rows; most chunks of a live stream give this one."""


def join_tables(tables: Iterable[StepTable]) -> StepTable:
    """One table of several, in order."""
    parts: Sequence[StepTable] = [t for t in tables if t.rows]
    if not parts:
        return EMPTY
    return StepTable({c.name: np.concatenate([p[c.name] for p in parts]) for c in COLUMNS})
