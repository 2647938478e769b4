"""The post box of somebody who comes in by e-mail: composes what waits, as the worker does, and returns its link."""

from __future__ import annotations

import re

import sqlalchemy as sa

from booking.db import make_sessions, transaction
from booking.domain.ids import MessageId
from booking.models.messages import Message
from booking.models.people import User
from booking.notify.catalogue import Kind
from booking.services.composing import Composed, compose
from tests.support.pages import Site

_PATH = re.compile(r"http://127\.0\.0\.1:8000(/(?:sign-in/link|reset|invitation)/[A-Za-z0-9_-]{43})")
NEW_PASSWORD = "blue kettle walks"


def messages_to(site: Site, email: str, kind: Kind) -> list[Message]:
    """The messages of a kind to an address, the oldest first."""
    site.session.rollback()
    site.session.expire_all()
    return list(
        site.session.scalars(
            sa.select(Message)
            .join(User, User.id == Message.user_id)
            .where(User.email == email, Message.kind == kind.value)
            .order_by(Message.version)
        )
    )


def made(site: Site, message_id: MessageId) -> Composed:
    """Make the parcel of a message as the worker would."""
    with make_sessions(site.engine)() as session, transaction(session):
        return compose(session, site.small.clock, site.small.config, session.get_one(Message, message_id))


def mailed_path(site: Site, email: str, kind: Kind) -> str:
    """Make the newest message of a kind as the worker would, and return the path of its link."""
    message = messages_to(site, email, kind)[-1]
    composed = made(site, message.id)
    assert composed.email is not None
    found = _PATH.search(composed.email.text)
    assert found is not None
    assert found[1] in composed.email.html
    assert found[1].rpartition("/")[2] not in composed.body
    return found[1]


def user_of(site: Site, email: str) -> User:
    """An account as it is now."""
    site.session.rollback()
    site.session.expire_all()
    return site.session.scalars(sa.select(User).where(User.email == email)).one()
