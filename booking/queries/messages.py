"""What the coordinator reads of messages: the queue, what left, what arrived, what did not; addresses to be masked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import CoachId, MessageId, UserId, WorkplaceId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.afterwards import ChangeReport
from booking.models.coaches import Coach
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.people import User
from booking.models.sending import ProviderRest
from booking.models.visits import Visit, WorkplaceNotice
from booking.models.workplaces import Workplace, WorkplaceContact
from booking.queries.paging import Page, paged
from booking.queries.recipients import to_the_same

MESSAGES_PER_PAGE = 50

#: the boxes in which messages lie, in the order of their way
BOXES: dict[str, tuple[MessageStatus, ...]] = {
    "queue": (MessageStatus.CREATED, MessageStatus.SENDING),
    "sent": (MessageStatus.SENT,),
    "delivered": (MessageStatus.DELIVERED,),
    "failed": (MessageStatus.FAILED, MessageStatus.BOUNCED),
    "unknown": (MessageStatus.UNKNOWN,),
    "told": (MessageStatus.TOLD,),
    "withdrawn": (MessageStatus.WITHDRAWN,),
}
LONGEST_NAME = 60


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of messages is narrowed to; what is empty narrows nothing."""

    box: str = ""
    channel: Channel | None = None
    kind: str = ""
    #: a part of the recipient's name
    name: str = ""
    user_id: UserId | None = None
    workplace_id: WorkplaceId | None = None
    coach_id: CoachId | None = None
    visit: Visit | None = None


def messages_in(session: Session, wanted: Wanted, number: int) -> Page[MessageRow]:
    """Return a page of messages, newest first (an unknown box holds everything)."""
    statement = _statement()
    if wanted.box in BOXES:
        statement = statement.where(Message.status.in_(BOXES[wanted.box]))
    if wanted.channel is not None:
        statement = statement.where(Message.channel == wanted.channel)
    if wanted.kind:
        statement = statement.where(Message.kind == wanted.kind)
    if wanted.name:
        name = wanted.name[:LONGEST_NAME]
        statement = statement.where(
            sa.or_(*(table.name.icontains(name, autoescape=True) for table in (User, Workplace, Coach)))
        )
    if wanted.user_id is not None:
        statement = statement.where(Message.user_id == wanted.user_id)
    if wanted.workplace_id is not None:
        statement = statement.where(Message.workplace_id == wanted.workplace_id)
    if wanted.coach_id is not None:
        statement = statement.where(Message.coach_id == wanted.coach_id)
    if wanted.visit is not None:
        statement = statement.where(Message.subject.in_(_subjects(session, wanted.visit)))
    return paged(
        session,
        statement.order_by(Message.id.desc()),
        number,
        MESSAGES_PER_PAGE,
        lambda selected: _rows(session, selected),
    )


def message_row(session: Session, message_id: MessageId) -> MessageRow | None:
    """Return one message with whom it goes to."""
    found = _rows(session, _statement().where(Message.id == message_id))
    return found[0] if found else None


def same_word(session: Session, message: Message) -> Sequence[Message]:
    """Return the other messages that say the same to the same person, over the other channel."""
    return session.scalars(
        sa.select(Message)
        .where(
            to_the_same(message),
            Message.kind == message.kind,
            Message.subject == message.subject,
            Message.version == message.version,
            Message.id != message.id,
        )
        .order_by(Message.id)
    ).all()


def count_urgent_waiting(session: Session) -> int:
    """Return how many urgent messages wait for somebody's yes to disturb at night."""
    waiting = sa.select(sa.func.count()).where(
        Message.status == MessageStatus.CREATED, Message.last_error == "quiet_hours_urgent"
    )
    return session.scalar(waiting) or 0


def oldest_unsent(session: Session) -> dt.datetime | None:
    """Return since when the message waits that has been due for the longest time."""
    return session.scalar(
        sa.select(sa.func.min(Message.available_at)).where(
            Message.status.in_([MessageStatus.CREATED, MessageStatus.SENDING]), Message.available_at <= sa.func.now()
        )
    )


def resting_providers(session: Session) -> Sequence[ProviderRest]:
    """Return the providers that are left alone at the moment."""
    return session.scalars(sa.select(ProviderRest).where(ProviderRest.until.is_not(None))).all()


def kinds_sent(session: Session) -> list[str]:
    """Return the kinds of which there are messages."""
    return list(session.scalars(sa.select(Message.kind).distinct().order_by(Message.kind)))


def correspondence(session: Session, visit: Visit) -> Sequence[MessageRow]:
    """Return every message about a visit, oldest first: to its school, its workplaces of the day, its coaches."""
    return _rows(session, _statement().where(Message.subject.in_(_subjects(session, visit))).order_by(Message.id))


def _subjects(session: Session, visit: Visit) -> list[str]:
    """How messages name a visit, its offers, its reports, its day, its workplaces' notices, its coaches' outings."""
    notices = session.scalars(
        sa.select(WorkplaceNotice.id).where(
            WorkplaceNotice.workplace_id.in_({group.workplace_id for group in visit.groups}),
            WorkplaceNotice.date == visit.slot.date,
        )
    ).all()
    offers = session.scalars(sa.select(Offer.id).where(Offer.request_id == visit.request_id))
    reports = session.scalars(sa.select(ChangeReport.id).where(ChangeReport.request_id == visit.request_id))
    school, date = visit.request.school_id, visit.slot.date.isoformat()
    dispatches = session.scalars(
        sa.select(CoachDispatch.id).where(CoachDispatch.school_id == school, CoachDispatch.slot_id == visit.slot_id)
    ).all()
    return [
        f"visit:{visit.request_id}",
        f"publication:{visit.run_id}:school:{school}",
        f"offers:{visit.run_id}:school:{school}",
        *(f"{what}:{number}" for number in notices for what in ("notice", "thanks")),
        *(f"offer:{number}" for number in offers),
        *(f"change:{number}" for number in reports),
        f"visit-day:{school}:{date}",
        f"attendance:{school}:{date}",
        *(f"dispatch:{number}" for number in dispatches),
        *(f"dispatch-day:{number}" for number in dispatches),
    ]
