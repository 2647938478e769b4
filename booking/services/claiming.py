"""Takes a message up: one worker at a time, in its turn, when nothing holds it back; composed and committed as one.

The provider is written down before anything leaves, so that after a crash it is known who can be asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain import retries
from booking.domain.ids import MessageId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, step
from booking.domain.topics import Topic
from booking.log import get_logger
from booking.models.messages import Message
from booking.notify.catalogue import Kind
from booking.notify.rendering import CannotRender
from booking.notify.senders.base import Email, Sender, Sms
from booking.notify.senders.choice import Senders
from booking.services.announcements import still_wanted
from booking.services.composing import Composed, compose, recipient_of
from booking.services.holding import held
from booking.services.messages import addresses_of
from booking.services.outbox import enqueue
from booking.services.pausing import AT_THE_DOOR
from booking.services.receipts import join_receipts
from booking.services.resting import choose
from booking.services.terms import the_centre
from booking.services.turns import TURN_WAIT, Turn, turn_of, wake_next

log = get_logger(__name__)

_LOCKED = sa.select(Message, sa.func.clock_timestamp()).where(Message.id == sa.bindparam("number")).with_for_update()
#: a worker ended between handing over and recording
GONE_SILENT = "sender_gone_silent"


class Task(StrEnum):
    """What is to be done with a claimed message."""

    SEND = "send"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in the hands of one worker; ``attempt`` tells its hold from that of a later one."""

    message_id: MessageId
    ref: UUID
    attempt: int
    task: Task
    #: by the database's clock
    handed_over_at: dt.datetime
    sender: Sender[Email] | Sender[Sms]
    #: what leaves, where something is to be sent
    parcel: Composed | None = None
    #: where it went, where it is to be looked up
    to: str = field(repr=False, default="")


def claim_message(
    session: Session, clock: Clock, config: Config, message_id: MessageId, senders: Senders
) -> Claim | None:
    """Take a message up, or return None where there is nothing to do now; a later time to look is asked for here."""
    message, now = locked(session, message_id)
    if message is None:
        return None
    if message.status is MessageStatus.SENDING and _still_sending(session, message, now):
        return None
    if message.status not in {MessageStatus.CREATED, MessageStatus.UNKNOWN}:
        return None
    if message.available_at > now:
        enqueue(session, Topic.SEND_MESSAGE, message_id, available_at=message.available_at)
        return None
    if message.status is MessageStatus.UNKNOWN:
        return _claim_look_up(session, message, senders, now)
    turn = turn_of(session, message, now)
    if turn is Turn.SUPERSEDED or (message.kind == Kind.ANNOUNCEMENT and not still_wanted(session, message)):
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.WITHDRAWN)
        message.settled_at = now
        session.flush()
        wake_next(session, message)
        return None
    if turn is Turn.WAITS and message.kind not in AT_THE_DOOR:
        enqueue(session, Topic.SEND_MESSAGE, message_id, available_at=now + TURN_WAIT)
        return None
    return _claim_sending(session, clock, config, message, senders, now)


def _claim_sending(
    session: Session, clock: Clock, config: Config, message: Message, senders: Senders, now: dt.datetime
) -> Claim | None:
    sender = choose(session, senders.of(message.channel), now)
    # held in hand while the message is composed: the session itself forgets what nobody holds
    centre = the_centre(session)
    hold = held(session, centre, message, sender, now)
    if sender is None or hold is not None:
        if hold is not None:
            message.last_error = hold.reason
            later(session, message, hold.until)
            wake_next(session, message)
        return None
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.SENDING)
    message.attempts += 1
    message.lease_until = now + retries.SEND_LEASE
    message.provider = sender.name
    message.provider_ref = None
    try:
        parcel = compose(session, clock, config, message, takes_alimtalk=sender.takes_alimtalk)
    except CannotRender as error:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.FAILED)
        message.last_error = error.reason or error.code
        message.lease_until = None
        message.settled_at = now
        session.flush()
        wake_next(session, message)
        log.warning("message_not_rendered", message=message.id, reason=error.reason, template=str(error))
        return None
    return Claim(message.id, message.ref, message.attempts, Task.SEND, now, sender, parcel)


def _still_sending(session: Session, message: Message, now: dt.datetime) -> bool:
    """Whether another worker is at it; one that has gone silent leaves a message of unknown fate."""
    if message.lease_until is not None and message.lease_until > now:
        enqueue(session, Topic.SEND_MESSAGE, message.id, available_at=message.lease_until)
        return True
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.UNKNOWN)
    message.last_error = GONE_SILENT
    session.flush()
    join_receipts(session, message)
    wake_next(session, message)
    return False


def _claim_look_up(session: Session, message: Message, senders: Senders, now: dt.datetime) -> Claim | None:
    """Ask the provider that has it, but not before a request could have come through, and not for ever."""
    sender = senders.named(message.channel, message.provider)
    if sender is None or not sender.searchable:
        # nobody can be asked but a person
        message.settled_at = message.settled_at or now
        return None
    handed_over = (message.lease_until or message.available_at) - retries.SEND_LEASE
    since = now - handed_over
    wait = retries.lookup_wait(since)
    if wait is None:
        message.settled_at = now
        return None
    if since < retries.LOOKUP_AFTER:
        later(session, message, now + wait)
        return None
    to = addresses_of(recipient_of(session, message)).get(message.channel) or ""
    return Claim(message.id, message.ref, message.attempts, Task.LOOK_UP, handed_over, sender, to=to)


def later(session: Session, message: Message, when: dt.datetime) -> None:
    """Put a message off, and ask for another look at it then."""
    message.available_at = when
    session.flush()
    enqueue(session, Topic.SEND_MESSAGE, message.id, available_at=when)


def locked(session: Session, message_id: MessageId) -> tuple[Message | None, dt.datetime]:
    """A message that nobody else can change until the transaction ends, and the moment by the database's clock.

    Leases are measured by that clock: those of the machines may differ.
    """
    row = session.execute(_LOCKED, {"number": message_id}, execution_options={"populate_existing": True}).one_or_none()
    return (None, dt.datetime.now(dt.UTC)) if row is None else (row[0], row[1])
