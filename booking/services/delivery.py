"""The way of one message out of the house: claim and commit, render, send with no transaction open, record.

A crash anywhere leaves a state that says how far it came. Whoever finds a message whose sender has gone silent asks the
provider before anything is sent again; where the provider cannot be asked, a person decides.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain import retries
from booking.domain.ids import MessageId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Channel
from booking.log import get_logger
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.notify.rendering import CannotRender
from booking.notify.senders.base import LookUp, Outcome, Sighting, Verdict
from booking.notify.senders.choice import Senders, senders_of
from booking.services.composing import Composed, compose, recipient_of
from booking.services.messages import addresses_of
from booking.services.outbox import enqueue
from booking.services.pausing import PAUSED, holds_back
from booking.services.receipts import join_receipts, note_progress

log = get_logger(__name__)

T = TypeVar("T")
#: what is left of the lease when a sender has taken its time
START_SECONDS = (retries.SEND_LEASE - retries.SEND_LIMIT).total_seconds() / 2
#: why a message waits although it is due
NOT_CONFIGURED = "channel_not_configured"
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


def deliver(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    message_id: MessageId,
    senders: Senders | None = None,
) -> None:
    """Bring one message a step further. An edge: it commits its own short transactions.

    May be called at any time, twice, and by several workers at once: a message is sent once.
    """
    available = senders or senders_of(config, clock)
    began = time.monotonic()
    claim = _in_transaction(sessions, lambda session: claim_message(session, message_id, available))
    if claim is None:
        return
    if claim.task is Task.LOOK_UP:
        _look_up(sessions, claim, available)
        return
    provider, body = "", None
    try:
        composed = compose(sessions, clock, config, claim.message_id)
        body = composed.body
        if time.monotonic() - began > START_SECONDS:
            # a slow database ate the lease: what would leave now might be doubled
            outcome = Outcome(Verdict.NOT_NOW, "slow_start")
        else:
            provider, outcome = _hand_over(composed, available)
    except CannotRender as error:
        outcome = Outcome(Verdict.REFUSED, error.reason or "cannot_render")
        log.warning("message_not_rendered", message=message_id, reason=error.reason, template=str(error))
    _in_transaction(sessions, lambda session: record_outcome(session, claim, outcome, provider=provider, body=body))
    log.info("message_handed_over", message=message_id, verdict=outcome.verdict, code=outcome.code)


def _hand_over(composed: Composed, senders: Senders) -> tuple[str, Outcome]:
    """Talk to the provider; no transaction is open. Returns the provider's name and what it said."""
    if composed.email is not None and senders.email is not None:
        return senders.email.name, senders.email.send(composed.email)
    if composed.sms is not None and senders.sms is not None:
        return senders.sms.name, senders.sms.send(composed.sms)
    return "", Outcome(Verdict.NOT_NOW, NOT_CONFIGURED)


def _look_up(sessions: sessionmaker[Session], claim: Claim, senders: Senders) -> None:
    """Ask the provider for a message of unknown fate; no transaction is open meanwhile."""
    if senders.sms is None:
        return
    with sessions() as session:
        message = session.get_one(Message, claim.message_id)
        to = addresses_of(recipient_of(session, message)).get(message.channel) or ""
    name = senders.sms.name
    seen = senders.sms.look_up(claim.ref, to, claim.handed_over_at)
    _in_transaction(sessions, lambda session: record_look_up(session, claim, seen, name))
    log.info("message_looked_up", message=claim.message_id, sighting=seen.sighting, code=seen.code)


def claim_message(session: Session, message_id: MessageId, senders: Senders) -> Claim | None:
    """Take a message up, or return None where there is nothing to do now; a later time to look is asked for here."""
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        return None
    now = _now(session)
    sender = senders.email if message.channel is Channel.EMAIL else senders.sms
    if message.status is MessageStatus.SENDING and _still_sending(session, message, now):
        return None
    if message.status not in {MessageStatus.CREATED, MessageStatus.UNKNOWN}:
        return None
    if message.available_at > now:
        enqueue(session, Topic.SEND_MESSAGE, message_id, available_at=message.available_at)
        return None
    if message.status is MessageStatus.UNKNOWN:
        if sender is not None and sender.searchable:
            return _claim_look_up(session, message, now)
        # nobody can be asked but a person
        message.settled_at = message.settled_at or now
        return None
    if sender is None or holds_back(session, message):
        message.last_error = NOT_CONFIGURED if sender is None else PAUSED
        _later(session, message, now + (retries.UNCONFIGURED_WAIT if sender is None else retries.PAUSED_WAIT))
        return None
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.SENDING)
    message.attempts += 1
    message.lease_until = now + retries.SEND_LEASE
    return Claim(message_id, message.ref, message.attempts, Task.SEND, now)


def _still_sending(session: Session, message: Message, now: dt.datetime) -> bool:
    """Whether another worker is at it; one that has gone silent leaves a message of unknown fate."""
    if message.lease_until is not None and message.lease_until > now:
        enqueue(session, Topic.SEND_MESSAGE, message.id, available_at=message.lease_until)
        return True
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.UNKNOWN)
    message.last_error = GONE_SILENT
    session.flush()
    join_receipts(session, message)
    return False


def _claim_look_up(session: Session, message: Message, now: dt.datetime) -> Claim | None:
    """Ask the provider, but not before a request could have come through, and not for ever."""
    handed_over = (message.lease_until or message.available_at) - retries.SEND_LEASE
    since = now - handed_over
    wait = retries.lookup_wait(since)
    if wait is None:
        message.settled_at = now
        return None
    if since < retries.LOOKUP_AFTER:
        _later(session, message, now + wait)
        return None
    return Claim(message.id, message.ref, message.attempts, Task.LOOK_UP, handed_over)


def record_outcome(session: Session, claim: Claim, outcome: Outcome, *, provider: str, body: str | None) -> None:
    """Record what became of a try; a message that has passed into other hands is left to them."""
    message = _held(session, claim, MessageStatus.SENDING)
    if message is None:
        return
    now = _now(session)
    message.provider = provider or message.provider
    message.body = body or message.body
    message.last_error = None if outcome.verdict is Verdict.ACCEPTED else outcome.code
    if outcome.verdict is Verdict.ACCEPTED:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.SENT)
        message.provider_ref = outcome.provider_ref
        message.sent_at = now
        message.lease_until = None
        session.flush()
        join_receipts(session, message)
    elif outcome.verdict is Verdict.UNCERTAIN:
        # the lease stays: it says when the message was handed over
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.UNKNOWN)
        session.flush()
        if not join_receipts(session, message):
            _later(session, message, now + retries.LOOKUP_AFTER)
    else:
        wait = retries.send_wait(message.attempts) if outcome.verdict is Verdict.NOT_NOW else None
        message.lease_until = None
        if wait is None:
            message.status = step(MESSAGE_STEPS, message.status, MessageStatus.FAILED)
            message.settled_at = now
        else:
            message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
            _later(session, message, now + max(wait, outcome.retry_after or wait))


def record_look_up(session: Session, claim: Claim, seen: LookUp, provider: str) -> None:
    """Record where a message of unknown fate was found, or that it never arrived, so that it may be sent."""
    message = _held(session, claim, MessageStatus.UNKNOWN)
    if message is None or join_receipts(session, message):
        return
    now = _now(session)
    if seen.sighting is Sighting.THERE:
        message.provider, message.provider_ref = provider, seen.provider_ref
        note_progress(session, message, seen.code)
    elif seen.sighting is Sighting.NOT_THERE:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
        message.lease_until = None
        _later(session, message, now)
    else:
        message.last_error = seen.code or message.last_error
        wait = retries.lookup_wait(now - claim.handed_over_at)
        if wait is None:
            message.settled_at = now
        else:
            _later(session, message, now + wait)


def sweep_messages(session: Session, limit: int = 500) -> int:
    """Ask for work on messages that should be moving and for which no job is open; returns how many."""
    moving = sa.or_(
        sa.and_(Message.status == MessageStatus.CREATED, Message.available_at <= sa.func.now()),
        sa.and_(Message.status == MessageStatus.SENDING, Message.lease_until <= sa.func.now()),
        sa.and_(
            Message.status == MessageStatus.UNKNOWN,
            Message.settled_at.is_(None),
            Message.available_at <= sa.func.now(),
        ),
    )
    open_job = sa.exists().where(Job.topic == Topic.SEND_MESSAGE, Job.subject_id == Message.id, Job.done_at.is_(None))
    found = session.scalars(
        sa.select(Message.id).where(moving, ~open_job).order_by(Message.available_at).limit(limit)
    ).all()
    for message_id in found:
        enqueue(session, Topic.SEND_MESSAGE, message_id)
    return len(found)


def _held(session: Session, claim: Claim, status: MessageStatus) -> Message | None:
    message = session.get(Message, claim.message_id, with_for_update=True, populate_existing=True)
    if message is None or message.status is not status or message.attempts != claim.attempt:
        return None
    return message


def _later(session: Session, message: Message, when: dt.datetime) -> None:
    message.available_at = when
    session.flush()
    enqueue(session, Topic.SEND_MESSAGE, message.id, available_at=when)


def _now(session: Session) -> dt.datetime:
    moment: dt.datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
    return moment


def _in_transaction(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    with sessions() as session, transaction(session):
        return work(session)
