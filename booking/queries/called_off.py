"""The days of a term that were called off, and how many people a calling off would write to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.ids import SchoolId, TermId
from booking.domain.vocabulary import Role
from booking.models.called_off import CalledOffDay
from booking.models.people import TeacherPost, User


def called_off_days(session: Session, term_id: TermId) -> Sequence[CalledOffDay]:
    """Return what was called off in a term, the newest first."""
    found = sa.select(CalledOffDay).where(CalledOffDay.term_id == term_id).order_by(CalledOffDay.id.desc())
    return session.scalars(found.options(joinedload(CalledOffDay.by))).all()


def count_teachers(session: Session, schools: Collection[SchoolId], today: dt.date) -> int:
    """Return how many people speak for these schools today."""
    counted = (
        sa.select(sa.func.count(sa.distinct(User.id)))
        .join(TeacherPost, TeacherPost.user_id == User.id)
        .where(
            TeacherPost.school_id.in_(schools),
            User.active,
            User.role == Role.TEACHER,
            TeacherPost.since <= today,
            sa.or_(TeacherPost.until.is_(None), TeacherPost.until > today),
        )
    )
    return session.scalar(counted) or 0
