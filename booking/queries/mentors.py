"""일터멘토 교육: when each workplace's mentors were trained last, and until when that holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SessionId, WorkplaceId
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import WorkplaceStatus
from booking.models.programmes import Programme, ProgrammeSession, SessionWorkplace
from booking.models.workplaces import Workplace
from booking.queries.paging import Page, paged

SIZE = 50


@dataclass(frozen=True, slots=True)
class Mentors:
    """A workplace, the last training that its mentors came to, and the last day on which it holds (None: never)."""

    workplace: Workplace
    trained_on: dt.date | None
    valid_until: dt.date | None

    def valid(self, today: dt.date) -> bool:
        """Whether the training holds on a day."""
        return self.valid_until is not None and self.valid_until >= today


def _trained() -> sa.Subquery:
    """For each workplace the last training that was held, and the longest that any holds."""
    until = ProgrammeSession.date + sa.func.make_interval(0, Programme.valid_months)
    return (
        sa.select(
            SessionWorkplace.workplace_id,
            sa.func.max(ProgrammeSession.date).label("trained_on"),
            sa.func.max(sa.cast(until, sa.Date)).label("valid_until"),
        )
        .join(ProgrammeSession, ProgrammeSession.id == SessionWorkplace.session_id)
        .join(Programme, Programme.id == ProgrammeSession.programme_id)
        .where(ProgrammeSession.status == SessionStatus.HELD, Programme.valid_months.is_not(None))
        .group_by(SessionWorkplace.workplace_id)
        .subquery()
    )


def mentors(session: Session, today: dt.date, number: int, *, due: bool) -> Page[Mentors]:
    """Return workplaces of the register, those whose training ran out longest ago first; ``due``: only those."""
    trained = _trained()
    found = (
        sa.select(Workplace, trained.c.trained_on, trained.c.valid_until)
        .outerjoin(trained, trained.c.workplace_id == Workplace.id)
        .where(Workplace.status != WorkplaceStatus.ENDED)
        .order_by(trained.c.valid_until.nulls_first(), Workplace.name, Workplace.id)
    )
    if due:
        found = found.where(sa.or_(trained.c.valid_until.is_(None), trained.c.valid_until < today))

    def read(rows: sa.Select[Workplace, dt.date | None, dt.date | None]) -> Sequence[Mentors]:
        return [Mentors(*row) for row in session.execute(rows)]

    return paged(session, found, number, SIZE, read)


def at_session(session: Session, session_id: SessionId) -> set[WorkplaceId]:
    """Return the workplaces that came to a session."""
    found = sa.select(SessionWorkplace.workplace_id).where(SessionWorkplace.session_id == session_id)
    return set(session.scalars(found))


def to_choose(session: Session, chosen: set[WorkplaceId]) -> Sequence[Workplace]:
    """Return the workplaces that can come to a training: those of the register, and those that are chosen already."""
    standing = sa.or_(Workplace.status != WorkplaceStatus.ENDED, Workplace.id.in_(chosen))
    return session.scalars(sa.select(Workplace).where(standing).order_by(Workplace.name, Workplace.id)).all()
