"""Numbers and column names, as people read them."""

import math
import re
from datetime import UTC, datetime

from analysis.steps import COLUMNS, EXTRA
from viewer.report.labels import LABELS

MEANINGS = {column.name: re.sub(r"\bnull\b", "empty", column.meaning) for column in COLUMNS}
"""One line about each column, without the words of programs."""

_UNITS = (
    ("_BW_s", "BW·s"),
    ("_m_s", "m/s"),
    ("_kN_m", "kN/m"),
    ("_deg", "°"),
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
_RATE = re.compile(r"(u_)?(valr|vilr|unloading_rate|braking_loading_rate|two_mass_rate)(_\w+)?_BW_s")
"""Columns whose ending _BW_s is a rate, BW/s."""
_UNIT_OF = {"strike_index": "%", "two_mass_s": "", "two_mass_p": ""}
"""Units that the name does not tell."""
_DECIMALS = {"N": 0, "ms": 1, "steps/min": 1, "mm": 1, "%": 1, "BW/s": 1, "BW": 2, "kN/m": 2, "°": 1}
_LEAST_DIGITS = 3


def unit_of(column: str) -> str:
    """Unit of a metric, from its name; empty for a ratio, a count or a class."""
    base = column.removeprefix("u_")
    if base in _UNIT_OF:
        return _UNIT_OF[base]
    if _RATE.fullmatch(base):
        return "BW/s"
    return next((unit for suffix, unit in _UNITS if base.endswith(suffix)), "")


def label_of(column: str) -> str:
    """Name of a metric without its unit, for people."""
    if column.startswith("u_"):
        return f"Uncertainty: {within(label_of(column.removeprefix('u_')))}"
    if column in LABELS:
        return LABELS[column]
    if EXTRA.fullmatch(column):
        value, unit = re.findall(r"_([\d.]+)(N|pctBW)_", column)[0]
        return f"Contact time at {value} {'N' if unit == 'N' else '% BW'}"
    stem = column.removesuffix(next((suffix for suffix, _ in _UNITS if column.endswith(suffix)), ""))
    plain = stem.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def within(label: str) -> str:
    """A metric's name within a sentence."""
    return label[:1].lower() + label[1:]


def meaning_of(column: str) -> str:
    """One line about a metric."""
    return MEANINGS.get(column, "contact time at another threshold")


def decimals_for(size: float, unit: str) -> int:
    """Decimals for a row of the summary: those usual for the unit, but three digits of what is small.

    Args:
        size: Mean, or the spread where that is larger.
        unit: Unit of both.

    Returns:
        Number of decimals.
    """
    usual = _DECIMALS.get(unit, 3)
    if size == 0.0:
        return usual
    return min(6, max(usual, _LEAST_DIGITS - 1 - math.floor(math.log10(abs(size)))))


def number(value: float | None, decimals: int) -> str:
    """A number with a real minus sign, but no minus zero; a dash for null."""
    return "–" if value is None else f"{value:z,.{decimals}f}".replace("-", "−")


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
