"""What the coordinator reads of messages: the queue, what left, what arrived, what did not; addresses to be masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import WorkplaceId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.afterwards import ChangeReport
from booking.models.coaches import Coach
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.people import User
from booking.models.visits import Visit, WorkplaceNotice
from booking.models.workplaces import Workplace, WorkplaceContact
from booking.queries.paging import Page, paged

MESSAGES_PER_PAGE = 50

#: the boxes in which messages lie, in the order of their way
BOXES: dict[str, tuple[MessageStatus, ...]] = {
    "queue": (MessageStatus.CREATED, MessageStatus.SENDING),
    "sent": (MessageStatus.SENT,),
    "delivered": (MessageStatus.DELIVERED,),
    "failed": (MessageStatus.FAILED, MessageStatus.BOUNCED),
    "unknown": (MessageStatus.UNKNOWN,),
    "withdrawn": (MessageStatus.WITHDRAWN,),
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message with whom it goes to; ``address`` is for masking and never shown whole."""

    message: Message
    recipient: str
    workplace_id: WorkplaceId | None
    address: str | None


Selected = sa.Select[Message, str, str, str | None, str, str | None, str | None, str, str | None, str | None]


def _statement() -> Selected:
    return (
        sa.select(
            Message,
            User.name,
            User.email,
            User.phone,
            Workplace.name,
            WorkplaceContact.email,
            WorkplaceContact.phone,
            Coach.name,
            Coach.email,
            Coach.phone,
        )
        .outerjoin(User, User.id == Message.user_id)
        .outerjoin(Coach, Coach.id == Message.coach_id)
        .outerjoin(Workplace, Workplace.id == Message.workplace_id)
        .outerjoin(WorkplaceContact, WorkplaceContact.workplace_id == Message.workplace_id)
    )


def _rows(session: Session, statement: Selected) -> Sequence[MessageRow]:
    found = []
    for message, *people in session.execute(statement):
        user, place, coach = (tuple(people[first : first + 3]) for first in (0, 3, 6))
        whose = user if message.user_id is not None else coach if message.coach_id is not None else place
        name, email, phone = whose
        address = email if message.channel is Channel.EMAIL else phone
        found.append(MessageRow(message, name or "", message.workplace_id, address))
    return found


def box_counts(session: Session) -> dict[str, int]:
    """Return how many messages lie in each box."""
    rows = session.execute(sa.select(Message.status, sa.func.count()).group_by(Message.status)).all()
    counted = dict(rows)
    return {name: sum(counted.get(status, 0) for status in statuses) for name, statuses in BOXES.items()}


def messages_in(
    session: Session, box: str, number: int, *, channel: Channel | None = None, kind: str = ""
) -> Page[MessageRow]:
    """Return a page of a box (an unknown one holds everything), newest first."""
    statement = _statement()
    if box in BOXES:
        statement = statement.where(Message.status.in_(BOXES[box]))
    if channel is not None:
        statement = statement.where(Message.channel == channel)
    if kind:
        statement = statement.where(Message.kind == kind)
    return paged(
        session,
        statement.order_by(Message.id.desc()),
        number,
        MESSAGES_PER_PAGE,
        lambda selected: _rows(session, selected),
    )


def kinds_sent(session: Session) -> list[str]:
    """Return the kinds of which there are messages."""
    return list(session.scalars(sa.select(Message.kind).distinct().order_by(Message.kind)))


def correspondence(session: Session, visit: Visit) -> Sequence[MessageRow]:
    """Return every message about a visit: to its school, and to its workplaces about its date, oldest first."""
    notices = session.scalars(
        sa.select(WorkplaceNotice.id).where(
            WorkplaceNotice.workplace_id.in_({group.workplace_id for group in visit.groups}),
            WorkplaceNotice.date == visit.slot.date,
        )
    )
    offers = session.scalars(sa.select(Offer.id).where(Offer.request_id == visit.request_id))
    reports = session.scalars(sa.select(ChangeReport.id).where(ChangeReport.request_id == visit.request_id))
    school, date = visit.request.school_id, visit.slot.date.isoformat()
    subjects = [
        f"visit:{visit.request_id}",
        f"publication:{visit.run_id}:school:{school}",
        f"offers:{visit.run_id}:school:{school}",
        *(f"notice:{number}" for number in notices),
        *(f"offer:{number}" for number in offers),
        *(f"change:{number}" for number in reports),
        f"visit-day:{school}:{date}",
        f"attendance:{school}:{date}",
    ]
    return _rows(session, _statement().where(Message.subject.in_(subjects)).order_by(Message.id))
