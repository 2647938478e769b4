"""A school's list of wishes, as teachers write it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.errors import InvalidForm
from booking.domain.request_rows import read_request, slot_code
from booking.domain.vocabulary import JobField

DAYS = frozenset({dt.date(2027, 3, 15), dt.date(2027, 4, 21), dt.date(2028, 1, 10)})
ROW = {"school": ["가람중"], "class": ["1학년 3반"], "fields": ["arts"], "wish_1": ["4/21 오전"]}


@pytest.mark.parametrize(
    "text",
    [
        "4/21 오전",
        "4월 21일(수) 오전",
        "2027-04-21 AM",
        "2027. 4. 21.(수) 오전",
        "2027-04-21/am",
        "04.21 오전",
        "４/２１ 오전",
    ],
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert slot_code(text, DAYS) == "2027-04-21/AM"


def test_a_date_without_a_year_is_of_the_term() -> None:
    assert slot_code("1/10 오후", DAYS) == "2028-01-10/PM"
    # a day that the term does not have keeps its first year, to be refused by name
    assert slot_code("5/1 오후", DAYS) == "2027-05-01/PM"


@pytest.mark.parametrize(
    "text", ["", "오전", "4/21", "13/45 오전", "2/30 오전", "넷째 주 수요일 오전", "=4/21 오전", "4/21 오전 9시"]
)
def test_what_names_no_half_day_is_none(text: str) -> None:
    assert slot_code(text, DAYS) is None


@given(st.dates(dt.date(2027, 3, 1), dt.date(2028, 2, 28)), st.sampled_from(["오전", "오후"]))
def test_every_day_comes_back_as_it_was(day: dt.date, half: str) -> None:
    code = f"{day.isoformat()}/{'AM' if half == '오전' else 'PM'}"
    assert slot_code(f"{day.isoformat()} {half}", {day}) == code
    assert slot_code(f"{day.month}/{day.day} {half}", {day}) == code


def test_a_row_is_read_as_a_whole() -> None:
    row = read_request(
        {**ROW, "wish_2": ["3/15 오후"], "possible": ["4/21 오전, 1/10 오후,"], "together": ["가 "]}, DAYS
    )
    assert (row.school, row.label, row.fields) == ("가람중", "1-3", (JobField.ARTS,))
    assert row.requested == ("2027-04-21/AM", "2027-03-15/PM")
    # a date that is asked for is not also merely possible
    assert row.negotiable == ("2028-01-10/PM",)
    assert row.together == "가"


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("school", "", "required"),
        ("class", "", "required"),
        ("class", "삼반", "class_name"),
        ("fields", "", "required"),
        ("wish_1", "", "required"),
        ("wish_1", "수요일", "slot"),
        ("wish_3", "4/21", "slot"),
        ("possible", "4/21 오전, 언제나", "slot"),
    ],
)
def test_each_cell_that_cannot_be_read_is_named(field: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_request({**ROW, field: [text] if text else []}, DAYS)
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [(field, reason)]
