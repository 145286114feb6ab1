"""Which recordings are of one day."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from analysis.runner_days import moment_of, runner_days


def days(*texts):
    found = runner_days([moment_of(text) for text in texts])
    return [None if day is None else datetime.fromordinal(day).date().isoformat() for day in found]


def test_a_calendar_day_is_a_day_and_midnight_does_not_cut_an_evening():
    assert days("2025-03-04T08:00:00Z", "2025-03-04T21:00:00Z") == ["2025-03-04"] * 2
    assert days("2025-03-05T00:10:00Z", "2025-03-04T23:50:00+00:00") == ["2025-03-04"] * 2
    assert days("2025-03-04T18:00:00Z", "2025-03-05T07:00:00Z") == ["2025-03-04", "2025-03-05"]
    assert days("2025-03-04T23:30:00-08:00", "2025-03-05T08:00") == ["2025-03-05"] * 2


def test_what_has_no_date_has_no_day():
    assert days("", "2025-03-04", "yesterday") == [None, "2025-03-04", None]
    assert days() == []


@given(st.lists(st.none() | st.datetimes(timezones=st.just(UTC)), max_size=12), st.randoms())
def test_the_order_given_does_not_matter(moments, chance):
    found = dict(zip(map(str, moments), runner_days(moments), strict=True))
    mixed = chance.sample(moments, len(moments))
    assert dict(zip(map(str, mixed), runner_days(mixed), strict=True)) == found
