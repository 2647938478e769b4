"""What may be entered of a workplace, and which field is named where it may not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from booking.domain.errors import InvalidForm
from booking.domain.vocabulary import Block, JobField, Language
from booking.domain.workplace_entry import read_closure, read_workplace

GOOD: Mapping[str, list[str]] = {
    "name": ["행복동물병원"],
    "sms_name": ["행복동물병원"],
    "kind": ["sole_trader"],
    "field": ["health"],
    "address": ["구로구 체험로 1"],
    "lat": ["37.49"],
    "lon": ["126.86"],
    "min_group": ["2"],
    "max_group": ["4"],
    "groups_per_slot": ["1"],
    "visits_per_week": ["3"],
    "levels": ["high", "middle"],
    "hours": ["1-AM", "3-PM"],
    "safety_valid_until": ["2027-12-31"],
}


def faults(given: Mapping[str, list[str]]) -> dict[str, str | None]:
    with pytest.raises(InvalidForm) as refused:
        read_workplace(given)
    return {fault.field or "": fault.reason for fault in refused.value.faults}


def test_a_good_entry_is_read() -> None:
    entry = read_workplace(GOOD)

    assert (entry.field, entry.levels, entry.visits_per_day, entry.visits_per_week) == (
        JobField.HEALTH, ("middle", "high"), None, 3,
    )  # fmt: skip
    assert entry.hours == {(1, Block.AM), (3, Block.PM)}
    assert entry.safety_valid_until == dt.date(2027, 12, 31)
    assert entry.contact is None


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("name", " ", "required"),
        ("sms_name", "아홉글자를넘는이름", "sms_bytes"),
        ("sms_name", "병원☺", "unencodable"),
        ("kind", "castle", "unknown"),
        ("lat", "3.7", "degrees"),
        ("lon", "126,86", "degrees"),
        ("min_group", "0", "between"),
        ("max_group", "1", "order"),
        ("max_group", "넷", "number"),
        ("max_group", "", "required"),
        ("visits_per_term", "-1", "number"),
        ("levels", "nursery", "unknown"),
        ("hours", "8-AM", "unknown"),
        ("insurance_valid_until", "31.12.2027", "date"),
        ("certified_until", "0027-12-31", "date"),
        ("notes", "가" * 2001, "too_long"),
        ("contact_phone", "1234", "phone"),
        ("contact_email", "nobody", "email"),
    ],
)
def test_a_fault_names_its_field(field: str, text: str, reason: str) -> None:
    assert faults({**GOOD, field: [text], "contact_name": ["이나라"]})[field] == reason


def test_every_fault_is_told_at_once() -> None:
    assert set(faults({})) >= {"name", "kind", "field", "lat", "lon", "min_group", "max_group", "levels"}


def test_sixteen_bytes_are_eight_syllables_and_not_one_more() -> None:
    assert read_workplace({**GOOD, "sms_name": ["여덟글자의이름들"]}).sms_name == "여덟글자의이름들"
    assert faults({**GOOD, "sms_name": ["여덟글자의이름들a"]}) == {"sms_name": "sms_bytes"}


def test_a_named_contact_can_be_reached() -> None:
    assert faults({**GOOD, "contact_name": ["이나라"]}) == {"contact_phone": "reachable"}
    entry = read_workplace({**GOOD, "contact_name": ["이나라"], "contact_phone": ["01000000002"]})
    assert entry.contact is not None
    assert (entry.contact.phone, entry.contact.language) == ("010-0000-0002", Language.KO)


TODAY = dt.date(2027, 3, 15)


def test_a_closure_is_one_half_day_or_a_stretch_of_days() -> None:
    one = read_closure({"first": ["2027-03-16"], "blocks": ["PM"], "reason": ["재고 조사"]}, TODAY)
    week = read_closure({"first": ["2027-03-16"], "last": ["2027-03-18"], "reason": ["휴가"]}, TODAY)

    assert one.halves() == [(dt.date(2027, 3, 16), Block.PM)]
    assert len(week.halves()) == 6
    assert not week.open


@pytest.mark.parametrize(
    ("given", "field", "reason"),
    [
        ({"reason": ["휴가"]}, "first", "required"),
        ({"first": ["2027-03-15"], "reason": ["휴가"]}, "first", "past"),
        ({"first": ["2027-03-18"], "last": ["2027-03-16"], "reason": ["휴가"]}, "last", "order"),
        ({"first": ["2027-03-18"], "last": ["2028-03-16"], "reason": ["휴가"]}, "last", "between"),
        ({"first": ["2027-03-18"]}, "reason", "required"),
    ],
)
def test_a_closure_that_cannot_be_names_its_field(given: Mapping[str, list[str]], field: str, reason: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_closure(given, TODAY)

    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [(field, reason)]
