"""The changing part of a generated centre: a term's exams and events, and the dates for which the grades ask."""

import datetime
from collections.abc import Mapping, Sequence
from random import Random

from scheduler.forecast_calendar import Entry, Kind
from scheduler.generate_town import FIELDS, Grade, weighted
from scheduler.parts import Slot, Visit

EXAMS_AT = (0.34, 0.82)
"""Where in the weeks of a term the midterms and the finals are, as a part of it."""

WEEKDAYS = (7, 22, 26, 22, 23)
"""How schools like the days from Monday to Friday, in a hundred."""

AFTER_EXAM = {0: 46, 1: 24, 2: 8}
"""Weeks after an exam week for which grades ask, with weights; the rest of the term has `OTHER` in all."""

OTHER = 22

WISHED, IN_BUNDLE, NEGOTIABLE = 5, 3, 4
"""Slots for which a class asks, alone and in a bundle, and slots to which it could still be asked to move."""


def term_entries(grades: Sequence[Grade], dates: Sequence[datetime.date], chance: Random) -> list[Entry]:
    """A term's calendar: exams that nearly all schools have in one week, a day off and an excursion of a grade.

    Elementary schools have no exams, but rest in the week of the midterms as often as not.
    """
    weeks = _weeks(dates)
    mondays = sorted(weeks)
    entries: list[Entry] = []
    common = [min(len(mondays) - 1, round(at * len(mondays)) + chance.randint(-1, 0)) for at in EXAMS_AT]
    for school in dict.fromkeys(grade.school.id for grade in grades):
        level = next(grade.school.level for grade in grades if grade.school.id == school)
        for term, week in enumerate(common):
            own = min(len(mondays) - 1, max(0, week + weighted(chance, {-1: 12, 0: 76, 1: 12})))
            days = weeks[mondays[own]]
            if level != "elementary":
                entries.append(Entry(school, None, days[0], days[min(3, len(days) - 1)], Kind.EXAM, "정기고사"))
            elif term == 0 and chance.random() < 0.5:
                entries.append(Entry(school, None, days[0], days[0], Kind.HOLIDAY, "재량휴업일"))
        day = chance.choice(list(dates))
        entries.append(Entry(school, None, day, day, Kind.EVENT, "체육대회"))
    for grade in grades:
        if chance.random() < 0.4:
            days = weeks[chance.choice(mondays)]
            entries.append(
                Entry(grade.school.id, grade.number, days[0], days[min(2, len(days) - 1)], Kind.EVENT, "수련활동")
            )
    return entries


def make_visits(
    grades: Sequence[Grade], entries: Sequence[Entry], slots: Sequence[Slot], chance: Random
) -> tuple[Visit, ...]:
    """The requests of all grades, class by class."""
    total = sum(len(grade.sizes) for grade in grades)
    width = max(4, len(str(max(0, total - 1))))
    visits: list[Visit] = []
    for number, grade in enumerate(grades):
        shared, negotiable = _wishes(grade, entries, slots, chance)
        for room, pupils in enumerate(grade.sizes, 1):
            wished = shared[:IN_BUNDLE] if grade.bundled else _shuffled(shared, chance)[:WISHED]
            visits.append(
                Visit(
                    id=f"V{len(visits):0{width}d}",
                    school=grade.school.id,
                    label=f"{grade.number}-{room}",
                    pupils=pupils,
                    chaperones_needed=-(-pupils // 12),
                    fields=tuple(_fields(chance)),
                    requested_slots=tuple(wished),
                    negotiable_slots=tuple(negotiable),
                    bundle=f"B{number:03d}" if grade.bundled else None,
                    max_travel_km=None,
                    class_=None,
                    excluded_workplaces=(),
                    locked=None,
                    previous=None,
                )
            )
    return tuple(visits)


def free_slots(grade: int, entries: Sequence[Entry], slots: Sequence[Slot]) -> list[Slot]:
    """The slots of a term on which a grade is not kept at home by its school's entries."""
    mine = [entry for entry in entries if entry.grade in (None, grade)]
    return [slot for slot in slots if not any(entry.first <= slot.date <= entry.last for entry in mine)]


def _wishes(
    grade: Grade, entries: Sequence[Entry], slots: Sequence[Slot], chance: Random
) -> tuple[list[str], list[str]]:
    """Six slots on which a grade agrees, best first, and those to which it could be moved."""
    mine = [entry for entry in entries if entry.school == grade.school.id]
    free = free_slots(grade.number, mine, slots)
    exams = [_monday(entry.first) for entry in mine if entry.kind is Kind.EXAM]
    weights = {slot.id: _liking(slot, grade, exams) for slot in free}
    first = _drawn(free, weights, 1, chance)
    # A grade stays near the week that it likes best: every other wish is half as likely with every week between.
    centre = _monday(first[0].date) if first else None
    near = {
        slot.id: weights[slot.id] * 0.5 ** (abs((_monday(slot.date) - centre).days) / 7)
        for slot in free
        if centre is not None
    }
    others = _drawn([slot for slot in free if slot not in first], near, WISHED, chance)
    wished = [slot.id for slot in [*first, *others]]
    rest = [slot for slot in free if slot.id not in wished]
    liked = {slot.id: 3.0 if slot.block == grade.block else 1.0 for slot in rest}
    return wished, [slot.id for slot in _drawn(rest, liked, NEGOTIABLE, chance)]


def _liking(slot: Slot, grade: Grade, exams: Sequence[datetime.date]) -> float:
    """How much a grade likes a slot before it looks at its own week."""
    since = [(_monday(slot.date) - exam).days // 7 - 1 for exam in exams]
    week = max([AFTER_EXAM.get(weeks, 0) for weeks in since], default=0) + OTHER / 10
    return week * WEEKDAYS[slot.date.weekday()] * (3.5 if slot.block == grade.block else 1.0)


def _drawn(slots: Sequence[Slot], weights: Mapping[str, float], count: int, chance: Random) -> list[Slot]:
    """Up to `count` different slots, by weight."""
    left = list(slots)
    found: list[Slot] = []
    while left and len(found) < count:
        chosen = chance.choices(range(len(left)), [weights[slot.id] for slot in left])[0]
        found.append(left.pop(chosen))
    return found


def _shuffled(wished: Sequence[str], chance: Random) -> list[str]:
    """A class's own order: as the grade agreed, with a swap at the head or further down now and then."""
    order = list(wished)
    if len(order) > 1 and chance.random() < 0.3:
        order[0], order[1] = order[1], order[0]
    if len(order) > 3 and chance.random() < 0.5:
        i = chance.randrange(1, len(order) - 1)
        order[i], order[i + 1] = order[i + 1], order[i]
    return order


def _fields(chance: Random) -> list[str]:
    left = dict(FIELDS)
    found = []
    for _ in range(3):
        found.append(weighted(chance, left))
        del left[found[-1]]
    return found


def _weeks(dates: Sequence[datetime.date]) -> dict[datetime.date, list[datetime.date]]:
    weeks: dict[datetime.date, list[datetime.date]] = {}
    for date in dates:
        weeks.setdefault(_monday(date), []).append(date)
    return weeks


def _monday(date: datetime.date) -> datetime.date:
    return date - datetime.timedelta(days=date.weekday())
