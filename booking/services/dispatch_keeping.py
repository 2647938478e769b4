"""인솔을 방문에 맞춤: the sweep brings dispatches in step with whatever has changed, and passes over the silent."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.answers import SILENT
from booking.domain.states import LIVE_DISPATCHES, DispatchStatus, MessageStatus
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.terms import Slot, Term
from booking.services.coach_suggestions import WORKER, free_coaches
from booking.services.dispatching import call_back, refresh_dispatches
from booking.services.terms import lock_term, the_centre

#: the question may still be on its way
_ON_ITS_WAY = (MessageStatus.CREATED, MessageStatus.SENDING)


def keep_dispatches(session: Session, clock: Clock, config: Config) -> int:
    """Bring the dispatches in step with whatever has changed schools, coaches or visits since.

    Safe at any time, by anybody; returns how many dispatches became different.
    """
    term = session.scalar(sa.select(Term).where(Term.is_current))
    if term is None or not (the_centre(session).repairs_itself or _any(session, term, seoul_date(clock.now()))):
        return 0
    lock_term(session, term)
    return _pass_over_silent(session, clock, config, term) + refresh_dispatches(session, clock, config, term)


def _any(session: Session, term: Term, today: dt.date) -> bool:
    standing = (
        sa.select(CoachDispatch.id)
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(Slot.term_id == term.id, Slot.date >= today, CoachDispatch.status.in_(LIVE_DISPATCHES))
    )
    return session.scalar(standing.limit(1)) is not None


def _pass_over_silent(session: Session, clock: Clock, config: Config, term: Term) -> int:
    """Call back who is silent beyond the day to answer, where somebody else can go and the centre lets it happen.

    Where nobody can, whoever was asked may still say yes, and stands on the office's list.
    """
    if not the_centre(session).repairs_itself:
        return 0
    now = clock.now()
    silent = session.scalars(_silent(term, seoul_date(now))).all()
    free = free_coaches(session, {one.slot_id for one in silent}, by_itself=True)
    passed = 0
    for dispatch in silent:
        if free[dispatch.slot_id]:
            free[dispatch.slot_id].pop()
            dispatch.answer_reason = SILENT
            call_back(session, dispatch, WORKER, now + dt.timedelta(seconds=config.settle_seconds))
            passed += 1
    session.flush()
    return passed


def _silent(term: Term, today: dt.date) -> sa.Select[CoachDispatch]:
    about = sa.select(Message.id).where(
        Message.subject == sa.func.concat("dispatch:", CoachDispatch.id), Message.version == CoachDispatch.version
    )
    return (
        sa.select(CoachDispatch)
        .join(CoachDispatch.slot)
        .where(
            Slot.term_id == term.id,
            Slot.date > today,
            CoachDispatch.status == DispatchStatus.ASKED,
            CoachDispatch.answer_by < today,
            ~about.where(Message.status.in_(_ON_ITS_WAY)).exists(),
        )
        .options(joinedload(CoachDispatch.slot), joinedload(CoachDispatch.coach))
        .order_by(CoachDispatch.id)
        .execution_options(populate_existing=True)
    )
