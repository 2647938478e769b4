"""Spreadsheets: what goes in comes out, whatever program wrote it, and what could do harm is refused by its name."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from booking.domain.errors import InvalidInput
from booking.domain.sheet_rows import (
    COACH_COLUMNS,
    WORKPLACE_COLUMNS,
    guess,
    read_cells,
    write_hours,
)
from booking.domain.workplace_entry import HALVES
from booking.exchange.sheets import MOST_ROWS, read_sheet, unpacked_size, write_sheet

WORDS = {
    "kind": {"공공기관": "public"},
    "field": {"예술디자인방송스포츠": "arts"},
    "levels": {"중": "middle", "고": "high"},
}
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=20)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=5))
def test_text_comes_back_as_it_went(rows: list[list[str]]) -> None:
    back = read_sheet(write_sheet("표", ["가", "나"], rows))
    assert back.head == ("가", "나")
    assert [list(row) for row in back.rows] == [[cell.strip() for cell in row] for row in rows]


def test_dates_and_numbers_are_real_and_come_back() -> None:
    data = write_sheet("표", ["날", "수", "점"], [[dt.date(2027, 4, 26), 12, 3.5]])
    cells = [cell.value for cell in load_workbook(io.BytesIO(data))["표"][2]]
    assert [isinstance(cells[0], dt.datetime), *cells[1:]] == [True, 12, 3.5]
    assert read_sheet(data).rows == (("2027-04-26", "12", "3.5"),)


@pytest.mark.parametrize("text", ["=1+1", "+82", "-가", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_reckon_is_written_harmless(text: str) -> None:
    data = write_sheet("표", ["가", "나"], [[text, "끝"]])
    cell = load_workbook(io.BytesIO(data))["표"]["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")
    assert read_sheet(data).rows == ((text, "끝"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_text_files_of_korean_offices_are_read(encoding: str, sign: str) -> None:
    text = f"일터{sign}주소\r\n똠양 공방{sign}서울\r\n"
    assert read_sheet(text.encode(encoding)).rows == (("똠양 공방", "서울"),)


def packed(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def long_book() -> bytes:
    book = Workbook()
    for number in range(MOST_ROWS + 5):
        book.worksheets[0].append([number, "가"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><x>&b;</x>"""


def with_entities() -> bytes:
    source = write_sheet("표", ["가"], [["나"], ["다"]])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.infolist():
            new.writestr(part, ENTITIES if part.filename == "xl/workbook.xml" else old.read(part))
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "sheet_empty"),
        ("일터,주소\n".encode(), "sheet_empty"),
        (b"\xd0\xcf\x11\xe0 old", "old_excel"),
        (packed(**{"xl/vbaProject.bin": b"x"}), "macro"),
        (packed(**{"xl/workbook.xml": b"x"}), "damaged"),
        (packed(**{"xl/huge.xml": b"0" * (41 * 1024 * 1024)}), "sheet_large"),
        (with_entities(), "damaged"),
        (b"a,b\n\x00,c\n", "damaged"),
        (b"\xff\xfe\xff\xff,\x81\n\x81\x20", "sheet_encoding"),
        (long_book(), "sheet_large"),
        (("a,b\n" + "c,d\n" * (MOST_ROWS + 3)).encode(), "sheet_large"),
    ],
)
def test_what_is_no_use_or_could_do_harm_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sheet(data)
    assert (refused.value.field, refused.value.reason) == ("file", reason)


def test_columns_are_guessed_by_the_heads_that_offices_use() -> None:
    head = ["연번", "체험처명", "소재지", "핸드폰", "최대 인원", "운영요일", "Name in texts", "일터명"]
    assert guess(head, WORKPLACE_COLUMNS) == {
        "name": 1, "address": 2, "contact_phone": 3, "max_group": 4, "hours": 5, "sms_name": 6,
    }  # fmt: skip
    assert guess(["성명", "연락처", "교육 만료일"], COACH_COLUMNS) == {"name": 0, "phone": 1, "training_valid_until": 2}


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        ("월", ["0-AM", "0-PM"]),
        ("월 오전", ["0-AM"]),
        ("월-수 오후", ["0-PM", "1-PM", "2-PM"]),
        ("화, 목요일 오전", ["1-AM", "1-PM", "3-AM"]),
        ("Mon AM; Fri", ["0-AM", "4-AM", "4-PM"]),
        ("월 수 오전", ["0-AM", "2-AM"]),
    ],
)
def test_the_open_hours_are_read_as_people_write_them(text: str, halves: list[str]) -> None:
    given_, unknown = read_cells([text], WORKPLACE_COLUMNS, {"hours": 0}, WORDS)
    assert (given_["hours"], unknown) == (halves, [])


@given(st.sets(st.sampled_from(HALVES), min_size=1))
def test_open_hours_come_back_as_they_were_written(halves: set[str]) -> None:
    given_, unknown = read_cells([write_hours(sorted(halves))], WORKPLACE_COLUMNS, {"hours": 0}, WORDS)
    assert (set(given_["hours"]), unknown) == (halves, [])


def test_an_empty_cell_leaves_a_minus_deletes_and_an_unknown_word_is_named() -> None:
    mapping = {"address": 0, "certified_until": 1, "levels": 2, "safety_valid_until": 3}
    given_, unknown = read_cells(["", "-", "중, 대학", "2027년 4월 6일"], WORKPLACE_COLUMNS, mapping, WORDS)
    assert given_ == {"certified_until": [], "levels": ["middle"], "safety_valid_until": ["2027-04-06"]}
    assert [(one.field, one.word) for one in unknown] == [("levels", "대학")]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2027-04-26", "2027-04-26"),
        ("2027. 4. 26.(월)", "2027-04-26"),
        ("2027년 4월 26일", "2027-04-26"),
        ("20270426", "2027-04-26"),
        ("46503", "2027-04-26"),
        ("2027-04-26 00:00:00", "2027-04-26"),
        ("4/26", "4/26"),
        ("99999", "99999"),
        ("12345", "12345"),
    ],
)
def test_dates_as_text_and_as_bare_numbers_are_read_or_left_to_be_refused(text: str, date: str) -> None:
    given_, _ = read_cells([text], WORKPLACE_COLUMNS, {"certified_until": 0}, WORDS)
    assert given_["certified_until"] == [date]


def workbook(*pages: list[list[object]], merged: str = "") -> bytes:
    """A workbook as an office program writes it: several pages, merged heads."""
    book = Workbook()
    for number, rows in enumerate(pages):
        page = book.worksheets[0] if not number else book.create_sheet()
        for row in rows:
            page.append(row)
        if merged and not number:
            page.merge_cells(merged)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_of_several_pages_the_first_counts() -> None:
    found = read_sheet(workbook([["일터"], ["가"]], [["딴 것"], ["나"]]))
    assert (found.head, found.rows) == (("일터",), (("가",),))


def test_a_merged_head_stands_in_its_first_column_and_the_others_are_chosen_by_hand() -> None:
    found = read_sheet(workbook([["일터", "담당자", None], ["가", "나", "010-0000-0001"]], merged="B1:C1"))
    assert (found.head, found.rows) == (("일터", "담당자", ""), (("가", "나", "010-0000-0001"),))
    assert guess(found.head, WORKPLACE_COLUMNS) == {"name": 0, "contact_name": 1}


@pytest.mark.parametrize(
    "head",
    [["Workplace", "Address", "Largest group"], ["체험처명", "소재지", "정원"], ["NAME", "address", "max_group"]],
)
def test_heads_in_either_language_and_as_offices_write_them_are_known(head: list[str]) -> None:
    assert guess(head, WORKPLACE_COLUMNS) == {"name": 0, "address": 1, "max_group": 2}


def test_a_formula_counts_by_its_last_value_and_is_never_reckoned() -> None:
    book = Workbook()
    for row in (["일터", "정원"], ['=HYPERLINK("http://example.kr")', "=1+1"], ["가", 2]):
        book.worksheets[0].append(row)
    target = io.BytesIO()
    book.save(target)
    # no program has opened it, so that its formulas have no value
    assert read_sheet(target.getvalue()).rows == (("가", "2"),)


def test_a_file_that_says_less_than_it_unpacks_to_is_no_use() -> None:
    """A bomb whose table of contents lies: what is beyond the size that it names is never unpacked."""
    source = packed(**{"xl/workbook.xml": b"0" * (82 * 1024 * 1024)})
    assert unpacked_size(source) == 82 * 1024 * 1024
    size = (82 * 1024 * 1024).to_bytes(4, "little")
    small = source.replace(size, (1000).to_bytes(4, "little"))
    assert unpacked_size(small) == 1000
    for data, reason in ((source, "sheet_large"), (small, "damaged")):
        with pytest.raises(InvalidInput) as refused:
            read_sheet(data)
        assert refused.value.reason == reason


@pytest.mark.parametrize("name", ["picture", "document"])
def test_what_is_called_a_table_and_is_none_is_refused(name: str) -> None:
    data = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01"
        if name == "picture"
        else packed(**{"word/document.xml": b"<x/>"})
    )
    with pytest.raises(InvalidInput) as refused:
        read_sheet(data)
    assert refused.value.reason in {"damaged", "sheet_encoding"}


def test_ten_thousand_rows_are_read_and_one_more_is_refused() -> None:
    text = "일터,정원\n" + "가,2\n" * MOST_ROWS
    assert len(read_sheet(text.encode()).rows) == MOST_ROWS == 10_000
    with pytest.raises(InvalidInput) as refused:
        read_sheet((text + "가,2\n").encode())
    assert refused.value.reason == "sheet_large"
