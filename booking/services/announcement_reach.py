"""Whom an announcement reaches at a moment: the audience, of it those who have agreed, of them who has an address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.announcements import Audience, Group
from booking.domain.ids import CoachId, UserId, WorkplaceId
from booking.domain.vocabulary import Channel, Role, WorkplaceStatus
from booking.models.announcements import Consent
from booking.models.coaches import Coach
from booking.models.people import TeacherPost, User
from booking.models.schools import School
from booking.models.workplaces import Workplace
from booking.services.messages import Recipient, addresses_of


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an announcement reaches: those who have agreed and have an address for one of its channels."""

    readers: tuple[Recipient, ...] = field(repr=False)
    by_channel: Counter[Channel]
    #: in the audience, and has not agreed
    not_agreed: int
    #: has agreed, and has no address for any of the channels
    no_address: int


def _agreed() -> tuple[sa.Select[UserId | None], sa.Select[WorkplaceId | None], sa.Select[CoachId | None]]:
    stands = Consent.withdrawn_at.is_(None)
    return (
        sa.select(Consent.user_id).where(stands, Consent.user_id.is_not(None)),
        sa.select(Consent.workplace_id).where(stands, Consent.workplace_id.is_not(None)),
        sa.select(Consent.coach_id).where(stands, Consent.coach_id.is_not(None)),
    )


def _people(session: Session, audience: Audience) -> Iterator[tuple[Recipient, bool]]:
    """Everybody in the audience, and whether they have agreed."""
    users, places, coaches = _agreed()
    if Group.TEACHERS in audience.groups:
        speaks = (
            sa.select(TeacherPost.id)
            .join(School, School.id == TeacherPost.school_id)
            .where(TeacherPost.user_id == User.id, TeacherPost.until.is_(None))
        )
        if audience.levels:
            speaks = speaks.where(School.level.in_(audience.levels))
        teachers = sa.select(User, User.id.in_(users)).where(User.role == Role.TEACHER, User.active, speaks.exists())
        yield from ((user, bool(yes)) for user, yes in session.execute(teachers.order_by(User.id)))
    if Group.WORKPLACES in audience.groups:
        standing = sa.select(Workplace, Workplace.id.in_(places)).where(Workplace.status != WorkplaceStatus.ENDED)
        if audience.fields:
            standing = standing.where(Workplace.field.in_(audience.fields))
        rows = session.execute(standing.options(joinedload(Workplace.contact)).order_by(Workplace.id))
        yield from ((place, bool(yes)) for place, yes in rows)
    if Group.COACHES in audience.groups:
        go_on = sa.select(Coach, Coach.id.in_(coaches)).where(
            Coach.erased_at.is_(None), sa.or_(Coach.ended_on.is_(None), Coach.ended_on > sa.func.current_date())
        )
        yield from ((coach, bool(yes)) for coach, yes in session.execute(go_on.order_by(Coach.id)))


def reach(session: Session, audience: Audience, channels: Sequence[Channel]) -> Reach:
    """Return whom an announcement reaches at this moment."""
    readers: list[Recipient] = []
    by_channel: Counter[Channel] = Counter()
    not_agreed = no_address = 0
    for reader, yes in _people(session, audience):
        if not yes:
            not_agreed += 1
            continue
        known = addresses_of(reader)
        reached = [channel for channel in channels if known.get(channel)]
        if not reached:
            no_address += 1
            continue
        readers.append(reader)
        by_channel.update(reached)
    return Reach(tuple(readers), by_channel, not_agreed, no_address)
