"""When a force was measured: as a file or a person tells it; never the moment at which it is imported."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from daq.errors import FormatError

KEYS = ("CREATED_UTC", "DATE_TIME", "TIME_STAMP", "DATETIME", "DATE")
"""What files call it, the surest first; TIME_STAMP is Qualisys' name."""
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T,\s]+(?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(?P<zone>Z|[+-]\d\d:?\d\d)?)?(?=\s|$)"
)
FIRST_YEAR = 1970
"""A year before this one is a clock that nobody set."""


def parse_date(text: str) -> str:
    """Read what a person says.

    Args:
        text: ISO 8601 date, or date and time, with or without an offset from UTC.

    Returns:
        The same, in UTC where the offset is told; as it is without.

    Raises:
        FormatError: It is none.
    """
    found = _moment(text.strip(), whole=True)
    if not found:
        raise FormatError("--date", expected="a date such as 2025-03-04, or 2025-03-04T15:30", seen=repr(text))
    return found


def date_in(told: Mapping[str, str]) -> tuple[str, str]:
    """Find the date among what a file says of itself.

    Args:
        told: Key in capitals → text.

    Returns:
        ISO 8601 and the key; both empty where no key tells a date with the year first, which is the only order that
        cannot be mistaken.
    """
    for key in KEYS:
        found = _moment(told.get(key, "").strip(), whole=False)
        if found:
            return found, key
    return "", ""


def _moment(text: str, *, whole: bool) -> str:
    match = _MOMENT.fullmatch(text) if whole else _MOMENT.match(text)
    if match is None:
        return ""
    day, time, zone = match["day"], match["time"], match["zone"] or ""
    try:
        moment = datetime.fromisoformat(day if time is None else f"{day}T{time}{zone}")
    except ValueError:
        return ""
    if moment.year < FIRST_YEAR:
        return ""
    if time is None:
        return day
    return (moment.astimezone(UTC) if zone else moment).isoformat(timespec="seconds")
