"""Delivery receipts: stored first, applied second, each event once, in any order.

A receipt may come before the hand-over is recorded here; then it waits and is joined to the message later. A state only
ever moves forward, and the first final one stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.alimtalk import SentAs
from booking.domain.states import MESSAGE_STEPS, MessageStatus, may_step, step
from booking.models.messages import Message, Receipt
from booking.notify.senders.base import Stage
from booking.notify.senders.stages import stage

#: how a message gets from where it is to "sent", when a receipt is the first to say that it has left
_TO_SENT: dict[MessageStatus, tuple[MessageStatus, ...]] = {
    MessageStatus.CREATED: (MessageStatus.SENDING, MessageStatus.SENT),
    MessageStatus.UNKNOWN: (MessageStatus.SENT,),
}
_FINAL = {Stage.DELIVERED: MessageStatus.DELIVERED, Stage.BOUNCED: MessageStatus.BOUNCED}


@dataclass(frozen=True, slots=True)
class Event:
    """One receipt as a provider reports it."""

    provider: str
    event_id: str
    ref: str | None
    provider_ref: str | None
    code: str
    sent_as: SentAs | None = None


def take_receipts(session: Session, events: Sequence[Event]) -> int:
    """Store receipts and apply those whose messages are known; returns how many were new."""
    new = 0
    for event in events:
        receipt = session.scalar(
            insert(Receipt)
            .values(
                provider=event.provider,
                event_id=event.event_id,
                ref=event.ref,
                provider_ref=event.provider_ref,
                code=event.code,
                sent_as=event.sent_as,
            )
            .on_conflict_do_nothing()
            .returning(Receipt)
        )
        if receipt is not None:
            new += 1
            _apply(session, receipt)
    return new


def join_receipts(session: Session, message: Message) -> bool:
    """Apply the receipts that came before this message was ready for them; whether that moved it.

    The caller holds the message's row, so that a receipt that is being stored now is applied by its own transaction.
    """
    before = message.status
    names = [Receipt.ref == str(message.ref)]
    if message.provider_ref is not None:
        names.append(Receipt.provider_ref == message.provider_ref)
    waiting = session.scalars(
        sa.select(Receipt).where(sa.or_(*names), Receipt.applied_at.is_(None)).order_by(Receipt.received_at)
    ).all()
    for receipt in waiting:
        _move(session, message, receipt)
    return message.status is not before


def apply_left_over(session: Session, limit: int = 500) -> int:
    """Try the receipts again that found no message ready; returns how many are settled now."""
    waiting = session.scalars(
        sa.select(Receipt)
        .where(
            Receipt.applied_at.is_(None),
            sa.exists().where(
                sa.or_(
                    sa.cast(Message.ref, sa.Text) == Receipt.ref,
                    sa.and_(Message.provider_ref == Receipt.provider_ref, Message.provider == Receipt.provider),
                ),
                Message.status != MessageStatus.SENDING,
            ),
        )
        .order_by(Receipt.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for receipt in waiting:
        _apply(session, receipt)
    return sum(receipt.applied_at is not None for receipt in waiting)


def note_progress(
    session: Session,
    message: Message,
    provider: str | None,
    code: str,
    sent_as: SentAs | None = None,
    *,
    last_word: bool = False,
) -> None:
    """Move a message forward to what a provider's code says; never back, and never out of a final state.

    An 알림톡 that failed is not the end: the text message in its stead has a receipt of its own, unless nothing more is
    to come (``last_word``).
    """
    for status in _TO_SENT.get(message.status, ()):
        message.status = step(MESSAGE_STEPS, message.status, status)
    if message.status is MessageStatus.SENT and message.sent_at is None:
        message.sent_at = sa.func.now()
    message.lease_until = None
    final = _FINAL.get(stage(provider, code))
    if message.status is MessageStatus.SENT and sent_as is not None:
        message.sent_as = sent_as
    if final is MessageStatus.BOUNCED and sent_as is SentAs.ALIMTALK and not last_word:
        if message.status is MessageStatus.SENT:
            message.last_error = f"{provider or ''} ata {code}".strip()
    elif final is not None and may_step(MESSAGE_STEPS, message.status, final):
        message.status = step(MESSAGE_STEPS, message.status, final)
        message.settled_at = sa.func.now()
        message.ask_at = None
        message.last_error = None if final is MessageStatus.DELIVERED else f"{provider or ''} {code}".strip()
    elif message.status is MessageStatus.SENT:
        message.last_error = None
    session.flush()


def _apply(session: Session, receipt: Receipt) -> None:
    message = _message_of(session, receipt)
    # while it is being sent, its own worker has the word; the receipt is joined when that has recorded
    if message is not None and message.status is not MessageStatus.SENDING:
        _move(session, message, receipt)


def _move(session: Session, message: Message, receipt: Receipt) -> None:
    message.provider = message.provider or receipt.provider
    message.provider_ref = message.provider_ref or receipt.provider_ref
    note_progress(session, message, receipt.provider, receipt.code, receipt.sent_as)
    receipt.applied_at = sa.func.now()
    session.flush()


def _message_of(session: Session, receipt: Receipt) -> Message | None:
    locked = sa.select(Message).with_for_update().execution_options(populate_existing=True)
    ref = _uuid(receipt.ref)
    if ref is not None:
        found = session.scalar(locked.where(Message.ref == ref))
        if found is not None:
            return found
    if receipt.provider_ref is None:
        return None
    return session.scalar(
        locked.where(Message.provider == receipt.provider, Message.provider_ref == receipt.provider_ref).limit(1)
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
