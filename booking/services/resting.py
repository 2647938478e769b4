"""Which of several providers takes a message, and what its answer means for the next ones.

What they have seen of a provider is kept in the database: several workers share it, and a restart forgets nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.circuit import SLOW, TROUBLES, rest
from booking.domain.retries import SEND_LEASE
from booking.log import get_logger
from booking.models.sending import ProviderRest
from booking.notify.senders.base import Email, Outcome, Sender, Sms, Verdict

log = get_logger(__name__)
AnySender = Sender[Email] | Sender[Sms]

#: the message was taken, and it took too long
SLOW_ANSWER = "slow"


def choose(session: Session, senders: Sequence[AnySender], now: dt.datetime) -> AnySender | None:
    """Return the first provider that is well, or whose rest is over: then this message is the trial.

    Where all of them rest the first is taken: the waits after a refusal are rest enough.
    """
    if len(senders) < 2:
        return senders[0] if senders else None
    resting = {row.provider: row for row in session.scalars(sa.select(ProviderRest))}
    for sender in senders:
        row = resting.get(sender.name)
        if row is None or row.until is None or (row.until <= now and _begin_trial(session, row, now)):
            return sender
    return senders[0]


def _begin_trial(session: Session, row: ProviderRest, now: dt.datetime) -> bool:
    """Whether this worker is the one that tries; another may be at it already."""
    won = session.execute(
        sa.update(ProviderRest)
        .where(
            ProviderRest.provider == row.provider,
            sa.or_(ProviderRest.trial_until.is_(None), ProviderRest.trial_until <= now),
        )
        .values(trial_until=now + SEND_LEASE)
        .returning(ProviderRest.provider)
        .execution_options(synchronize_session=False)
    ).first()
    return won is not None


def note_answer(session: Session, provider: str, outcome: Outcome, took: dt.timedelta, now: dt.datetime) -> None:
    """Remember how a provider has answered: after troubles in a row it rests, after a good answer it is well."""
    if outcome.verdict in {Verdict.NOT_NOW, Verdict.UNCERTAIN}:
        _note_trouble(session, provider, outcome.code, now)
    elif took > SLOW:
        _note_trouble(session, provider, f"{provider} {SLOW_ANSWER}", now)
    else:
        back = session.execute(
            sa.delete(ProviderRest)
            .where(
                ProviderRest.provider == provider,
                # an answer that was under way when the rest began says nothing of now
                sa.or_(ProviderRest.until.is_(None), ProviderRest.trial_until.is_not(None)),
            )
            .returning(ProviderRest.until)
            .execution_options(synchronize_session=False)
        ).first()
        if back is not None and back.until is not None:
            log.info("provider_back", provider=provider)


def _note_trouble(session: Session, provider: str, error: str, now: dt.datetime) -> None:
    session.execute(
        insert(ProviderRest).values(provider=provider, troubles=0, rests=0, since=now).on_conflict_do_nothing()
    )
    row = session.get_one(ProviderRest, provider, with_for_update=True, populate_existing=True)
    row.troubles += 1
    row.last_error = error
    on_trial = row.trial_until is not None
    if row.troubles >= TROUBLES and (row.until is None or on_trial):
        row.rests += 1
        row.until = now + rest(row.rests)
        row.trial_until = None
        log.warning("provider_rests", provider=provider, error=error, until=row.until)
    session.flush()
