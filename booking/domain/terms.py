"""학기: which days a semester has, what it is called, and how classes move up when a school year begins."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from booking.domain.entered import Entered, Given
from booking.domain.school_year import grade_of, public_holidays

LONGEST_NAME = 40
#: days; a semester with its exams is shorter, and a slip of the pen in a year is far longer
LONGEST_TERM = 200
#: what a new centre starts with: the prices of the rules as they are documented (``policy`` of ``wx-instance/1``)
FIRST_POLICY: dict[str, object] = {
    "date_cost": [0, 1, 3, 6, 10],
    "shift_cost": 15,
    "crowding_price": 10,
    "off_field_cost": 10,
    "travel_cost": 1,
    "group_cost": 1,
    "change_cost": 2,
    "fairness_slack": 0.005,
}
_STARTS = ((3, 8), (8, 24))
_ENDS = {3: (7, 16), 8: (12, 24)}
_GRADE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class TermEntry:
    """A term as a person enters it: the first day of each phase, and the first and last day on which classes go out."""

    name: str
    name_en: str
    opens_on: dt.date
    allocation_on: dt.date
    confirmation_on: dt.date
    leftovers_on: dt.date
    first_day: dt.date
    last_day: dt.date


FIELDS = tuple(TermEntry.__dataclass_fields__)
PHASE_FIELDS = ("opens_on", "allocation_on", "confirmation_on", "leftovers_on")


@dataclass(frozen=True, slots=True)
class ClassCount:
    """학급: a class's label and head counts."""

    label: str
    pupils: int
    chaperones_needed: int
    considered: int
    active: bool


def school_year(date: dt.date) -> int:
    """Return the school year of a date; it begins in March."""
    return date.year if date.month > 2 else date.year - 1


def semester(date: dt.date) -> tuple[str, str]:
    """Return what the term with this first day is called, in Korean and English."""
    half = 1 if 2 < date.month < 8 else 2
    year = school_year(date)
    return f"{year}학년도 {half}학기", f"School year {year}, semester {half}"


def next_semester(today: dt.date) -> dt.date:
    """Return the Monday on which the next semester's visits may begin: mid-March or the last week of August."""
    starts = [dt.date(year, month, day) for year in (today.year, today.year + 1) for month, day in _STARTS]
    first = next(start for start in starts if start > today + dt.timedelta(days=13))
    return first + dt.timedelta(days=-first.weekday() % 7)


def suggested(today: dt.date, after: dt.date | None) -> TermEntry:
    """Return the usual dates of the semester that follows ``after`` (the last day of the current one) or today."""
    first = next_semester(max(today, after or today))
    month, day = _ENDS[min(_ENDS, key=lambda start: abs(start - first.month))]
    name, name_en = semester(first)
    opens = max(today, first - dt.timedelta(days=42))
    allocation = max(opens + dt.timedelta(days=1), first - dt.timedelta(days=21))
    confirmation = max(allocation, first - dt.timedelta(days=7))
    return TermEntry(name, name_en, opens, allocation, confirmation, first, first, dt.date(first.year, month, day))


def read_term(given: Given) -> TermEntry:
    """Return the entered term.

    Raises:
        InvalidForm: every field that cannot be accepted; the dates have to follow one another.
    """
    entered = Entered(given)
    name, name_en = entered.line("name", LONGEST_NAME), entered.line("name_en", LONGEST_NAME)
    dates = {field: entered.required_date(field) for field in (*PHASE_FIELDS, "first_day", "last_day")}
    entered.finish()
    entry = TermEntry(name=name, name_en=name_en, **dates)
    if entry.allocation_on <= entry.opens_on:
        entered.fault("allocation_on", "order")
    if entry.confirmation_on < entry.allocation_on:
        entered.fault("confirmation_on", "order")
    if entry.leftovers_on < entry.confirmation_on:
        entered.fault("leftovers_on", "order")
    if entry.last_day < max(entry.first_day, entry.leftovers_on):
        entered.fault("last_day", "before_first")
    if (entry.last_day - entry.first_day).days > LONGEST_TERM:
        entered.fault("last_day", "span_term")
    entered.finish()
    return entry


def teaching_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the days on which schools teach: Monday to Friday, without public holidays; both ends are included."""
    closed = public_holidays(range(first.year, last.year + 1))
    days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5 and day not in closed]


def moved_up(classes: Iterable[ClassCount], grades: range) -> list[ClassCount]:
    """Return a school's classes of the next school year: each takes its head counts along into the next grade.

    The highest grade leaves. Nobody knows the new first grade yet: it is believed to be as large as the last one, and
    who needs consideration in it is unknown. A class whose label names no grade of the school stays as it is.
    """
    before = {one.label: one for one in classes}
    after: dict[str, ClassCount] = {}
    for one in before.values():
        grade = grade_of(one.label)
        if not one.active or grade is None or grade not in grades:
            after.setdefault(one.label, one if grade is None else replace(one, active=False))
            continue
        if grade == grades[0]:
            after[one.label] = replace(one, considered=0)
        if grade == grades[-1]:
            after.setdefault(one.label, replace(one, active=False))
        else:
            label = _GRADE.sub(str(grade + 1), one.label, count=1)
            after[label] = replace(one, label=label)
            after.setdefault(one.label, replace(one, active=False))
    return sorted(after.values(), key=lambda one: one.label)
