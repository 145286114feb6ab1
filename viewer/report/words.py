"""Numbers and column names, as people read them."""

import math
import re
from datetime import UTC, datetime

from analysis.steps import COLUMNS

MEANINGS = {column.name: column.meaning for column in COLUMNS}

_UNITS = (
    ("_BW_s", "BW·s"),
    ("_kN_m", "kN/m"),
    ("_ms", "ms"),
    ("_spm", "steps/min"),
    ("_BW", "BW"),
    ("_mm", "mm"),
    ("_pct", "%"),
    ("_N", "N"),
    ("_m", "m"),
    ("_s", "s"),
)
"""Ending of a column name, unit; the first that fits."""
_PER_SECOND = ("valr", "vilr", "unloading_rate")
"""Columns whose ending _BW_s is a rate, BW/s."""
_LABELS = {
    "contact_time_20N": "Contact time at 20 N",
    "contact_time_5pctBW": "Contact time at 5 % BW",
    "valr": "Average loading rate (VALR)",
    "valr_25": "Average loading rate, first 25 ms",
    "vilr": "Largest loading rate (VILR)",
    "k_vert": "Vertical stiffness",
    "k_leg": "Leg stiffness",
}
_DECIMALS = {"N": 0, "ms": 1, "steps/min": 1, "mm": 1, "%": 1, "BW/s": 1, "BW": 2, "kN/m": 2}
_LEAST_DIGITS = 3


def unit_of(column: str) -> str:
    """Unit of a metric, from its name; empty for a ratio."""
    suffix = next((suffix for suffix, _ in _UNITS if column.endswith(suffix)), "")
    if suffix == "_BW_s" and column.startswith(_PER_SECOND):
        return "BW/s"
    return dict(_UNITS).get(suffix, "")


def label_of(column: str) -> str:
    """Name of a metric without its unit, for people."""
    suffix = next((suffix for suffix, _ in _UNITS if column.endswith(suffix)), "")
    stem = column.removesuffix(suffix)
    plain = stem.replace("_", " ")
    return _LABELS.get(stem, plain[:1].upper() + plain[1:])


def decimals_for(mean: float, unit: str) -> int:
    """Decimals for a row of the summary: those usual for the unit, but three digits of a small mean."""
    usual = _DECIMALS.get(unit, 3)
    if mean == 0.0:
        return usual
    return min(6, max(usual, _LEAST_DIGITS - 1 - math.floor(math.log10(abs(mean)))))


def number(value: float | None, decimals: int) -> str:
    """A number with a real minus sign; a dash for null."""
    return "–" if value is None else f"{value:,.{decimals}f}".replace("-", "−")


def count(n: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 gap", "2 gaps"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def ordinal(n: int) -> str:
    """A place in a row: 1st, 2nd, 3rd, 4th."""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def duration(seconds: float) -> str:
    """A length of time: "20.0 s", "61 min 5 s"."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def when(created_utc: str) -> str:
    """Date and time of a recording, in UTC as it was stored."""
    try:
        moment = datetime.fromisoformat(created_utc)
    except ValueError:
        return created_utc or "not recorded"
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def printable(value: object) -> object:
    """Take out of a text what no page may hold: control characters and halves of characters."""
    if type(value) is not str:
        return value
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", value)
