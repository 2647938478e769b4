"""A coach's private link: 32 random bytes, of which only the hash is stored; one dispatch at one version.

It opens until the end of the day of the dispatch, by the database's clock, and never signs anybody in.
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
from booking.domain.ids import DispatchId
from booking.models.dispatches import CoachDispatch, DispatchLink

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def issue_dispatch_link(session: Session, dispatch_id: DispatchId, version: int) -> str:
    """Make a link and return its token, which is stored nowhere. To be committed before the token leaves.

    Raises:
        NotFound: there is no such dispatch.
    """
    dispatch = session.get(CoachDispatch, dispatch_id, options=[joinedload(CoachDispatch.slot)])
    if dispatch is None:
        raise NotFound(f"dispatch {dispatch_id}")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        DispatchLink(
            token_hash=_digest(token),
            dispatch_id=dispatch_id,
            dispatch_version=version,
            expires_at=seoul_time(dispatch.slot.date + dt.timedelta(days=1), dt.time(0)),
        )
    )
    session.flush()
    return token


def resolve_dispatch_link(session: Session, token: str) -> DispatchLink:
    """Return what a token opens; reading it changes nothing.

    Raises:
        LinkInvalid: ``reason`` is ``forged``, ``expired``, or ``replaced`` by a newer version.
    """
    if not _TOKEN.fullmatch(token):
        raise LinkInvalid("malformed token", reason="forged")
    row = session.execute(
        sa.select(DispatchLink, DispatchLink.expires_at <= sa.func.now())
        .options(
            joinedload(DispatchLink.dispatch).joinedload(CoachDispatch.coach),
            joinedload(DispatchLink.dispatch).joinedload(CoachDispatch.school),
            joinedload(DispatchLink.dispatch).joinedload(CoachDispatch.slot),
        )
        .where(DispatchLink.token_hash == _digest(token))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise LinkInvalid("unknown token", reason="forged")
    link, expired = row
    if link.dispatch_version != link.dispatch.version:
        raise LinkInvalid(f"dispatch {link.dispatch_id}", reason="replaced")
    if expired:
        raise LinkInvalid(f"dispatch {link.dispatch_id}", reason="expired")
    found: DispatchLink = link
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
