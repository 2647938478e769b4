"""Tables that leave the house as CSV: readable by office programs, and harmless in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: a cell that begins with one of these would be taken for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"


def harmless(value: object) -> str:
    """Return a cell's text; what a spreadsheet would reckon gets an apostrophe before it. Numbers stay numbers."""
    text = "" if value is None else str(value)
    if isinstance(value, int | float) or not text.startswith(FORMULA):
        return text
    return f"'{text}"


def csv_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV in UTF-8 with its mark, so that office programs read Hangul."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in head])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (BOM + target.getvalue()).encode()
