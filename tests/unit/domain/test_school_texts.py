"""Pasted classes and CSV calendars: whatever a spreadsheet writes is read, and all else is named line by line."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from booking.domain.school_texts import (
    CsvRefused,
    class_label,
    decode,
    parse_calendar,
    parse_classes,
    parse_grades,
    same_school,
)
from booking.domain.school_year import DayBlocks, DayKind

HEAD = "학교,학년,시작일,종료일,구분,내용\n"


@pytest.mark.parametrize(
    "text",
    [
        "1-1 24, 1-2 25",
        "1-1,24\n1-2,25",
        "1-1\t24\r\n1-2\t25\r\n",
        "1\t1\t24\n1\t2\t25",
        "학년\t반\t학생 수\n１\t１\t２４\n１\t２\t２５",
        "1학년 1반: 24명; 1학년 2반 (25명)",
        "1\u20131 24 1\u20142 25",
        "1-01|24, 1-02=25",
    ],
)
def test_classes_are_read_however_a_spreadsheet_writes_them(text: str) -> None:
    found = parse_classes(text)
    assert found.faults == ()
    assert [(one.label, one.pupils) for one in found.classes] == [("1-1", 24), ("1-2", 25)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1-1 0", "pupils"),
        ("1-1 10000", "pupils"),
        ("1-1 -3", "class"),
        ("7-1 20", "grade"),
        ("1-1 20, 1-1 21", "twice"),
        ("1-1", "class"),
        ("=1+1", "formula"),
        ("@SUM(A1)", "formula"),
        ("<script>alert(1)</script> 24", "markup"),
        ("", "empty"),
        ("1-1 24\n" * 5000, "too_long"),
        ("홍길동 24", "class"),
    ],
)
def test_what_is_no_class_is_named_with_its_reason(text: str, reason: str) -> None:
    assert reason in {fault.reason for fault in parse_classes(text).faults}


def test_a_fault_says_its_line_and_the_good_ones_are_kept() -> None:
    found = parse_classes("1-1 24\n\n1-2 x, 1-3 20")
    assert [(fault.line, fault.piece) for fault in found.faults] == [(3, "1-2 x")]
    assert [one.label for one in found.classes] == ["1-1", "1-3"]


@pytest.mark.parametrize(
    "text", ["1" * 20_000, "1-" * 10_000, " " * 20_000, "1 " * 10_000, "1-1(" * 5000, "가" * 20_000]
)
def test_no_paste_takes_long(text: str) -> None:
    began = time.monotonic()
    assert parse_classes(text).faults
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("text", "label"), [("1-3", "1-3"), ("１학년 03반", "1-3"), ("2-가람", "2-가람"), ("9-1", None), ("<b>", None)]
)
def test_a_class_has_one_short_label(text: str, label: str | None) -> None:
    assert class_label(text) == label


@pytest.mark.parametrize(
    ("text", "grades"),
    [("", ()), ("전 학년", ()), ("1,3", (1, 3)), ("1·2학년", (1, 2)), ("1~3", (1, 2, 3)), ("２학년", (2,))],
)
def test_grades_of_a_cell(text: str, grades: tuple[int, ...]) -> None:
    assert parse_grades(text) == grades


@pytest.mark.parametrize("text", ["0", "7", "3-1", "일학년", "1;x"])
def test_grades_that_there_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_grades(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_calendar_is_read_in_every_encoding_and_with_every_separator(encoding: str, delimiter: str) -> None:
    text = (HEAD + "가람중학교,2학년,2027-04-26,2027-05-04,시험,1차 지필평가\n").replace(",", delimiter)
    found = parse_calendar(text.encode(encoding), "가람중")
    assert found.faults == []
    assert len(found.days) == 7
    assert all(one.date.weekday() < 5 for one in found.days)
    assert {(one.kind, one.grades) for one in found.days} == {(DayKind.EXAM, (2,))}


@pytest.mark.parametrize(
    "date", ["2027-04-26", "2027.4.26.", "2027/04/26", "20270426", "2027년 4월 26일", "２０２７-4-26"]
)
def test_dates_as_people_write_them(date: str) -> None:
    found = parse_calendar(f"내용,시작일\n체육대회(오후),{date}\n".encode(), "가람중")
    (day,) = found.days
    assert (day.date, day.kind, day.blocks) == (dt.date(2027, 4, 26), DayKind.EVENT, DayBlocks.PM)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("나래중,1,2027-04-26,,시험,x", "other_school"),
        (",9,2027-04-26,,시험,x", "grade"),
        (",1,2027-02-30,,시험,x", "date"),
        (",1,2027-04-26,2027-04-25,시험,x", "order"),
        (",1,2027-01-01,2027-12-31,시험,x", "span"),
        (",1,2027-04-26,9999-12-31,시험,x", "span"),
        (",1,2027-04-26,,잔치,x", "kind"),
        (",1,2027-04-26,,시험,", "name"),
        (f",1,2027-04-26,,시험,{'가' * 101}", "name"),
        (",1,2027-04-26,,시험,=HYPERLINK(0)", "formula"),
        (",1,2027-04-26,,시험,<script>x</script>", "markup"),
        ("x", "other_school"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(line: str, reason: str) -> None:
    found = parse_calendar((HEAD + line + "\n,1,2027-04-27,,,중간고사\n").encode(), "가람중")
    assert [(fault.line, fault.reason) for fault in found.faults] == [(2, reason)]
    assert [one.name for one in found.days] == ["중간고사"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (HEAD.encode(), "empty"),
        (b"a,b\n1,2\n", "columns"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x81\x00\xff\xfe", "encoding"),
        (b"x" * 1_000_001, "too_long"),
        ((HEAD + ",,2027-04-26,,,x\n" * 2001).encode(), "too_many"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    with pytest.raises(CsvRefused) as refused:
        parse_calendar(content, "가람중")
    assert refused.value.reason == reason


def test_a_file_of_fifty_megabytes_is_not_even_decoded() -> None:
    with pytest.raises(CsvRefused):
        decode(b"," * (50 * 1024 * 1024))


@pytest.mark.parametrize(
    ("given", "same"), [("가람중학교", True), ("가람 중", True), ("가람고", False), ("나가람중", False), ("", False)]
)
def test_short_and_long_names_are_one_school(given: str, same: bool) -> None:
    assert same_school(given, "가람중") is same


def test_the_columns_may_be_named_in_english() -> None:
    (day,) = parse_calendar(b"Grade,Start,Kind,Event\n2,2027-04-26,Exam,Mathematics\n", "x").days
    assert (day.kind, day.grades, day.name) == (DayKind.EXAM, (2,), "Mathematics")
