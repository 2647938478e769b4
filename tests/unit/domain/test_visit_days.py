"""Which day allows what, around weekends and holidays."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.clock import seoul_time
from booking.domain.school_year import public_holidays
from booking.domain.visit_days import (
    contacts_open,
    due_on,
    next_waking,
    working_day_before,
    working_day_from,
)

FREE = public_holidays([2026, 2027])
MONDAY = dt.date(2027, 3, 15)


@pytest.mark.parametrize(
    ("date", "before"),
    [
        (MONDAY, dt.date(2027, 3, 12)),
        (dt.date(2027, 3, 16), MONDAY),
        # Children's Day is a Wednesday
        (dt.date(2027, 5, 6), dt.date(2027, 5, 4)),
        # New Year 2027: 6 to 8 February and the substitute
        (dt.date(2027, 2, 10), dt.date(2027, 2, 5)),
    ],
)
def test_the_working_day_before_skips_weekends_and_holidays(date: dt.date, before: dt.date) -> None:
    assert working_day_before(date, FREE) == before


def test_a_day_off_of_the_centre_is_skipped_as_well() -> None:
    assert working_day_before(MONDAY, {*FREE, dt.date(2027, 3, 12)}) == dt.date(2027, 3, 11)


@pytest.mark.parametrize(
    ("date", "first"),
    [
        (MONDAY, MONDAY),
        (dt.date(2027, 3, 13), MONDAY),
        (dt.date(2027, 5, 5), dt.date(2027, 5, 6)),
    ],
)
def test_what_is_due_on_a_day_off_is_due_on_the_next_working_day(date: dt.date, first: dt.date) -> None:
    assert working_day_from(date, FREE) == first


def test_figures_are_due_a_week_later() -> None:
    assert due_on(MONDAY) == dt.date(2027, 3, 22)


@pytest.mark.parametrize(
    ("today", "may"),
    [
        (dt.date(2027, 3, 11), False),
        (dt.date(2027, 3, 12), True),
        (dt.date(2027, 3, 13), False),
        (MONDAY, True),
        (dt.date(2027, 3, 16), False),
    ],
)
def test_contacts_are_open_on_the_day_and_the_working_day_before(today: dt.date, may: bool) -> None:
    assert contacts_open(today, MONDAY, FREE) is may


@pytest.mark.parametrize(
    ("time", "date", "leaves"),
    [
        (dt.time(8, 59), MONDAY, seoul_time(MONDAY, dt.time(9, 0))),
        (dt.time(9, 0), MONDAY, seoul_time(MONDAY, dt.time(9, 0))),
        (dt.time(19, 59), MONDAY, seoul_time(MONDAY, dt.time(19, 59))),
        (dt.time(20, 0), MONDAY, seoul_time(dt.date(2027, 3, 16), dt.time(9, 0))),
    ],
)
def test_what_is_written_at_night_leaves_in_the_morning(time: dt.time, date: dt.date, leaves: dt.datetime) -> None:
    assert next_waking(seoul_time(date, time)) == leaves
