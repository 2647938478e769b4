"""Sessions that are open for registration, as a school and as the office see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from booking.domain.ids import SchoolId, SessionId
from booking.domain.party_states import LIVE_PARTIES, PartyStatus
from booking.domain.vocabulary import Level
from booking.models.history import HistoryEntry
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionOpening, SessionParty
from booking.queries.programmes import OPEN

#: as many of the newest steps of a session as its page shows
NEWEST = 60


def openings_for(session: Session, level: Level, since: dt.date) -> Sequence[SessionOpening]:
    """Return the sessions to come that were opened for schools of a level, the next one first."""
    return session.scalars(
        _openings().where(
            sa.literal(level.value) == sa.any_(SessionOpening.levels),
            ProgrammeSession.status.in_(OPEN),
            ProgrammeSession.date >= since,
        )
    ).all()


def openings_after(session: Session, since: dt.date) -> Sequence[SessionOpening]:
    """Return every session to come that was opened, the next one first."""
    return session.scalars(_openings().where(ProgrammeSession.status.in_(OPEN), ProgrammeSession.date >= since)).all()


def openings_of(session: Session, numbers: Collection[SessionId]) -> dict[SessionId, SessionOpening]:
    """Return how those of these sessions are open that were opened."""
    found = session.scalars(_openings().where(SessionOpening.session_id.in_(numbers)))
    return {opening.session_id: opening for opening in found}


def _openings() -> sa.Select[SessionOpening]:
    return (
        sa.select(SessionOpening)
        .join(SessionOpening.session)
        .options(
            contains_eager(SessionOpening.session).joinedload(ProgrammeSession.programme),
            selectinload(SessionOpening.parties).joinedload(SessionParty.school),
        )
        .order_by(ProgrammeSession.date, ProgrammeSession.starts_at, ProgrammeSession.id)
    )


def parties_of(
    session: Session, school_id: SchoolId, since: dt.date, number: SessionId | None = None
) -> Sequence[SessionParty]:
    """Return a school's classes and groups at sessions since a day, or at one session: what waits for it first."""
    pressing = sa.case(
        (SessionParty.status == PartyStatus.OFFERED, 0), (SessionParty.status.in_(LIVE_PARTIES), 1), else_=2
    )
    found = (
        sa.select(SessionParty)
        .join(SessionParty.opening)
        .join(SessionOpening.session)
        .where(SessionParty.school_id == school_id)
        .order_by(pressing, ProgrammeSession.date, SessionParty.turn)
        .options(
            joinedload(SessionParty.school),
            selectinload(SessionParty.opening).options(
                joinedload(SessionOpening.session).joinedload(ProgrammeSession.programme),
                selectinload(SessionOpening.parties),
            ),
        )
    )
    if number is not None:
        return session.scalars(found.where(SessionParty.session_id == number)).all()
    return session.scalars(found.where(ProgrammeSession.date >= since)).all()


def offers_waiting(session: Session, school_ids: Collection[SchoolId]) -> int:
    """Return how many offered places wait for the answer of these schools."""
    counted = sa.select(sa.func.count()).where(
        SessionParty.school_id.in_(school_ids), SessionParty.status == PartyStatus.OFFERED
    )
    return session.scalar(counted) or 0


def registration_history(session: Session, number: SessionId) -> Sequence[HistoryEntry]:
    """Return what happened to a session and to who comes, the newest first."""
    return session.scalars(
        sa.select(HistoryEntry)
        .where(HistoryEntry.subject_type == "programme_session", HistoryEntry.subject_id == number)
        .order_by(HistoryEntry.id.desc())
        .limit(NEWEST)
    ).all()
