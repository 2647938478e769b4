"""Announcements: the newest ones, what became of one that was sent, how many have agreed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.announcements import subject_of
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.announcements import Announcement, Consent
from booking.models.messages import Message


def announcements(session: Session, limit: int) -> Sequence[Announcement]:
    """Return the newest announcements."""
    newest = sa.select(Announcement).order_by(Announcement.id.desc()).limit(limit)
    return session.scalars(newest.options(joinedload(Announcement.created_by))).all()


def results(session: Session, announcement: Announcement) -> dict[Channel, Counter[MessageStatus]]:
    """Return what became of an announcement's messages, by channel."""
    rows = session.execute(
        sa.select(Message.channel, Message.status, sa.func.count())
        .where(Message.subject == subject_of(announcement.id))
        .group_by(Message.channel, Message.status)
    )
    found: dict[Channel, Counter[MessageStatus]] = {}
    for channel, status, count in rows:
        found.setdefault(channel, Counter())[status] += count
    return found


def consented(session: Session) -> int:
    """Return how many have agreed."""
    return session.scalar(sa.select(sa.func.count()).where(Consent.withdrawn_at.is_(None))) or 0
