"""구독 주소: a private address for one teacher's calendar program: 32 random bytes, of which only the hash is kept.

Making a new one closes the older one. It opens as long as the account is active, shows the schools that the teacher
speaks for at that moment, and never signs anybody in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.errors import LinkInvalid
from booking.domain.ids import UserId
from booking.domain.person import Person
from booking.domain.vocabulary import Role
from booking.models.people import CalendarFeed, User
from booking.services.history import record_change
from booking.services.throttle import count_attempt

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: addresses that open nothing, from one place on the network
MOST_WRONG, WRONG_WINDOW = 30, dt.timedelta(minutes=10)


def make_feed(session: Session, person: Person) -> str:
    """Make the person's address and return its token, which is stored nowhere; an older one opens nothing more."""
    person.require_role(Role.TEACHER)
    _close(session, person.user_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(CalendarFeed(token_hash=_digest(token), user_id=person.user_id))
    record_change(session, person.actor, "feed_made", "user", person.user_id)
    session.flush()
    return token


def end_feed(session: Session, person: Person) -> bool:
    """Close the person's address; returns whether there was one."""
    person.require_role(Role.TEACHER)
    ended = _close(session, person.user_id)
    if ended:
        record_change(session, person.actor, "feed_ended", "user", person.user_id)
    return ended


def feed_of(session: Session, person: Person) -> CalendarFeed | None:
    """Return the person's open feed, without its address."""
    return session.scalar(
        sa.select(CalendarFeed).where(CalendarFeed.user_id == person.user_id, CalendarFeed.revoked_at.is_(None))
    )


def resolve_feed(session: Session, token: str) -> User:
    """Return whose calendar a token opens; reading it changes nothing.

    Raises:
        LinkInvalid: ``reason`` is ``forged``, ``replaced`` by a newer one or ended, or ``inactive``.
    """
    if not _TOKEN.fullmatch(token):
        raise LinkInvalid("malformed token", reason="forged")
    feed = session.scalar(
        sa.select(CalendarFeed)
        .where(CalendarFeed.token_hash == _digest(token))
        .options(joinedload(CalendarFeed.user).selectinload(User.posts))
        .execution_options(populate_existing=True)
    )
    if feed is None:
        raise LinkInvalid("unknown token", reason="forged")
    if feed.revoked_at is not None:
        raise LinkInvalid(f"feed of user {feed.user_id}", reason="replaced")
    if not feed.user.active or feed.user.role is not Role.TEACHER:
        raise LinkInvalid(f"feed of user {feed.user_id}", reason="inactive")
    return feed.user


def count_wrong_address(session: Session, ip: str | None) -> None:
    """Count an address that opened nothing. To be committed.

    Only such addresses are counted: a school's calendars share one place on the network, and somebody who guesses there
    must not close the others out.

    Raises:
        TooManyAttempts: there were more than a person or a program that was not told could have a reason for.
    """
    count_attempt(session, f"feed:{ip}", limit=MOST_WRONG, window=WRONG_WINDOW)


def _close(session: Session, user_id: UserId) -> bool:
    closed = session.execute(
        sa.update(CalendarFeed)
        .where(CalendarFeed.user_id == user_id, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=sa.func.clock_timestamp())
        .returning(CalendarFeed.token_hash)
    ).all()
    return bool(closed)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
