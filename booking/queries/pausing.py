"""What waits while sending is paused: by kind, with the oldest and whether it was due before the pause."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.states import MessageStatus
from booking.models.messages import Message


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one kind that have not left."""

    kind: str
    messages: int
    #: of those, how many are due by now
    due: int
    oldest: dt.datetime


def waiting(session: Session) -> list[Waiting]:
    """Return what would leave, the oldest kind first."""
    due = sa.or_(Message.available_at <= sa.func.now(), Message.last_error == "sending_paused")
    rows = session.execute(
        sa.select(Message.kind, sa.func.count(), sa.func.count().filter(due), sa.func.min(Message.created_at))
        .where(Message.status == MessageStatus.CREATED)
        .group_by(Message.kind)
        .order_by(sa.func.min(Message.created_at))
    )
    return [Waiting(*row) for row in rows]
