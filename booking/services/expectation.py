"""What schools are still expected to ask for: their habits in earlier terms on this term's calendars.

Learnt from the requests of this installation's earlier terms alone. Without any there is no forecast: nothing is
expected, and no page speaks of one.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.ids import SlotId
from booking.domain.school_year import DayBlocks, DayKind, grade_of
from booking.models.school_year import SchoolDay
from booking.models.schools import School
from booking.models.terms import Term
from booking.services.instance_builder import build_instance
from booking.services.school_year import free_days
from scheduler.forecast import forecast, learn
from scheduler.forecast_calendar import Calendar, Classes, Entry, Kind
from scheduler.instance import Instance

#: habits of longer ago are no longer anybody's
MOST_TERMS = 4
KINDS = {
    DayKind.EXAM: Kind.EXAM,
    DayKind.EVENT: Kind.EVENT,
    DayKind.HOLIDAY: Kind.HOLIDAY,
    DayKind.CLOSED: Kind.HOLIDAY,
}


def earlier_instances(session: Session, clock: Clock, term: Term) -> list[Instance]:
    """Return the terms before ``term`` in which anybody asked for anything, oldest first, as instances."""
    terms = session.scalars(
        sa.select(Term).where(Term.opens_on < term.opens_on).order_by(Term.opens_on.desc()).limit(MOST_TERMS)
    )
    found = [build_instance(session, clock, earlier, keep=False).instance for earlier in terms]
    return [instance for instance in reversed(found) if instance.visits]


def _entries(session: Session) -> tuple[Entry, ...]:
    """The schools' calendars. Half a day keeps a school at home only where it is an exam."""
    everybody: list[int | None] = [None]
    rows = session.execute(
        sa.select(School.code, SchoolDay)
        .join(School, School.id == SchoolDay.school_id)
        .where(~SchoolDay.removed, SchoolDay.kind != DayKind.HINT)
    )
    return tuple(
        Entry(code, grade, day.date, day.date, KINDS[day.kind])
        for code, day in rows
        if day.blocks is DayBlocks.ALL or day.kind is DayKind.EXAM
        for grade in (day.grades or everybody)
    )


def _classes(history: list[Instance]) -> tuple[Classes, ...]:
    """What each school sent in the last term in which it asked, by grade."""
    newest: dict[str, Counter[int | None]] = {}
    for instance in history:
        sent: defaultdict[str, Counter[int | None]] = defaultdict(Counter)
        for visit in instance.visits:
            sent[visit.school][grade_of(visit.label)] += visit.pupils
        newest |= sent
    return tuple(
        Classes(school, grade, 0, pupils) for school, grades in newest.items() for grade, pupils in grades.items()
    )


def expected_loads(session: Session, clock: Clock, term: Term) -> Counter[SlotId]:
    """Return pupils by slot who are expected to ask for it first, on top of those who have asked already.

    A school that has asked for as many pupils as it is expected to send is expected to ask no more; one that has asked
    for a part of them, for the rest in the same proportions.
    """
    history = earlier_instances(session, clock, term)
    if not history:
        return Counter()
    calendar = Calendar(_entries(session), _classes(history))
    model = learn(history, calendar)
    built = build_instance(session, clock, term, keep=False)
    today = seoul_date(clock.now())
    ahead = [slot for slot in built.instance.slots if slot.date > today]
    if not ahead:
        return Counter()
    closed = free_days(session, ahead[0].date, max(slot.date for slot in ahead))
    slots = [slot for slot in ahead if slot.date not in closed]
    asked: Counter[str] = Counter()
    for visit in built.instance.visits:
        asked[visit.school] += visit.pupils
    exact: defaultdict[str, float] = defaultdict(float)
    for school in built.instance.schools:
        expected = forecast(model, [school], slots, calendar)
        total = sum(expected.values())
        part = max(0.0, 1 - asked[school.id] / total) if total else 0.0
        for slot, pupils in expected.items():
            exact[slot] += pupils * part
    return Counter({built.slots[slot]: round(pupils) for slot, pupils in exact.items() if round(pupils)})
