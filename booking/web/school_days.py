"""What the school's own calendar says to the pages on which dates are chosen, in the words of the page."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from booking.domain.errors import InvalidInput
from booking.domain.ids import SchoolId, SlotId
from booking.domain.school_year import DayKind
from booking.queries.load import SlotLoad
from booking.services import school_year
from booking.web.database import read
from booking.web.formats import locale
from booking.web.labels import label
from booking.web.marking import gettext

Whys = dict[SlotId, str]


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
