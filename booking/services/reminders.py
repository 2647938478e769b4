"""Reminders to schools: the working day before a visit, the day after it, and once more when figures are missing.

One message a school and date, whatever the number of classes. They are written in waking hours only, so that what is
said is still true when it leaves; the subject and version of each make it one message however often this runs.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import SEOUL, Clock, seoul_date
from booking.domain.errors import NotFound
from booking.domain.ids import SchoolId
from booking.domain.person import Person
from booking.domain.visit_days import (
    FORGET_DAYS,
    REMIND_DAYS,
    Check,
    awake,
    due_on,
    next_waking,
    working_day_before,
    working_day_from,
)
from booking.models.messages import Message
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.queries.afterwards import missing_between, missing_on, standing_on
from booking.services.allocations import STAFF
from booking.services.history import record_change
from booking.services.messages import Draft, write_messages
from booking.services.placing import live_groups
from booking.services.school_year import free_days
from booking.services.telling import Facts, teachers_of
from booking.services.visit_checks import is_checked

#: no run of days off is longer
HORIZON_DAYS = 14
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Party:
    """A school's visits of one date."""

    school_id: SchoolId
    date: dt.date


def write_reminders(session: Session, clock: Clock) -> int:
    """Write what is due and was not written yet; returns how many messages are new. Safe at any time, by anybody."""
    now = clock.now()
    if not awake(now.astimezone(SEOUL).time()):
        return 0
    today = seoul_date(now)
    margin = dt.timedelta(days=FORGET_DAYS + HORIZON_DAYS)
    free = free_days(session, today - margin, today + margin)
    ahead = [today + n * _DAY for n in range(1, HORIZON_DAYS + 1)]
    going = standing_on(session, [day for day in ahead if working_day_before(day, free) == today])
    wanted = [
        (Kind.VISIT_REMINDER, _subject("visit-day", party), party, _going_facts(party, visits))
        for party, visits in _parties(going).items()
    ]
    missing = missing_between(session, today - dt.timedelta(days=FORGET_DAYS), today)
    for party, visits in _parties(missing).items():
        kind = _due_kind(party.date, today, free)
        if kind is not None:
            wanted.append((kind, _subject("attendance", party), party, _missing_facts(party, visits)))
    return _write(session, clock, wanted)


def remind_now(session: Session, clock: Clock, person: Person, school_id: SchoolId, date: dt.date) -> int:
    """Remind a school of the figures of one date on a person's word; returns 0 where it has been reminded before.

    At night the message waits for the morning.

    Raises:
        NotFound: nothing of that school and date is missing.
    """
    person.require_role(*STAFF)
    if date >= seoul_date(clock.now()):
        raise NotFound(f"school {school_id} has not gone out on {date}")
    visits = missing_on(session, school_id, date)
    if not visits:
        raise NotFound(f"nothing of school {school_id} on {date} is missing")
    party = _Party(school_id, date)
    facts = _missing_facts(party, visits)
    written = _write(session, clock, [(Kind.ATTENDANCE_REMINDER, _subject("attendance", party), party, facts)])
    if written:
        record_change(session, person.actor, "attendance_reminded", "school", school_id, date=date.isoformat())
    return written


def reminded(
    session: Session, parties: Iterable[tuple[SchoolId, dt.date]]
) -> dict[tuple[SchoolId, dt.date], dt.datetime]:
    """Return when each school was reminded of each date, where it was."""
    subjects = {_subject("attendance", _Party(*party)): party for party in parties}
    rows = session.execute(
        sa.select(Message.subject, sa.func.min(Message.created_at))
        .where(Message.kind == Kind.ATTENDANCE_REMINDER.value, Message.subject.in_(subjects))
        .group_by(Message.subject)
    )
    return {subjects[subject]: at for subject, at in rows}


def _due_kind(date: dt.date, today: dt.date, free: dict[dt.date, str]) -> Kind | None:
    """Which of the two messages about missing figures is due; both leave on working days."""
    if today >= working_day_from(date + REMIND_DAYS * _DAY, free):
        return Kind.ATTENDANCE_REMINDER
    return Kind.ATTENDANCE_DUE if today >= working_day_from(date + _DAY, free) else None


def visit_day_subject(school_id: SchoolId, date: dt.date) -> str:
    """How the reminder of the day before names a school and its date."""
    return _subject("visit-day", _Party(school_id, date))


def _subject(what: str, party: _Party) -> str:
    return f"{what}:{party.school_id}:{party.date.isoformat()}"


def _parties(visits: Iterable[Visit]) -> dict[_Party, list[Visit]]:
    found: defaultdict[_Party, list[Visit]] = defaultdict(list)
    for visit in visits:
        found[_Party(visit.request.school_id, visit.slot.date)].append(visit)
    return {party: sorted(group, key=lambda visit: visit.request.label) for party, group in found.items()}


def _school_facts(party: _Party, visits: list[Visit]) -> Facts:
    school = visits[0].request.school
    return {"school": school.name, "school_sms": school.sms_name, "date": party.date.isoformat()}


def _going_facts(party: _Party, visits: list[Visit]) -> Facts:
    going = [
        {
            "label": visit.request.label,
            "block": visit.slot.block.value,
            "starts": visit.request.school.hours(visit.slot.block)[0].strftime("%H:%M"),
            "pupils": visit.request.pupils,
            "workplaces": len(live_groups(visit)),
            "unchecked": [check.value for check in Check if not is_checked(visit, check)],
        }
        for visit in visits
    ]
    return {**_school_facts(party, visits), "visits": going}


def _missing_facts(party: _Party, visits: list[Visit]) -> Facts:
    return {
        **_school_facts(party, visits),
        "due_on": due_on(party.date).isoformat(),
        "labels": [visit.request.label for visit in visits],
    }


def _write(session: Session, clock: Clock, wanted: list[tuple[Kind, str, _Party, Facts]]) -> int:
    """Write what has not been written for its subject, to every teacher who speaks for the school today."""
    now = clock.now()
    rows = session.execute(
        sa.select(Message.kind, Message.subject).where(Message.subject.in_({row[1] for row in wanted}))
    )
    known = {(kind, subject) for kind, subject in rows}
    new = [row for row in wanted if (row[0].value, row[1]) not in known]
    teachers = teachers_of(session, {party.school_id for _, _, party, _ in new}, seoul_date(now))
    drafts = [
        Draft(kind, teacher, subject, 1, facts, available_at=next_waking(now))
        for kind, subject, party, facts in new
        for teacher in teachers.get(party.school_id, [])
    ]
    return len(write_messages(session, drafts))
