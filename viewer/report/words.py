"""Numbers and column names, as people read them."""

import re
from datetime import UTC, datetime

from analysis.column_units import stem_of_column
from analysis.column_units import unit_of as unit_of  # noqa: PLC0414 - said to be meant for others too
from analysis.decimals import decimals_for as decimals_for  # noqa: PLC0414 - likewise
from analysis.steps import COLUMNS, EXTRA
from viewer.report.labels import LABELS

MEANINGS = {column.name: re.sub(r"\bnull\b", "empty", column.meaning) for column in COLUMNS}
"""One line about each column, without the words of programs."""


def label_of(column: str) -> str:
    """Name of a metric without its unit, for people."""
    if column.startswith("u_"):
        return f"Uncertainty: {within(label_of(column.removeprefix('u_')))}"
    if column in LABELS:
        return LABELS[column]
    if EXTRA.fullmatch(column):
        value, unit = re.findall(r"_([\d.]+)(N|pctBW)_", column)[0]
        return f"Contact time at {value} {'N' if unit == 'N' else '% BW'}"
    plain = stem_of_column(column).replace("_", " ")
    return plain[:1].upper() + plain[1:]


def within(label: str) -> str:
    """A metric's name within a sentence."""
    return label[:1].lower() + label[1:]


def meaning_of(column: str) -> str:
    """One line about a metric."""
    return MEANINGS.get(column, "contact time at another threshold")


def number(value: float | None, decimals: int) -> str:
    """A number with a real minus sign, but no minus zero; a dash for null."""
    return "–" if value is None else f"{value:z,.{decimals}f}".replace("-", "−")


def count(n: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 gap", "2 gaps"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """A length of time: "20.0 s", "61 min 5 s"."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def when(created_utc: str) -> str:
    """Date and time of a recording, in UTC as it was stored; what was stored without a time or a zone as it is."""
    try:
        moment = datetime.fromisoformat(created_utc)
    except ValueError:
        return created_utc or "date not known"
    if len(created_utc) == len("2025-03-04"):
        return created_utc
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment.tzinfo else f"{moment:%Y-%m-%d %H:%M}"


def printable(value: object) -> object:
    """Take out of a text what no page may hold: control characters and halves of characters."""
    if type(value) is not str:
        return value
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", value)
