"""The centre's terms in a list: what was asked for and what took place in each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.states import LIVE_VISITS, RequestStatus
from booking.models.requests import Request
from booking.models.terms import Slot, Term
from booking.models.visits import Visit


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term with its first and last day, how many days it has, and how many requests and visits."""

    term: Term
    first: dt.date | None
    last: dt.date | None
    days: int
    requests: int
    visits: int


def terms(session: Session) -> list[TermRow]:
    """Return every term, the latest first."""
    requests = (
        sa.select(sa.func.count())
        .where(Request.term_id == Term.id, Request.status != RequestStatus.WITHDRAWN)
        .scalar_subquery()
    )
    visits = (
        sa.select(sa.func.count())
        .select_from(Visit)
        .join(Request, Request.id == Visit.request_id)
        .where(Request.term_id == Term.id, Visit.status.in_(LIVE_VISITS))
        .correlate(Term)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            Term,
            sa.func.min(Slot.date),
            sa.func.max(Slot.date),
            sa.func.count(sa.distinct(Slot.date)),
            requests,
            visits,
        )
        .outerjoin(Slot, Slot.term_id == Term.id)
        .group_by(Term.id)
        .order_by(Term.opens_on.desc())
    )
    return [TermRow(term, first, last, days, asked, visited) for term, first, last, days, asked, visited in rows]
