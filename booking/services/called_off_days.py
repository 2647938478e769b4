"""하루 취소: nobody goes out on a day or half of it. One action, one transaction, one message to each person."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.called_off import BLOCKS, CallingOff, is_pressing
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import SchoolId, TermId
from booking.domain.person import Person
from booking.domain.school_year import DayBlocks
from booking.domain.states import LIVE_VISITS, VisitStatus
from booking.domain.visit_days import next_waking
from booking.domain.vocabulary import Role
from booking.models.called_off import CalledOffDay
from booking.models.requests import Request
from booking.models.school_year import OneOffDay
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.notify.catalogue import Kind
from booking.queries.afterwards import attendance_of
from booking.services.calling_off import take_off
from booking.services.dispatching import refresh_dispatches
from booking.services.history import record_change
from booking.services.messages import Draft, withdraw_messages, write_messages
from booking.services.notices import Pair, refresh_notices
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups
from booking.services.reminders import visit_day_subject
from booking.services.school_year import add_one_off_day
from booking.services.telling import teachers_of, visit_facts
from booking.services.terms import current_term, lock_term

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Concerned:
    """What calling off a day would take: the visits, those that stay, and a mark of what was looked at."""

    visits: tuple[Visit, ...]
    #: pupils have been reported to have come: these stay
    reported: tuple[Visit, ...]

    @property
    def seen(self) -> str:
        """What a page has seen: every visit with its version. Another mark later means that something has changed."""
        return ".".join(f"{visit.id}-{visit.version}" for visit in self.visits)

    @property
    def pupils(self) -> int:
        """How many pupils stay at school."""
        return sum(visit.request.pupils for visit in self.visits)

    @property
    def workplaces(self) -> set[int]:
        """The workplaces that would have received them."""
        return {group.workplace_id for visit in self.visits for group in live_groups(visit)}


def concerned(session: Session, term_id: TermId, date: dt.date, blocks: DayBlocks) -> Concerned:
    """Return the visits that stand on a day or half of it, in the order of schools and classes."""
    found = session.scalars(
        sa.select(Visit)
        .join(Visit.slot)
        .join(Visit.request)
        .where(
            Request.term_id == term_id,
            Slot.date == date,
            Slot.block.in_(BLOCKS[blocks]),
            Visit.status.in_(LIVE_VISITS - {VisitStatus.COMPLETED}),
        )
        .options(
            contains_eager(Visit.slot),
            contains_eager(Visit.request).selectinload(Request.school),
            contains_eager(Visit.request).selectinload(Request.wishes),
            selectinload(Visit.groups).selectinload(VisitGroup.workplace),
        )
        .order_by(Request.school_id, Request.code)
        .execution_options(populate_existing=True)
    ).all()
    came = attendance_of(session, [group for visit in found for group in visit.groups])
    reported = {visit.id for visit in found if any(group.id in came for group in visit.groups)}
    return Concerned(
        tuple(visit for visit in found if visit.id not in reported),
        tuple(visit for visit in found if visit.id in reported),
    )


def call_off_day(
    session: Session, clock: Clock, config: Config, person: Person, what: CallingOff, *, seen: str
) -> CalledOffDay:
    """Call off every visit of a day or half of it, and tell each teacher, each workplace and each coach once.

    ``seen`` is the mark of what the page has shown. A day so near that it is pressing is told at any hour, another in
    the hours of routine. Words about these visits that have not left yet, reminders among them, are taken back.

    Raises:
        Conflict: the visits are no longer those that were looked at (``changed``).
        InvalidForm: no visit stands then (``date``, ``nothing``).
    """
    person.require_role(*STAFF)
    term = current_term(session)
    lock_term(session, term)
    found = concerned(session, term.id, what.date, what.blocks)
    if found.seen != seen:
        raise Conflict(f"the visits of {what.date} have changed", reason="changed")
    if not found.visits:
        raise InvalidForm([InvalidInput(field="date", reason="nothing")])
    now = clock.now()
    day = CalledOffDay(
        term_id=term.id, date=what.date, blocks=what.blocks, cause=what.cause, note=what.note, again=what.again,
        visits=len(found.visits), pupils=found.pupils, at=now, by_id=person.user_id,
    )  # fmt: skip
    session.add(day)
    session.flush()
    facts = {visit.id: visit_facts(visit) for visit in found.visits}
    touched: set[Pair] = set()
    for visit in found.visits:
        touched |= take_off(session, person, visit, again=what.again, reason=what.note or what.cause.value)
        withdraw_messages(session, f"visit:{visit.request_id}", below_version=visit.version)
    # the page has said that what presses is told at any hour, and a person has pressed the button
    disturb = is_pressing(day.date, seoul_date(now))
    refresh_notices(session, clock, config, touched, disturb=disturb)
    refresh_dispatches(session, clock, config, term, at=_leaves_at(now, day), disturb=disturb)
    _tell_schools(session, clock, day, found.visits, facts)
    if what.closed and session.scalar(sa.select(OneOffDay.id).where(OneOffDay.date == what.date)) is None:
        add_one_off_day(session, person, what.date, what.note or _NAMES[what.cause.value])
    record_change(
        session, person.actor, "day_called_off", "called_off_day", day.id, reason=what.note or None,
        date=what.date.isoformat(), blocks=what.blocks.value, cause=what.cause.value, visits=day.visits,
        pupils=day.pupils, again=what.again,
    )  # fmt: skip
    ask_outlook(session, term.id)
    session.flush()
    return day


#: what a closed day is called in the calendar where no note was written; the calendar is Korean
_NAMES = {
    "weather": "기상 악화",
    "air": "미세먼지",
    "illness": "감염병",
    "emergency": "긴급 상황",
    "other": "센터 사정",
}


def _leaves_at(now: dt.datetime, day: CalledOffDay) -> dt.datetime:
    """When people are told: at any hour where it presses, else in the hours of routine."""
    return now if is_pressing(day.date, seoul_date(now)) else next_waking(now)


def _tell_schools(
    session: Session, clock: Clock, day: CalledOffDay, visits: Sequence[Visit], facts: dict[Any, dict[str, Any]]
) -> None:
    """One message to each teacher of each school, with all its classes that stay."""
    now = clock.now()
    today, at = seoul_date(now), _leaves_at(now, day)
    pressing = is_pressing(day.date, today)
    by_school: defaultdict[SchoolId, list[Visit]] = defaultdict(list)
    for visit in visits:
        by_school[visit.request.school_id].append(visit)
    teachers = teachers_of(session, by_school, today)
    drafts: list[Draft] = []
    for school_id, theirs in by_school.items():
        school = theirs[0].request.school
        going = [visit for visit in concerned(session, day.term_id, day.date, DayBlocks.ALL).visits
                 if visit.request.school_id == school_id]  # fmt: skip
        if not going:
            withdraw_messages(session, visit_day_subject(school_id, day.date), below_version=2)
        told = {
            "school": school.name,
            "school_sms": school.sms_name,
            "date": day.date.isoformat(),
            "cause": day.cause.value,
            "note": day.note,
            "again": day.again,
            "visits": [{**facts[visit.id], "sequence": visit.version} for visit in theirs],
        }
        subject = f"called_off_day:{day.id}:{school_id}"
        drafts += [Draft(Kind.DAY_CALLED_OFF, user, subject, 1, told, at, disturb=pressing)
                   for user in teachers.get(school_id, [])]  # fmt: skip
    write_messages(session, drafts)
