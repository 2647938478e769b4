"""Accounts: passwords, signing in with one, and what people change of their own."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.contacts import check_password, clean_line, clean_phone
from booking.domain.entry import LinkPurpose
from booking.domain.errors import InvalidForm, InvalidInput, SignInFailed
from booking.domain.person import Person
from booking.domain.vocabulary import Language
from booking.models.people import User
from booking.services.history import record_change
from booking.services.one_time_links import close_links
from booking.services.sessions import end_sessions, open_session
from booking.services.throttle import count_attempt, forget_attempts

#: OWASP's smallest argon2id setting: 27 ms on the machine it was measured on, so that a rush of sign-ins does not stall
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
#: verified when the address is unknown, so that both refusals take the same time
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))

SIGN_IN_LIMIT = 8
SIGN_IN_WINDOW = dt.timedelta(minutes=10)
SIGN_IN_LIMIT_PER_ADDRESS = 60


def hash_password(password: str, email: str = "") -> str:
    """Return the argon2id hash of a password that may be chosen.

    Raises:
        InvalidInput: the password is too short, too long, or among the first that anybody would try.
    """
    check_password(password, email)
    return _HASHER.hash(password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def check_throttle(session: Session, email: str, ip: str | None) -> None:
    """Count a sign-in attempt, by account and by address. To be committed whatever comes of the attempt.

    Raises:
        TooManyAttempts: with the seconds to wait.
    """
    count_attempt(session, f"sign-in:{email.strip().lower()}", limit=SIGN_IN_LIMIT, window=SIGN_IN_WINDOW)
    count_attempt(session, f"sign-in-ip:{ip}", limit=SIGN_IN_LIMIT_PER_ADDRESS, window=SIGN_IN_WINDOW)


def sign_in(session: Session, clock: Clock, email: str, password: str, *, ip: str | None, hours: int) -> str:
    """Open a session and return its token, which goes into the cookie and is stored nowhere.

    Raises:
        SignInFailed: unknown address, wrong password or an account that is switched off; it is not said which.
    """
    address = email.strip().lower()
    user = session.scalar(sa.select(User).where(User.email == address))
    known = _matches(user.password_hash if user else None, password)
    if user is None or not known or not user.active:
        raise SignInFailed("sign-in refused")
    forget_attempts(session, f"sign-in:{address}")
    return open_session(session, clock, user, ip=ip, hours=hours, by="password")


def set_language(session: Session, person: Person, language: Language) -> None:
    """Remember the language in which this person reads pages and messages."""
    session.execute(sa.update(User).where(User.id == person.user_id).values(language=language))


def own_account(session: Session, person: Person) -> User:
    """Return a person's own row."""
    return session.get_one(User, person.user_id)


def change_profile(session: Session, person: Person, *, name: str, phone: str, language: Language) -> None:
    """Let people correct their own name, telephone and language.

    Raises:
        InvalidForm: naming each field that cannot be accepted.
    """
    faults: list[InvalidInput] = []
    found: dict[str, str | None] = {}
    for field, read, text in (("name", lambda line: clean_line(line, "name"), name), ("phone", clean_phone, phone)):
        try:
            found[field] = read(text)
        except InvalidInput as fault:
            faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    user = own_account(session, person)
    changed = sorted(field for field, value in {**found, "language": language}.items() if getattr(user, field) != value)
    user.name, user.phone, user.language = found["name"] or user.name, found["phone"], language
    if changed:
        record_change(session, person.actor, "profile_changed", "user", person.user_id, fields=", ".join(changed))


def check_old_password_throttle(session: Session, person: Person) -> None:
    """Count a try to change one's own password: whoever finds a browser open must not guess the old one.

    Raises:
        TooManyAttempts: with the seconds to wait.
    """
    count_attempt(session, f"password:{person.user_id}", limit=SIGN_IN_LIMIT, window=SIGN_IN_WINDOW)


def change_password(session: Session, clock: Clock, person: Person, old: str, new: str, *, keep: str) -> int:
    """Change one's own password on the word of the old one; every other session ends. Returns how many were open.

    Raises:
        InvalidInput: the old one is wrong, or the new one may not be chosen.
    """
    user = own_account(session, person)
    if not _matches(user.password_hash, old):
        raise InvalidInput(field="old_password", reason="wrong_password")
    set_password(session, user, new)
    ended = end_sessions(session, clock, user.id, keep=keep)
    forget_attempts(session, f"password:{user.id}")
    record_change(session, person.actor, "password_changed", "user", user.id, sessions=ended)
    return ended


def set_password(session: Session, user: User, password: str) -> None:
    """Store a new password: links that were asked for with the old one no longer open, and the throttle does.

    Raises:
        InvalidInput: it may not be chosen.
    """
    user.password_hash = hash_password(password, user.email)
    close_links(session, user.id, LinkPurpose.RESET, LinkPurpose.SIGN_IN)
    forget_attempts(session, f"sign-in:{user.email}")
