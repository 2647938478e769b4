"""Accounts: passwords, signing in and out, and the sessions that the database can end."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import InvalidInput, SignInFailed
from booking.domain.person import Person
from booking.domain.vocabulary import Language
from booking.models.people import User, WebSession
from booking.services.history import record_change
from booking.services.throttle import count_attempt, forget_attempts

#: OWASP's smallest argon2id setting: 27 ms on the machine it was measured on, so that a rush of sign-ins does not stall
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
#: verified when the address is unknown, so that both refusals take the same time
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))

SIGN_IN_LIMIT = 8
SIGN_IN_WINDOW = dt.timedelta(minutes=10)
SIGN_IN_LIMIT_PER_ADDRESS = 60
PASSWORD_LENGTH = (8, 128)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password of 8 to 128 characters.

    Raises:
        InvalidInput: the password is too short or too long.
    """
    if not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        raise InvalidInput(field="password", reason="password_length")
    return _HASHER.hash(password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


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
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=_digest(token), user_id=user.id, expires_at=clock.now() + dt.timedelta(hours=hours), ip=ip
        )
    )
    record_change(session, f"user:{user.id}", "sign_in", "user", user.id)
    return token


def find_person(session: Session, clock: Clock, token: str, ip: str | None = None) -> Person | None:
    """Return who a session token belongs to, or None where it has ended, run out, or never was."""
    row = session.scalar(
        sa.select(WebSession)
        .options(selectinload(WebSession.user).selectinload(User.posts))
        .where(WebSession.token_hash == _digest(token), WebSession.ended_at.is_(None))
    )
    now = clock.now()
    if row is None or row.expires_at <= now or not row.user.active:
        return None
    today = seoul_date(now)
    user = row.user
    return Person(
        user_id=user.id,
        name=user.name,
        role=user.role,
        language=user.language,
        school_ids=tuple(
            post.school_id for post in user.posts if post.since <= today and (post.until is None or post.until > today)
        ),
        ip=ip,
    )


def sign_out(session: Session, clock: Clock, token: str) -> None:
    """End the session of this token; ending it twice changes nothing."""
    session.execute(
        sa.update(WebSession)
        .where(WebSession.token_hash == _digest(token), WebSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def set_language(session: Session, person: Person, language: Language) -> None:
    """Remember the language in which this person reads pages and messages."""
    session.execute(sa.update(User).where(User.id == person.user_id).values(language=language))
