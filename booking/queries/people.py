"""Who has an account: teachers by school, the office, and what has become of each invitation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.entry import AccountState, LinkPurpose, account_state
from booking.domain.ids import UserId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Role
from booking.models.messages import Message
from booking.models.people import OneTimeLink, TeacherPost, User, WebSession
from booking.models.schools import School

#: the kind of message that carries an invitation
INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its state, and until when an invitation that waits can be accepted."""

    user: User
    state: AccountState
    open_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """A school and those who speak for it today; nobody, perhaps."""

    school: School
    teachers: Sequence[tuple[TeacherPost, Account]]


def accounts(session: Session, users: Iterable[User]) -> dict[UserId, Account]:
    """Return what has become of these accounts."""
    found = {user.id: user for user in users}
    waiting = [number for number, user in found.items() if user.invited_at is not None]
    messages: dict[UserId | None, MessageStatus] = {}
    links: dict[UserId, dt.datetime] = {}
    if waiting:
        messages = {
            row.user_id: row.status
            for row in session.execute(
                sa.select(Message.user_id, Message.status)
                .where(Message.user_id.in_(waiting), Message.kind == INVITATION)
                .order_by(Message.version)  # the newest comes last and stays
            )
        }
        links = {
            row.user_id: row.until
            for row in session.execute(
                sa.select(OneTimeLink.user_id, sa.func.max(OneTimeLink.expires_at).label("until"))
                .where(
                    OneTimeLink.user_id.in_(waiting),
                    OneTimeLink.purpose == LinkPurpose.INVITATION,
                    OneTimeLink.used_at.is_(None),
                    OneTimeLink.closed_at.is_(None),
                    OneTimeLink.expires_at > sa.func.clock_timestamp(),
                )
                .group_by(OneTimeLink.user_id)
            )
        }
    return {
        number: Account(
            user,
            account_state(
                active=user.active,
                invited=user.invited_at is not None,
                has_password=user.password_hash is not None,
                message=messages.get(number),
                link_open=number in links,
            ),
            links.get(number),
        )
        for number, user in found.items()
    }


def _now(today: dt.date) -> sa.ColumnElement[bool]:
    return sa.or_(TeacherPost.until.is_(None), TeacherPost.until > today)


def schools(session: Session, today: dt.date, text: str = "") -> list[SchoolRow]:
    """Return every school with its teachers of today; with ``text`` those where it or a teacher is named so."""
    posts = session.scalars(
        sa.select(TeacherPost)
        .join(User, User.id == TeacherPost.user_id)
        .options(joinedload(TeacherPost.user))
        .where(_now(today))
        .order_by(TeacherPost.since, TeacherPost.id)
    ).all()
    known = accounts(session, [post.user for post in posts])
    rows = []
    for school in session.scalars(sa.select(School).order_by(School.name)):
        teachers = [(post, known[post.user_id]) for post in posts if post.school_id == school.id]
        named = [school.name, *(account.user.name for _, account in teachers)]
        if not text or any(text.casefold() in name.casefold() for name in named):
            rows.append(SchoolRow(school, teachers))
    return rows


def without_school(session: Session, today: dt.date) -> list[Account]:
    """Return teachers who speak for no school any more, or whose invitation was withdrawn."""
    has_post = sa.exists().where(TeacherPost.user_id == User.id, _now(today))
    users = session.scalars(sa.select(User).where(User.role == Role.TEACHER, ~has_post).order_by(User.name)).all()
    return list(accounts(session, users).values())


def office(session: Session) -> list[Account]:
    """Return coordinators, officers and administrators."""
    users = session.scalars(sa.select(User).where(User.role != Role.TEACHER).order_by(User.role, User.name)).all()
    return list(accounts(session, users).values())


def account(session: Session, user_id: UserId) -> Account | None:
    """Return one account."""
    user = session.get(User, user_id)
    return None if user is None else accounts(session, [user])[user_id]


def all_posts(session: Session, user_id: UserId) -> Sequence[TeacherPost]:
    """Return every post that a teacher has or had, the newest first."""
    return session.scalars(
        sa.select(TeacherPost)
        .options(joinedload(TeacherPost.school))
        .where(TeacherPost.user_id == user_id)
        .order_by(TeacherPost.since.desc(), TeacherPost.id.desc())
    ).all()


def last_sign_in(session: Session, user_id: UserId) -> dt.datetime | None:
    """Return when an account was last signed in to."""
    found: dt.datetime | None = session.scalar(
        sa.select(sa.func.max(WebSession.created_at)).where(WebSession.user_id == user_id)
    )
    return found


def school_names(session: Session) -> list[tuple[int, str]]:
    """Return number and name of every school, for a choice."""
    return [(row.id, row.name) for row in session.execute(sa.select(School.id, School.name).order_by(School.name))]
