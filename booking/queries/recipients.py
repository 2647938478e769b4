"""To whom a message goes: somebody with an account, a workplace, or a coach. The database lets it be exactly one.

Whoever asks for the other messages to the same person asks here, so that a new kind of recipient is one line.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from booking.domain.whose import Whose
from booking.models.messages import Message

COLUMN_OF: dict[Whose, InstrumentedAttribute[Any]] = {
    Whose.USER: Message.user_id,
    Whose.WORKPLACE: Message.workplace_id,
    Whose.COACH: Message.coach_id,
}
COLUMNS: tuple[InstrumentedAttribute[Any], ...] = tuple(COLUMN_OF.values())


def recipient(message: Message) -> tuple[Whose, int]:
    """Return who a message goes to, and the number of their row."""
    found = ((whose, getattr(message, column.key)) for whose, column in COLUMN_OF.items())
    return next((whose, number) for whose, number in found if number is not None)


def recipient_key(message: Message) -> tuple[str, int]:
    """Return the column that names the recipient, and the number in it."""
    whose, number = recipient(message)
    return COLUMN_OF[whose].key, number


def to_the_same(message: Message) -> sa.ColumnElement[bool]:
    """Return the condition that a message goes to the recipient of this one."""
    name, number = recipient_key(message)
    return sa.and_(*(column == number for column in COLUMNS if column.key == name))


def for_the_same(other: type[Message]) -> sa.ColumnElement[bool]:
    """Return the condition that another message goes to the recipient of the message that is selected."""
    return sa.and_(*(getattr(other, column.key).is_not_distinct_from(column) for column in COLUMNS))
