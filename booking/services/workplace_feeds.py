"""구독 주소: a private address for a workplace's calendar program: 32 random bytes, of which only the hash is kept.

It is made on the workplace's link and lasts until it is renewed or somebody else answers for the workplace; it shows
who comes, answers nothing, and never signs anybody in.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.errors import LinkInvalid
from booking.domain.ids import WorkplaceId
from booking.models.workplace_words import WorkplaceFeed
from booking.models.workplaces import Workplace
from booking.services.confirmations import workplace_actor
from booking.services.history import record_change
from booking.services.links import resolve

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def make_workplace_feed(session: Session, token: str) -> str:
    """Make the calendar's address of a link's workplace and return its token; an older one opens nothing more.

    Raises:
        LinkInvalid: the link does not open.
    """
    place_id = resolve(session, token).notice.workplace_id
    end_workplace_feed(session, place_id)
    made = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(WorkplaceFeed(token_hash=_digest(made), workplace_id=place_id))
    record_change(session, workplace_actor(place_id), "feed_made", "workplace", place_id)
    session.flush()
    return made


def end_workplace_feed(session: Session, workplace_id: WorkplaceId) -> None:
    """Close the address of a workplace: whoever has it sees nothing from now on."""
    session.execute(
        sa.update(WorkplaceFeed)
        .where(WorkplaceFeed.workplace_id == workplace_id, WorkplaceFeed.revoked_at.is_(None))
        .values(revoked_at=sa.func.clock_timestamp())
    )


def resolve_workplace_feed(session: Session, token: str) -> WorkplaceFeed:
    """Return the address that a token opens, with its workplace; reading it changes nothing.

    Raises:
        LinkInvalid: ``reason`` is ``forged``, or ``replaced``.
    """
    if not _TOKEN.fullmatch(token):
        raise LinkInvalid("malformed token", reason="forged")
    feed = session.scalar(
        sa.select(WorkplaceFeed)
        .where(WorkplaceFeed.token_hash == _digest(token))
        .options(joinedload(WorkplaceFeed.workplace).joinedload(Workplace.contact))
        .execution_options(populate_existing=True)
    )
    if feed is None:
        raise LinkInvalid("unknown token", reason="forged")
    if feed.revoked_at is not None:
        raise LinkInvalid(f"feed of workplace {feed.workplace_id}", reason="replaced")
    return feed


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
