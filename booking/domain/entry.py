"""How people come in: one-time links, what has become of an account, how long a sign-in lasts and may last."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from booking.domain.states import MessageStatus


class LinkPurpose(StrEnum):
    """What a one-time link does. A link of one purpose never serves another."""

    INVITATION = "invitation"
    SIGN_IN = "sign_in"
    RESET = "reset"


#: a link that signs in is a password on its way through the mail: ten minutes at most. An invitation waits for a
#: person who may be on leave; it makes an account and signs nobody in.
LIFETIMES: dict[LinkPurpose, dt.timedelta] = {
    LinkPurpose.INVITATION: dt.timedelta(days=7),
    LinkPurpose.SIGN_IN: dt.timedelta(minutes=10),
    LinkPurpose.RESET: dt.timedelta(minutes=30),
}
#: where the token of each purpose stands in an address
PATHS: dict[LinkPurpose, str] = {
    LinkPurpose.INVITATION: "/invitation/",
    LinkPurpose.SIGN_IN: "/sign-in/link/",
    LinkPurpose.RESET: "/reset/",
}


class AccountState(StrEnum):
    """What has become of an account."""

    ACTIVE = "active"
    #: the invitation is on its way
    INVITING = "inviting"
    INVITED = "invited"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    WITHDRAWN = "withdrawn"
    OFF = "off"


_ON_ITS_WAY = frozenset({MessageStatus.CREATED, MessageStatus.SENDING})
_LOST = frozenset({MessageStatus.FAILED, MessageStatus.BOUNCED})


def account_state(
    *, active: bool, invited: bool, has_password: bool, message: MessageStatus | None, link_open: bool
) -> AccountState:
    """Name the state of an account from its row, the newest invitation that was written to it, and that one's link."""
    if active:
        return AccountState.ACTIVE
    if not invited:
        return AccountState.OFF if has_password else AccountState.WITHDRAWN
    if message in _ON_ITS_WAY:
        return AccountState.INVITING
    if message in _LOST:
        return AccountState.UNDELIVERED
    return AccountState.INVITED if link_open else AccountState.EXPIRED


#: however often a sign-in is extended, it ends so long after it began
LONGEST_SESSION = dt.timedelta(hours=12)
#: so long before its end people are told; what is asked for is twenty seconds at least
SESSION_WARNING = dt.timedelta(minutes=5)


def session_end(began: dt.datetime, now: dt.datetime, length: dt.timedelta) -> dt.datetime:
    """Return until when a sign-in may be extended now: one length from now, and never past its longest.

    An installation whose length is longer than that has set its own limit.
    """
    return min(now + length, began + max(length, LONGEST_SESSION))


def mask_ip(ip: str) -> str:
    """Return the first half of an address: enough to know one's own school by, too little to be followed by."""
    if ":" in ip:
        return ":".join(ip.split(":")[:3]) + ":…"
    return ".".join(ip.split(".")[:2]) + ".*.*"
