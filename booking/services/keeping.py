"""Accounts are switched off, on again, or get another role; nobody locks the house with everybody outside."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import UserId
from booking.domain.person import Person
from booking.domain.vocabulary import Role
from booking.models.people import User
from booking.services.history import record_change
from booking.services.invitations import OFFICE, require_keeper
from booking.services.one_time_links import close_links
from booking.services.sessions import end_sessions


class KeptAccount(Conflict):
    """One's own account, or the last administrator's: somebody else has to do it, or nobody may."""

    code = "kept_account"


def _taken(session: Session, person: Person, user_id: UserId) -> User:
    """The account, locked; administrators in one order, so that two do not take away each other's last one."""
    session.execute(sa.select(User.id).where(User.role == Role.ADMINISTRATOR).order_by(User.id).with_for_update())
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound(f"user {user_id}")
    require_keeper(person, user.role)
    return user


def _not_the_last(session: Session, person: Person, user: User) -> None:
    others = sa.select(User.id).where(User.role == Role.ADMINISTRATOR, User.active, User.id != user.id)
    last = user.role is Role.ADMINISTRATOR and session.scalar(others.limit(1)) is None
    if user.id == person.user_id or last:
        raise KeptAccount(f"user {user.id}")


def switch_off(session: Session, clock: Clock, person: Person, user_id: UserId) -> User:
    """Let an account do nothing from now on: its sessions end, its links close; its rows stay.

    Raises:
        NotFound: there is no such account.
        KeptAccount: it is one's own, or the last administrator's.
    """
    user = _taken(session, person, user_id)
    _not_the_last(session, person, user)
    if user.active:
        user.active = False
        ended = end_sessions(session, clock, user.id)
        close_links(session, user.id)
        record_change(session, person.actor, "account_switched_off", "user", user.id, sessions=ended)
    return user


def switch_on(session: Session, person: Person, user_id: UserId) -> User:
    """Let an account that was switched off be used again, with its old password.

    Raises:
        NotFound: there is no such account.
        Conflict: it was never accepted: it has to be invited.
    """
    user = _taken(session, person, user_id)
    if user.password_hash is None:
        raise Conflict(f"user {user_id} has not accepted")
    if not user.active:
        user.active = True
        record_change(session, person.actor, "account_switched_on", "user", user.id)
    return user


def set_role(session: Session, person: Person, user_id: UserId, role: Role) -> User:
    """Give an account of the office another role of the office; an administrator's business.

    Raises:
        NotFound: there is no such account.
        InvalidInput: it is a teacher's, or the role is.
        KeptAccount: it is one's own, or the last administrator's.
    """
    person.require_role(Role.ADMINISTRATOR)
    user = _taken(session, person, user_id)
    if user.role not in OFFICE or role not in OFFICE:
        raise InvalidInput(field="role", reason="unknown")
    _not_the_last(session, person, user)
    if user.role is not role:
        before, user.role = user.role, role
        record_change(session, person.actor, "role_changed", "user", user.id, before=before.value, role=role.value)
    return user
