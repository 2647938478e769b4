"""What the office's lists of requests and answers read, beside the counts of what waits (`queries/attention.py`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager, selectinload

from booking.domain.ids import GroupId, SchoolId, TermId
from booking.domain.states import (
    SILENT_GROUPS,
    GroupStatus,
    RequestStatus,
)
from booking.domain.vocabulary import SlotWish
from booking.models.requests import Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace
from booking.queries.paging import Page, paged

REQUESTS_PER_PAGE = 50
ENTRIES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list, with its first wish."""

    request: Request
    first: Slot | None


def requests_by_status(session: Session, term_id: TermId, status: RequestStatus, number: int) -> Page[RequestRow]:
    """Return the requests of one status, by school and class."""
    first = aliased(RequestSlot)
    statement = (
        sa.select(Request, Slot)
        .join(Request.school)
        .outerjoin(
            first, sa.and_(first.request_id == Request.id, first.wish == SlotWish.REQUESTED, first.position == 0)
        )
        .outerjoin(Slot, Slot.id == first.slot_id)
        .where(Request.term_id == term_id, Request.status == status)
        .order_by(School.name, Request.code)
    )

    def read(selected: sa.Select[Request, Slot]) -> Sequence[RequestRow]:
        loaded = selected.options(contains_eager(Request.school), selectinload(Request.wishes))
        return [RequestRow(request, slot) for request, slot in session.execute(loaded)]

    return paged(session, statement.with_only_columns(Request, Slot), number, REQUESTS_PER_PAGE, read)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What one workplace has answered for one group."""

    group_id: GroupId
    visit: Visit
    slot: Slot
    workplace: Workplace
    school: str
    label: str
    pupils: int
    status: GroupStatus
    reason: str | None
    answered_at: dt.datetime | None
    answer_by: dt.date | None


#: the answers that the page of answers can show, and whether only those for days to come
ANSWER_FILTERS: dict[str, tuple[GroupStatus, ...]] = {
    "silent": tuple(SILENT_GROUPS),
    "declined": (GroupStatus.DECLINED,),
    "accepted": (GroupStatus.ACCEPTED,),
}


def answer_counts(session: Session, term_id: TermId) -> dict[GroupStatus, int]:
    """Return how many groups of the term stand in each state; a released one no longer counts."""
    rows = session.execute(
        sa.select(VisitGroup.status, sa.func.count())
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(Slot.term_id == term_id, VisitGroup.status != GroupStatus.RELEASED)
        .group_by(VisitGroup.status)
    )
    return dict(rows.all())


def answers(session: Session, term_id: TermId, statuses: Sequence[GroupStatus], number: int) -> Page[AnswerRow]:
    """Return groups by their answer, those to be answered first at the top."""
    statement = (
        sa.select(VisitGroup, Visit, Slot, Workplace, School.name, Request.label, WorkplaceNotice.answer_by)
        .join(Visit, Visit.id == VisitGroup.visit_id)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .join(Workplace, Workplace.id == VisitGroup.workplace_id)
        .join(Request, Request.id == Visit.request_id)
        .join(School, School.id == Request.school_id)
        .outerjoin(
            WorkplaceNotice,
            sa.and_(WorkplaceNotice.workplace_id == VisitGroup.workplace_id, WorkplaceNotice.date == Slot.date),
        )
        .where(Slot.term_id == term_id, VisitGroup.status.in_(statuses))
        .order_by(WorkplaceNotice.answer_by.asc().nulls_last(), Slot.date, VisitGroup.id)
    )

    def read(
        selected: sa.Select[VisitGroup, Visit, Slot, Workplace, str, str, dt.date],
    ) -> Sequence[AnswerRow]:
        return [
            AnswerRow(
                group_id=group.id,
                visit=visit,
                slot=slot,
                workplace=workplace,
                school=school,
                label=label,
                pupils=group.pupils,
                status=group.status,
                reason=group.answer_reason,
                answered_at=group.answered_at,
                answer_by=answer_by,
            )
            for group, visit, slot, workplace, school, label, answer_by in session.execute(selected)
        ]

    return paged(session, statement, number, REQUESTS_PER_PAGE, read)


def schools_by_name(session: Session) -> list[tuple[SchoolId, str]]:
    """Return all schools, for a list to choose from."""
    return list(session.execute(sa.select(School.id, School.name).order_by(School.name)))
