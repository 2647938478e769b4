"""What a person pastes or uploads of a school: classes with head counts, and the calendar as CSV. Every fault is named.

A spreadsheet writes full-width digits, long dashes, tabs and blanks that look like others; all of them are understood.
What would be a formula or markup elsewhere is refused here, so that no later export carries it on.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from booking.domain.school_year import (
    HIGHEST_GRADE,
    LONGEST_NAME,
    LOWEST_GRADE,
    CalendarDay,
    DayKind,
    blocks_of,
    grade_of,
    kind_of,
    merged,
    tidy,
)

LONGEST_PASTE = 20_000
LONGEST_CSV = 1_000_000
MOST_ROWS = 2000
MOST_DAYS = 130
MOST_CLASSES = 120
MOST_PUPILS = 100
MOST_FAULTS = 50

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc~", "-"))
_SEPARATORS = re.compile(r"[\s,;:|/·]+")
_NAME = r"(?:\d{1,2}|[A-Za-z가-힣]{1,8}?)"
_COLUMNS = re.compile(
    rf"\s*(?P<grade>\d{{1,2}})(?:학년)?[\s,;|]+(?P<name>{_NAME})반?[\s,;|]+(?P<pupils>\d{{1,9}})\s*명?\s*[,;]?\s*"
)
_ENTRY = re.compile(
    rf"(?P<grade>\d{{1,2}})\s*(?:-|학년)\s*(?P<name>{_NAME})\s*반?[\s,;:=|/()]+(?P<pupils>\d{{1,9}})\s*명?\)?(?![\w-])"
)
_HEADER = re.compile(
    r"(?:\s|[,;|/()]|학급|학년|반|학생|인원|수|명|이름|class(?:es)?|grade|pupils|students|name)+", re.I
)
_FORMULA = re.compile(r"\s*[=+@]|\s*-(?!\d)")
_MARKUP = re.compile(r"[<>]")


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong with a piece of a text: ``line`` from 1, the piece itself (shortened), and the reason's code."""

    line: int
    piece: str
    reason: str


@dataclass(frozen=True, slots=True)
class PastedClass:
    """A class as it was pasted."""

    label: str
    pupils: int


@dataclass(frozen=True, slots=True)
class PastedClasses:
    """What was understood of a paste, and what was not."""

    classes: tuple[PastedClass, ...] = ()
    faults: tuple[TextFault, ...] = ()


@dataclass(slots=True)
class CsvCalendar:
    """The days of a CSV, and what of it was not understood, row by row."""

    days: list[CalendarDay] = field(default_factory=list)
    faults: list[TextFault] = field(default_factory=list)
    rows: int = 0


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_DASHES)


def _piece(text: str) -> str:
    return tidy(text)[:40]


def _entries(line: str) -> Iterator[tuple[re.Match[str] | None, str]]:
    """The entries of a line, each as a match or as the piece that is none."""
    whole = _COLUMNS.fullmatch(line)
    if whole:
        yield whole, line
        return
    at = 0
    while at < len(line):
        blank = _SEPARATORS.match(line, at)
        at = blank.end() if blank else at
        if at >= len(line):
            return
        found = _ENTRY.match(line, at)
        if found:
            yield found, found[0]
            at = found.end()
            continue
        end = line.find(",", at + 1)
        end = len(line) if end < 0 else end
        yield None, line[at:end]
        at = end


def parse_classes(text: str) -> PastedClasses:
    """Read classes with their head counts: ``1-1 24, 1-2 25``, two or three columns of a spreadsheet, or a mixture."""
    if len(text) > LONGEST_PASTE:
        return PastedClasses(faults=(TextFault(1, "", "too_long"),))
    found: dict[str, PastedClass] = {}
    faults: list[TextFault] = []
    for number, line in enumerate(_plain(text).splitlines(), 1):
        if not line.strip() or _HEADER.fullmatch(line):
            continue
        for match, piece in _entries(line):
            entry = _class(match) if match else _unknown(piece)
            if isinstance(entry, str):
                faults.append(TextFault(number, _piece(piece), entry))
            elif entry.label in found:
                faults.append(TextFault(number, _piece(piece), "twice"))
            else:
                found[entry.label] = entry
    if not found and not faults:
        faults.append(TextFault(1, "", "empty"))
    if len(found) > MOST_CLASSES:
        faults.append(TextFault(1, "", "too_many"))
    return PastedClasses(tuple(found.values()), tuple(faults[:MOST_FAULTS]))


def _unknown(piece: str) -> str:
    if _FORMULA.match(piece):
        return "formula"
    return "markup" if _MARKUP.search(piece) else "class"


def _class(match: re.Match[str]) -> PastedClass | str:
    grade, name, pupils = int(match["grade"]), match["name"], int(match["pupils"])
    if not LOWEST_GRADE <= grade <= HIGHEST_GRADE:
        return "grade"
    if not 1 <= pupils <= MOST_PUPILS:
        return "pupils"
    return PastedClass(f"{grade}-{int(name) if name.isdigit() else name}", pupils)


def class_label(text: str) -> str | None:
    """Return the short label of a class as a person writes it (``1학년 3반``: ``1-3``), or None where it is none."""
    match = re.fullmatch(rf"\s*([1-6])\s*(?:-|학년)\s*({_NAME})\s*반?\s*", _plain(text))
    if match is None or grade_of(match[0]) is None:
        return None
    return f"{match[1]}-{int(match[2]) if match[2].isdigit() else match[2]}"


# ---------------------------------------------------------------------------------------------------- CSV
COLUMNS = ("학교", "학년", "시작일", "종료일", "구분", "내용")
NEEDED = ("시작일", "내용")
#: the same columns as the English page names them
ENGLISH = {"school": "학교", "grade": "학년", "start": "시작일", "end": "종료일", "kind": "구분", "event": "내용"}
KINDS: tuple[tuple[str, DayKind], ...] = (
    ("시험", DayKind.EXAM),
    ("고사", DayKind.EXAM),
    ("평가", DayKind.EXAM),
    ("행사", DayKind.EVENT),
    ("공휴일", DayKind.HOLIDAY),
    ("휴업", DayKind.CLOSED),
    ("방학", DayKind.CLOSED),
    ("참고", DayKind.HINT),
    ("진로", DayKind.HINT),
    ("exam", DayKind.EXAM),
    ("event", DayKind.EVENT),
    ("holiday", DayKind.HOLIDAY),
    ("closed", DayKind.CLOSED),
    ("note", DayKind.HINT),
)
_DATE = re.compile(r"(\d{4})(?:\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[일.]?|(\d{2})(\d{2}))")


class CsvRefused(Exception):
    """The file as a whole cannot be read; ``reason`` is the code of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Refused(Exception):
    """One row cannot be taken."""


def decode(content: bytes) -> str:
    """Return the text of a CSV as spreadsheets in Korea write it: UTF-8 with or without a mark, UTF-16, CP949.

    Raises:
        CsvRefused: it is too large, a spreadsheet's own format, or no text at all.
    """
    if len(content) > LONGEST_CSV:
        raise CsvRefused("too_long")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CsvRefused("spreadsheet")
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp949"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise CsvRefused("encoding")


def _date(text: str) -> dt.date:
    found = _DATE.fullmatch(_plain(text).strip())
    if found is None:
        raise _Refused("date")
    try:
        return dt.date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError:
        raise _Refused("date") from None


def parse_grades(text: str) -> tuple[int, ...]:
    """Return the grades that a cell names: ``1, 2학년``, ``1~3``; empty for all of them.

    Raises:
        ValueError: it names none that there is.
    """
    plain = _plain(text).strip()
    if plain in {"", "전체", "전학년", "전 학년", "전교", "모두", "all"}:
        return ()
    found: set[int] = set()
    for part in re.split(r"[\s,·;/]+", plain.replace("학년", " ").strip()):
        span = re.fullmatch(r"([1-6])(?:-([1-6]))?", part)
        if span is None or int(span[2] or 6) < int(span[1]):
            raise ValueError(part)
        found.update(range(int(span[1]), int(span[2] or span[1]) + 1))
    return tuple(sorted(found))


def short_school(text: str) -> str:
    """A school's name without blanks and as people shorten it: 가람중학교 is 가람중."""
    return re.sub(r"(초등|중|고등|고|초)(학교)?$", lambda end: end[1][0], re.sub(r"\s+", "", text))


def same_school(given: str, name: str) -> bool:
    """Whether a school's name in a list means this one: 가람중 and 가람중학교 are the same."""
    return short_school(given) == short_school(name)


def _span(first: dt.date, last: dt.date) -> list[dt.date]:
    if last < first:
        raise _Refused("order")
    days = [first + dt.timedelta(days=n) for n in range(min((last - first).days, 400) + 1)]
    if len(days) > MOST_DAYS:
        raise _Refused("span")
    return [day for day in days if day.weekday() < 5] or days


def _row_days(cells: dict[str, str], school: str) -> list[CalendarDay]:
    for cell in cells.values():
        if _FORMULA.match(cell):
            raise _Refused("formula")
        if _MARKUP.search(cell):
            raise _Refused("markup")
    if cells.get("학교") and not same_school(cells["학교"], school):
        raise _Refused("other_school")
    name = tidy(cells.get("내용", ""))
    if not name or len(name) > LONGEST_NAME:
        raise _Refused("name")
    try:
        grades = parse_grades(cells.get("학년", ""))
    except ValueError:
        raise _Refused("grade") from None
    word = cells.get("구분", "").strip().lower()
    kind = kind_of(name) if not word else next((kind for part, kind in KINDS if part in word), None)
    if kind is None:
        raise _Refused("kind")
    first = _date(cells.get("시작일", ""))
    last = _date(cells["종료일"]) if cells.get("종료일", "").strip() else first
    return [CalendarDay(day, name, kind, grades, blocks_of(name)) for day in _span(first, last)]


def _columns(header: Sequence[str]) -> dict[str, int]:
    plain = [re.sub(r"\s+", "", _plain(cell)).lower() for cell in header]
    names = [ENGLISH.get(name, name) for name in plain]
    found = {name: names.index(name) for name in COLUMNS if name in names}
    if not set(NEEDED) <= found.keys():
        raise CsvRefused("columns")
    return found


def parse_calendar(content: bytes, school: str) -> CsvCalendar:
    """Read a school's calendar from CSV with the columns 학교, 학년, 시작일, 종료일, 구분, 내용, in any order.

    Raises:
        CsvRefused: the file as a whole cannot be read.
    """
    text = decode(content)
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise CsvRefused("columns") from None
    lines = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not lines:
        raise CsvRefused("empty")
    if len(lines) > MOST_ROWS + 1:
        raise CsvRefused("too_many")
    columns = _columns(lines[0][1])
    found = CsvCalendar(rows=len(lines) - 1)
    for number, row in lines[1:]:
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
        try:
            found.days += _row_days(cells, school)
        except _Refused as refused:
            found.faults.append(TextFault(number, _piece(" ".join(row)), str(refused)))
    found.days = merged(found.days)
    if not found.days and not found.faults:
        raise CsvRefused("empty")
    del found.faults[MOST_FAULTS:]
    return found
