"""Columns that name pupils are left at the door; every column that a table is for comes in."""

from __future__ import annotations

import pytest

from booking.domain.left_out import left_out
from booking.domain.sheet_rows import SheetKind
from booking.services.sheet_kinds import COLUMNS


@pytest.mark.parametrize("kind", list(SheetKind))
def test_what_a_table_is_for_comes_in(kind: SheetKind) -> None:
    words = [name for one in COLUMNS[kind] for name in (one.name, one.name_en, one.field, *one.aliases)]
    assert words
    assert left_out(kind, words) == ()


@pytest.mark.parametrize(
    "head",
    [
        "학생 이름",
        "학생명(가나다순)",
        "학번",
        "생년월일",
        "주민등록번호 앞자리",
        "보호자 연락처",
        "Student name",
        "알레르기",
    ],
)
def test_what_tells_of_pupils_stays_outside_of_every_table(head: str) -> None:
    for kind in SheetKind:
        assert left_out(kind, ["학교", head, "반"]) == (1,), kind


def test_a_bare_name_is_a_pupils_where_rows_are_classes_and_a_contacts_elsewhere() -> None:
    assert left_out(SheetKind.CLASSES, ["학교", "반", "성 명"]) == (2,)
    assert left_out(SheetKind.REQUESTS, ["학교", "반", "이름"]) == (2,)
    assert left_out(SheetKind.COACHES, ["이름", "전화"]) == ()
