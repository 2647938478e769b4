"""The quarterly report for word processors (DOCX): A4, ruled tables, numbers to the right, pages counted."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import docx
from docx.document import Document as Target
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from booking.domain.report_document import Cell, Document, Line, Part, Shown, Table
from booking.exchange.pictures import fitted

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: what Windows has, and the name under which others know it
FONT, FONT_ALIAS = "맑은 고딕", "Malgun Gothic"
#: millimetres
PAGE, MARGIN_SIDE, MARGIN_TOP, MARGIN_BOTTOM = (210, 297), 20, 20, 18
LINE_WIDTH = PAGE[0] - 2 * MARGIN_SIDE
PICTURES_PER_ROW = 4
SHADE = "E8ECF3"
RULE = "595959"


def write_docx(document: Document, pictures: Mapping[str, bytes], *, draft: bool = False) -> bytes:
    """Return the report as a DOCX; ``pictures`` are their contents by digest."""
    target = docx.Document()
    _set_up(target, document, draft=draft)
    title = _paragraph(target.add_paragraph(), document.title, size=18, bold=True)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    below = document.centre + (f" · 제{document.issue}판 (정정 사유: {document.reason})" if document.reason else "")
    named = _paragraph(target.add_paragraph(), below, size=11)
    named.alignment = WD_ALIGN_PARAGRAPH.CENTER
    named.paragraph_format.space_after = Pt(14)
    for part in document.parts:
        _part(target, part, pictures)
    output = io.BytesIO()
    target.save(output)
    return output.getvalue()


def _set_up(target: Target, document: Document, *, draft: bool) -> None:
    section = target.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    section.left_margin = section.right_margin = Mm(MARGIN_SIDE)
    section.top_margin, section.bottom_margin = Mm(MARGIN_TOP), Mm(MARGIN_BOTTOM)
    section.header_distance = section.footer_distance = Mm(9)
    normal = target.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10)
    _east_asian(normal.element.get_or_add_rPr())
    normal.paragraph_format.space_after = Pt(2)
    normal.paragraph_format.line_spacing = 1.15
    heading = target.styles["Heading 1"]
    heading.font.name, heading.font.size, heading.font.bold = FONT, Pt(13), True
    heading.font.color.rgb = None
    _east_asian(heading.element.get_or_add_rPr())
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(14), Pt(5)
    heading.paragraph_format.keep_with_next = True
    _name_aliases(target)
    properties = target.core_properties
    properties.title, properties.author, properties.language = document.title, document.centre, "ko-KR"
    properties.comments = ""
    if draft:
        head = _paragraph(section.header.paragraphs[0], "초안", size=11, bold=True)
        head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, instruction in (("- ", "PAGE"), (" / ", "NUMPAGES"), (" -", "")):
        foot.add_run(text)
        if instruction:
            _field(foot, instruction)


def _east_asian(properties: Any) -> None:
    """Name the font for Hangul as well: without that a word processor takes whatever it likes for it."""
    fonts = properties.get_or_add_rFonts()
    for which in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(which), FONT)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)


def _name_aliases(target: Target) -> None:
    """Say in the table of fonts what else ours is called, and what kind it is where there is none of the two."""
    for related in target.part.rels.values():
        if related.reltype.endswith("/fontTable"):
            part: Any = related.target_part
            alias = (
                f'<w:font w:name="{FONT}"><w:altName w:val="{FONT_ALIAS}"/><w:charset w:val="81"/>'
                '<w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font></w:fonts>'
            )
            part._blob = part.blob.replace(b"</w:fonts>", alias.encode())


def _field(paragraph: Paragraph, instruction: str) -> None:
    """A field that the word processor fills in: the page, or how many there are."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("result", "1"), ("end", "")):
        run = paragraph.add_run()
        if kind == "result":
            run.text = text
        elif text:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {text} "
            run._r.append(element)
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
            run._r.append(element)


def _paragraph(paragraph: Paragraph, text: str, *, size: float = 10, bold: bool = False) -> Paragraph:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    return paragraph


def _part(target: Target, part: Part, pictures: Mapping[str, bytes]) -> None:
    target.add_heading(part.title, level=1)
    for line in part.lines:
        _line(target.add_paragraph(), line)
    if part.table is not None:
        if part.table.unit:
            unit = _paragraph(target.add_paragraph(), part.table.unit, size=9)
            unit.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            unit.paragraph_format.keep_with_next = True
        _table(target, part.table)
    shown = [picture for picture in part.pictures if picture.digest in pictures]
    if shown:
        _pictures(target, shown, pictures)


def _line(paragraph: Paragraph, line: Line, *, size: float = 10) -> None:
    """A line whose later rows stand under its text, not under its mark."""
    mark = f"{line.mark} " if line.mark else ""
    hang = 11 if line.mark in {"○", "※"} else 7 if line.mark else 0
    paragraph.paragraph_format.left_indent = Pt(line.level * 10 + hang)
    paragraph.paragraph_format.first_line_indent = Pt(-hang)
    _paragraph(paragraph, f"{mark}{line.text}", size=size)


def _table(target: Target, found: Table) -> None:
    table = target.add_table(rows=1 + len(found.rows), cols=len(found.head))
    _rule(table, found.widths)
    for cell, text in zip(table.rows[0].cells, found.head, strict=True):
        _fill(cell, Cell(text, head=True))
    _repeat(table.rows[0])
    for row, cells in zip(table.rows[1:], found.rows, strict=True):
        for cell, value in zip(row.cells, cells, strict=True):
            _fill(cell, value)


def _rule(table: Any, widths: tuple[int, ...]) -> None:
    """Lines around every cell, and columns of their shares of the line."""
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        edge = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", RULE)):
            edge.set(qn(f"w:{name}"), value)
        borders.append(edge)
    margins = OxmlElement("w:tblCellMar")
    for side, twips in (("top", 45), ("left", 85), ("bottom", 45), ("right", 85)):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # the format has an order: whatever stands elsewhere makes a word processor call the file damaged
    table._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    for column, share in zip(table.columns, widths, strict=True):
        width = Mm(LINE_WIDTH * share / sum(widths))
        column.width = width
        for cell in column.cells:
            cell.width = width


def _repeat(row: Any) -> None:
    """The head again where a table goes on on the next page."""
    element = OxmlElement("w:tblHeader")
    element.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(element)


def _fill(cell: _Cell, value: Cell) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.TOP if value.lines else WD_CELL_VERTICAL_ALIGNMENT.CENTER
    if value.head:
        shade = OxmlElement("w:shd")
        for name, setting in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
            shade.set(qn(f"w:{name}"), setting)
        cell._tc.get_or_add_tcPr().insert_element_before(shade, "w:noWrap", "w:tcMar", "w:vAlign", "w:hideMark")
    paragraph = cell.paragraphs[0]
    for number, line in enumerate(value.lines):
        _line(paragraph if number == 0 else cell.add_paragraph(), line, size=9)
    if value.lines:
        return
    for number, text in enumerate(value.printed.split("\n")):
        paragraph = paragraph if number == 0 else cell.add_paragraph()
        _paragraph(paragraph, text, size=9.5, bold=value.head)
        figure = value.number is not None and not value.head
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if figure else WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(0)


def _pictures(target: Target, shown: list[Shown], pictures: Mapping[str, bytes]) -> None:
    rows = -(-len(shown) // PICTURES_PER_ROW)
    table = target.add_table(rows=rows * 2, cols=PICTURES_PER_ROW)
    _rule(table, (1,) * PICTURES_PER_ROW)
    for number, picture in enumerate(shown):
        row, column = divmod(number, PICTURES_PER_ROW)
        held = table.cell(row * 2, column).paragraphs[0]
        held.alignment = WD_ALIGN_PARAGRAPH.CENTER
        held.paragraph_format.keep_with_next = True
        width, height = fitted(pictures[picture.digest], LINE_WIDTH / PICTURES_PER_ROW - 8, 27)
        held.add_run().add_picture(io.BytesIO(pictures[picture.digest]), width=Mm(width), height=Mm(height))
        _fill(table.cell(row * 2 + 1, column), Cell(picture.caption))
