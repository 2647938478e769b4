"""한눈에, continued: how workplaces are used in a scope, and whether messages arrived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import SEOUL, seoul_time
from booking.domain.ids import MessageId, WorkplaceId
from booking.domain.states import LIVE_GROUPS, MessageStatus
from booking.domain.vocabulary import Channel, JobField, WorkplaceStatus
from booking.models.messages import Message
from booking.models.people import TeacherPost
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.queries.dashboard import Scope, visit_programme
from booking.queries.workplace_list import FEW, TOO_OFTEN


class Use(StrEnum):
    """How a workplace is used: never, as others are, or too often (the same rule as in the register's list)."""

    DORMANT = "dormant"
    USED = "used"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class PlaceUse:
    """One workplace in a scope: the groups that were there, their pupils, and what that is for it."""

    workplace_id: WorkplaceId
    name: str
    field: JobField
    groups: int
    pupils: int
    use: Use


def place_uses(session: Session, scope: Scope) -> list[PlaceUse]:
    """Return every active workplace that takes the scope's level, and others that had a group in it, by name."""
    groups = (
        sa.select(
            VisitGroup.workplace_id,
            sa.func.count().label("groups"),
            sa.func.sum(VisitGroup.pupils).label("pupils"),
        )
        .join(Visit, Visit.id == VisitGroup.visit_id)
        .join(Request, Request.id == Visit.request_id)
        .join(School, School.id == Request.school_id)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(VisitGroup.status.in_(LIVE_GROUPS), *_narrowed(session, scope))
        .group_by(VisitGroup.workplace_id)
        .subquery()
    )
    number = sa.func.coalesce(groups.c.groups, 0)
    takes = [Workplace.status == WorkplaceStatus.ACTIVE]
    if scope.level is not None:
        takes.append(sa.literal(scope.level.value) == sa.any_(Workplace.levels))
    rows = session.execute(
        sa.select(
            Workplace.id, Workplace.name, Workplace.field, number, sa.func.coalesce(groups.c.pupils, 0),
            Workplace.status == WorkplaceStatus.ACTIVE,
        )
        .outerjoin(groups, groups.c.workplace_id == Workplace.id)
        .where(Workplace.merged_into_id.is_(None), sa.or_(sa.and_(*takes), number > 0))
        .order_by(sa.func.length(Workplace.name), Workplace.name, Workplace.id)
    ).all()  # fmt: skip
    active = [int(count) for *_, count, _pupils, is_active in rows if is_active]
    average = sum(active) / len(active) if active else 0.0
    return [
        PlaceUse(place, name, JobField(field), int(count), int(pupils), use_of(int(count), average))
        for place, name, field, count, pupils, _ in rows
    ]


def use_of(groups: int, average: float) -> Use:
    """Say what so many groups are for a workplace; ``average`` is that of the active ones."""
    if not groups:
        return Use.DORMANT
    return Use.BUSY if groups >= FEW and groups > TOO_OFTEN * average else Use.USED


def used(rows: Iterable[PlaceUse], use: Use | None, field: JobField | None) -> list[PlaceUse]:
    """Return the workplaces that a figure counts: what opens behind it."""
    return [row for row in rows if use in (None, row.use) and field in (None, row.field)]


def _narrowed(session: Session, scope: Scope) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if scope.programme_id is not None and scope.programme_id != visit_programme(session):
        found.append(sa.false())
    if scope.term_id is not None:
        found.append(Request.term_id == scope.term_id)
    if scope.first is not None:
        found.append(Slot.date >= scope.first)
    if scope.last is not None:
        found.append(Slot.date <= scope.last)
    if scope.school_id is not None:
        found.append(School.id == scope.school_id)
    if scope.level is not None:
        found.append(School.level == scope.level)
    return found


class Arrival(StrEnum):
    """What became of a message, as the page counts it."""

    ARRIVED = "arrived"
    LEFT = "left"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


ARRIVALS: dict[Arrival, tuple[MessageStatus, ...]] = {
    Arrival.ARRIVED: (MessageStatus.DELIVERED, MessageStatus.TOLD),
    Arrival.LEFT: (MessageStatus.SENT,),
    Arrival.FAILED: (MessageStatus.FAILED, MessageStatus.BOUNCED),
    Arrival.UNKNOWN: (MessageStatus.UNKNOWN,),
    Arrival.WAITING: (MessageStatus.CREATED, MessageStatus.SENDING),
    Arrival.WITHDRAWN: (MessageStatus.WITHDRAWN,),
}
#: what has been tried: of these the share that went well is reckoned
TRIED = (Arrival.ARRIVED, Arrival.LEFT, Arrival.FAILED, Arrival.UNKNOWN)
_OF = {status: arrival for arrival, statuses in ARRIVALS.items() for status in statuses}


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """One message without its reader's address or name: what it was, and what became of it."""

    message_id: MessageId
    created_at: dt.datetime
    kind: str
    channel: Channel
    arrival: Arrival
    to_workplace: bool


def messages_seen(session: Session, scope: Scope) -> list[MessageSeen]:
    """Return the messages that were written in the scope's days, the newest first.

    A school or a level narrows to the messages of its teachers; messages do not belong to a kind of programme.
    """
    statement = sa.select(
        Message.id, Message.created_at, Message.kind, Message.channel, Message.status, Message.workplace_id
    ).order_by(Message.id.desc())
    first, last = scope.written or (scope.first, scope.last)
    if first is not None:
        statement = statement.where(Message.created_at >= seoul_time(first, dt.time(0)))
    if last is not None:
        after = last + dt.timedelta(days=1)
        statement = statement.where(Message.created_at < seoul_time(after, dt.time(0)))
    if scope.school_id is not None or scope.level is not None:
        posts = sa.select(TeacherPost.user_id).join(School, School.id == TeacherPost.school_id)
        if scope.school_id is not None:
            posts = posts.where(School.id == scope.school_id)
        if scope.level is not None:
            posts = posts.where(School.level == scope.level)
        statement = statement.where(Message.user_id.in_(posts))
    return [
        MessageSeen(number, at, kind, Channel(channel), _OF[MessageStatus(status)], place is not None)
        for number, at, kind, channel, status, place in session.execute(statement)
    ]


def arrived(
    rows: Iterable[MessageSeen], arrival: Arrival | None, channel: Channel | None, month: dt.date | None = None
) -> list[MessageSeen]:
    """Return the messages that a figure counts: what opens behind it."""
    return [
        row
        for row in rows
        if arrival in (None, row.arrival) and channel in (None, row.channel) and month in (None, month_of(row))
    ]


def month_of(row: MessageSeen) -> dt.date:
    """Return the first day of the month, in Seoul, in which a message was written."""
    return row.created_at.astimezone(SEOUL).date().replace(day=1)


def success(rows: Sequence[MessageSeen]) -> float | None:
    """Return the share of what was tried that arrived, or left and did not come back; None where nothing was."""
    tried = [row for row in rows if row.arrival in TRIED]
    return sum(row.arrival in (Arrival.ARRIVED, Arrival.LEFT) for row in tried) / len(tried) if tried else None
