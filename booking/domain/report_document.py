"""A report as it is printed, without the ink: parts with lines, one table or pictures, for every writer the same.

A final report is kept in this form: what was printed, beside the numbers and days that the words were made from.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from booking.domain.errors import BookingError

FORMAT = "quarterly-report/1"


class NotADocument(BookingError):
    """A stored report that this version cannot read."""

    code = "not_a_document"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its mark and text as printed, and what the text was made from where it is more than words."""

    text: str
    mark: str = "-"
    #: 0, or 1 below the line before
    level: int = 0
    label: str = ""
    note: str = ""
    date: dt.date | None = None
    sessions: int | None = None
    attendances: int | None = None
    #: the kind of programme that is counted: its entries are behind the figures
    kind: int | None = None

    @property
    def printed(self) -> str:
        """The line with its mark."""
        return f"{self.mark} {self.text}" if self.mark else self.text


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: words, or a number with its unit, or lines."""

    text: str = ""
    number: int | None = None
    unit: str = ""
    head: bool = False
    lines: tuple[Line, ...] = ()

    @property
    def printed(self) -> str:
        """The cell in one string; lines below each other."""
        if self.lines:
            return "\n".join(line.printed for line in self.lines)
        return self.text if self.number is None else f"{self.number:,}{self.unit}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: ``widths`` are shares of the line, ``unit`` stands above its right end."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and the words below it; its content lies beside the document, under its ``digest``."""

    number: int
    caption: str
    digest: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the report under its heading; ``key`` is its name for addresses and sheets."""

    key: str
    title: str
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    pictures: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report."""

    title: str
    centre: str
    #: of the quarter: ``2018-1``
    code: str
    issue: int
    reason: str
    parts: tuple[Part, ...]

    def part(self, key: str) -> Part:
        """A part by its key."""
        return next(part for part in self.parts if part.key == key)

    def printed(self) -> Iterator[str]:
        """Every line and every row of the report as it is read, from its head to its end."""
        yield self.title
        for part in self.parts:
            yield part.title
            yield from (line.printed for line in part.lines)
            if part.table is not None:
                yield " | ".join(part.table.head)
                for row in part.table.rows:
                    if any(cell.lines for cell in row):
                        yield from (line.printed for cell in row for line in (cell.lines or _as_line(cell)))
                    else:
                        yield " | ".join(cell.printed for cell in row)
            yield from (picture.caption for picture in part.pictures)


def _as_line(cell: Cell) -> tuple[Line, ...]:
    return (Line(cell.printed, mark=""),) if cell.printed else ()


def differences(former: Document, newer: Document) -> list[tuple[str, str]]:
    """Return the lines in which two issues differ: ``-`` before one that is gone, ``+`` before one that has come."""
    old, new = list(former.printed()), list(newer.printed())
    found: list[tuple[str, str]] = []
    for kind, from_, until, from_new, until_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            found += [("-", line) for line in old[from_:until]]
            found += [("+", line) for line in new[from_new:until_new]]
    return found


def to_text(document: Document) -> str:
    """The document as it is kept: JSON in one spelling only, so that its hash says whether it is still the same."""
    return json.dumps({"format": FORMAT, **_plain(document)}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """SHA-256 of a kept document, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dictionaries; what says nothing is left out."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        said = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return {
            name: _plain(one)
            for name, one in said.items()
            if one is not None and one is not False and one not in ("", ())
        }
    return value


def from_text(text: str) -> Document:
    """Read a kept document.

    Raises:
        NotADocument: it is none, or of another version.
    """
    try:
        found = json.loads(text)
        if found.pop("format") != FORMAT:
            raise NotADocument("another format")
        return Document(
            title=found["title"],
            centre=found.get("centre", ""),
            code=found["code"],
            issue=found["issue"],
            reason=found.get("reason", ""),
            parts=tuple(_part(part) for part in found["parts"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotADocument(str(error)) from error


def _part(found: dict[str, Any]) -> Part:
    table = found.get("table")
    return Part(
        key=found["key"],
        title=found["title"],
        lines=_lines(found.get("lines", [])),
        table=None if table is None else _table(table),
        pictures=tuple(
            Shown(one["number"], one.get("caption", ""), one["digest"]) for one in found.get("pictures", [])
        ),
    )


def _table(found: dict[str, Any]) -> Table:
    rows = tuple(
        tuple(
            Cell(
                text=cell.get("text", ""),
                number=cell.get("number"),
                unit=cell.get("unit", ""),
                head=cell.get("head", False),
                lines=_lines(cell.get("lines", [])),
            )
            for cell in row
        )
        for row in found.get("rows", [])
    )
    return Table(tuple(found["head"]), rows, tuple(found["widths"]), found.get("unit", ""))


def _lines(found: list[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            text=one.get("text", ""),
            mark=one.get("mark", ""),
            level=one.get("level", 0),
            label=one.get("label", ""),
            note=one.get("note", ""),
            date=dt.date.fromisoformat(one["date"]) if "date" in one else None,
            sessions=one.get("sessions"),
            attendances=one.get("attendances"),
            kind=one.get("kind"),
        )
        for one in found
    )
