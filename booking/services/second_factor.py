"""The second factor of an account: enrolled by its owner, asked for at every way in, reset by another administrator."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import UserId
from booking.domain.person import Person
from booking.domain.second_factor import matching_step, new_recovery_codes, new_secret, recovery_digest
from booking.domain.vocabulary import Role
from booking.models.people import RecoveryCode, SecondFactor, User, WebSession
from booking.services.history import record_change
from booking.services.sessions import digest, end_sessions
from booking.services.throttle import count_attempt, forget_attempts

LIMIT, WINDOW = 8, dt.timedelta(minutes=10)


def check_throttle(session: Session, person: Person) -> None:
    """Count a try. To be committed whatever comes of it.

    Raises:
        TooManyAttempts: with the seconds to wait.
    """
    count_attempt(session, f"second-factor:{person.user_id}", limit=LIMIT, window=WINDOW)


def begin(session: Session, person: Person) -> str:
    """Return the secret of an enrolment that is not confirmed yet; looking at the page twice shows the same one.

    Raises:
        Conflict: it is confirmed already.
    """
    factor = _factor(session, person)
    if factor is None:
        factor = SecondFactor(user_id=person.user_id, secret=new_secret())
        session.add(factor)
        session.flush()
    if factor.confirmed_at is not None:
        raise Conflict(f"user {person.user_id} has a second factor", reason="enrolled")
    return factor.secret


def confirm(session: Session, clock: Clock, person: Person, code: str, token: str) -> list[str]:
    """Switch the second factor on: the telephone has shown the right code. Returns the recovery codes, shown only now.

    Every other session of the person ends; this one counts as asked.

    Raises:
        InvalidInput: another code.
        Conflict: it is confirmed already, or was never begun.
    """
    factor = _factor(session, person)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict(f"user {person.user_id} is not enrolling", reason="enrolled")
    step = matching_step(factor.secret, code, clock.now(), factor.last_step)
    if step is None:
        raise InvalidInput(field="code", reason="wrong")
    factor.confirmed_at, factor.last_step = clock.now(), step
    end_sessions(session, clock, person.user_id, keep=token)
    _pass(session, clock, person, token)
    record_change(session, person.actor, "second_factor_on", "user", person.user_id)
    return _fresh_codes(session, person.user_id)


def answer(session: Session, clock: Clock, person: Person, code: str, token: str) -> int | None:
    """Let a session in that has shown the code of now, or a recovery code, which is used up by that.

    Returns how many recovery codes are left where one was used.

    Raises:
        InvalidInput: neither; or a code that was used before.
        Conflict: the account has no second factor.
    """
    factor = _factor(session, person)
    if factor is None or factor.confirmed_at is None:
        raise Conflict(f"user {person.user_id} has no second factor", reason="not_enrolled")
    left = None
    step = matching_step(factor.secret, code, clock.now(), factor.last_step)
    if step is not None:
        factor.last_step = step
    else:
        left = _use_recovery_code(session, clock, person, code)
    forget_attempts(session, f"second-factor:{person.user_id}")
    _pass(session, clock, person, token)
    return left


def renew_codes(session: Session, person: Person) -> list[str]:
    """Return new recovery codes; the old ones open nothing any more.

    Raises:
        Conflict: the account has no second factor.
    """
    factor = _factor(session, person)
    if factor is None or factor.confirmed_at is None:
        raise Conflict(f"user {person.user_id} has no second factor", reason="not_enrolled")
    record_change(session, person.actor, "recovery_codes_renewed", "user", person.user_id)
    return _fresh_codes(session, person.user_id)


def codes_left(session: Session, user_id: UserId) -> int:
    """Return how many recovery codes of an account still open the door."""
    unused = sa.select(sa.func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def reset(session: Session, clock: Clock, person: Person, user_id: UserId) -> None:
    """Take away the second factor of somebody who has lost the telephone and the codes: an administrator's business.

    Nobody does it for oneself: whoever sits at an open browser could.

    Raises:
        NotFound: there is no such account, or it has none.
        Conflict: it is one's own.
    """
    person.require_role(Role.ADMINISTRATOR)
    if user_id == person.user_id:
        raise Conflict("one's own second factor", reason="own")
    take_away(session, clock, person.actor, user_id)


def take_away(session: Session, clock: Clock, actor: str, user_id: UserId) -> None:
    """Remove a second factor and end every session of the account.

    Raises:
        NotFound: there is none.
    """
    factor = session.get(SecondFactor, user_id, with_for_update=True)
    if factor is None:
        raise NotFound(f"second factor of user {user_id}")
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.delete(factor)
    ended = end_sessions(session, clock, user_id)
    record_change(session, actor, "second_factor_reset", "user", user_id, sessions=ended)
    session.flush()


def user_by_email(session: Session, email: str) -> User:
    """Return an account by its address.

    Raises:
        NotFound: there is none.
    """
    user = session.scalar(sa.select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound(f"nobody with the address {email}")
    return user


def _factor(session: Session, person: Person) -> SecondFactor | None:
    return session.get(SecondFactor, person.user_id, with_for_update=True, populate_existing=True)


def _pass(session: Session, clock: Clock, person: Person, token: str) -> None:
    session.execute(
        sa.update(WebSession)
        .where(WebSession.token_hash == digest(token), WebSession.user_id == person.user_id)
        .values(second_factor_at=clock.now())
    )


def _fresh_codes(session: Session, user_id: UserId) -> list[str]:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = new_recovery_codes()
    session.add_all(RecoveryCode(user_id=user_id, code_hash=recovery_digest(code) or b"") for code in codes)
    session.flush()
    return codes


def _use_recovery_code(session: Session, clock: Clock, person: Person, code: str) -> int:
    wanted = recovery_digest(code)
    used = session.scalar(
        sa.update(RecoveryCode)
        .where(RecoveryCode.user_id == person.user_id, RecoveryCode.code_hash == wanted, RecoveryCode.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    )
    if wanted is None or used is None:
        raise InvalidInput(field="code", reason="wrong")
    record_change(session, person.actor, "recovery_code_used", "user", person.user_id)
    return codes_left(session, person.user_id)
