"""Private links: 32 random bytes, of which only the hash is stored; one notice at one version; never a sign-in.

All times are the database's, so that a server whose clock is wrong neither opens nor closes a link.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import seoul_time
from booking.domain.errors import LinkInvalid, NotFound
from booking.domain.ids import NoticeId, WorkplaceId
from booking.models.visits import PrivateLink, WorkplaceNotice

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def issue(session: Session, notice_id: NoticeId, version: int, *, days_after: int = 0) -> str:
    """Make a link for a notice at a version and return its token, which is stored nowhere.

    It opens until the end of the day of the visit, or for so many days after it. To be committed before the token
    leaves.

    Raises:
        NotFound: there is no such notice.
    """
    notice = session.get(WorkplaceNotice, notice_id)
    if notice is None:
        raise NotFound(f"notice {notice_id}")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        PrivateLink(
            token_hash=_digest(token),
            notice_id=notice_id,
            notice_version=version,
            expires_at=seoul_time(notice.date + dt.timedelta(days=1 + days_after), dt.time(0)),
        )
    )
    session.flush()
    return token


def resolve(session: Session, token: str) -> PrivateLink:
    """Return what a token opens; reading it changes nothing, since mail scanners open links too.

    Raises:
        LinkInvalid: ``reason`` is ``forged``, ``expired``, or ``replaced`` by a newer version.
    """
    if not _TOKEN.fullmatch(token):
        raise LinkInvalid("malformed token", reason="forged")
    row = session.execute(
        sa.select(PrivateLink, PrivateLink.expires_at <= sa.func.now())
        .options(joinedload(PrivateLink.notice).joinedload(WorkplaceNotice.workplace))
        .where(PrivateLink.token_hash == _digest(token))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise LinkInvalid("unknown token", reason="forged")
    link, expired = row
    if link.revoked_at is not None or link.notice_version != link.notice.version:
        raise LinkInvalid(f"notice {link.notice_id}", reason="replaced")
    if expired:
        raise LinkInvalid(f"notice {link.notice_id}", reason="expired")
    found: PrivateLink = link
    return found


def revoke_older(session: Session, notice_id: NoticeId, below_version: int) -> None:
    """Close the links of earlier versions of a notice: what they asked is no longer the question."""
    session.execute(
        sa.update(PrivateLink)
        .where(
            PrivateLink.notice_id == notice_id,
            PrivateLink.notice_version < below_version,
            PrivateLink.revoked_at.is_(None),
        )
        .values(revoked_at=sa.func.now())
    )


def revoke_past(session: Session, workplace_id: WorkplaceId, before: dt.date) -> None:
    """Close the links of a workplace's days before a date: those with which it was thanked open for days after."""
    past = sa.select(WorkplaceNotice.id).where(
        WorkplaceNotice.workplace_id == workplace_id, WorkplaceNotice.date < before
    )
    session.execute(
        sa.update(PrivateLink)
        .where(PrivateLink.notice_id.in_(past), PrivateLink.revoked_at.is_(None))
        .values(revoked_at=sa.func.now())
    )


def carry_over(session: Session, notice_id: NoticeId, from_version: int, to_version: int) -> None:
    """Let links of one version open a later one that says the same: changed, and changed back before anybody knew."""
    session.execute(
        sa.update(PrivateLink)
        .where(PrivateLink.notice_id == notice_id, PrivateLink.notice_version == from_version)
        .values(notice_version=to_version, revoked_at=None)
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
