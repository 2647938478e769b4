"""감사 인사: a workplace is thanked after its day, once, with the link on which it says how it was."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import SEOUL, Clock, seoul_date
from booking.domain.satisfaction import OPEN_DAYS
from booking.domain.states import GroupStatus, VisitStatus
from booking.domain.visit_days import awake, is_working_day
from booking.models.messages import Message
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace
from booking.notify.catalogue import Kind
from booking.services.messages import Draft, write_messages
from booking.services.school_year import free_days

#: days that are longer ago are not thanked for by a machine
FORGET_DAYS = 7
SUBJECT = "thanks"


def thanks_subject(notice: WorkplaceNotice) -> str:
    """How the message names the day; another name than the notice's own, so that nothing is told anew by it."""
    return f"{SUBJECT}:{notice.id}"


def write_thanks(session: Session, clock: Clock) -> int:
    """Thank every workplace that had pupils in the last days and was not thanked; returns how many messages are new.

    On working days in waking hours, from the day after the visit on. By e-mail alone: others are thanked by people.
    """
    now = clock.now()
    today = seoul_date(now)
    since = today - dt.timedelta(days=FORGET_DAYS)
    if not awake(now.astimezone(SEOUL).time()) or not is_working_day(today, free_days(session, since, today)):
        return 0
    came = (
        sa.select(VisitGroup.id)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .join(Visit, Visit.id == VisitGroup.visit_id)
        .where(
            VisitGroup.workplace_id == WorkplaceNotice.workplace_id,
            Slot.date == WorkplaceNotice.date,
            VisitGroup.status == GroupStatus.ACCEPTED,
            Visit.status != VisitStatus.CANCELLED,
        )
    )
    thanked = sa.select(Message.id).where(
        Message.kind == Kind.WORKPLACE_THANKS.value,
        Message.subject == sa.func.concat(f"{SUBJECT}:", WorkplaceNotice.id),
    )
    notices = session.scalars(
        sa.select(WorkplaceNotice)
        .where(WorkplaceNotice.date >= since, WorkplaceNotice.date < today, came.exists(), ~thanked.exists())
        .order_by(WorkplaceNotice.id)
    ).all()
    return len(
        write_messages(
            session,
            [
                Draft(
                    Kind.WORKPLACE_THANKS,
                    place,
                    thanks_subject(notice),
                    notice.version,
                    {
                        "workplace": place.name,
                        "contact": f"{place.contact.name} {place.contact.title}".strip(),
                        "date": notice.date.isoformat(),
                        "answer_by": (notice.date + dt.timedelta(days=OPEN_DAYS)).isoformat(),
                    },
                )
                for notice in notices
                for place in [session.get_one(Workplace, notice.workplace_id)]
                if place.contact is not None and place.contact.email
            ],
        )
    )
