"""나갈 알림: a worker tries a publication and writes down what it would send; people read that page by page.

A publication that is tried takes as long as one that is carried out: too long for a page, and for each of its filters
again. It holds the plan of its term meanwhile, so it gives way to whoever needs that, and is tried again. What was
written is shown with its time, and written again when the plan has changed since or when it is older than
:data:`FRESH`. It names people, so it is kept for a day at most.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import blocked_by, transaction
from booking.domain.errors import Conflict, IllegalTransition, PhaseClosed, RuleBroken
from booking.domain.ids import RunId
from booking.domain.states import RunStatus
from booking.domain.topics import Topic
from booking.models.foretelling import Foretelling, ForetoldMessage
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.runs import AllocationRun
from booking.services.giving_way import GaveWay, giving_way
from booking.services.outbox import enqueue
from booking.services.publication_trial import Foretold, Trial, as_read, columns_of, try_publication

#: for so long what was written is shown without being written again
FRESH = dt.timedelta(minutes=5)
KEPT = dt.timedelta(days=1)
WORKER_DIED = "worker_died"
#: whoever was waited for has done by then
GAVE_WAY_WAIT = dt.timedelta(seconds=3)


def is_fresh(kept: Foretelling | None, run: AllocationRun, clock: Clock) -> bool:
    """Whether what was written is of this plan, and of now; what no worker could write is not tried by looking."""
    if kept is None or kept.run_version != run.version:
        return False
    return kept.error is not None or clock.now() - kept.written_at < FRESH


def is_awaited(session: Session, run_id: RunId) -> bool:
    """Whether a trial is asked for or under way: asked for while it is, it would be done once more."""
    open_job = sa.exists().where(Job.topic == Topic.FORETELL, Job.subject_id == run_id, Job.done_at.is_(None))
    return session.scalar(sa.select(open_job)) is True


def ask_foretelling(session: Session, run_id: RunId) -> None:
    """Have the publication of a run tried once this transaction has committed."""
    enqueue(session, Topic.FORETELL, run_id)


def foretell(sessions: sessionmaker[Session], clock: Clock, config: Config, run_id: RunId) -> None:
    """Try the publication and keep its messages; a run that is no proposal any more has none."""
    with sessions() as session:
        run = session.get(AllocationRun, run_id)
        if run is None or run.status is not RunStatus.PROPOSED:
            return
        version = run.version
        trial, refusal = Trial((), ()), None
        try:
            with giving_way(sessions, session):
                trial = try_publication(session, clock, config, run_id)
        except GaveWay:
            _try_again(session, run_id)
            return
        except DBAPIError as error:
            # in the way of this one: a publication itself
            if blocked_by(error) is None:
                raise
            _try_again(session, run_id)
            return
        except (RuleBroken, Conflict, IllegalTransition, PhaseClosed) as error:
            refusal = error.code
        session.rollback()
    with sessions() as session, transaction(session):
        _keep(session, Foretelling(run_id=run_id, run_version=version, written_at=clock.now(), refusal=refusal), trial)


def _try_again(session: Session, run_id: RunId) -> None:
    session.rollback()
    with transaction(session):
        now: dt.datetime = session.scalars(sa.select(sa.func.now())).one()
        enqueue(session, Topic.FORETELL, run_id, available_at=now + GAVE_WAY_WAIT)


def _keep(session: Session, foretelling: Foretelling, trial: Trial) -> None:
    session.execute(sa.delete(Foretelling).where(Foretelling.run_id == foretelling.run_id))
    session.add(foretelling)
    session.flush()
    rows = [
        {
            **columns_of(row), "run_id": foretelling.run_id, "number": number, "recipient": seen.recipient,
            "sms_kind": seen.sms.kind if seen.sms else None, "in_kakaotalk": bool(seen.alimtalk),
            "fault": seen.fault or None,
        }
        for number, (row, seen) in enumerate(zip(trial.rows, trial.messages, strict=True), start=1)
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(ForetoldMessage), rows)


def read_again(session: Session, config: Config, rows: Sequence[ForetoldMessage]) -> list[Foretold]:
    """Return stored messages as their readers would see them."""
    return as_read(session, config, [Message(**columns_of(row), last_error=row.fault) for row in rows])


def settle_lost_foretelling(session: Session, clock: Clock, run_id: RunId) -> None:
    """Say of a plan that its publication could not be tried, so that nobody waits for it."""
    run = session.get(AllocationRun, run_id)
    if run is not None:
        lost = Foretelling(run_id=run_id, run_version=run.version, written_at=clock.now(), error=WORKER_DIED)
        _keep(session, lost, Trial((), ()))


def forget_foretellings(session: Session, clock: Clock) -> None:
    """Throw away what was written of plans that are drafts no more, and what has been lying for a day."""
    drafts = sa.select(AllocationRun.id).where(AllocationRun.status == RunStatus.PROPOSED)
    session.execute(
        sa.delete(Foretelling).where(
            sa.or_(Foretelling.run_id.not_in(drafts), Foretelling.written_at < clock.now() - KEPT)
        )
    )
