"""The report as files: opened again by other readers, every figure is there, and nothing in it does harm."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from functools import cache
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from hwpx import HwpxDocument
from hwpx.layout import lint_layout
from hwpx.tools.package_validator import validate_editor_open_safety, validate_package
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from booking.domain.quarterly_report import Picture, QuarterlyReport
from booking.domain.quarters import Quarter
from booking.domain.report_composing import compose
from booking.domain.report_document import Document
from booking.domain.report_texts import TextSection, printable
from booking.exchange.pictures import take_picture
from booking.exchange.report_docx import write_docx
from booking.exchange.report_hwpx import write_hwpx
from booking.exchange.report_xlsx import write_xlsx
from tests.support.images import photograph
from tests.support.report_2018 import TEXTS, first_quarter_of_2018

CAPTIONS = ("드림캐쳐단 발대식", "인솔자 사전·사후교육", "자유학기제 선택형", "대화형 특강", "진로캠프")
HARMFUL = ("=1+1", "+1", "@SUM(A1)", '=HYPERLINK("http://a.example.kr","눌러")', "&lt;b&gt; <b> & \"'", "{PAGE}")


@cache
def pictures() -> dict[str, bytes]:
    """Five pictures, by digest, upright and lying."""
    kept = [take_picture(photograph(number)) for number in range(len(CAPTIONS))]
    return {one.digest: one.content for one in kept}


@cache
def sample(**changes: Any) -> Document:
    """The report of 2018 with pictures."""
    shown = tuple(Picture(n, *pair) for n, pair in enumerate(zip(CAPTIONS, pictures(), strict=True), 1))
    return compose(first_quarter_of_2018(pictures=shown, **changes))


def words(text: str) -> str:
    """A text without its breaks."""
    return " ".join(text.split())


def word_lines(content: bytes) -> list[str]:
    """Every paragraph of a DOCX in its order, those of its tables among them."""
    opened = docx.Document(io.BytesIO(content))
    found = [paragraph.text for paragraph in opened.paragraphs]
    for table in opened.tables:
        found += [paragraph.text for row in table.rows for cell in row.cells for paragraph in cell.paragraphs]
    return found


def test_a_word_processor_reads_every_line() -> None:
    lines = word_lines(write_docx(sample(), pictures()))
    for part in sample().parts:
        assert part.title in lines
        assert all(line.printed in lines for line in part.lines)
        for row in part.table.rows if part.table else ():
            assert all(text in lines for cell in row for text in cell.printed.split("\n"))
    assert set(CAPTIONS) <= set(lines)


def test_the_pages_are_those_of_an_office() -> None:
    opened = docx.Document(io.BytesIO(write_docx(sample(), pictures(), draft=True)))
    section = opened.sections[0]
    assert [round(side.mm) for side in (section.page_width, section.page_height) if side is not None] == [210, 297]
    assert [round(side.mm) for side in (section.left_margin, section.top_margin) if side is not None] == [20, 20]
    assert section.header.paragraphs[0].text == "초안"
    fields = [node.text for node in section.footer._element.iter(qn("w:instrText"))]
    assert [str(text).strip() for text in fields] == ["PAGE", "NUMPAGES"]
    assert opened.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "맑은 고딕"
    assert opened.core_properties.title == "2018년 1분기 추진실적 보고"
    assert len(opened.inline_shapes) == len(CAPTIONS)
    budget = opened.tables[1]
    assert [cell.text for cell in budget.rows[1].cells] == ["목표예산", "905", "100", "200", "200", "205", "200"]
    aligned = [cell.paragraphs[0].alignment for cell in budget.rows[1].cells[1:]]
    assert {int(one) for one in aligned if one is not None} == {2}
    assert all(list(cell._tc.iter(qn("w:shd"))) for cell in budget.rows[0].cells)
    assert "(단위 : 백만원)" in [paragraph.text for paragraph in opened.paragraphs]
    assert docx.Document(io.BytesIO(write_docx(sample(), {}))).sections[0].header.paragraphs[0].text == ""


def test_the_parts_of_a_table_stand_in_the_order_of_the_format() -> None:
    """A word processor calls a file damaged whose properties stand in another order."""
    opened = docx.Document(io.BytesIO(write_docx(sample(), pictures())))
    order = ["tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar", "tblLook"]
    for table in opened.tables:
        names = [child.tag.partition("}")[2] for child in table._tbl.tblPr]
        assert names == sorted(names, key=order.index)
        for cell in (cell for row in table.rows for cell in row.cells):
            inside = [child.tag.partition("}")[2] for child in cell._tc.tcPr]
            assert inside == sorted(inside, key=["tcW", "shd", "vAlign"].index)
    with zipfile.ZipFile(io.BytesIO(write_docx(sample(), {}))) as packed:
        assert 'w:name="맑은 고딕"><w:altName w:val="Malgun Gothic"/>' in packed.read("word/fontTable.xml").decode()


def sheet(content: bytes, name: str) -> Any:
    """A sheet of a workbook."""
    return load_workbook(io.BytesIO(content))[name]


def test_a_spreadsheet_reckons_with_the_figures() -> None:
    content = write_xlsx(sample(), pictures())
    results = sheet(content, "추진실적")
    rows = list(results.iter_rows(min_row=4, values_only=True))
    assert ("해당분기", None, "자유학기제 선택형", 6, 932) in [row[:5] for row in rows]
    assert sum(int(str(row[4])) for row in rows if row[4] is not None) == 1857
    assert sum(int(str(row[3])) for row in rows if row[3] is not None) == 104
    assert rows[0][:3] == ("누적", dt.datetime(2014, 10, 1), "고교진로박람회 개최")  # noqa: DTZ001 - as the reader has it
    budget = sheet(content, "투자계획")
    assert [cell.value for cell in budget[4]] == ["목표예산", 905, 100, 200, 200, 205, 200]
    assert budget["C4"].value + sum(budget.cell(4, column).value for column in range(4, 8)) == budget["B4"].value
    assert budget["G2"].value == "(단위 : 백만원)"
    roadmap = sheet(content, "로드맵")
    assert (roadmap["B4"].value, roadmap["B4"].number_format) == (6000, '#,##0"명"')
    press = list(sheet(content, "주민소통").iter_rows(min_row=4, values_only=True))
    assert press[-1][:4] == (4, "언론보도", dt.datetime(2018, 3, 9), "마루신문")  # noqa: DTZ001
    assert sheet(content, "주민소통")["C8"].number_format == "yyyy-mm-dd"
    assert len(sheet(content, "사진")._images) == len(CAPTIONS)


def test_every_sheet_prints_on_a_page_of_an_office() -> None:
    book = load_workbook(io.BytesIO(write_xlsx(sample(), pictures(), draft=True)))
    assert book.sheetnames == ["개요", "로드맵", "투자계획", "추진실적", "계획·건의", "주민소통", "사진"]
    sheets: list[Any] = list(book.worksheets)
    for one in sheets:
        assert (str(one.page_setup.paperSize), one.page_setup.fitToWidth) == ("9", 1)
        assert one.oddFooter.center.text == "- &P / &N -"
        assert one.oddHeader.right.text == "초안"


def test_hangul_opens_its_own_format() -> None:
    content = write_hwpx(sample(), pictures(), draft=True)
    assert [issue for issue in validate_package(content).issues if issue.level == "error"] == []
    safety = validate_editor_open_safety(content)
    assert (safety.reopen_ok, safety.blocking_package_errors) == (True, ())
    assert lint_layout(content).findings == []
    with HwpxDocument.open(io.BytesIO(content)) as opened:
        assert opened.validate().issues == ()
        read = words(opened.text.plain())
        for line in sample().printed():
            for text in line.split(" | "):
                assert words(text) in read, text
        budget = opened.tables[1]
        assert [budget.cell(2, column).text for column in range(7)] == [
            "시 비",
            "455",
            "50",
            "100",
            "100",
            "105",
            "100",
        ]
        assert "함초롬바탕" in {font.face for font in opened.styles.fonts().values()}
        size = opened.page.size()
        assert (round(size.width / 7200 * 25.4), round(size.height / 7200 * 25.4)) == (210, 297)
        assert len(opened.media.images) == len(CAPTIONS)


def harmful_report(text: str) -> QuarterlyReport:
    """A report in whose every text somebody has written the same."""
    texts = {section: text for section in TEXTS if section not in {TextSection.MILESTONES, TextSection.PRESS}}
    return first_quarter_of_2018(texts=texts, centre=text or "센터")


@pytest.mark.parametrize("text", HARMFUL)
def test_what_looks_like_a_formula_is_text_everywhere(text: str) -> None:
    document = compose(harmful_report(text))
    book = load_workbook(io.BytesIO(write_xlsx(document, {})))
    cells = [cell for one in book.worksheets for row in one.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" or str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells)
    assert any(str(cell.value).removeprefix("'") == text for cell in cells)
    written = write_docx(document, {})
    assert f"- {text}" in word_lines(written)
    with zipfile.ZipFile(io.BytesIO(written)) as packed:
        assert "instrText" not in packed.read("word/document.xml").decode()
    with HwpxDocument.open(io.BytesIO(write_hwpx(document, {}))) as opened:
        assert words(text) in words(opened.text.plain())
        assert opened.validate().issues == ()


@settings(max_examples=5, deadline=None)
@given(st.text(max_size=40).map(printable))
def test_no_text_breaks_a_file(text: str) -> None:
    document = compose(harmful_report(text))
    word_lines(write_docx(document, {}))
    load_workbook(io.BytesIO(write_xlsx(document, {})))
    assert validate_editor_open_safety(write_hwpx(document, {})).reopen_ok


def test_an_empty_draft_and_one_with_half_its_pictures_can_be_written() -> None:
    empty = compose(QuarterlyReport(Quarter(2027, 1), "센터"))
    half = dict(list(pictures().items())[:2])
    for document, contents in ((empty, {}), (sample(), half)):
        word_lines(write_docx(document, contents, draft=True))
        load_workbook(io.BytesIO(write_xlsx(document, contents, draft=True)))
        assert validate_editor_open_safety(write_hwpx(document, contents, draft=True)).reopen_ok


def test_a_correction_says_which_and_why() -> None:
    document = replace(sample(), issue=2, reason="협의회 횟수를 바로잡음")
    said = "구로구 청소년 진로직업체험지원센터 · 제2판 (정정 사유: 협의회 횟수를 바로잡음)"
    assert said in word_lines(write_docx(document, {}))
    with HwpxDocument.open(io.BytesIO(write_hwpx(document, {}))) as opened:
        assert said in opened.text.plain()
    overview = sheet(write_xlsx(document, {}), "개요")
    assert [[cell.value for cell in row] for row in overview["A4:B5"]] == [
        ["판", "제2판"],
        ["정정 사유", "협의회 횟수를 바로잡음"],
    ]
