"""표에서 회차로: the rows of a spreadsheet become the lines of quick entry, to be looked at before they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from booking.domain.errors import InvalidInput
from booking.domain.programmes import MOST_ROWS
from booking.domain.sheet_rows import Cell, Column, guess, read_cells

COLUMNS: tuple[Column, ...] = (
    Column("programme", "종류", "Kind", ("프로그램", "프로그램명", "사업명"), Cell.WORDS, required=True),
    Column("topic", "제목", "Title", ("내용", "회차", "주제"), required=True),
    Column("date", "날짜", "Date", ("일자", "일시", "운영일"), Cell.DATE, required=True),
    Column("who", "누구", "Who", ("학교", "대상", "학교명"), Cell.WORDS),
    Column("planned", "계획 인원", "Planned", ("계획", "신청 인원", "예정 인원")),
    Column("attended", "온 인원", "Attended", ("참석", "참석 인원", "실적", "인원", "연인원")),
)
#: for each field of a vocabulary, the codes by the words in which people write them
Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields of quick entry as the table fills them, and the words that nobody knows, by field."""

    lines: int
    values: dict[str, str]
    faults: tuple[InvalidInput, ...]


def fill(head: Sequence[str], rows: Sequence[Sequence[str]], words: Words) -> Filled:
    """Return the lines of quick entry that a table makes, in its order.

    Raises:
        InvalidInput: ``file``: a column is missing (``session_columns``), or too many rows (``session_rows``).
    """
    mapping = guess(head, COLUMNS)
    if any(column.required and column.field not in mapping for column in COLUMNS):
        raise InvalidInput(field="file", reason="session_columns")
    if len(rows) > MOST_ROWS:
        raise InvalidInput(field="file", reason="session_rows")
    values: dict[str, str] = {}
    faults: list[InvalidInput] = []
    for number, row in enumerate(rows):
        given, unknown = read_cells(row, COLUMNS, mapping, words)
        values |= {f"{field}-{number}": texts[0] for field, texts in given.items() if texts}
        # a word that is not known must not become nobody's
        faults += [InvalidInput(field=f"{one.field}-{number}", reason="unknown") for one in unknown]
    return Filled(len(rows), values, tuple(faults))
