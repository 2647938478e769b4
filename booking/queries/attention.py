"""What waits for a person at the centre: one count of each kind, for the first page and the menu of every other one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import TermId
from booking.domain.phases import looks_at_late
from booking.domain.states import (
    LIVE_GROUPS,
    LIVE_VISITS,
    SILENT_GROUPS,
    MessageStatus,
    OfferStatus,
    RequestStatus,
    VisitStatus,
)
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.queries.afterwards import count_missing_attendance
from booking.queries.calls import count_calls
from booking.queries.changes_reported import count_open_changes
from booking.queries.dispatches import count_missing, count_silent
from booking.queries.workplace_notes import count_notes

#: a message that a person has to look at
TROUBLE = (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNKNOWN)


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


def _count_offers(term_id: TermId, status: OfferStatus) -> sa.Select[int]:
    return (
        sa.select(sa.func.count())
        .select_from(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term_id, Offer.status == status)
    )


def _count_silent_workplaces(term_id: TermId, today: dt.date) -> sa.Select[int]:
    return (
        sa.select(sa.func.count(sa.distinct(VisitGroup.workplace_id)))
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(Slot.term_id == term_id, VisitGroup.status.in_(SILENT_GROUPS), Slot.date >= today)
    )


@lru_cache(maxsize=16)
def _counts(term_id: TermId, today: dt.date, late_too: bool) -> sa.Select[Any]:
    """Every count of :class:`Attention` in one row; put together once for a day."""
    requests = sa.select(sa.func.count()).select_from(Request).where(Request.term_id == term_id)
    submitted = requests.where(Request.status == RequestStatus.SUBMITTED)
    offers = _count_offers(term_id, OfferStatus.SENT)
    silent = _count_silent_workplaces(term_id, today)
    overdue = silent.join(
        WorkplaceNotice,
        sa.and_(WorkplaceNotice.workplace_id == VisitGroup.workplace_id, WorkplaceNotice.date == Slot.date),
    ).where(WorkplaceNotice.answer_by < today)
    counts: dict[str, sa.Select[int]] = {
        "waiting": submitted if late_too else submitted.where(~Request.late),
        "late": submitted.where(Request.late, sa.literal(not late_too)),
        "unplaced": requests.where(Request.status == RequestStatus.UNSERVED),
        "offers": offers,
        "offers_ending": offers.where(Offer.answer_by <= today + dt.timedelta(days=1)),
        "found_offers": _count_offers(term_id, OfferStatus.FOUND),
        "silent": silent,
        "overdue": overdue,
        "calls": count_calls(term_id, today),
        "repair": sa.select(sa.func.count()).select_from(visits_to_repair(term_id).subquery()),
        "trouble": sa.select(sa.func.count()).select_from(Message).where(Message.status.in_(TROUBLE)),
        "changes": count_open_changes(term_id),
        "notes": count_notes(),
        "unreported": count_missing_attendance(term_id, today),
        "unreported_late": count_missing_attendance(term_id, today, overdue=True),
        "coaches_missing": count_missing(term_id, today),
        "coaches_silent": count_silent(term_id, today),
    }
    return sa.select(*(one.scalar_subquery().label(name) for name, one in counts.items()))


def attention(session: Session, term: Term, today: dt.date) -> Attention:
    """Return the counts of everything that waits.

    All of them are one statement: every page of the office shows their sum, and a statement of its own for each count
    took longer than many a page.
    """
    row = session.execute(_counts(term.id, today, looks_at_late(term.calendar.phase(today)))).one()
    return Attention(**row._mapping)
