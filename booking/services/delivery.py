"""The way of one message out of the house: claim and compose, commit, send with no transaction open, record.

A crash anywhere leaves a state that says how far it came. Whoever finds a message whose sender has gone silent asks the
provider before anything is sent again; where the provider cannot be asked, a person decides.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain import retries
from booking.domain.alimtalk import SentAs
from booking.domain.ids import MessageId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Channel
from booking.log import get_logger
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.notify.senders.base import LookUp, Outcome, Sighting, Verdict
from booking.notify.senders.choice import Senders
from booking.services.alimtalk import lay_aside
from booking.services.claiming import Claim, Task, claim_message, later, locked
from booking.services.composing import Composed
from booking.services.outbox import enqueue
from booking.services.receipts import join_receipts, note_progress
from booking.services.resting import note_answer
from booking.services.turns import wake_next

log = get_logger(__name__)

T = TypeVar("T")
#: what is left of the lease when a sender has taken its time
START_SECONDS = (retries.SEND_LEASE - retries.SEND_LIMIT).total_seconds() / 2
SLOW_START = "slow_start"


def deliver(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    message_id: MessageId,
    senders: Senders,
) -> None:
    """Bring one message a step further. An edge: it commits its own short transactions.

    May be called at any time, twice, and by several workers at once: a message is sent once.
    """
    began = time.monotonic()
    claim = _in_transaction(sessions, lambda session: claim_message(session, clock, config, message_id, senders))
    if claim is None:
        return
    if claim.task is Task.LOOK_UP:
        # no transaction is open while a provider is asked
        seen = claim.sender.look_up(claim.ref, claim.to, claim.handed_over_at)
        _in_transaction(sessions, lambda session: record_look_up(session, claim, seen))
        log.info("message_looked_up", message=message_id, sighting=seen.sighting, code=seen.code)
        return
    before = time.monotonic()
    if before - began > START_SECONDS:
        # a slow database ate the lease: what would leave now might be doubled
        _in_transaction(sessions, lambda session: give_back(session, claim))
        log.warning("message_given_back", message=message_id, seconds=round(before - began, 1))
        return
    outcome = _hand_over(claim)
    took = dt.timedelta(seconds=time.monotonic() - before) if len(senders.of(Channel.SMS)) > 1 else None
    _in_transaction(sessions, lambda session: record_outcome(session, claim, outcome, took))
    log.info("message_handed_over", message=message_id, verdict=outcome.verdict, code=outcome.code)


def _hand_over(claim: Claim) -> Outcome:
    """Talk to the provider; no transaction is open."""
    sender: Any = claim.sender
    parcel = claim.parcel
    outcome: Outcome = sender.send(parcel.email or parcel.sms) if parcel is not None else Outcome(Verdict.REFUSED)
    return outcome


def record_outcome(session: Session, claim: Claim, outcome: Outcome, took: dt.timedelta | None = None) -> None:
    """Record what became of a try; a message that has passed into other hands is left to them.

    ``took`` is how long the provider needed, where that decides which of several has the next message.
    """
    message, now = _held(session, claim, MessageStatus.SENDING)
    if took is not None and (message is None or message.channel is Channel.SMS):
        note_answer(session, claim.sender.name, outcome, took, now)
    if message is None:
        return
    if claim.parcel is not None:
        note_form(message, claim.parcel, outcome)
        tried = claim.parcel.sms.alimtalk if claim.parcel.sms is not None else None
        if outcome.verdict is Verdict.ACCEPTED and outcome.alimtalk_refused and tried is not None:
            lay_aside(session, message, tried.template, outcome.alimtalk_refused)
    message.last_error = None if outcome.verdict is Verdict.ACCEPTED else outcome.code
    if outcome.verdict is Verdict.ACCEPTED:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.SENT)
        message.provider_ref = outcome.provider_ref
        message.sent_at = now
        message.lease_until = None
        message.ask_at = now + retries.RECEIPT_WAITS[0] if claim.sender.searchable else None
        session.flush()
        join_receipts(session, message)
    elif outcome.verdict is Verdict.UNCERTAIN:
        # the lease stays: it says when the message was handed over
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.UNKNOWN)
        session.flush()
        if not join_receipts(session, message):
            later(session, message, now + retries.LOOKUP_AFTER)
    else:
        wait = retries.send_wait(message.attempts) if outcome.verdict is Verdict.NOT_NOW else None
        message.lease_until = None
        if wait is None:
            message.status = step(MESSAGE_STEPS, message.status, MessageStatus.FAILED)
            message.settled_at = now
        else:
            message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
            later(session, message, now + max(wait, outcome.retry_after or wait))
    session.flush()
    wake_next(session, message)


def give_back(session: Session, claim: Claim) -> None:
    """Put a message that nobody was asked to take back in its place: no try is counted, and none overtakes it."""
    message, now = _held(session, claim, MessageStatus.SENDING)
    if message is None:
        return
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
    message.attempts -= 1
    message.lease_until = None
    message.last_error = SLOW_START
    later(session, message, now)


def note_form(message: Message, parcel: Composed, outcome: Outcome) -> None:
    """Keep the text as it left: of an 알림톡 that went as a text message, that text."""
    as_text = parcel.sms is not None and outcome.sent_as is not SentAs.ALIMTALK
    if parcel.substitute is not None and as_text and outcome.verdict is Verdict.ACCEPTED:
        message.body, message.substitute = parcel.substitute, None
    else:
        message.body, message.substitute = parcel.body, parcel.substitute
    if parcel.sms is not None and outcome.verdict is Verdict.ACCEPTED:
        message.sent_as = outcome.sent_as or SentAs(parcel.sms.kind.value)


def record_look_up(session: Session, claim: Claim, seen: LookUp) -> None:
    """Record where a message of unknown fate was found, or that it never arrived, so that it may be sent."""
    message, now = _held(session, claim, MessageStatus.UNKNOWN)
    if message is None or join_receipts(session, message):
        return
    if seen.sighting is Sighting.THERE:
        message.provider_ref = seen.provider_ref
        note_progress(session, message, message.provider, seen.code, seen.sent_as)
    elif seen.sighting is Sighting.NOT_THERE:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
        message.lease_until = None
        later(session, message, now)
    else:
        message.last_error = seen.code or message.last_error
        wait = retries.lookup_wait(now - claim.handed_over_at)
        if wait is None:
            message.settled_at = now
        else:
            later(session, message, now + wait)


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


def _held(session: Session, claim: Claim, status: MessageStatus) -> tuple[Message | None, dt.datetime]:
    message, now = locked(session, claim.message_id)
    if message is None or message.status is not status or message.attempts != claim.attempt:
        return None, now
    return message, now


def _in_transaction(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    with sessions() as session, transaction(session):
        return work(session)
