"""The quarterly report as a workbook (XLSX): a sheet for each part, days as days and numbers as numbers."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as Target
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from booking.domain.report_document import Cell, Document, Line, Part
from booking.exchange.pictures import fitted
from booking.exchange.tables import harmless

FONT = "맑은 고딕"
EDGE = Side("thin", color="FF595959")
RULE = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)
SHADE = PatternFill("solid", fgColor="FFE8ECF3")
#: characters that fit a line of an A4 page
PAGE_CHARACTERS = 92
DAY, MONTH = "yyyy-mm-dd", "yyyy.mm"
#: pixels
PICTURE_BOX = (300, 200)
LINE_POINTS = 15.5
Value = str | int | dt.date | None


def write_xlsx(document: Document, pictures: Mapping[str, bytes], *, draft: bool = False) -> bytes:
    """Return the report as an XLSX; ``pictures`` are their contents by digest."""
    book = Workbook()
    book.remove(book.worksheets[0])
    # columns are measured in digits of the usual font
    book._named_styles["Normal"].font = Font(name=FONT, size=10)  # type: ignore[attr-defined]
    book.properties.title, book.properties.creator = document.title, document.centre
    _overview(_sheet(book, "개요", document, draft=draft), document)
    for key, name in (("roadmap", "로드맵"), ("budget", "투자계획")):
        _figures(_sheet(book, name, document, draft=draft), document.part(key))
    _results(_sheet(book, "추진실적", document, draft=draft), document.part("results"))
    _texts(_sheet(book, "계획·건의", document, draft=draft), [document.part(key) for key in ("plans", "problems")])
    _communication(_sheet(book, "주민소통", document, draft=draft), document.part("communication"))
    _pictures(_sheet(book, "사진", document, draft=draft), document.part("pictures"), pictures)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _sheet(book: Workbook, name: str, document: Document, *, draft: bool) -> Worksheet:
    """A sheet that prints on A4 as wide as the page, with the report's name above and the page below."""
    sheet: Any = book.create_sheet(name)
    sheet.page_setup.paperSize, sheet.page_setup.orientation = "9", "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.6
    margins.top = margins.bottom = 0.8
    head, foot = sheet.HeaderFooter.oddHeader, sheet.HeaderFooter.oddFooter
    head.left.text = document.title
    head.right.text = "초안" if draft else f"제{document.issue}판" if document.issue > 1 else ""
    foot.center.text = "- &P / &N -"
    sheet.sheet_view.showGridLines = False
    made: Worksheet = sheet
    return made


def _title(sheet: Worksheet, text: str) -> None:
    cell = sheet.cell(1, 1, harmless(text))
    cell.font = Font(name=FONT, size=14, bold=True)
    sheet.row_dimensions[1].height = 24


def _widths(sheet: Worksheet, shares: Sequence[int]) -> None:
    for number, share in enumerate(shares, 1):
        sheet.column_dimensions[get_column_letter(number)].width = PAGE_CHARACTERS * share / sum(shares)


def _put(sheet: Worksheet, row: int, column: int, value: Value, *, head: bool = False, form: str = "") -> Target:
    """Write a cell: a day and a number as such, everything else as text that no spreadsheet reckons with."""
    cell: Target = sheet.cell(row, column)  # type: ignore[assignment]
    cell.border = RULE
    cell.font = Font(name=FONT, size=10, bold=head)
    if head:
        cell.fill = SHADE
    figure = isinstance(value, int)
    if isinstance(value, str):
        cell.value, cell.data_type, cell.number_format = harmless(value), "s", "@"
    elif value is not None:
        cell.value, cell.number_format = value, form or ("#,##0" if figure else DAY)
    centred = head or isinstance(value, dt.date)
    across = "center" if centred else "right" if figure else "left"
    cell.alignment = Alignment(
        horizontal=across, vertical="center", wrap_text=True, indent=1 if across == "left" else 0
    )
    return cell


def _heads(sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    for column, text in enumerate(heads, 1):
        _put(sheet, row, column, text, head=True)


def _high(sheet: Worksheet, row: int, texts: Sequence[tuple[str, int]]) -> None:
    """As high as the longest text needs in a column of so many shares of the page: not every program does it itself."""
    lines = 1
    for text, characters in texts:
        for part in text.split("\n"):
            wide = sum(2 if ord(sign) > 0x2E7F else 1 for sign in part)
            lines = max(lines, text.count("\n") + -(-wide // max(1, characters - 2)))
    sheet.row_dimensions[row].height = LINE_POINTS * lines + 3


def _overview(sheet: Worksheet, document: Document) -> None:
    _widths(sheet, (2, 9))
    _title(sheet, document.title)
    rows: list[tuple[str, Value]] = [("센터", document.centre), ("판", f"제{document.issue}판")]
    if document.reason:
        rows.append(("정정 사유", document.reason))
    rows += [(line.label, line.note) for line in document.part("overview").lines]
    for row, (label, value) in enumerate(rows, 3):
        _put(sheet, row, 1, label, head=True)
        _put(sheet, row, 2, value)
        _high(sheet, row, [(str(value), 70)])


def _figures(sheet: Worksheet, part: Part) -> None:
    _title(sheet, part.title)
    table = part.table
    if table is None:
        return
    _widths(sheet, table.widths)
    if table.unit:
        cell = sheet.cell(2, len(table.head), table.unit)
        cell.font, cell.alignment = Font(name=FONT, size=9), Alignment(horizontal="right")
    _heads(sheet, 3, table.head)
    for row, cells in enumerate(table.rows, 4):
        for column, cell_ in enumerate(cells, 1):
            _figure(sheet, row, column, cell_)
        _high(sheet, row, [(cells[0].text, 20)])


def _figure(sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
    if cell.head:
        _put(sheet, row, column, cell.text, head=True)
        return
    form = f'#,##0"{cell.unit}"' if cell.unit else "#,##0"
    _put(sheet, row, column, cell.number if cell.number is not None else cell.text or None, form=form)


def _results(sheet: Worksheet, part: Part) -> None:
    _widths(sheet, (3, 3, 13, 2, 2, 6))
    _title(sheet, part.title)
    _heads(sheet, 3, ("구분", "때", "내용", "횟수", "연인원", "비고"))
    sheet.freeze_panes = "A4"
    sheet.print_title_rows = "3:3"
    assert part.table is not None  # noqa: S101 - the part is never without its table
    row = 4
    for kind, cell in zip(("누적", "해당분기"), part.table.rows[0], strict=True):
        for line in cell.lines:
            _put(sheet, row, 1, kind)
            _put(sheet, row, 2, line.date, form=MONTH)
            _put(sheet, row, 3, line.label or line.text)
            _put(sheet, row, 4, line.sessions)
            _put(sheet, row, 5, line.attendances)
            _put(sheet, row, 6, line.note)
            _high(sheet, row, [(line.label or line.text, 41), (line.note, 19)])
            row += 1


def _texts(sheet: Worksheet, parts: Sequence[Part]) -> None:
    _widths(sheet, (3, 12))
    _title(sheet, "향후계획, 문제점 및 대책 / 건의사항")
    _heads(sheet, 3, ("구분", "내용"))
    row = 4
    for part in parts:
        for line in part.lines:
            _put(sheet, row, 1, part.title.removeprefix("■ "))
            _put(sheet, row, 2, line.text)
            _high(sheet, row, [(part.title, 17), (line.text, 70)])
            row += 1


def _communication(sheet: Worksheet, part: Part) -> None:
    _widths(sheet, (1, 4, 3, 9, 2, 2))
    _title(sheet, part.title)
    _heads(sheet, 3, ("연번", "구분", "때", "실적", "횟수", "비고"))
    assert part.table is not None  # noqa: S101 - the part is never without its table
    row = 4
    for number, kind, done, note in part.table.rows:
        for line in done.lines or (Line("", mark=""),):
            _put(sheet, row, 1, number.number)
            _put(sheet, row, 2, kind.text.replace("\n", " "))
            _put(sheet, row, 3, line.date)
            _put(sheet, row, 4, line.label or line.text)
            _put(sheet, row, 5, line.sessions)
            _put(sheet, row, 6, note.text)
            _high(sheet, row, [(line.label or line.text, 37), (kind.text.replace("\n", " "), 16)])
            row += 1


def _pictures(sheet: Worksheet, part: Part, pictures: Mapping[str, bytes]) -> None:
    _widths(sheet, (1, 1))
    _title(sheet, part.title)
    for place, shown in enumerate(one for one in part.pictures if one.digest in pictures):
        row, column = 3 + place // 2 * 2, 1 + place % 2
        content = pictures[shown.digest]
        image = Image(io.BytesIO(content))
        image.width, image.height = (round(side) for side in fitted(content, *PICTURE_BOX))
        sheet.add_image(image, f"{get_column_letter(column)}{row}")
        sheet.row_dimensions[row].height = PICTURE_BOX[1] * 0.75 + 6
        caption = _put(sheet, row + 1, column, shown.caption)
        caption.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
