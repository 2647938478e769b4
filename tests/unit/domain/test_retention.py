"""How long data are kept: the day so many months earlier, and which periods may be set."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.errors import InvalidForm
from booking.domain.retention import Periods, months_before, read_periods


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2027-03-31", 1, "2027-02-28"),
        ("2028-03-31", 1, "2028-02-29"),
        ("2027-01-15", 12, "2026-01-15"),
        ("2027-01-15", 1, "2026-12-15"),
        ("2028-02-29", 12, "2027-02-28"),
    ],
)
def test_a_day_so_many_months_earlier(day: str, months: int, before: str) -> None:
    assert months_before(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(before)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.integers(1, 120))
def test_it_is_in_the_month_that_was_asked_for_and_never_later_in_it(day: dt.date, months: int) -> None:
    before = months_before(day, months)
    assert (day.year - before.year) * 12 + day.month - before.month == months
    assert before.day <= day.day


def test_periods_are_months_within_what_the_law_and_reason_allow() -> None:
    form = {"contact_months": ["12"], "text_months": ["6"], "access_months": ["24"]}
    assert read_periods(form) == Periods(12, 6, 24)
    for name, text in (("contact_months", "0"), ("text_months", "61"), ("access_months", "11"), ("access_months", "x")):
        with pytest.raises(InvalidForm) as refused:
            read_periods({**form, name: [text]})
        assert [fault.field for fault in refused.value.faults] == [name]
