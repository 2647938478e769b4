"""What the coordinator reads of the published plan: visits by date, and one visit with all that belongs to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.domain.ids import RequestId, SchoolId, TermId, VisitId
from booking.domain.states import VisitStatus
from booking.models.history import HistoryEntry
from booking.models.requests import Request, RequestSlot
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.queries.attention import visits_to_repair
from booking.queries.paging import Page, paged

VISITS_PER_PAGE = 40


def visits(
    session: Session,
    term_id: TermId,
    number: int,
    *,
    date: dt.date | None = None,
    school_id: SchoolId | None = None,
    status: VisitStatus | None = None,
    repair: bool = False,
) -> Page[Visit]:
    """Return visits in the order of the calendar; cancelled ones only where asked for by name."""
    statement = (
        sa.select(Visit)
        .join(Visit.slot)
        .join(Visit.request)
        .where(Request.term_id == term_id)
        .order_by(Slot.date, Slot.block, Request.school_id, Visit.id)
    )
    if repair:
        statement = statement.where(Visit.id.in_(visits_to_repair(term_id).with_only_columns(Visit.id)))
    if date is not None:
        statement = statement.where(Slot.date == date)
    if school_id is not None:
        statement = statement.where(Request.school_id == school_id)
    statement = statement.where(Visit.status == status if status else Visit.status != VisitStatus.CANCELLED)

    def read(selected: sa.Select[Visit]) -> Sequence[Visit]:
        return list(
            session.scalars(
                selected.options(
                    contains_eager(Visit.slot),
                    contains_eager(Visit.request).selectinload(Request.school),
                    selectinload(Visit.groups).selectinload(VisitGroup.workplace),
                )
            )
        )

    return paged(session, statement, number, VISITS_PER_PAGE, read)


def visit(session: Session, visit_id: VisitId) -> Visit | None:
    """Return one visit with its request, wishes, groups and workplaces."""
    return session.scalar(
        sa.select(Visit)
        .where(Visit.id == visit_id)
        .options(
            selectinload(Visit.slot),
            selectinload(Visit.request).selectinload(Request.school),
            selectinload(Visit.request).selectinload(Request.wishes).selectinload(RequestSlot.slot),
            selectinload(Visit.groups).selectinload(VisitGroup.workplace).selectinload(Workplace.contact),
        )
    )


def history_of(session: Session, visit_id: VisitId, request_id: RequestId) -> list[HistoryEntry]:
    """Return what happened to a visit and to its request, newest first."""
    return list(
        session.scalars(
            sa.select(HistoryEntry)
            .where(
                sa.or_(
                    sa.and_(HistoryEntry.subject_type == "visit", HistoryEntry.subject_id == visit_id),
                    sa.and_(HistoryEntry.subject_type == "request", HistoryEntry.subject_id == request_id),
                )
            )
            .order_by(HistoryEntry.id.desc())
        )
    )
