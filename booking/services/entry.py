"""Coming in by e-mail: a link that signs in, a link to a new password, an invitation that is accepted.

What is asked for an address is answered in the same words whether somebody has it or not.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.contacts import check_password, clean_line
from booking.domain.entry import LIFETIMES, LinkPurpose
from booking.domain.errors import InvalidForm, InvalidInput
from booking.models.messages import Message
from booking.models.people import User
from booking.notify.catalogue import Kind
from booking.services.accounts import set_password
from booking.services.history import record_change
from booking.services.messages import Draft, write_message
from booking.services.one_time_links import find, is_wanted, redeem
from booking.services.sessions import end_sessions, open_session
from booking.services.throttle import count_attempt

KINDS = {LinkPurpose.SIGN_IN: Kind.SIGN_IN_LINK, LinkPurpose.RESET: Kind.PASSWORD_RESET}
ASK_LIMIT = 4
ASK_WINDOW = dt.timedelta(minutes=15)
ASK_LIMIT_PER_ADDRESS = 40
USE_LIMIT_PER_ADDRESS = 60


def check_ask_throttle(session: Session, email: str, ip: str | None) -> None:
    """Count that a link was asked for, by account and by address; an account's key is a hash, known or not.

    Raises:
        TooManyAttempts: with the seconds to wait.
    """
    key = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    count_attempt(session, f"link:{key}", limit=ASK_LIMIT, window=ASK_WINDOW)
    count_attempt(session, f"link-ip:{ip}", limit=ASK_LIMIT_PER_ADDRESS, window=ASK_WINDOW)


def check_use_throttle(session: Session, ip: str | None) -> None:
    """Count that a link was used from an address.

    Raises:
        TooManyAttempts: with the seconds to wait.
    """
    count_attempt(session, f"link-use-ip:{ip}", limit=USE_LIMIT_PER_ADDRESS, window=ASK_WINDOW)


def ask_for_link(session: Session, email: str, purpose: LinkPurpose) -> None:
    """Write to the person behind an address, if there is one whose account is on; else do nothing, and say nothing."""
    user = session.scalar(sa.select(User).where(User.email == email.strip().lower()))
    if user is not None and is_wanted(user, purpose):
        facts = {"minutes": round(LIFETIMES[purpose].total_seconds() / 60)}
        write_message(session, Draft(KINDS[purpose], user, f"user:{user.id}", next_version(session, user), facts))


def next_version(session: Session, user: User) -> int:
    """The version of the next message about an account; two at once get the same one, and one message is written."""
    subject = f"user:{user.id}"
    newest = session.scalar(sa.select(sa.func.max(Message.version)).where(Message.subject == subject))
    return (newest or 0) + 1


def sign_in_by_link(session: Session, clock: Clock, token: str, *, ip: str | None, hours: int) -> str:
    """Use a link up and open a session; returns the session's token.

    Raises:
        LinkInvalid: forged, used or expired.
    """
    user = redeem(session, token, LinkPurpose.SIGN_IN, ip=ip)
    return open_session(session, clock, user, ip=ip, hours=hours, by="link")


def reset_password(session: Session, clock: Clock, token: str, password: str, *, ip: str | None) -> None:
    """Set a new password with a link. Whoever was signed in with the old one is out; nobody is signed in by this.

    Raises:
        LinkInvalid: forged, used or expired.
        InvalidInput: the password may not be chosen; the link is still good.
    """
    check_password(password, find(session, token, LinkPurpose.RESET).email)
    user = redeem(session, token, LinkPurpose.RESET, ip=ip)
    set_password(session, user, password)
    ended = end_sessions(session, clock, user.id)
    record_change(session, f"user:{user.id}", "password_reset", "user", user.id, sessions=ended)


def accept_invitation(session: Session, token: str, *, name: str, password: str, ip: str | None) -> None:
    """Switch an account on with the name and the password that its owner chose; nobody is signed in by this.

    Raises:
        LinkInvalid: forged, used, expired or withdrawn.
        InvalidForm: naming each field that cannot be accepted; the link is still good.
    """
    invited = find(session, token, LinkPurpose.INVITATION)
    faults = []
    chosen = ""
    try:
        chosen = clean_line(name, "name")
    except InvalidInput as fault:
        faults.append(fault)
    try:
        check_password(password, invited.email)
    except InvalidInput as fault:
        faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    user = redeem(session, token, LinkPurpose.INVITATION, ip=ip)
    user.name = chosen
    user.active = True
    user.invited_at = None
    set_password(session, user, password)
    record_change(session, f"user:{user.id}", "invitation_accepted", "user", user.id)
