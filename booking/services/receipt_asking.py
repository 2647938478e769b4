"""Asks for receipts that have not come: a webhook may be lost, and a message must not stay «sent» for ever for that."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.retries import receipt_wait
from booking.domain.states import MessageStatus
from booking.log import get_logger
from booking.models.messages import Message
from booking.notify.senders.base import LookUp, Sighting
from booking.notify.senders.choice import Senders
from booking.services.claiming import locked
from booking.services.composing import recipient_of
from booking.services.messages import addresses_of
from booking.services.receipts import note_progress

log = get_logger(__name__)

#: so long the text message may take that goes out in the stead of an 알림톡; then its failure is the end
SUBSTITUTE_WITHIN = dt.timedelta(minutes=30)
#: a round ends after so many: the rest has the next one
BATCH = 50


@dataclass(frozen=True, slots=True)
class _Question:
    """One message whose provider is to be asked."""

    message: Message
    to: str


def ask_for_receipts(sessions: sessionmaker[Session], senders: Senders) -> int:
    """Ask the providers for what is due; returns how many messages have come to an end by it.

    An edge: it commits its own short transactions, and none is open while a provider is asked. Safe at any time, by
    anybody: what two ask at once is asked twice and noted once.
    """
    settled = 0
    for question in _due(sessions):
        message = question.message
        sender = senders.named(message.channel, message.provider)
        if sender is None or message.sent_at is None:
            continue
        seen = sender.look_up(message.ref, question.to, message.sent_at)
        with sessions() as session, transaction(session):
            settled += _note(session, message.id, seen)
    return settled


def _due(sessions: sessionmaker[Session]) -> list[_Question]:
    """What is due now; it is put off at once, so that a provider that hangs is not asked by everybody."""
    with sessions() as session, transaction(session):
        rows = session.execute(
            sa.select(Message, sa.func.now())
            .where(Message.ask_at <= sa.func.now())
            .order_by(Message.ask_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        found = []
        for message, now in rows:
            message.ask_at = _next(message, now) if message.status is MessageStatus.SENT else None
            if message.status is MessageStatus.SENT:
                found.append(
                    _Question(message, addresses_of(recipient_of(session, message)).get(message.channel) or "")
                )
    return found


def _next(message: Message, now: dt.datetime) -> dt.datetime | None:
    if message.sent_at is None:
        return None
    wait = receipt_wait(now - message.sent_at)
    return None if wait is None else message.sent_at + wait


def _note(session: Session, message_id: MessageId, seen: LookUp) -> bool:
    """Apply what the provider said, as its receipt would be; whether that was the end."""
    message, now = locked(session, message_id)
    if message is None or message.status is not MessageStatus.SENT or seen.sighting is not Sighting.THERE:
        return False
    waited = message.sent_at is not None and now - message.sent_at >= SUBSTITUTE_WITHIN
    note_progress(session, message, message.provider, seen.code, seen.sent_as, last_word=waited)
    log.info("receipt_asked_for", message=message_id, status=message.status, code=seen.code)
    return message.status is not MessageStatus.SENT
