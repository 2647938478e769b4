"""Workplaces that are silent: asked once more on the working day before the answer is due, then it is a call.

Written in waking hours of working days only; one reminder for each version of a notice, however often this runs.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import SEOUL, Clock, seoul_date, seoul_time
from booking.domain.states import SILENT_GROUPS, MessageStatus
from booking.domain.visit_days import awake, is_working_day, working_day_before
from booking.models.messages import Message
from booking.models.terms import Slot
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.services.notices import Pair, remind_notices
from booking.services.school_year import free_days

#: no run of days off is longer
HORIZON = dt.timedelta(days=14)
#: the question has reached the workplace, or nobody knows better
_ARRIVED = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN)


def remind_workplaces(session: Session, clock: Clock) -> int:
    """Remind whoever was asked before today and has until the next working day; returns how many messages are new."""
    now = clock.now()
    today = seoul_date(now)
    free = free_days(session, today - HORIZON, today + HORIZON)
    if not awake(now.astimezone(SEOUL).time()) or not is_working_day(today, free):
        return 0
    due = [
        (place, date)
        for place, date, answer_by in _silent(session, today)
        if answer_by >= today and working_day_before(answer_by, free) <= today
    ]
    return remind_notices(session, due, now)


def _silent(session: Session, today: dt.date) -> list[tuple[*Pair, dt.date]]:
    """Workplace, date and last day of each notice to come that has an open question which arrived before today."""
    midnight = seoul_time(today, dt.time(0))
    arrived = sa.select(Message.id).where(
        Message.subject == sa.func.concat("notice:", WorkplaceNotice.id),
        Message.version == WorkplaceNotice.version,
        Message.status.in_(_ARRIVED),
        Message.sent_at < midnight,
    )
    open_groups = (
        sa.select(VisitGroup.id)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(
            VisitGroup.workplace_id == WorkplaceNotice.workplace_id,
            Slot.date == WorkplaceNotice.date,
            VisitGroup.status.in_(SILENT_GROUPS),
        )
    )
    rows = session.execute(
        sa.select(WorkplaceNotice.workplace_id, WorkplaceNotice.date, WorkplaceNotice.answer_by)
        .where(WorkplaceNotice.date > today, arrived.exists(), open_groups.exists())
        .order_by(WorkplaceNotice.id)
    )
    return [(place, date, answer_by) for place, date, answer_by in rows]
