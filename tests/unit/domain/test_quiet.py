"""The hours of the night: who is within them, and when they end."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.clock import SEOUL
from booking.domain.quiet import QuietHours, next_morning

NIGHT = QuietHours(20, 8)
MINUTE = dt.timedelta(minutes=1)
MOMENTS = st.integers(0, 366 * 1440).map(lambda minutes: dt.datetime(2027, 1, 1, tzinfo=dt.UTC) + minutes * MINUTE)
HOURS = st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] != pair[1])


def at(hour: int, minute: int = 0, day: int = 10) -> dt.datetime:
    return dt.datetime(2027, 5, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("quiet", "moment", "ends"),
    [
        (NIGHT, at(19, 59), None),
        (NIGHT, at(20), at(8, day=11)),
        (NIGHT, at(23, 30), at(8, day=11)),
        (NIGHT, at(0), at(8)),
        (NIGHT, at(7, 59), at(8)),
        (NIGHT, at(8), None),
        (QuietHours(0, 6), at(23), None),
        (QuietHours(0, 6), at(5), at(6)),
        (QuietHours(12, 13), at(12, 30), at(13)),
        (QuietHours(20, 0), at(21), at(0, day=11)),
    ],
)
def test_when_the_quiet_hours_end(quiet: QuietHours, moment: dt.datetime, ends: dt.datetime | None) -> None:
    assert quiet.end_after(moment) == ends


@given(HOURS, MOMENTS)
def test_whatever_waits_leaves_within_a_day_at_a_moment_that_is_not_quiet(
    hours: tuple[int, int], moment: dt.datetime
) -> None:
    quiet = QuietHours(*hours)
    ends = quiet.end_after(moment)
    if ends is None:
        assert moment.astimezone(SEOUL).hour not in _within(quiet)
    else:
        assert moment.astimezone(SEOUL).hour in _within(quiet)
        assert moment < ends <= moment + dt.timedelta(hours=24)
        assert quiet.end_after(ends) is None


def _within(quiet: QuietHours) -> set[int]:
    """The hours counted one by one, as a person would on a clock face."""
    hours, hour = set(), quiet.begins
    while hour != quiet.ends:
        hours.add(hour)
        hour = (hour + 1) % 24
    return hours


@pytest.mark.parametrize("quiet", [None, NIGHT, QuietHours(22, 10)])
def test_the_next_morning_is_another_day_and_not_quiet(quiet: QuietHours | None) -> None:
    morning = next_morning(at(15), quiet)
    assert morning.astimezone(SEOUL).date() == at(15).date() + dt.timedelta(days=1)
    assert quiet is None or quiet.end_after(morning) is None
