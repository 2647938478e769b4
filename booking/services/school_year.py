"""학사일정: a school's days by hand, the centre's one-off days, and which slots they keep from being asked for."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.errors import InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SchoolDayId, SchoolId, SlotId
from booking.domain.person import Person
from booking.domain.school_texts import MOST_DAYS
from booking.domain.school_year import (
    HIGHEST_GRADE,
    LONGEST_NAME,
    LOWEST_GRADE,
    RULE_VERSION,
    Blocked,
    CalendarDay,
    DayKind,
    DaySource,
    Difference,
    difference,
    grade_of,
    public_holidays,
    tidy,
    why_blocked,
)
from booking.domain.vocabulary import Block, Role
from booking.models.requests import Request, RequestSlot
from booking.models.school_year import OneOffDay, SchoolDay
from booking.models.schools import School, SchoolClass
from booking.models.terms import Slot
from booking.services.history import record_change
from booking.services.outlook_asking import ask_current_outlook

Half = tuple[SlotId, dt.date, Block]
#: who keeps a school's days: its teachers, and the centre for every school
KEEPERS = (Role.TEACHER, Role.COORDINATOR, Role.ADMINISTRATOR)


def halves(slots: Iterable[Slot]) -> list[Half]:
    """Return what :func:`blocked` asks of slots."""
    return [(slot.id, slot.date, slot.block) for slot in slots]


def days_of(session: Session, school_id: SchoolId, first: dt.date, last: dt.date) -> list[SchoolDay]:
    """Return a school's days between two dates, in order; what a person took out is not among them."""
    return list(
        session.scalars(
            sa.select(SchoolDay)
            .where(SchoolDay.school_id == school_id, SchoolDay.date.between(first, last), ~SchoolDay.removed)
            .order_by(SchoolDay.date, SchoolDay.name)
        )
    )


def free_days(session: Session, first: dt.date, last: dt.date, language: str = "ko") -> dict[dt.date, str]:
    """Return the days on which nobody goes out at all: public holidays, and what the centre added."""
    years = range(first.year, last.year + 1)
    found = {day: name for day, name in public_holidays(years, language).items() if first <= day <= last}
    own = sa.select(OneOffDay.date, OneOffDay.name).where(OneOffDay.date.between(first, last))
    return {**found, **dict(session.execute(own).all())}


def free_around(session: Session, date: dt.date) -> dict[dt.date, str]:
    """Return the days off near a date: enough to find the working days before and after it."""
    margin = dt.timedelta(days=21)
    return free_days(session, date - margin, date + margin)


def blocked(
    session: Session,
    school_id: SchoolId,
    grades: Iterable[int | None],
    slots: Sequence[Half],
    language: str = "ko",
) -> dict[SlotId, Blocked]:
    """Return those of ``slots`` at which a grade of the school is not free, with the weightiest reason."""
    if not slots:
        return {}
    return _blocked_on(_not_free(session, school_id, slots, language), set(grades), slots)


def _not_free(
    session: Session, school_id: SchoolId, slots: Sequence[Half], language: str = "ko"
) -> dict[dt.date, list[CalendarDay]]:
    """The days between the first and the last of ``slots`` on which somebody of the school is not free."""
    first, last = min(date for _, date, _ in slots), max(date for _, date, _ in slots)
    days: defaultdict[dt.date, list[CalendarDay]] = defaultdict(list)
    for row in days_of(session, school_id, first, last):
        days[row.date].append(row.day())
    for date, name in free_days(session, first, last, language).items():
        days[date].append(CalendarDay(date, name, DayKind.HOLIDAY))
    return dict(days)


def _blocked_on(
    days: Mapping[dt.date, list[CalendarDay]], grades: set[int | None], slots: Iterable[Half]
) -> dict[SlotId, Blocked]:
    found = {slot: why_blocked(days[date], grades, block) for slot, date, block in slots if date in days}
    return {slot: reason for slot, reason in found.items() if reason is not None}


def blocked_requests(
    session: Session, school_id: SchoolId, requests: Sequence[Request]
) -> list[tuple[Request, list[RequestSlot]]]:
    """Return the requests of a school that name a slot at which their class is by now not free, with those wishes."""
    wished = halves(wish.slot for request in requests for wish in request.wishes)
    days = _not_free(session, school_id, wished) if wished else {}
    found = []
    for request in requests:
        grades = {request_grade(session, request)}
        reasons = _blocked_on(days, grades, halves(wish.slot for wish in request.wishes))
        hit = [wish for wish in request.wishes if wish.slot_id in reasons]
        if hit:
            found.append((request, hit))
    return found


def request_grade(session: Session, request: Request) -> int | None:
    """Return the grade of a request's class: what the class says, else what the label says."""
    known = session.get(SchoolClass, request.class_id) if request.class_id is not None else None
    return known.grade if known is not None else grade_of(request.label)


# ---------------------------------------------------------------------------------------------------- imports
def compare(
    session: Session, school_id: SchoolId, days: Sequence[CalendarDay], source: DaySource, span: tuple[dt.date, dt.date]
) -> Difference:
    """Return what taking ``days`` over would change of the school's calendar within ``span``."""
    rows = session.scalars(sa.select(SchoolDay).where(SchoolDay.school_id == school_id, SchoolDay.date.between(*span)))
    return difference([(row.day(), row.source) for row in rows], days, source)


def take_over(
    session: Session, school_id: SchoolId, days: Sequence[CalendarDay], source: DaySource, span: tuple[dt.date, dt.date]
) -> Difference:
    """Bring the school's calendar within ``span`` to ``days``; what a person made or changed stays as it is."""
    lock_school(session, school_id)
    found = compare(session, school_id, days, source, span)
    for day in found.gone:
        session.execute(
            sa.delete(SchoolDay).where(
                SchoolDay.school_id == school_id, SchoolDay.date == day.date, SchoolDay.name == day.name
            )
        )
    for day in [*found.added, *(new for _, new in found.changed)]:
        _store(session, school_id, day, source)
    _forget(session)
    ask_current_outlook(session)
    return found


def _forget(session: Session) -> None:
    """Let go of days that were read before: they were written past them."""
    for known in list(session.identity_map.values()):
        if isinstance(known, SchoolDay):
            session.expire(known)


def lock_school(session: Session, school_id: SchoolId) -> School:
    """Let one change of this school's own data go on at a time, until the transaction ends."""
    school = session.scalar(
        sa.select(School)
        .where(School.id == school_id)
        .with_for_update(of=School)
        .execution_options(populate_existing=True)
    )
    if school is None:
        raise NotFound(f"school {school_id}")
    return school


def _store(session: Session, school_id: SchoolId, day: CalendarDay, source: DaySource) -> None:
    by_hand = source is DaySource.HAND
    values = {
        "kind": day.kind.value,
        "grades": list(day.grades),
        "blocks": day.blocks.value,
        "source": source.value,
        "removed": False,
    }
    # what came from outside stays beside what a person made of it
    raw = {} if by_hand else {"raw": day.raw, "rule_version": RULE_VERSION}
    session.execute(
        insert(SchoolDay)
        .values(school_id=school_id, date=day.date, name=day.name, **values, **raw)
        .on_conflict_do_update(index_elements=["school_id", "date", "name"], set_={**values, **raw})
    )


# ---------------------------------------------------------------------------------------------------- by hand
def add_days(
    session: Session,
    person: Person,
    school_id: SchoolId,
    first: dt.date,
    last: dt.date,
    day: CalendarDay,
) -> int:
    """Enter a day, or the working days from ``first`` to ``last``; one of the same name is replaced, and stays so.

    Raises:
        InvalidForm: every fault, field by field.
        NotFound: another's school.
    """
    person.require_role(*KEEPERS)
    person.require_school(school_id)
    faults = []
    name = tidy(day.name)
    if not name:
        faults.append(InvalidInput(field="name", reason="required"))
    elif len(name) > LONGEST_NAME:
        faults.append(InvalidInput(field="name", reason="too_long"))
    elif "<" in name or ">" in name:
        faults.append(InvalidInput(field="name", reason="markup"))
    if last < first:
        faults.append(InvalidInput(field="last", reason="order"))
    elif (last - first).days >= MOST_DAYS:
        faults.append(InvalidInput(field="last", reason="span"))
    if any(not LOWEST_GRADE <= grade <= HIGHEST_GRADE for grade in day.grades):
        faults.append(InvalidInput(field="grades", reason="unknown"))
    if faults:
        raise InvalidForm(faults)
    lock_school(session, school_id)
    span = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    dates = [date for date in span if date.weekday() < 5] or span
    for date in dates:
        _store(
            session, school_id, CalendarDay(date, name, day.kind, tuple(sorted(set(day.grades))), day.blocks),
            DaySource.HAND,
        )  # fmt: skip
    _forget(session)
    ask_current_outlook(session)
    record_change(
        session, person.actor, "calendar_entered", "school", school_id, first=first.isoformat(), days=len(dates)
    )
    return len(dates)


def find_day(session: Session, person: Person, day_id: SchoolDayId) -> SchoolDay:
    """Return a day of one of the teacher's schools.

    Raises:
        NotFound: there is none, or it is another school's.
    """
    day = session.get(SchoolDay, day_id)
    if day is None or day.removed:
        raise NotFound(f"school day {day_id}")
    person.require_school(day.school_id)
    return day


def remove_day(session: Session, person: Person, day_id: SchoolDayId) -> SchoolDay:
    """Take a day out. One that came from outside is remembered as taken out, so that no import brings it back.

    Raises:
        NotFound: there is none, or it is another school's.
    """
    person.require_role(*KEEPERS)
    day = find_day(session, person, day_id)
    lock_school(session, day.school_id)
    if day.rule_version is None:
        session.delete(day)
    else:
        day.removed = True
        day.source = DaySource.HAND
    record_change(session, person.actor, "calendar_day_removed", "school", day.school_id, date=day.date.isoformat())
    ask_current_outlook(session)
    session.flush()
    return day


# ---------------------------------------------------------------------------------------------------- the centre
def one_off_days(session: Session, since: dt.date) -> list[OneOffDay]:
    """Return the days that the centre has closed for everybody, from ``since`` on."""
    return list(session.scalars(sa.select(OneOffDay).where(OneOffDay.date >= since).order_by(OneOffDay.date)))


def add_one_off_day(session: Session, person: Person, date: dt.date, name: str) -> OneOffDay:
    """Close a day for everybody.

    Raises:
        InvalidForm: no name, one that is too long, or a day that is closed already.
    """
    person.require_role(Role.COORDINATOR, Role.ADMINISTRATOR)
    text = tidy(name)
    if not text or len(text) > LONGEST_NAME or "<" in text or ">" in text:
        reason = "required" if not text else "too_long" if len(text) > LONGEST_NAME else "markup"
        raise InvalidForm([InvalidInput(field="name", reason=reason)])
    made: OneOffDay | None = session.scalar(
        insert(OneOffDay)
        .values(date=date, name=text, created_by_id=person.user_id)
        .on_conflict_do_nothing(index_elements=["date"])
        .returning(OneOffDay)
    )
    if made is None:
        raise InvalidForm([InvalidInput(field="date", reason="twice")])
    record_change(session, person.actor, "one_off_day_added", "one_off_day", made.id, date=date.isoformat())
    ask_current_outlook(session)
    return made


def remove_one_off_day(session: Session, person: Person, day_id: int) -> OneOffDay:
    """Open a day again.

    Raises:
        NotFound: there is none.
    """
    person.require_role(Role.COORDINATOR, Role.ADMINISTRATOR)
    day = session.get(OneOffDay, day_id)
    if day is None:
        raise NotFound(f"one-off day {day_id}")
    session.delete(day)
    record_change(session, person.actor, "one_off_day_removed", "one_off_day", day_id, date=day.date.isoformat())
    ask_current_outlook(session)
    session.flush()
    return day
