"""Spreadsheets: XLSX and CSV read into rows of text whatever program wrote them, and XLSX written with real dates.

What could do harm is refused before it is opened: a file that unpacks to far more than it is, one with macros or a
password, one whose content is not what its name says. Formulas are not reckoned: their last value counts.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from booking.domain.errors import InvalidInput
from booking.exchange.tables import harmless

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 10_000, 60, 2000
#: what a workbook of so many rows may unpack to
MOST_UNPACKED = 40 * 1024 * 1024
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first table of a file: its head, and its rows with as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_sheet(data: bytes) -> Sheet:
    """Read a file by what is in it, not by its name.

    Raises:
        InvalidInput: ``file`` cannot be read (``reason``: ``sheet_empty``, ``sheet_large``, ``sheet_encoding``,
            ``old_excel``, ``macro``, ``damaged``); its sentence says what to do.
    """
    if not data.strip():
        raise _refused("sheet_empty")
    if data.startswith(_OLD_EXCEL):
        # what has a password looks the same: both are saved anew as a plain workbook
        raise _refused("old_excel")
    lines = _from_workbook(data) if data.startswith(_ZIP) else _from_text(data)
    rows = [row for row in lines if any(row)]
    if len(rows) < 2:
        raise _refused("sheet_empty")
    # a head that was merged over two columns stands in the first of them: what is below the other counts as well
    width = max(number for row in rows for number, cell in enumerate(row, 1) if cell) if any(rows[0]) else 0
    if not width or width > MOST_COLUMNS or len(rows) - 1 > MOST_ROWS:
        raise InvalidInput(field="file", reason="sheet_large", rows=MOST_ROWS, columns=MOST_COLUMNS)
    return Sheet(tuple(_filled(rows[0], width)), tuple(tuple(_filled(row, width)) for row in rows[1:]))


def unpacked_size(data: bytes) -> int:
    """How many bytes a file holds once it is unpacked, as its table of contents says; what is no archive, its own.

    A file that says less than it holds is cut off there when it is read.
    """
    if not data.startswith(_ZIP):
        return len(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return sum(part.file_size for part in packed.infolist())
    except Exception:  # said when it is read, and with its reason
        return len(data)


def _refused(reason: str) -> InvalidInput:
    return InvalidInput(field="file", reason=reason)


def _filled(row: Sequence[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]


def _from_workbook(data: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if any(part.filename.endswith("vbaProject.bin") for part in parts):
                raise _refused("macro")
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise InvalidInput(field="file", reason="sheet_large", rows=MOST_ROWS, columns=MOST_COLUMNS)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            found = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1, values_only=True)
            return [[_text(cell) for cell in row] for row in found]
        finally:
            book.close()
    except InvalidInput:
        raise
    except Exception as error:  # a library for a format with a thousand corners: whatever it says, the file is no use
        raise _refused("damaged") from error


def _from_text(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _refused("sheet_encoding")
    if "\0" in text:
        raise _refused("damaged")
    first = text.split("\n", 1)[0]
    delimiter = max((",", "\t", ";"), key=first.count)
    try:
        rows = []
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            rows.append([_text(cell) for cell in row])
            if len(rows) > MOST_ROWS + 2:
                break
        return rows
    except csv.Error as error:
        raise _refused("damaged") from error


def _text(cell: Any) -> str:
    """A cell as text: dates as 2027-04-26, whole numbers without a point, and no apostrophe of ours."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time(0) else cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, dt.time):
        return cell.strftime("%H:%M")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).replace("\r\n", "\n").strip()[:LONGEST_CELL]
    # what we wrote harmless comes back as it was
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def write_sheet(
    title: str, head: Sequence[str], rows: Iterable[Sequence[object]], notes: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Return a workbook: a head that stays in sight, dates and numbers as such, everything else as text.

    ``notes`` are what each column takes; they stand on a second page.
    """
    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    widths = [max(8, min(40, 2 + sum(2 if ord(sign) > 0x2E7F else 1 for sign in name))) for name in head]
    for number, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(number)].width = width
    page.freeze_panes = "A2"
    page.append([_headed(page, name) for name in head])
    for row in rows:
        page.append([_cell(page, value) for value in row])
    if notes:
        explained = book.create_sheet("안내 Guide")
        explained.column_dimensions["A"].width, explained.column_dimensions["B"].width = 26, 90
        for name, text in notes:
            explained.append([_headed(explained, name), _cell(explained, text)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _headed(page: Any, name: str) -> Any:
    cell = WriteOnlyCell(page, value=harmless(name))
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FFE8EFFC")
    cell.alignment = Alignment(vertical="top")
    return cell


def _cell(page: Any, value: object) -> Any:
    kept = value if isinstance(value, int | float | dt.date | dt.time) and not isinstance(value, bool) else None
    shown: Any = harmless(value) if kept is None else kept
    cell = WriteOnlyCell(page, value=shown)
    if isinstance(value, dt.date):
        cell.number_format = "yyyy-mm-dd"
    elif kept is None:
        cell.number_format, cell.data_type = "@", "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell
