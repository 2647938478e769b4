"""The expected load of each slot before anybody has asked: last term's habits on this term's calendars.

A school goes out on the days that its calendar leaves free. Of those it likes some better than others, and the model
says so in four factors that a person can read and check:

- *weeks from the exam*: schools of a level go out after their exams (`Phase`);
- *weekday*, and *block*, for the level;
- the school's own share of mornings, drawn towards its level's where little is known of it.

Each factor is pupils who asked for it as their first choice over what was on offer (the slots of that kind that the
schools' calendars left free, weighted by the schools' pupils), 1.0 where habit is neutral. A slot's load is the sum,
over schools, of the pupils expected times the slot's part of all factors of the school's free slots.
"""

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduler.forecast_calendar import Calendar, Entry, Kind
from scheduler.instance import Instance
from scheduler.parts import School, Slot

NEUTRAL = 100.0
"""Pupils, about four classes, that draw each factor towards 1.0, so that what was never seen stays possible."""

OWN = 60.0
"""Pupils with which a level's share of mornings weighs against the school's own."""

ROUNDS = 6
"""Rounds in which the factors are fitted to each other; they move by less than a hundredth after four."""


class Phase(StrEnum):
    """Where a week stands to a school's exams: weeks after the last one, the week before the next, or neither."""

    EXAM = "exam week"
    FIRST = "1 week after"
    SECOND = "2 weeks after"
    THIRD = "3 weeks after"
    BEFORE = "week before"
    OTHER = "far from exams"


AFTER = {0: Phase.EXAM, 1: Phase.FIRST, 2: Phase.SECOND, 3: Phase.THIRD}


@dataclass(frozen=True)
class Habits:
    """What was learnt of one level: factors by phase, weekday (0 Monday) and block."""

    phases: Mapping[str, float]
    weekdays: Mapping[str, float]
    blocks: Mapping[str, float]

    def of(self, slot: Slot, phase: Phase) -> float:
        """The factor of a slot in a phase."""
        return self.phases[phase.value] * self.weekdays[str(slot.date.weekday())] * self.blocks[slot.block]


@dataclass(frozen=True)
class Model:
    """Habits by level, pupils that asked for mornings by school with all that asked, and pupils by school last term."""

    habits: Mapping[str, Habits]
    mornings: Mapping[str, tuple[float, float]]
    pupils: Mapping[str, float]


def phase_of(date: datetime.date, exams: Sequence[datetime.date]) -> Phase:
    """The phase of a date, for exams by their first days: what comes after an exam goes before what comes ahead."""
    week = monday(date)
    apart = [(week - monday(exam)).days // 7 for exam in exams]
    since = min((weeks for weeks in apart if weeks >= 0), default=99)
    if since in AFTER:
        return AFTER[since]
    return Phase.BEFORE if -1 in apart else Phase.OTHER


def monday(date: datetime.date) -> datetime.date:
    """The Monday of a date's week."""
    return date - datetime.timedelta(days=date.weekday())


def first_choices(instance: Instance) -> dict[str, dict[str, int]]:
    """Pupils by school and first requested slot."""
    asked: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for visit in instance.visits:
        if visit.requested_slots:
            asked[visit.school][visit.requested_slots[0]] += visit.pupils
    return {school: dict(slots) for school, slots in asked.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """One school in one term: its free slots with their phases, and what it asked for."""

    level: str
    free: tuple[tuple[Slot, Phase], ...]
    asked: Mapping[str, int]


def learn(history: Sequence[Instance], calendar: Calendar) -> Model:
    """The habits in terms that are over.

    The factors of a level are fitted by turns: each is what was asked of its kind over what was on offer given the
    other factors.
    """
    seen: dict[str, list[_Seen]] = defaultdict(list)
    mornings: dict[str, tuple[float, float]] = {}
    pupils: dict[str, float] = {}
    for instance in history:
        for school_id, asked in first_choices(instance).items():
            school = instance.school_by_id[school_id]
            seen[school.level].append(_Seen(school.level, free_slots(school, instance.slots, calendar), asked))
            total = float(sum(asked.values()))
            early = float(sum(n for slot, n in asked.items() if instance.slot_by_id[slot].block == "AM"))
            before = mornings.get(school_id, (0.0, 0.0))
            mornings[school_id] = (before[0] + early, before[1] + total)
            # The last of the terms counts for how many are expected.
            pupils[school_id] = total
    return Model({level: _fitted(schools) for level, schools in sorted(seen.items())}, mornings, pupils)


def _fitted(schools: Sequence[_Seen]) -> Habits:
    tables: dict[str, dict[str, float]] = {
        "phase": {phase.value: 1.0 for phase in Phase},
        "weekday": {str(day): 1.0 for day in range(7)},
        "block": {"AM": 1.0, "PM": 1.0},
    }
    for _ in range(ROUNDS):
        for name, table in tables.items():
            wanted, offered = dict.fromkeys(table, 0.0), dict.fromkeys(table, 0.0)
            for school in schools:
                total = sum(school.asked.values())
                factors = [_product(tables, slot, phase) for slot, phase in school.free]
                scale = total / (math.fsum(factors) or 1.0)
                for (slot, phase), factor in zip(school.free, factors, strict=True):
                    key = _keys(slot, phase)[name]
                    offered[key] += scale * factor / table[key]
                    wanted[key] += school.asked.get(slot.id, 0)
            table |= {key: (wanted[key] + NEUTRAL) / (offered[key] + NEUTRAL) for key in table}
    return Habits(tables["phase"], tables["weekday"], tables["block"])


def _keys(slot: Slot, phase: Phase) -> dict[str, str]:
    return {"phase": phase.value, "weekday": str(slot.date.weekday()), "block": slot.block}


def _product(tables: Mapping[str, Mapping[str, float]], slot: Slot, phase: Phase) -> float:
    return math.prod(tables[name][key] for name, key in _keys(slot, phase).items())


def free_slots(school: School, slots: Iterable[Slot], calendar: Calendar) -> tuple[tuple[Slot, Phase], ...]:
    """The slots on which no entry for the whole school keeps it at home, with their phases."""
    mine = [entry for entry in calendar.entries if entry.school == school.id]
    closing = [entry for entry in mine if entry.grade is None]
    exams = [entry.first for entry in mine if entry.kind is Kind.EXAM]
    return tuple((slot, phase_of(slot.date, exams)) for slot in slots if not _within(slot.date, closing))


def _within(date: datetime.date, entries: Iterable[Entry]) -> bool:
    return any(entry.first <= date <= entry.last for entry in entries)


def forecast(model: Model, schools: Sequence[School], slots: Sequence[Slot], calendar: Calendar) -> dict[str, float]:
    """Pupils expected to ask for each slot as their first choice, before anybody has.

    A school's pupils are those that the calendar expects of it, else those of last term. A level never seen has no
    habits: its schools spread evenly over their free days. Grades kept at home (events of one grade) are left out of
    the school's pupils on that day in proportion.
    """
    expected: dict[str, float] = dict.fromkeys((slot.id for slot in slots), 0.0)
    announced: dict[str, float] = defaultdict(float)
    for each in calendar.classes:
        announced[each.school] += each.pupils
    for school in schools:
        pupils = announced.get(school.id, model.pupils.get(school.id, 0.0))
        factors = _factors(model, school, slots, calendar)
        total = math.fsum(factors.values())
        for slot, factor in factors.items():
            expected[slot] += pupils * factor / total if total else 0.0
    return expected


def _factors(model: Model, school: School, slots: Sequence[Slot], calendar: Calendar) -> dict[str, float]:
    habits = model.habits.get(school.level)
    free = free_slots(school, slots, calendar)
    base = {slot.id: habits.of(slot, phase) if habits is not None else 1.0 for slot, phase in free}
    all_base = math.fsum(base.values())
    early = math.fsum(base[slot.id] for slot, _ in free if slot.block == "AM")
    if all_base and 0 < early < all_base:
        asked_early, asked = model.mornings.get(school.id, (0.0, 0.0))
        share = (asked_early + OWN * early / all_base) / (asked + OWN)
        for slot, _ in free:
            old = early / all_base if slot.block == "AM" else 1 - early / all_base
            base[slot.id] *= (share if slot.block == "AM" else 1 - share) / old
    return {slot.id: base[slot.id] * _part_there(school, slot.date, calendar) for slot, _ in free}


def _part_there(school: School, date: datetime.date, calendar: Calendar) -> float:
    """The part of a school's expected pupils whose grade is not kept at home on a date."""
    mine = [entry for entry in calendar.entries if entry.school == school.id and entry.grade is not None]
    at_home = {entry.grade for entry in mine if entry.first <= date <= entry.last}
    known = [(each.grade, each.pupils) for each in calendar.classes if each.school == school.id]
    total = sum(pupils for _, pupils in known)
    if not at_home or not total:
        return 1.0
    return 1.0 - sum(pupils for grade, pupils in known if grade in at_home) / total
