"""A term's days and name, the form it is entered on, and classes that move up."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.errors import InvalidForm
from booking.domain.terms import (
    ClassCount,
    moved_up,
    next_semester,
    read_term,
    school_year,
    semester,
    suggested,
    teaching_days,
)

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2035, 12, 31))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("today", "start"),
    [
        ("2026-11-23", "2027-03-08"),
        ("2027-02-22", "2027-03-08"),
        ("2027-02-23", "2027-08-30"),
        ("2027-05-01", "2027-08-30"),
    ],
)
def test_the_next_semester_is_at_least_two_weeks_away(today: str, start: str) -> None:
    assert next_semester(day(today)) == day(start)


@pytest.mark.parametrize(
    ("first", "year", "name"),
    [
        ("2027-03-08", 2027, "2027학년도 1학기"),
        ("2027-08-30", 2027, "2027학년도 2학기"),
        ("2028-02-29", 2027, "2027학년도 2학기"),
        ("2028-03-01", 2028, "2028학년도 1학기"),
    ],
)
def test_the_school_year_begins_in_march(first: str, year: int, name: str) -> None:
    assert school_year(day(first)) == year
    assert semester(day(first))[0] == name


def test_nobody_teaches_on_weekends_and_public_holidays() -> None:
    days = teaching_days(day("2027-09-30"), day("2027-10-05"))
    # 3 October is a Sunday and National Foundation Day, which the Monday after makes up for
    assert [one.day for one in days] == [30, 1, 5]
    assert teaching_days(day("2027-05-05"), day("2027-05-05")) == []


@given(DAYS, DAYS | st.none())
def test_what_is_suggested_can_be_saved_as_it_is(today: dt.date, after: dt.date | None) -> None:
    entry = suggested(today, after)
    assert read_term({field: [str(value)] for field, value in asdict(entry).items()}) == entry
    assert entry.opens_on >= today
    assert entry.first_day > max(today, after or today)
    assert entry.first_day in teaching_days(entry.first_day, entry.last_day)
    assert semester(entry.first_day) == (entry.name, entry.name_en)


GOOD = suggested(day("2027-01-05"), None)


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("name", "", "required"),
        ("name_en", "x" * 41, "too_long"),
        ("first_day", "", "required"),
        ("first_day", "2027-02-30", "date"),
        ("opens_on", "8. März", "date"),
        ("allocation_on", str(GOOD.opens_on), "order"),
        ("confirmation_on", str(GOOD.allocation_on - dt.timedelta(days=1)), "order"),
        ("leftovers_on", str(GOOD.confirmation_on - dt.timedelta(days=1)), "order"),
        ("last_day", str(GOOD.first_day - dt.timedelta(days=1)), "before_first"),
        ("last_day", "2028-07-16", "span_term"),
    ],
)
def test_each_field_that_makes_no_sense_is_named(field: str, text: str, reason: str) -> None:
    given_form = {name: [str(value)] for name, value in asdict(GOOD).items()} | {field: [text]}
    with pytest.raises(InvalidForm) as refused:
        read_term(given_form)
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [(field, reason)]


def a_class(label: str, pupils: int, *, active: bool = True) -> ClassCount:
    return ClassCount(label, pupils, 2, considered=1, active=active)


def test_classes_take_their_head_counts_along_and_the_highest_grade_leaves() -> None:
    after = moved_up([a_class("1-1", 20), a_class("1-2", 21), a_class("2-1", 25), a_class("3-1", 30)], range(1, 4))
    assert {one.label: (one.pupils, one.considered, one.active) for one in after} == {
        # nobody knows the new first grade: as large as the last one, and who needs consideration is unknown
        "1-1": (20, 0, True),
        "1-2": (21, 0, True),
        "2-1": (20, 1, True),
        "2-2": (21, 1, True),
        "3-1": (25, 1, True),
    }


def test_a_class_that_nobody_moves_into_is_closed_and_a_name_without_a_grade_stays() -> None:
    after = moved_up([a_class("2-3", 24), a_class("늘솔반", 9), a_class("1-1", 20, active=False)], range(1, 4))
    assert after == [
        a_class("1-1", 20, active=False), a_class("2-3", 24, active=False), a_class("3-3", 24), a_class("늘솔반", 9),
    ]  # fmt: skip


@given(st.dictionaries(st.integers(1, 12), st.tuples(*[st.integers(1, 40)] * 3), max_size=6), st.booleans())
def test_moving_up_loses_nobody_but_the_highest_grade(numbers: dict[int, tuple[int, int, int]], shuffled: bool) -> None:
    classes = [
        a_class(f"{grade}-{number}", pupils) for number, sizes in numbers.items()
        for grade, pupils in enumerate(sizes, start=1)
    ]  # fmt: skip
    after = moved_up(classes[::-1] if shuffled else classes, range(1, 4))
    # as many classes in each grade as before, none twice, each with the head count of the one that moves in
    assert sorted(one.label for one in after) == sorted(one.label for one in classes)
    by_label = {one.label: one for one in after}
    for number, (first, second, _leaving) in numbers.items():
        assert by_label[f"1-{number}"] == replace(a_class(f"1-{number}", first), considered=0)
        assert by_label[f"2-{number}"].pupils == first
        assert by_label[f"3-{number}"].pupils == second
