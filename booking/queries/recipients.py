"""To whom a message goes: somebody with an account, a workplace, or a coach. The database lets it be exactly one.

Whoever asks for the other messages to the same person asks here, so that a new kind of recipient is one line.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from booking.models.messages import Message

COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (Message.user_id, Message.workplace_id, Message.coach_id)


def recipient_key(message: Message) -> tuple[str, int]:
    """Return the column that names the recipient, and the number in it."""
    found = ((column.key, getattr(message, column.key)) for column in COLUMNS)
    return next((name, number) for name, number in found if number is not None)


def to_the_same(message: Message) -> sa.ColumnElement[bool]:
    """Return the condition that a message goes to the recipient of this one."""
    name, number = recipient_key(message)
    return sa.and_(*(column == number for column in COLUMNS if column.key == name))


def for_the_same(other: type[Message]) -> sa.ColumnElement[bool]:
    """Return the condition that another message goes to the recipient of the message that is selected."""
    return sa.and_(*(getattr(other, column.key).is_not_distinct_from(column) for column in COLUMNS))
