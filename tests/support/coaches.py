"""A published term whose schools have too few adults, and its coaches: sent, told, answering."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.states import MessageStatus
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.services.coach_suggestions import suggestions
from booking.services.dispatch_answers import send_chosen
from booking.services.dispatch_links import issue_dispatch_link
from booking.services.terms import the_centre
from tests.support.factory import SmallTerm, small_document


def few_adults(session: Session, *, by_itself: bool = False) -> SmallTerm:
    """The small term with schools that need two coaches more for two classes at once."""
    document: dict[str, Any] = small_document()
    for school in document["schools"]:
        school["own_chaperones_per_slot"] = 3
    small = SmallTerm(session, document)
    the_centre(session).repairs_itself = by_itself
    small.publish()
    return small


def dispatches(small: SmallTerm) -> list[CoachDispatch]:
    return list(
        small.session.scalars(
            sa.select(CoachDispatch).order_by(CoachDispatch.id).execution_options(populate_existing=True)
        )
    )


def send_all(small: SmallTerm) -> list[CoachDispatch]:
    today = small.clock.now().date()
    pairs = [(s.slot.id, s.school.id, s.coach.id) for s in suggestions(small.session, small.term, today)]
    send_chosen(small.session, small.clock, small.config, small.coordinator, pairs)
    small.session.execute(
        sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
    )
    small.session.flush()
    return dispatches(small)


def link_of(small: SmallTerm, dispatch: CoachDispatch) -> str:
    return issue_dispatch_link(small.session, dispatch.id, dispatch.version)


def told(small: SmallTerm, kind: str) -> list[Message]:
    return list(small.session.scalars(sa.select(Message).where(Message.kind == kind).order_by(Message.id)))
