"""What the coordinator's home page reads: the things that need a person now, and the term by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager, selectinload

from booking.domain.ids import GroupId, SchoolId, TermId
from booking.domain.phases import looks_at_late
from booking.domain.states import (
    LIVE_GROUPS,
    LIVE_VISITS,
    SILENT_GROUPS,
    GroupStatus,
    MessageStatus,
    OfferStatus,
    RequestStatus,
    VisitStatus,
)
from booking.domain.vocabulary import SlotWish
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.requests import Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace
from booking.queries.afterwards import missing_counts
from booking.queries.calls import count_calls
from booking.queries.changes_reported import open_changes
from booking.queries.dispatches import count_missing, count_silent
from booking.queries.paging import Page, paged
from booking.queries.workplace_notes import count_notes

#: a message that a person has to look at
TROUBLE = (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNKNOWN)
REQUESTS_PER_PAGE = 50
ENTRIES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Attention:
    """How much of each kind waits for the coordinator."""

    waiting: int
    #: asked for after the window: nobody's turn before the left-over phase
    late: int
    unplaced: int
    offers: int
    #: of those, how many have until tomorrow at the latest
    offers_ending: int
    #: found by the engine and not sent: classes that could be asked
    found_offers: int
    silent: int
    overdue: int
    #: workplaces that a written question no longer reaches in time
    calls: int
    repair: int
    trouble: int
    changes: int
    #: what workplaces have left on their links, beside being called
    notes: int
    unreported: int
    unreported_late: int
    #: coaches whom nobody has been asked to send, and who are needed soon; those who are silent beyond their day
    coaches_missing: int
    coaches_silent: int

    @property
    def total(self) -> int:
        """What is shown in the menu: what waits for the coordinator; who is within a deadline does not."""
        late = self.calls + self.unreported_late
        coaches = self.coaches_missing + self.coaches_silent
        return self.unplaced + self.offers + self.repair + self.trouble + self.changes + self.notes + late + coaches


def _count(session: Session, statement: sa.Select[int]) -> int:
    return session.scalar(statement) or 0


def visits_to_repair(term_id: TermId) -> sa.Select[Visit]:
    """Visits of the plan whose groups do not hold their pupils: a workplace declined, or a class grew or shrank."""
    held = (
        sa.select(sa.func.coalesce(sa.func.sum(VisitGroup.pupils), 0))
        .where(VisitGroup.visit_id == Visit.id, VisitGroup.status.in_(LIVE_GROUPS))
        .scalar_subquery()
    )
    return (
        sa.select(Visit)
        .join(Request, Request.id == Visit.request_id)
        .where(
            Request.term_id == term_id,
            Visit.status.in_(LIVE_VISITS - {VisitStatus.COMPLETED}),
            held != Request.pupils,
        )
    )


def attention(session: Session, term: Term, today: dt.date) -> Attention:
    """Return the counts of everything that waits."""
    requests = sa.select(sa.func.count()).select_from(Request).where(Request.term_id == term.id)
    submitted = requests.where(Request.status == RequestStatus.SUBMITTED)
    late_too = looks_at_late(term.calendar.phase(today))
    offers = (
        sa.select(sa.func.count())
        .select_from(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term.id, Offer.status == OfferStatus.SENT)
    )
    found = (
        sa.select(sa.func.count())
        .select_from(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term.id, Offer.status == OfferStatus.FOUND)
    )
    silent = (
        sa.select(sa.func.count(sa.distinct(VisitGroup.workplace_id)))
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(Slot.term_id == term.id, VisitGroup.status.in_(SILENT_GROUPS), Slot.date >= today)
    )
    overdue = silent.join(
        WorkplaceNotice,
        sa.and_(WorkplaceNotice.workplace_id == VisitGroup.workplace_id, WorkplaceNotice.date == Slot.date),
    ).where(WorkplaceNotice.answer_by < today)
    unreported, unreported_late = missing_counts(session, term.id, today)
    return Attention(
        waiting=_count(session, submitted.where(sa.or_(~Request.late, sa.literal(late_too)))),
        late=0 if late_too else _count(session, submitted.where(Request.late)),
        unplaced=_count(session, requests.where(Request.status == RequestStatus.UNSERVED)),
        offers=_count(session, offers),
        offers_ending=_count(session, offers.where(Offer.answer_by <= today + dt.timedelta(days=1))),
        found_offers=_count(session, found),
        silent=_count(session, silent),
        overdue=_count(session, overdue),
        calls=count_calls(session, term.id, today),
        repair=_count(session, sa.select(sa.func.count()).select_from(visits_to_repair(term.id).subquery())),
        trouble=_count(session, sa.select(sa.func.count()).select_from(Message).where(Message.status.in_(TROUBLE))),
        changes=open_changes(session, term.id),
        notes=count_notes(session),
        unreported=unreported,
        unreported_late=unreported_late,
        coaches_missing=count_missing(session, term.id, today),
        coaches_silent=count_silent(session, term.id, today),
    )


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
