"""Sessions of programmes for tests: entered as a page would, by the coordinator of the small term."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import ProgrammeId, SchoolId
from booking.domain.person import Person
from booking.domain.programmes import CountEntry, SessionEntry
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Level
from booking.models.programmes import Programme, ProgrammeSession
from booking.models.schools import School
from booking.services.programmes import add_session, change_session, entry_of

LECTURE = "lecture"


def kind(session: Session, code: str = LECTURE) -> Programme:
    """A kind by its code."""
    return session.scalars(sa.select(Programme).where(Programme.code == code)).one()


def schools(session: Session) -> list[School]:
    """The schools in their order."""
    return list(session.scalars(sa.select(School).order_by(School.code)))


def an_entry(
    programme: ProgrammeId,
    date: dt.date,
    people: int,
    *,
    school: SchoolId | None = None,
    status: SessionStatus = SessionStatus.HELD,
    planned: int | None = None,
) -> SessionEntry:
    """A session with one head count; of a middle school, or of people who are no pupils."""
    count = CountEntry(school, Level.MIDDLE if school else None, people if planned is None else planned, people)
    if status is not SessionStatus.HELD:
        count = replace(count, attended=None)
    return SessionEntry(programme, "직업인 특강", date, None, "", (), None, "", status, (count,), "")


def held(
    session: Session, clock: Clock, person: Person, date: dt.date, people: int, *, code: str = LECTURE,
    school: SchoolId | None = None,
) -> ProgrammeSession:  # fmt: skip
    """A session that took place."""
    return add_session(session, clock, person, an_entry(kind(session, code).id, date, people, school=school))


def recount(
    session: Session, clock: Clock, person: Person, row: ProgrammeSession, people: int, reason: str = "출석부 확인"
) -> ProgrammeSession:
    """Correct how many came to the first of its head counts."""
    entry = entry_of(row)
    counts = (replace(entry.counts[0], attended=people), *entry.counts[1:])
    return change_session(
        session, clock, person, row.id, replace(entry, counts=counts, reason=reason), seen=row.version
    )
