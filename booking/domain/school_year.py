"""학사일정: what a day of a school's calendar is, which grades it keeps at school, and what an import would change.

The table of rules has a version. It is stored with each imported day, so that a later table can be told from this one.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

import holidays

from booking.domain.vocabulary import Block

RULE_VERSION = 1
LOWEST_GRADE, HIGHEST_GRADE = 1, 6
LONGEST_NAME = 100


class DayKind(StrEnum):
    """What a day is; a hint is shown and keeps nobody at school."""

    EXAM = "exam"
    EVENT = "event"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    HINT = "hint"


class DayBlocks(StrEnum):
    """Which part of the day is taken."""

    AM = "AM"
    PM = "PM"
    ALL = "all"


class DaySource(StrEnum):
    """Where a day comes from. What a person has entered or changed is never overwritten by an import."""

    NEIS = "neis"
    CSV = "csv"
    HAND = "hand"


class ImportKind(StrEnum):
    """What is taken over: the days of the calendar, or the list of classes."""

    CALENDAR = "calendar"
    CLASSES = "classes"


#: the first pattern that is found in the name decides; what fits none is only shown
RULES: tuple[tuple[DayKind, re.Pattern[str]], ...] = (
    (
        DayKind.EXAM,
        re.compile(r"(중간|기말)\s*고사|[12]\s*차\s*(지필|고사)|지필\s*평가|정기\s*고사|학업\s*성취도|전국\s*연합"),
    ),
    (
        DayKind.EVENT,
        re.compile(r"수학\s*여행|수련|체육\s*대회|축제|현장\s*체험|방학식|개학식|졸업|입학|소풍"),
    ),
    (DayKind.HINT, re.compile(r"진로\s*체험|진로의\s*날|직업\s*체험")),
)
#: how the national system says that there are no lessons
NO_LESSONS = {"공휴일": DayKind.HOLIDAY, "휴업일": DayKind.CLOSED}
GRADE_FLAGS = (
    "ONE_GRADE_EVENT_YN",
    "TW_GRADE_EVENT_YN",
    "THREE_GRADE_EVENT_YN",
    "FR_GRADE_EVENT_YN",
    "FIV_GRADE_EVENT_YN",
    "SIX_GRADE_EVENT_YN",
)
#: which reason is named where several keep a class at school
WEIGHT = (DayKind.HOLIDAY, DayKind.CLOSED, DayKind.EXAM, DayKind.EVENT)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of one school: ``grades`` empty means all of them."""

    date: dt.date
    name: str
    kind: DayKind
    grades: tuple[int, ...] = ()
    blocks: DayBlocks = DayBlocks.ALL
    raw: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[dt.date, str]:
        """What makes it the same day in the next import."""
        return self.date, self.name

    def keeps(self, grade: int | None, block: Block) -> bool:
        """Whether a class of that grade stays at school then; of a class without a grade only all-grade days speak."""
        if self.kind is DayKind.HINT or self.blocks not in (DayBlocks.ALL, block):
            return False
        return not self.grades or grade in self.grades


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a slot cannot be asked for."""

    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import would do. ``kept`` are days that a person has changed, and which therefore stay."""

    added: tuple[CalendarDay, ...]
    changed: tuple[tuple[CalendarDay, CalendarDay], ...]
    gone: tuple[CalendarDay, ...]
    kept: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.gone)


def tidy(text: str) -> str:
    """Return a text in one line, composed, without stray blanks and control characters."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in composed).split())


def grade_of(label: str) -> int | None:
    """Return the grade that a class's label names (``1-3``: 1), or None where it names none."""
    found = re.match(r"\s*([1-6])\s*(?:-|학년)", unicodedata.normalize("NFKC", label))
    return int(found[1]) if found else None


def kind_of(name: str) -> DayKind:
    """Return what a day is by its name alone."""
    return next((kind for kind, pattern in RULES if pattern.search(name)), DayKind.HINT)


def blocks_of(name: str) -> DayBlocks:
    """Return the half of the day that a name speaks of: ``체육대회(오전)``; else all of it."""
    morning, afternoon = "오전" in name, "오후" in name
    if morning == afternoon:
        return DayBlocks.ALL
    return DayBlocks.AM if morning else DayBlocks.PM


def _grades(row: Mapping[str, str]) -> tuple[int, ...] | None:
    """The grades whose flag says Y, () where every grade of the level does, None where none does."""
    flags = [str(row.get(name) or "").strip().upper() for name in GRADE_FLAGS]
    taken = tuple(grade for grade, flag in enumerate(flags, 1) if flag == "Y")
    if not taken:
        return None
    return taken if "N" in flags else ()


def classify(row: Mapping[str, str]) -> CalendarDay | None:
    """Return the day that a row of ``SchoolSchedule`` describes, or None where date or name make no sense."""
    name = tidy(str(row.get("EVENT_NM") or ""))[:LONGEST_NAME]
    try:
        date = dt.datetime.strptime(str(row.get("AA_YMD") or "").strip(), "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None
    if not name:
        return None
    grades = _grades(row)
    if grades is None:
        return CalendarDay(date, name, DayKind.HINT, (), DayBlocks.ALL, {"rows": [dict(row)]})
    subtracted = NO_LESSONS.get(str(row.get("SBTR_DD_SC_NM") or "").strip())
    return CalendarDay(date, name, subtracted or kind_of(name), grades, blocks_of(name), {"rows": [dict(row)]})


def merged(days: Iterable[CalendarDay]) -> list[CalendarDay]:
    """Return one day for each date and name: what several rows say of it counts for the grades of all of them."""
    found: dict[tuple[dt.date, str], CalendarDay] = {}
    for day in days:
        known = found.get(day.key)
        found[day.key] = day if known is None else _both(known, day)
    return sorted(found.values(), key=lambda day: day.key)


def _both(one: CalendarDay, other: CalendarDay) -> CalendarDay:
    if DayKind.HINT in (one.kind, other.kind) and one.kind is not other.kind:
        strong = other if one.kind is DayKind.HINT else one
        kind, grades, blocks = strong.kind, strong.grades, strong.blocks
    else:
        kind = one.kind
        grades = tuple(sorted({*one.grades, *other.grades})) if one.grades and other.grades else ()
        blocks = one.blocks if one.blocks is other.blocks else DayBlocks.ALL
    rows = [*(one.raw or {}).get("rows", ()), *(other.raw or {}).get("rows", ())]
    return CalendarDay(one.date, one.name, kind, grades, blocks, {"rows": rows} if rows else None)


def difference(
    stored: Sequence[tuple[CalendarDay, DaySource]], incoming: Sequence[CalendarDay], source: DaySource
) -> Difference:
    """Return what ``incoming`` would change of ``stored``, both of the same stretch of time.

    Only days of the same source go; days that a person made or changed stay as they are.
    """
    known = {day.key: (day, origin) for day, origin in stored}
    wanted = {day.key: day for day in incoming}
    added, changed, kept = [], [], 0
    for key, day in wanted.items():
        if key not in known:
            added.append(day)
        elif known[key][1] is DaySource.HAND:
            kept += 1
        elif known[key][0] != day:
            changed.append((known[key][0], day))
    gone = [day for key, (day, origin) in known.items() if origin is source and key not in wanted]
    return Difference(tuple(added), tuple(changed), tuple(sorted(gone, key=lambda day: day.key)), kept)


def why_blocked(days: Iterable[CalendarDay], grades: Iterable[int | None], block: Block) -> Blocked | None:
    """Return the weightiest of the days of one date that keep one of the grades at school, or None."""
    wanted = set(grades)
    reasons = [day for day in days if any(day.keeps(grade, block) for grade in wanted)]
    if not reasons:
        return None
    first = min(reasons, key=lambda day: (WEIGHT.index(day.kind), day.name))
    return Blocked(first.kind, first.name)


@lru_cache(maxsize=32)
def _holidays_of(year: int, language: str) -> dict[dt.date, str]:
    return dict(holidays.country_holidays("KR", years=year, language="ko" if language == "ko" else "en_US").items())


def public_holidays(years: Iterable[int], language: str = "ko") -> dict[dt.date, str]:
    """Return the public holidays of Korea, substitutes included, with their names."""
    return {date: name for year in sorted(set(years)) for date, name in _holidays_of(year, language).items()}
