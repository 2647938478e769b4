"""Messages: one per recipient, kind, version of the subject and channel, written in the transaction of its cause."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, NotFound
from booking.domain.ids import MessageId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Channel, Language
from booking.models.messages import Message
from booking.models.people import User
from booking.models.workplaces import Workplace
from booking.notify.catalogue import CATALOGUE, Kind
from booking.services.outbox import enqueue

#: the reason of a message that nobody can be reached with: a person has to
NO_ADDRESS = "no_address"


def write_message(
    session: Session,
    *,
    kind: Kind,
    recipient: User | Workplace,
    subject: str,
    version: int,
    facts: dict[str, Any],
    available_at: dt.datetime | None = None,
) -> list[Message]:
    """Write what is to be said over every channel of the kind for which the recipient has an address.

    What was already written for this version is not written again. Where there is no address at all, a message that has
    failed is written, so that a person sees it. Returns the messages that are new.
    """
    entry = CATALOGUE[kind]
    addresses = addresses_of(recipient)
    channels = [channel for channel in entry.channels if addresses.get(channel)]
    reachable = bool(channels)
    reader = recipient if isinstance(recipient, User) else recipient.contact
    values: dict[str, Any] = {
        "user_id": recipient.id if isinstance(recipient, User) else None,
        "workplace_id": None if isinstance(recipient, User) else recipient.id,
        "kind": kind.value,
        "subject": subject,
        "version": version,
        "facts": facts,
        "language": Language.KO if reader is None else reader.language,
    }
    if available_at is not None:
        values["available_at"] = available_at
    if not reachable:
        values |= {"status": MessageStatus.FAILED, "last_error": NO_ADDRESS, "settled_at": sa.func.now()}
    written = []
    for channel in channels or entry.channels[:1]:
        message = session.scalar(
            insert(Message).values(**values, channel=channel).on_conflict_do_nothing().returning(Message)
        )
        if message is not None:
            written.append(message)
            if reachable:
                enqueue(session, Topic.SEND_MESSAGE, message.id, available_at=available_at)
    return written


def withdraw_messages(session: Session, subject: str, below_version: int) -> int:
    """Take back the messages of earlier versions of a subject that have not left; returns how many."""
    withdrawn = session.execute(
        sa.update(Message)
        .where(Message.subject == subject, Message.version < below_version, Message.status == MessageStatus.CREATED)
        .values(status=MessageStatus.WITHDRAWN, settled_at=sa.func.now())
        .returning(Message.id)
    ).all()
    return len(withdrawn)


def send_again(session: Session, message_id: MessageId) -> Message:
    """Send a message once more on a person's word: one that failed, or one of unknown fate that did not arrive.

    Raises:
        NotFound: there is no such message.
        Conflict: it waits to be sent already.
        IllegalTransition: it has arrived, or was withdrawn.
    """
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound(f"message {message_id}")
    if message.status is MessageStatus.CREATED:
        raise Conflict(f"message {message_id} waits already")
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
    message.available_at = sa.func.now()
    message.attempts = 0
    message.lease_until = message.settled_at = message.last_error = None
    session.flush()
    enqueue(session, Topic.SEND_MESSAGE, message_id)
    return message


def addresses_of(recipient: User | Workplace) -> dict[Channel, str | None]:
    """Where a recipient can be reached."""
    holder = recipient if isinstance(recipient, User) else recipient.contact
    if holder is None:
        return {}
    return {Channel.EMAIL: holder.email, Channel.SMS: holder.phone}
