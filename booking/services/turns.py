"""In its turn, and still true: what is asked of the other messages to the same person before one of them leaves.

Messages to one person over one channel leave in the order in which they were written. A message waits while an earlier
one is due or under way; whoever records the earlier one wakes the next. One that has been put off (a refusal for now,
the night) holds nobody up. And one of which a newer version has been written does not leave at all.

Asked for every message, so that the statements are put together once.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.domain.states import MessageStatus
from booking.domain.topics import Topic
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.queries.recipients import COLUMNS, recipient_key

#: nobody waits longer for a wake-up that was missed
TURN_WAIT = dt.timedelta(seconds=5)
#: whatever is newly said of these replaces what was said before, of whichever kind; of others only the same kind does
REPLACED = ("notice:", "visit:", "dispatch:")


class Turn(StrEnum):
    """Whether a message may leave, as far as the others are concerned."""

    NOW = "now"
    WAITS = "waits"
    #: what it says is no longer true
    SUPERSEDED = "superseded"


def _to_the_same(recipient: InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
    return recipient == sa.bindparam("recipient")


def _turn_statement(recipient: InstrumentedAttribute[Any]) -> sa.Select[bool, bool]:
    number: sa.BindParameter[int] = sa.bindparam("number")
    now: sa.BindParameter[dt.datetime] = sa.bindparam("now")
    newer = sa.exists().where(
        _to_the_same(recipient),
        Message.subject == sa.bindparam("subject"),
        Message.version > sa.bindparam("version"),
        Message.status != MessageStatus.WITHDRAWN,
        sa.or_(sa.bindparam("any_kind", type_=sa.Boolean), Message.kind == sa.bindparam("kind")),
    )
    earlier = sa.exists().where(
        _to_the_same(recipient),
        Message.channel == sa.bindparam("channel"),
        Message.id < number,
        Message.status.in_([MessageStatus.CREATED, MessageStatus.SENDING]),
        sa.case(
            (Message.status == MessageStatus.SENDING, Message.lease_until > now), else_=Message.available_at <= now
        ),
    )
    return sa.select(newer, earlier)


def _wake_statement(recipient: InstrumentedAttribute[Any]) -> sa.Update:
    following = sa.select(sa.func.min(Message.id)).where(
        _to_the_same(recipient),
        Message.channel == sa.bindparam("channel"),
        Message.id > sa.bindparam("number"),
        Message.status == MessageStatus.CREATED,
        Message.available_at <= sa.func.now(),
    )
    return (
        sa.update(Job)
        .where(
            Job.topic == Topic.SEND_MESSAGE.value,
            Job.done_at.is_(None),
            Job.begun_at.is_(None),
            Job.available_at > sa.func.now(),
            Job.subject_id == following.scalar_subquery(),
        )
        .values(available_at=sa.func.now())
        .execution_options(synchronize_session=False)
    )


_TURN = {column.key: _turn_statement(column) for column in COLUMNS}
_WAKE = {column.key: _wake_statement(column) for column in COLUMNS}


def turn_of(session: Session, message: Message, now: dt.datetime) -> Turn:
    """Return whether a message may leave now."""
    column, recipient = recipient_key(message)
    newer, earlier = session.execute(
        _TURN[column],
        {
            "recipient": recipient, "number": message.id, "now": now, "subject": message.subject,
            "version": message.version, "kind": message.kind, "channel": message.channel,
            "any_kind": message.subject.startswith(REPLACED),
        },
    ).one()  # fmt: skip
    return Turn.SUPERSEDED if newer else Turn.WAITS if earlier else Turn.NOW


def wake_next(session: Session, message: Message) -> None:
    """Let the message that waits behind this one be looked at now and not after its wait."""
    column, recipient = recipient_key(message)
    session.execute(_WAKE[column], {"recipient": recipient, "number": message.id, "channel": message.channel})
