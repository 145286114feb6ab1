"""Which recordings are of one day: what a runner differs by from day to day cannot be told from one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

SAME_DAY = timedelta(hours=6)
"""Recordings that begin closer together are of one day, for midnight (UTC) falls into the afternoon somewhere."""


def moment_of(created_utc: str) -> datetime | None:
    """When a recording began.

    Args:
        created_utc: ISO 8601; without a zone it is UTC.

    Returns:
        The moment, UTC; None where it is not known.
    """
    try:
        moment = datetime.fromisoformat(created_utc)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def runner_days(moments: Sequence[datetime | None]) -> list[int | None]:
    """The day of each recording: a calendar day (UTC), or the day before where it only went on over midnight.

    Args:
        moments: When each began, UTC, in any order; None where that is not known.

    Returns:
        Number of its day, as `date.toordinal` counts; None where it is not known.
    """
    days: dict[datetime, int] = {}
    last: datetime | None = None
    for moment in sorted({one for one in moments if one is not None}):
        alike = last is not None and (moment.date() == last.date() or moment - last < SAME_DAY)
        days[moment] = days[last] if alike and last is not None else moment.toordinal()
        last = moment
    return [None if one is None else days[one] for one in moments]
