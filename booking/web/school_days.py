"""The days of a school: as a form has them, and what they say to the pages on which dates are chosen."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from booking.domain.errors import InvalidInput
from booking.domain.ids import SchoolId, SlotId
from booking.domain.school_year import CalendarDay, DayBlocks, DayKind
from booking.queries.load import SlotLoad
from booking.services import school_year
from booking.web.database import read
from booking.web.formats import locale
from booking.web.labels import label
from booking.web.marking import gettext

Whys = dict[SlotId, str]
GRADES = frozenset("123456")


@dataclass(frozen=True, slots=True)
class SentDays:
    """A day, or several in a row, as a form has them; ``day`` is None where something is wrong with them."""

    first: dt.date
    last: dt.date
    day: CalendarDay | None
    faults: list[InvalidInput]


def read_days(form: MultiDict[str, str], name: str) -> SentDays:
    """Read the form of a school's days; ``name`` is the field of what the day is called."""
    faults: list[InvalidInput] = []
    first = _date(form, "first", faults)
    last = _date(form, "last", faults) if form.get("last", "").strip() else first
    kind, blocks = form.get("kind", ""), form.get("blocks", "")
    if kind not in set(DayKind):
        faults.append(InvalidInput(field="kind", reason="unknown"))
    if blocks not in set(DayBlocks):
        faults.append(InvalidInput(field="blocks", reason="unknown"))
    if faults or first is None or last is None:
        return SentDays(first or dt.date.min, last or dt.date.min, None, faults)
    grades = tuple(int(text) for text in form.getlist("grades") if text in GRADES)
    return SentDays(first, last, CalendarDay(first, form.get(name, ""), DayKind(kind), grades, DayBlocks(blocks)), [])


def _date(form: MultiDict[str, str], name: str, faults: list[InvalidInput]) -> dt.date | None:
    text = form.get(name, "").strip()[:10]
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        faults.append(InvalidInput(field=name, reason="date" if text else "required"))
        return None


def why_not(school_id: SchoolId, grades: Iterable[int | None], loads: Sequence[SlotLoad]) -> Whys:
    """Return for each slot at which one of the grades is not free the reason: «시험 · 1차 지필평가».

    Where several grades go and only some of them are kept at school, these are named: «2학년 시험 · 1차 지필평가».
    """
    halves = [(load.slot_id, load.date, load.block) for load in loads]
    wanted = set(grades)
    found = school_year.blocked(read(), school_id, wanted, halves, locale())
    alone = {grade: school_year.blocked(read(), school_id, [grade], halves, locale()) for grade in wanted}
    whys = {}
    for slot, reason in found.items():
        kept = sorted(grade for grade in wanted if grade is not None and alone[grade].get(slot) == reason)
        some = len(wanted) > 1 and kept and len(kept) < len(wanted)
        who = gettext("%(n)s학년", n=", ".join(map(str, kept))) + " " if some else ""
        whys[slot] = f"{who}{label(reason.kind)} · {reason.name}"
    return whys


def hints(school_id: SchoolId, loads: Sequence[SlotLoad]) -> dict[dt.date, tuple[str, ...]]:
    """Return what the school has on each day that is shown and keeps nobody at school."""
    if not loads:
        return {}
    found: defaultdict[dt.date, list[str]] = defaultdict(list)
    for day in school_year.days_of(read(), school_id, loads[0].date, loads[-1].date):
        if day.kind is DayKind.HINT:
            found[day.date].append(day.name)
    return {date: tuple(names) for date, names in found.items()}


def blocked_fault(chosen: Iterable[SlotId], whys: Mapping[SlotId, str]) -> InvalidInput | None:
    """Return the fault of a choice that names a slot at which the classes are not free."""
    return InvalidInput(field="requested", reason="blocked") if set(chosen) & whys.keys() else None
