"""Sessions are rows: opened, read at every request, extended up to a limit, and ended here, not in the cookie."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import Clock, seoul_date
from booking.domain.entry import LinkPurpose, session_end
from booking.domain.ids import UserId
from booking.domain.person import Person
from booking.models.people import User, WebSession
from booking.services.history import record_change
from booking.services.one_time_links import close_links


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and the session in which they are: until when it lasts, and how far it could be extended now."""

    person: Person
    began: dt.datetime
    ends: dt.datetime
    may_end: dt.datetime
    seconds_left: int
    #: the account has a second factor, and this session has answered it
    second_factor_on: bool = False
    second_factor_passed: bool = False

    @property
    def extendable(self) -> bool:
        """Whether an extension would bring a minute or more."""
        return self.may_end - self.ends >= dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One signed-in browser in the list that its owner sees."""

    began: dt.datetime
    ends: dt.datetime
    ip: str | None
    here: bool


def digest(token: str) -> bytes:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).digest()


def open_session(session: Session, clock: Clock, user: User, *, ip: str | None, hours: int, by: str) -> str:
    """Open a session and return its token, which goes into the cookie and is stored nowhere.

    ``by`` says in the history how the person came in.
    """
    now = clock.now()
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=digest(token),
            user_id=user.id,
            created_at=now,
            expires_at=now + dt.timedelta(hours=hours),
            ip=ip,
        )
    )
    record_change(session, f"user:{user.id}", "sign_in", "user", user.id, by=by)
    return token


def find_signed_in(
    session: Session, clock: Clock, token: str, ip: str | None = None, *, hours: int = 0
) -> SignedIn | None:
    """Return who a session token belongs to, or None where it has ended, run out, or never was."""
    row = session.scalar(
        sa.select(WebSession)
        .options(
            joinedload(WebSession.user).selectinload(User.posts),
            joinedload(WebSession.user).joinedload(User.second_factor),
        )
        .where(WebSession.token_hash == digest(token), WebSession.ended_at.is_(None))
    )
    now = clock.now()
    if row is None or row.expires_at <= now or not row.user.active:
        return None
    today = seoul_date(now)
    user = row.user
    person = Person(
        user_id=user.id,
        name=user.name,
        role=user.role,
        language=user.language,
        school_ids=tuple(
            post.school_id for post in user.posts if post.since <= today and (post.until is None or post.until > today)
        ),
        ip=ip,
    )
    return SignedIn(
        person=person,
        began=row.created_at,
        ends=row.expires_at,
        may_end=session_end(row.created_at, now, dt.timedelta(hours=hours)),
        seconds_left=int((row.expires_at - now).total_seconds()),
        second_factor_on=user.second_factor is not None and user.second_factor.confirmed_at is not None,
        second_factor_passed=row.second_factor_at is not None,
    )


def extend(session: Session, clock: Clock, token: str, *, hours: int) -> None:
    """Let a session that is open last one length from now, at most to its longest; it never becomes shorter."""
    now = clock.now()
    row = session.scalar(
        sa.select(WebSession)
        .where(WebSession.token_hash == digest(token), WebSession.ended_at.is_(None), WebSession.expires_at > now)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is not None:
        row.expires_at = max(row.expires_at, session_end(row.created_at, now, dt.timedelta(hours=hours)))


def sign_out(session: Session, clock: Clock, token: str) -> None:
    """End the session of this token; ending it twice changes nothing."""
    session.execute(
        sa.update(WebSession)
        .where(WebSession.token_hash == digest(token), WebSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def end_sessions(session: Session, clock: Clock, user_id: UserId, *, keep: str | None = None) -> int:
    """End every session of a person but the one whose token is kept, and close the links that sign in."""
    ended = sa.update(WebSession).where(WebSession.user_id == user_id, WebSession.ended_at.is_(None))
    if keep is not None:
        ended = ended.where(WebSession.token_hash != digest(keep))
    rows = session.execute(ended.values(ended_at=clock.now()).returning(WebSession.expires_at)).all()
    close_links(session, user_id, LinkPurpose.SIGN_IN)
    return sum(row.expires_at > clock.now() for row in rows)


def sign_out_everywhere(session: Session, clock: Clock, person: Person) -> int:
    """End every session of a person, this one too; returns how many were open."""
    ended = end_sessions(session, clock, person.user_id)
    record_change(session, person.actor, "signed_out_everywhere", "user", person.user_id, sessions=ended)
    return ended


def open_sessions(session: Session, clock: Clock, person: Person, token: str) -> Sequence[OpenSession]:
    """Return the browsers in which a person is signed in, the newest first."""
    rows = session.scalars(
        sa.select(WebSession)
        .where(
            WebSession.user_id == person.user_id,
            WebSession.ended_at.is_(None),
            WebSession.expires_at > clock.now(),
        )
        .order_by(WebSession.created_at.desc())
    )
    mine = digest(token)
    return [
        OpenSession(row.created_at, row.expires_at, str(row.ip) if row.ip else None, row.token_hash == mine)
        for row in rows
    ]
