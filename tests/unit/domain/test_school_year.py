"""The rules of a school's calendar: what a row of the national system is, what an import changes, what is not free."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.school_year import (
    GRADE_FLAGS,
    Blocked,
    CalendarDay,
    DayBlocks,
    DayKind,
    DaySource,
    classify,
    difference,
    grade_of,
    merged,
    public_holidays,
    tidy,
    why_blocked,
)
from booking.domain.vocabulary import Block

DAY = dt.date(2026, 4, 27)


def row(name: str, flags: str = "YYY***", subtracted: str = "해당없음", date: str = "20260427") -> dict[str, str]:
    return {
        "AA_YMD": date,
        "EVENT_NM": name,
        "SBTR_DD_SC_NM": subtracted,
        **dict(zip(GRADE_FLAGS, flags, strict=True)),
    }


def day(name: str = "x", kind: DayKind = DayKind.EXAM, *grades: int, blocks: DayBlocks = DayBlocks.ALL) -> CalendarDay:
    return CalendarDay(DAY, name, kind, grades, blocks)


@pytest.mark.parametrize(
    ("name", "subtracted", "kind"),
    [
        ("1차 지필평가", "해당없음", DayKind.EXAM),
        ("2차지필평가", "해당없음", DayKind.EXAM),
        ("중간고사", "해당없음", DayKind.EXAM),
        ("기말 고사(3학년)", "해당없음", DayKind.EXAM),
        ("국가수준 학업성취도평가", "해당없음", DayKind.EXAM),
        ("전국연합학력평가", "해당없음", DayKind.EXAM),
        ("수학여행", "해당없음", DayKind.EVENT),
        ("1학년 수련활동", "해당없음", DayKind.EVENT),
        ("현장체험학습", "해당없음", DayKind.EVENT),
        ("여름방학식", "수업일", DayKind.EVENT),
        ("진로체험의 날", "해당없음", DayKind.HINT),
        ("직업체험", "해당없음", DayKind.HINT),
        ("학부모총회", "해당없음", DayKind.HINT),
        ("어린이날", "공휴일", DayKind.HOLIDAY),
        ("재량휴업일", " 휴업일 ", DayKind.CLOSED),
        ("기말고사 대체 휴업", "휴업일", DayKind.CLOSED),
    ],
)
def test_the_table_says_what_a_day_is(name: str, subtracted: str, kind: DayKind) -> None:
    found = classify(row(name, subtracted=subtracted))
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("flags", "grades"),
    [("NYY***", (2, 3)), ("YYY***", ()), ("YNN***", (1,)), ("YYYYYN", (1, 2, 3, 4, 5)), ("yN *  ", (1,))],
)
def test_flags_name_the_grades_and_a_star_is_no_grade_at_all(flags: str, grades: tuple[int, ...]) -> None:
    found = classify(row("중간고사", flags))
    assert found is not None
    assert found.grades == grades


@pytest.mark.parametrize("flags", ["NNN***", "******", "      "])
def test_a_day_that_concerns_no_grade_keeps_nobody_at_school(flags: str) -> None:
    found = classify(row("재량휴업일", flags, "휴업일"))
    assert found is not None
    assert found.kind is DayKind.HINT
    assert why_blocked([found], [1, 2, 3], Block.AM) is None


def test_stray_blanks_are_taken_out_and_nonsense_is_left_out() -> None:
    found = classify(row("  1차\t 지필평가 \u0000"))
    assert found is not None
    assert found.name == "1차 지필평가"
    assert found.raw is not None
    assert classify(row(" ")) is None
    assert classify(row("중간고사", date="20260431")) is None
    assert classify({}) is None
    assert tidy("가\u200b나\n다") == "가 나 다"


def test_several_rows_of_one_day_are_one_day() -> None:
    rows = [classify(row("중간고사", flags)) for flags in ("YNN***", "NNY***", "NNN***")]
    (found,) = merged([one for one in rows if one])
    assert (found.kind, found.grades) == (DayKind.EXAM, (1, 3))
    assert found.raw is not None
    assert len(found.raw["rows"]) == 3


@pytest.mark.parametrize(
    ("label", "grade"), [("1-3", 1), ("２-1", 2), ("3학년 2반", 3), ("가람반", None), ("12", None)]
)
def test_a_label_names_its_grade(label: str, grade: int | None) -> None:
    assert grade_of(label) == grade


def test_a_day_keeps_its_grades_and_its_half_only() -> None:
    morning = day("체육대회(오전)", DayKind.EVENT, 2, blocks=DayBlocks.AM)
    assert why_blocked([morning], [1, 2], Block.AM) == Blocked(DayKind.EVENT, "체육대회(오전)")
    assert why_blocked([morning], [1, 3], Block.AM) is None
    assert why_blocked([morning], [2], Block.PM) is None
    assert why_blocked([morning], [None], Block.AM) is None
    assert why_blocked([day()], [None], Block.PM) is not None
    assert why_blocked([day("x", DayKind.HINT)], [1], Block.AM) is None


def test_the_weightiest_reason_is_named() -> None:
    days = [day("축제", DayKind.EVENT), day("중간고사"), day("어린이날", DayKind.HOLIDAY)]
    assert why_blocked(days, [1], Block.AM) == Blocked(DayKind.HOLIDAY, "어린이날")


def test_an_import_adds_changes_and_takes_away_and_leaves_what_a_person_made() -> None:
    stored = [
        (day("same"), DaySource.NEIS),
        (day("other", DayKind.EXAM, 1), DaySource.NEIS),
        (day("gone"), DaySource.NEIS),
        (day("mine", DayKind.EVENT), DaySource.HAND),
        (day("file"), DaySource.CSV),
    ]
    incoming = [day("same"), day("other", DayKind.EXAM, 2), day("new"), day("mine", DayKind.EXAM)]
    found = difference(stored, incoming, DaySource.NEIS)
    assert [one.name for one in found.added] == ["new"]
    assert [(old.grades, new.grades) for old, new in found.changed] == [((1,), (2,))]
    assert [one.name for one in found.gone] == ["gone"]
    assert found.kept == 1
    assert not difference(stored[:1], incoming[:1], DaySource.NEIS)


def test_holidays_have_names_in_both_languages_and_their_substitutes() -> None:
    assert public_holidays([2026])[dt.date(2026, 5, 5)] == "어린이날"
    assert "Children" in public_holidays([2026], "en")[dt.date(2026, 5, 5)]
    assert dt.date(2026, 5, 25) in public_holidays([2026])
