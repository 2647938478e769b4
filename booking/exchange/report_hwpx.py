"""The quarterly report for 한글 (HWPX), the word processor of Korea's offices: the same pages, in its own format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hwpx import HwpxDocument

from booking.domain.report_document import Cell, Document, Line, Part, Shown, Table
from booking.exchange.pictures import fitted

HWPX_TYPE = "application/hwp+zip"
#: what comes with the word processor, and what takes its place elsewhere
FONT, INSTEAD = "함초롬바탕", "바탕"
#: millimetres
MARGINS = {"left": 20, "right": 20, "top": 15, "bottom": 15, "header": 10, "footer": 10}
LINE_WIDTH = 210 - MARGINS["left"] - MARGINS["right"]
PICTURES_PER_ROW, PICTURE_HEIGHT = 4, 27
SHADE, RULE = "#E8ECF3", "#595959"
#: of 1/7200 inch: a millimetre, and a line of a table
PER_MM, LINE_HEIGHT = 7200 / 25.4, 1300
NAMESPACE = "{http://www.hancom.co.kr/hwpml/2011/paragraph}"


class _Hand:
    """Writes paragraphs and tables; the looks of letters and paragraphs are made once each."""

    def __init__(self) -> None:
        self.target = HwpxDocument.new()
        self.target.styles.ensure_font(FONT, subst_face=INSTEAD, subst_type="TTF")
        self.plain = self.target.styles.ensure_border_fill(border_color=RULE, border_width="0.12 mm")
        self.shaded = self.target.styles.ensure_border_fill(border_color=RULE, border_width="0.12 mm", fill_color=SHADE)
        self._begun = False

    def letters(self, size: float, *, bold: bool = False) -> str:
        """The number under which letters of this look are kept."""
        return self.target.styles.ensure_run(font=FONT, size=size, bold=bold, color="#000000")

    def look(self, paragraph: Any, **given: Any) -> None:
        """Say how a paragraph stands."""
        self.target.styles.apply_paragraph_format(paragraphs=[paragraph], **given)

    def paragraph(self, text: str, *, size: float = 10, bold: bool = False) -> Any:
        """Add a paragraph; the first goes where a new document has an empty one."""
        letters = self.letters(size, bold=bold)
        if not self._begun:
            self._begun = True
            first = self.target.paragraphs[0]
            first.add_run(text, char_pr_id_ref=letters)
            return first
        return self.target.add_paragraph(text, char_pr_id_ref=letters, inherit_style=False)

    def line(self, paragraph: Any, line: Line) -> None:
        """How a line stands: its later rows under its text, not under its mark."""
        hang = {"": 0.0, "○": 4.4, "※": 4.4}.get(line.mark, 2.6)
        self.look(
            paragraph,
            alignment="LEFT",
            indent_left_mm=line.level * 3.5 + hang,
            first_line_indent_mm=-hang,
            line_spacing_percent=140,
            spacing_before_pt=0,
            spacing_after_pt=1,
        )


def write_hwpx(document: Document, pictures: Mapping[str, bytes], *, draft: bool = False) -> bytes:
    """Return the report as an HWPX; ``pictures`` are their contents by digest."""
    hand = _Hand()
    target = hand.target
    target.page.setup(
        paper_size="A4",
        orientation="portrait",
        margin_left_mm=MARGINS["left"],
        margin_right_mm=MARGINS["right"],
        margin_top_mm=MARGINS["top"],
        margin_bottom_mm=MARGINS["bottom"],
        header_margin_mm=MARGINS["header"],
        footer_margin_mm=MARGINS["footer"],
    )
    target.parts.set_document_metadata(title=document.title, creator=document.centre)
    hand.look(hand.paragraph(document.title, size=18, bold=True), alignment="CENTER")
    below = document.centre + (f" · 제{document.issue}판 (정정 사유: {document.reason})" if document.reason else "")
    hand.look(hand.paragraph(below, size=11), alignment="CENTER", spacing_after_pt=10)
    for part in document.parts:
        _part(hand, part, pictures)
    if draft:
        head = target.page.set_header(text="초안")
        hand.look(head.paragraphs[0], alignment="RIGHT")
    target.page.set_page_number(target="footer", align="CENTER", prefix="- ", suffix=" -")
    return target.to_bytes()


def _part(hand: _Hand, part: Part, pictures: Mapping[str, bytes]) -> None:
    heading = hand.paragraph(part.title, size=13, bold=True)
    hand.look(heading, alignment="LEFT", spacing_before_pt=12, spacing_after_pt=4, keep_with_next=True)
    for line in part.lines:
        hand.line(hand.paragraph(line.printed), line)
    if part.table is not None:
        if part.table.unit:
            hand.look(hand.paragraph(part.table.unit, size=9), alignment="RIGHT", keep_with_next=True)
        _table(hand, part.table)
    shown = [picture for picture in part.pictures if picture.digest in pictures]
    if shown:
        _pictures(hand, shown, pictures)


def _new_table(hand: _Hand, rows: int, widths: Sequence[int]) -> Any:
    table = hand.target.add_table(
        rows, len(widths), width=round(LINE_WIDTH * PER_MM), height=rows * 1800, border_fill_id_ref=hand.plain
    )
    table.set_column_widths(list(widths))
    return table


def _table(hand: _Hand, found: Table) -> None:
    table = _new_table(hand, 1 + len(found.rows), found.widths)
    table.element.set("repeatHeader", "1")
    for column, text in enumerate(found.head):
        _fill(hand, table, 0, column, Cell(text, head=True))
        table.cell(0, column).element.set("header", "1")
    for row, cells in enumerate(found.rows, 1):
        for column, cell in enumerate(cells):
            _fill(hand, table, row, column, cell)
        if any(cell.lines for cell in cells):
            # a table that stands in the text like a letter is never divided: this one goes on on the next page
            table.set_treat_as_char(False)


def _fill(hand: _Hand, table: Any, row: int, column: int, value: Cell) -> None:
    cell = table.cell(row, column)
    if value.head:
        table.set_cell_border_fill(row, column, hand.shaded)
    figure = value.number is not None and not value.head
    texts = [line.printed for line in value.lines] or value.printed.split("\n")
    letters = hand.letters(9 if value.lines else 9.5, bold=value.head)
    for number, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.text = text
        paragraph.char_pr_id_ref = letters
        if value.lines:
            hand.line(paragraph, value.lines[number])
        else:
            hand.look(paragraph, alignment="RIGHT" if figure else "CENTER", line_spacing_percent=130)
    if value.lines:
        cell.element.find(f"{NAMESPACE}subList").set("vertAlign", "TOP")
    cell.set_size(height=len(texts) * LINE_HEIGHT + 300)


def _pictures(hand: _Hand, shown: Sequence[Shown], pictures: Mapping[str, bytes]) -> None:
    rows = -(-len(shown) // PICTURES_PER_ROW)
    table = _new_table(hand, rows * 2, (1,) * PICTURES_PER_ROW)
    for number, picture in enumerate(shown):
        row, column = divmod(number, PICTURES_PER_ROW)
        content = pictures[picture.digest]
        width, height = fitted(content, LINE_WIDTH / PICTURES_PER_ROW - 8, PICTURE_HEIGHT)
        held = table.cell(row * 2, column).paragraphs[0]
        held.add_picture(
            str(hand.target.media.add_image(content, "jpg")), width=round(width * PER_MM), height=round(height * PER_MM)
        )
        hand.look(held, alignment="CENTER")
        table.cell(row * 2, column).set_size(height=round(PICTURE_HEIGHT * PER_MM) + 600)
        _fill(hand, table, row * 2 + 1, column, Cell(picture.caption))
