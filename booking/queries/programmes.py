"""Kinds of programmes and their sessions, as lists and forms show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.ids import ProgrammeId
from booking.domain.programmes import Known, Section
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Role
from booking.models.people import User
from booking.models.programmes import Programme, ProgrammeSession, SessionCount
from booking.models.schools import School
from booking.queries.paging import Page, paged

SIZE = 50
#: states of a session that has still to take place
OPEN = (SessionStatus.PLANNED, SessionStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What a list of sessions is narrowed to; None narrows nothing."""

    first: dt.date | None = None
    last: dt.date | None = None
    programme_id: ProgrammeId | None = None
    section: Section | None = None
    status: SessionStatus | None = None
    #: only those whose day is before this one and of which nobody has said how they went
    due_before: dt.date | None = None


def kinds(session: Session, *, active: bool = True) -> Sequence[Programme]:
    """Return the kinds in their order; with ``active`` only those that are still offered."""
    found = sa.select(Programme).order_by(Programme.position, Programme.id)
    return session.scalars(found.where(Programme.active) if active else found).all()


def sessions(session: Session, what: SessionFilter, number: int) -> Page[ProgrammeSession]:
    """Return one page of the sessions, the newest day first."""
    found = (
        sa.select(ProgrammeSession)
        .join(ProgrammeSession.programme)
        .order_by(ProgrammeSession.date.desc(), ProgrammeSession.id.desc())
        .options(
            joinedload(ProgrammeSession.programme),
            selectinload(ProgrammeSession.counts).joinedload(SessionCount.school),
        )
    )
    if what.first is not None:
        found = found.where(ProgrammeSession.date >= what.first)
    if what.last is not None:
        found = found.where(ProgrammeSession.date <= what.last)
    if what.programme_id is not None:
        found = found.where(ProgrammeSession.programme_id == what.programme_id)
    if what.section is not None:
        found = found.where(Programme.section == what.section)
    if what.status is not None:
        found = found.where(ProgrammeSession.status == what.status)
    if what.due_before is not None:
        found = found.where(ProgrammeSession.status.in_(OPEN), ProgrammeSession.date < what.due_before)

    def read(rows: sa.Select[ProgrammeSession]) -> Sequence[ProgrammeSession]:
        return session.scalars(rows).all()

    return paged(session, found, number, SIZE, read)


def unfinished(session: Session, last: dt.date, first: dt.date = dt.date.min) -> int:
    """Return how many sessions of a stretch of days are over and have not been entered as held or called off."""
    counted = sa.select(sa.func.count()).where(
        ProgrammeSession.status.in_(OPEN), ProgrammeSession.date.between(first, last)
    )
    return session.scalar(counted) or 0


def still_planned(session: Session, first: dt.date, last: dt.date) -> int:
    """Return how many attendances are planned in sessions to come between two days, of kinds that count."""
    return (
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(SessionCount.planned), 0))
            .join(SessionCount.session)
            .join(ProgrammeSession.programme)
            .where(Programme.counted, ProgrammeSession.status.in_(OPEN), ProgrammeSession.date.between(first, last))
        )
        or 0
    )


def schools(session: Session) -> Sequence[School]:
    """Return every school by its name."""
    return session.scalars(sa.select(School).order_by(School.name)).all()


def people(session: Session) -> Sequence[User]:
    """Return the people of the office who may look after a session."""
    office = (Role.COORDINATOR, Role.ADMINISTRATOR)
    return session.scalars(sa.select(User).where(User.role.in_(office), User.active).order_by(User.name)).all()


def known(session: Session, row: ProgrammeSession | None = None) -> Known:
    """Return what a form may choose from; what a session has already stays allowed."""
    programmes = {kind.id for kind in kinds(session)}
    persons = {user.id for user in people(session)}
    if row is not None:
        programmes.add(row.programme_id)
        persons |= {user.id for user in row.people}
    return Known(programmes, {school.id: school.level for school in schools(session)}, persons)
