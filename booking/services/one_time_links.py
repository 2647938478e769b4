"""One-time links: 32 random bytes of which only the hash is stored, one purpose, one use, the database's clock.

Looking at a link changes nothing, since mail scanners open links too; only a post uses it up.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.entry import LIFETIMES, LinkPurpose
from booking.domain.errors import LinkInvalid
from booking.domain.ids import UserId
from booking.models.people import OneTimeLink, User

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def issue(session: Session, user_id: UserId, purpose: LinkPurpose) -> str:
    """Make a link and return its token, which is stored nowhere. To be committed before the token leaves."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        OneTimeLink(
            token_hash=_digest(token),
            user_id=user_id,
            purpose=purpose,
            expires_at=sa.func.clock_timestamp() + LIFETIMES[purpose],
        )
    )
    session.flush()
    return token


def is_wanted(user: User, purpose: LinkPurpose) -> bool:
    """Whether this account may be let in so: an invitation while it waits, the others while the account is on."""
    return user.invited_at is not None if purpose is LinkPurpose.INVITATION else user.active


def find(session: Session, token: str, purpose: LinkPurpose) -> User:
    """Return whose link this is, if it could be used now; nothing is changed.

    Raises:
        LinkInvalid: ``reason`` is ``forged``, ``used`` or ``expired``.
    """
    if not _TOKEN.fullmatch(token):
        raise LinkInvalid("malformed token", reason="forged")
    row = session.execute(
        sa.select(OneTimeLink, User, OneTimeLink.expires_at <= sa.func.clock_timestamp())
        .join(User, User.id == OneTimeLink.user_id)
        .where(OneTimeLink.token_hash == _digest(token), OneTimeLink.purpose == purpose)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise LinkInvalid("unknown token", reason="forged")
    link, user, expired = row
    if link.used_at is not None or link.closed_at is not None or not is_wanted(user, purpose):
        raise LinkInvalid(f"link of user {user.id}", reason="used")
    if expired:
        raise LinkInvalid(f"link of user {user.id}", reason="expired")
    found: User = user
    return found


def redeem(session: Session, token: str, purpose: LinkPurpose, *, ip: str | None) -> User:
    """Use a link up and close the others of its purpose; of two at once, one comes first and the other is refused.

    Raises:
        LinkInvalid: as :func:`find`.
    """
    user = find(session, token, purpose)
    now = sa.func.clock_timestamp()
    used = session.execute(
        sa.update(OneTimeLink)
        .where(
            OneTimeLink.token_hash == _digest(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.closed_at.is_(None),
            OneTimeLink.expires_at > now,
        )
        .values(used_at=now, ip=ip)
        .returning(OneTimeLink.user_id)
    ).one_or_none()
    if used is None:
        raise LinkInvalid(f"link of user {user.id}", reason="used")
    close_links(session, user.id, purpose)
    return user


def close_links(session: Session, user_id: UserId, *purposes: LinkPurpose) -> None:
    """Close what is open of these purposes, or of all where none is named."""
    session.execute(
        sa.update(OneTimeLink)
        .where(
            OneTimeLink.user_id == user_id,
            OneTimeLink.purpose.in_(purposes or tuple(LinkPurpose)),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.closed_at.is_(None),
        )
        .values(closed_at=sa.func.clock_timestamp())
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
