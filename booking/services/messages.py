"""Messages: one per recipient, kind, version of the subject and channel, written in the transaction of its cause."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import Channel, Language
from booking.models.coaches import Coach
from booking.models.messages import Message
from booking.models.people import User
from booking.models.workplaces import Workplace
from booking.notify.catalogue import CATALOGUE, Kind
from booking.services.outbox import enqueue_all

#: the reason of a message that nobody can be reached with: a person has to
NO_ADDRESS = "no_address"


Recipient = User | Workplace | Coach


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be said to one recipient: the channels are the catalogue's."""

    kind: Kind
    recipient: Recipient
    #: what it is about, as ``notice:12``
    subject: str
    version: int
    facts: dict[str, Any]
    available_at: dt.datetime | None = None
    #: a person has said yes to its leaving in the quiet hours
    disturb: bool = False
    #: those that a person has chosen, where not all of the catalogue's are meant
    channels: tuple[Channel, ...] | None = None


def write_messages(session: Session, drafts: Iterable[Draft]) -> list[MessageId]:
    """Write what is to be said over every channel of its kind for which the recipient has an address.

    What was already written for this version is not written again. Where there is no address at all, a message that has
    failed is written, so that a person sees it. A term's publication is thousands of them: they go in few statements.
    Returns the ids of the messages that are new.
    """
    drafted = list(drafts)
    if not drafted:
        return []
    now = session.scalars(sa.select(sa.func.now())).one()
    rows = [row for draft in drafted for row in _rows(draft, now)]
    # plain values, one statement for all of them: to write one that names each row took three times as long
    statement = insert(Message).on_conflict_do_nothing().returning(Message.id, Message.status, Message.available_at)
    # and told that nothing is a value: rows that lack different things would else go apart
    new = session.execute(statement, rows, execution_options={"render_nulls": True}).all()
    waiting = [(row.id, row.available_at) for row in new if row.status is MessageStatus.CREATED]
    enqueue_all(session, Topic.SEND_MESSAGE, waiting)
    return [row.id for row in new]


def _rows(draft: Draft, now: dt.datetime) -> list[dict[str, Any]]:
    """One row for each channel by which the recipient can be reached, or one that has failed."""
    entry, recipient = CATALOGUE[draft.kind], draft.recipient
    addresses = addresses_of(recipient)
    meant = entry.channels if draft.channels is None else draft.channels
    channels = [channel for channel in meant if addresses.get(channel)]
    reader = recipient.contact if isinstance(recipient, Workplace) else recipient
    values: dict[str, Any] = {
        "user_id": recipient.id if isinstance(recipient, User) else None,
        "workplace_id": recipient.id if isinstance(recipient, Workplace) else None,
        "coach_id": recipient.id if isinstance(recipient, Coach) else None,
        "kind": draft.kind.value,
        "subject": draft.subject,
        "version": draft.version,
        "facts": draft.facts,
        "language": Language.KO if reader is None else reader.language,
        "attempts": 0,
        "disturb": draft.disturb,
        "available_at": now if draft.available_at is None else draft.available_at,
        "status": MessageStatus.CREATED if channels else MessageStatus.FAILED,
        "last_error": None if channels else NO_ADDRESS,
        "settled_at": None if channels else now,
    }
    return [{**values, "ref": uuid.uuid4(), "channel": channel} for channel in channels or meant[:1]]


def write_message(session: Session, draft: Draft) -> list[MessageId]:
    """Write one draft; as :func:`write_messages`."""
    return write_messages(session, [draft])


def withdraw_messages(session: Session, subject: str, below_version: int) -> int:
    """Take back the messages of earlier versions of a subject that have not left; returns how many."""
    withdrawn = session.execute(
        sa.update(Message)
        .where(Message.subject == subject, Message.version < below_version, Message.status == MessageStatus.CREATED)
        .values(status=MessageStatus.WITHDRAWN, settled_at=sa.func.now())
        .returning(Message.id)
    ).all()
    return len(withdrawn)


def addresses_of(recipient: Recipient) -> dict[Channel, str | None]:
    """Where a recipient can be reached."""
    holder = recipient.contact if isinstance(recipient, Workplace) else recipient
    if holder is None:
        return {}
    return {Channel.EMAIL: holder.email, Channel.SMS: holder.phone}
