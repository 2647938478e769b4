"""신청 표: what a school's list of wishes says, row by row, in the words that teachers write."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from booking.domain.entered import Entered
from booking.domain.school_texts import class_label
from booking.domain.sheet_rows import Cell, Column, plain
from booking.domain.vocabulary import Block, JobField

WISHES = 5
_SLOT = re.compile(
    r"(?:(?P<year>\d{4})\s*[-./년]\s*)?(?P<month>\d{1,2})\s*[-./월]\s*(?P<day>\d{1,2})\s*일?\.?"
    r"\s*(?:\([^)]{1,3}\))?\s*/?\s*(?P<block>오전|오후|am|pm)\s*",
    re.IGNORECASE,
)
_BLOCKS = {"오전": Block.AM, "am": Block.AM, "오후": Block.PM, "pm": Block.PM}
_MANY = re.compile(r"[,;\n]+")
REQUEST_COLUMNS: tuple[Column, ...] = (
    Column("school", "학교", "School", ("학교명", "신청 학교"), required=True),
    Column("class", "학급", "Class", ("반", "학년 반", "학급명"), required=True),
    Column("fields", "희망 분야", "Kinds of work", ("분야", "직업 분야", "희망 직업"), Cell.WORDS, required=True),
    *(
        Column(f"wish_{n}", f"{n}지망", f"Choice {n}", (f"희망일 {n}", f"{n}희망", f"{n}순위"), required=n == 1)
        for n in range(1, WISHES + 1)
    ),
    Column("possible", "가능한 날", "Also possible", ("그 밖에 가능한 날", "협의 가능일")),
    Column("together", "함께 가는 표시", "Goes together", ("함께", "묶음"),),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One row: the slots by their codes, as ``2027-04-21/AM``; ``together`` marks rows of a school that go together."""

    school: str
    label: str
    fields: tuple[JobField, ...]
    requested: tuple[str, ...]
    negotiable: tuple[str, ...]
    together: str


def slot_code(text: str, days: Collection[dt.date]) -> str | None:
    """Return the slot that a cell names (``4/21 오전``, ``2027. 4. 21.(수) PM``), or None where it names none.

    A date without a year is of the term's own: the one of ``days``, else the first year that the term touches.
    """
    found = _SLOT.fullmatch(unicodedata.normalize("NFKC", text).strip().casefold())
    if found is None:
        return None
    years = [int(found["year"])] if found["year"] else sorted({day.year for day in days})
    named = []
    for year in years:
        try:
            named.append(dt.date(year, int(found["month"]), int(found["day"])))
        except ValueError:
            continue
    if not named:
        return None
    known = set(days)
    date = next((day for day in named if day in known), named[0])
    return f"{date.isoformat()}/{_BLOCKS[found['block']].value}"


def read_request(form: Mapping[str, Sequence[str]], days: Collection[dt.date]) -> RequestRow:
    """Return what a row asks for.

    Raises:
        InvalidForm: each field that cannot be read.
    """
    entered = Entered(form)
    school = entered.line("school", 60)
    label = class_label(entered.text("class"))
    if label is None:
        entered.fault("class", "class_name" if entered.text("class") else "required")
    requested = []
    for number in range(1, WISHES + 1):
        field = f"wish_{number}"
        text = entered.text(field)
        if not text:
            if number == 1:
                entered.fault(field, "required")
            continue
        code = slot_code(text, days)
        if code is None:
            entered.fault(field, "slot")
        else:
            requested.append(code)
    negotiable = []
    for part in filter(None, (part.strip() for part in _MANY.split(entered.text("possible")))):
        code = slot_code(part, days)
        if code is None:
            entered.fault("possible", "slot")
            break
        negotiable.append(code)
    fields = entered.several("fields", JobField, required=True)
    entered.finish()
    return RequestRow(
        school=school,
        label=label or "",
        fields=tuple(JobField(field) for field in fields),
        requested=tuple(requested),
        negotiable=tuple(code for code in dict.fromkeys(negotiable) if code not in requested),
        together=plain(entered.text("together")),
    )
