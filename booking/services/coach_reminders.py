"""Coaches who have said yes are reminded on the working day before, once, in waking hours."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import SEOUL, Clock, seoul_date
from booking.domain.states import DispatchStatus
from booking.domain.visit_days import awake, working_day_before
from booking.models.dispatches import CoachDispatch
from booking.models.terms import Slot
from booking.notify.catalogue import Kind
from booking.services.dispatching import day_subject
from booking.services.messages import Draft, write_messages
from booking.services.school_year import free_days

#: no run of days off is longer
HORIZON = dt.timedelta(days=14)


def remind_coaches(session: Session, clock: Clock) -> int:
    """Write what is due and was not written yet; returns how many messages are new. Safe at any time, by anybody."""
    now = clock.now()
    if not awake(now.astimezone(SEOUL).time()):
        return 0
    today = seoul_date(now)
    free = free_days(session, today, today + HORIZON)
    dispatches = session.scalars(
        sa.select(CoachDispatch)
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(CoachDispatch.status == DispatchStatus.ACCEPTED, Slot.date > today, Slot.date <= today + HORIZON)
        .options(joinedload(CoachDispatch.slot), joinedload(CoachDispatch.coach))
        .order_by(CoachDispatch.id)
    )
    drafts = [
        Draft(
            Kind.COACH_REMINDER,
            dispatch.coach,
            day_subject(dispatch),
            1,
            {**dispatch.facts, "answer_by": dispatch.answer_by.isoformat()},
            now,
        )
        for dispatch in dispatches
        if working_day_before(dispatch.slot.date, free) == today
    ]
    return len(write_messages(session, drafts))
