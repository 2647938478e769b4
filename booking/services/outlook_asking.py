"""Asking for a term's outlook to be reckoned: by whatever changes who is where, who may go when, or what is open."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import TermId
from booking.domain.topics import Topic
from booking.models.terms import Term
from booking.services.outbox import enqueue


def ask_outlook(session: Session, term_id: TermId) -> None:
    """Have the outlook of a term reckoned again once this transaction has committed."""
    enqueue(session, Topic.RECKON_OUTLOOK, term_id)


def ask_current_outlook(session: Session) -> None:
    """The same for the current term, where there is one: schools' calendars belong to no term."""
    term_id = session.scalar(sa.select(Term.id).where(Term.is_current))
    if term_id is not None:
        ask_outlook(session, term_id)
