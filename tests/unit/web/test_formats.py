"""Dates, numbers and contacts as the pages show them, in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum

import pytest

from booking.domain import answers, phases, states, vocabulary
from booking.models.schools import SchoolClass
from booking.web import formats, labels

DAY = dt.date(2026, 6, 12)
Speak = Callable[[str], None]


def test_dates_are_written_as_people_say_them(speak: Speak) -> None:
    assert formats.day(DAY) == "6월 12일 (금)"
    assert formats.long_day(DAY) == "2026년 6월 12일 (금)"
    assert formats.short_day(DAY) == "6/12(금)"
    assert formats.month(DAY) == "6월"
    assert formats.moment(dt.datetime(2026, 6, 11, 15, 5, tzinfo=dt.UTC)) == "6월 12일 (금) 00:05"
    assert formats.hours((dt.time(13, 15), dt.time(15, 45))) == "13:15–15:45"
    speak("en")
    assert formats.day(DAY) == "Fri, Jun 12"
    assert formats.short_day(DAY) == "6/12 (Fri)"
    assert formats.month(DAY) == "June"


def test_numbers(speak: Speak) -> None:
    assert formats.number(1234.5) == "1,234.5"
    assert formats.percent(1.334) == "133%"
    assert formats.percent(None) == "–"
    assert formats.pupils(1200) == "1,200명"
    assert formats.kilometres(1.44) == "1.4 km"
    speak("en")
    assert formats.pupils(1) == "1 pupil"
    assert formats.pupils(24) == "24 pupils"


@pytest.mark.parametrize(
    ("share", "name"),
    [(None, "off"), (0.0, "free"), (0.39, "free"), (0.4, "open"), (0.8, "busy"), (0.999, "busy"), (1.0, "full")],
)  # fmt: skip
def test_crowding_has_four_names_and_one_for_no_seats(share: float | None, name: str) -> None:
    assert formats.crowding(share) == name


@pytest.mark.parametrize(
    ("value", "shown"),
    [("010-0000-5678", "010-****-5678"), ("02-000-0000", "02-***-0000"), ("01000005678", "010****5678"),
     ("1234", "****"), ("", "–"), (None, "–")],
)  # fmt: skip
def test_a_telephone_number_is_masked(value: str | None, shown: str) -> None:
    assert formats.mask_phone(value) == shown


def test_other_contacts_are_masked() -> None:
    assert formats.mask_email("kim.garam@school.example.kr") == "ki***@school.example.kr"
    assert formats.mask_email(None) == "–"
    assert formats.mask_name("김하늘") == "김○○"
    assert formats.mask_name("") == "–"


def test_people_are_addressed_once(speak: Speak) -> None:
    assert formats.addressed("나온새 담당자님") == "나온새 담당자님"
    assert formats.addressed("나온새 원장") == "나온새 원장님"
    speak("en")
    assert formats.addressed("Na Onsae") == "Na Onsae"


def test_classes_stand_in_their_grades_in_order(speak: Speak) -> None:
    classes = [SchoolClass(label=label) for label in ("2-1", "1-10", "1-2", "3")]
    assert [(grade, [one.label for one in found]) for grade, found in formats.by_grade(classes)] == [
        ("1학년", ["1-2", "1-10"]),
        ("2학년", ["2-1"]),
        ("학급", ["3"]),
    ]
    assert formats.class_names(["1-1", "<b>"]).count("<span") == 2
    assert "<b>" not in formats.class_names(["<b>"])


def test_every_state_has_a_word_in_both_languages(speak: Speak) -> None:
    kinds = [
        kind
        for module in (states, vocabulary, phases, answers)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum and kind is not phases.Action
    ]
    korean = {(kind, member): labels.label(member) for kind in kinds for member in kind}
    assert all(korean.values())
    speak("en")
    for (_, member), word in korean.items():
        assert labels.label(member) != word, member
