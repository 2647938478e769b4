"""The outbox: work asked for in the transaction of its cause, handed out by the relay, begun and ended by a worker.

Celery's messages are wake-ups and may be lost or doubled; these rows are the truth. All times are the database's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict
from booking.domain.ids import JobId
from booking.domain.topics import ROUTES, Topic
from booking.models.outbox import Job

#: PostgreSQL's channel on which the relay listens; a trigger on the table speaks to it when a job becomes due
NOTIFY_CHANNEL = "outbox"
#: a job that was begun so often and never ended takes its worker down with it: it is closed instead
MAX_ATTEMPTS = 3

_LEASE = sa.func.make_interval(
    0, 0, 0, 0, 0, 0, sa.case({topic.value: route.lease_seconds for topic, route in ROUTES.items()}, value=Job.topic)
)
_UNTIL = sa.func.now() + _LEASE


class LeaseLost(Conflict):
    """The job was handed to another worker meanwhile: what was done here must not be stored."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class HandedJob:
    """A job as the relay hands it out."""

    id: JobId
    topic: Topic
    subject_id: int


@dataclass(frozen=True, slots=True)
class BegunJob:
    """A job in the hands of one worker; ``attempt`` tells its hold from that of a later one."""

    id: JobId
    topic: Topic
    subject_id: int
    attempt: int


def enqueue(session: Session, topic: Topic, subject_id: int, *, available_at: dt.datetime | None = None) -> None:
    """Ask for work on a subject, now or from ``available_at`` on; it is done after this transaction has committed.

    The same wish twice is one job, due at the earlier of the two times. While a worker is at it, it may have read
    what is only now being changed: then the job is due once more when that worker ends.
    """
    enqueue_all(session, topic, [(subject_id, available_at)])


def enqueue_all(session: Session, topic: Topic, subjects: Sequence[tuple[int, dt.datetime | None]]) -> None:
    """Ask for work on many subjects, each from its own time on, in few statements; otherwise as :func:`enqueue`.

    A subject may stand in the list once only.
    """
    rows = [{"topic": topic.value, "subject_id": subject, "available_at": when} for subject, when in subjects]
    _enqueue(session, [row for row in rows if row["available_at"] is not None])
    # left out, it is the database's own present moment
    _enqueue(session, [{"topic": topic.value, "subject_id": subject} for subject, when in subjects if when is None])


def _enqueue(session: Session, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    new = insert(Job)
    idle = Job.begun_at.is_(None)
    again = new.on_conflict_do_update(
        index_elements=[Job.topic, Job.subject_id],
        index_where=Job.done_at.is_(None),
        set_={
            "available_at": sa.case(
                (idle, sa.func.least(Job.available_at, new.excluded.available_at)), else_=Job.available_at
            ),
            "again_at": sa.case((idle, Job.again_at), else_=sa.func.least(Job.again_at, new.excluded.available_at)),
        },
    )
    # rows that are returned go in one statement, which need not be written anew for each number of them
    session.execute(again.returning(Job.id), rows)


def claim_due(session: Session, limit: int, topics: Collection[Topic] = frozenset(Topic)) -> list[HandedJob]:
    """Lease up to ``limit`` due jobs, oldest first; those that another relay is claiming are passed over."""
    rows = session.execute(
        sa.select(Job.id, Job.topic, Job.subject_id)
        .where(
            Job.done_at.is_(None),
            Job.available_at <= sa.func.now(),
            sa.or_(Job.lease_until.is_(None), Job.lease_until <= sa.func.now()),
            Job.attempts < MAX_ATTEMPTS,
            Job.topic.in_([topic.value for topic in topics]),
        )
        .order_by(Job.available_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        session.execute(
            sa.update(Job).where(Job.id.in_([row.id for row in rows])).values(lease_until=_UNTIL, begun_at=None)
        )
    return [HandedJob(row.id, Topic(row.topic), row.subject_id) for row in rows]


def take_due(session: Session, limit: int, topic: Topic) -> list[BegunJob]:
    """Take due jobs of a topic up, the oldest first, whether a wake-up is on its way for them or not.

    To be committed before the work starts, as :func:`begin`: a wake-up that comes later finds its job taken.
    """
    due = (
        sa.select(Job.id)
        .where(
            Job.done_at.is_(None),
            Job.available_at <= sa.func.now(),
            sa.or_(Job.begun_at.is_(None), Job.lease_until <= sa.func.now()),
            Job.attempts < MAX_ATTEMPTS,
            Job.topic == topic.value,
        )
        .order_by(Job.available_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(
        sa.update(Job)
        .where(Job.id.in_(due.scalar_subquery()))
        .values(begun_at=sa.func.now(), lease_until=_UNTIL, attempts=Job.attempts + 1)
        .returning(Job.id, Job.topic, Job.subject_id, Job.attempts)
        .execution_options(synchronize_session=False)
    ).all()
    return [BegunJob(row.id, Topic(row.topic), row.subject_id, row.attempts) for row in sorted(rows)]


def release(session: Session, jobs: Collection[HandedJob]) -> None:
    """Take back what could not be handed to the broker, so that it is due at once and not after its lease."""
    session.execute(
        sa.update(Job)
        .where(Job.id.in_([job.id for job in jobs]), Job.begun_at.is_(None), Job.done_at.is_(None))
        .values(lease_until=None)
    )


def begin(session: Session, job_id: JobId) -> BegunJob | None:
    """Take the job up, or return None where it is done, withdrawn, or in the hands of another worker.

    To be committed before the work starts: whoever comes second with the same wake-up finds it taken.
    """
    row = session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.done_at.is_(None), Job.begun_at.is_(None), Job.attempts < MAX_ATTEMPTS)
        .values(begun_at=sa.func.now(), lease_until=_UNTIL, attempts=Job.attempts + 1)
        .returning(Job.id, Job.topic, Job.subject_id, Job.attempts)
    ).one_or_none()
    return None if row is None else BegunJob(row.id, Topic(row.topic), row.subject_id, row.attempts)


def _held(job: BegunJob) -> tuple[sa.ColumnElement[bool], ...]:
    return (Job.id == job.id, Job.attempts == job.attempt, Job.begun_at.is_not(None), Job.done_at.is_(None))


def extend_lease(session: Session, job: BegunJob) -> None:
    """Say that the worker is still at it.

    Raises:
        LeaseLost: the job has been handed to another worker.
    """
    if not _changed(session, sa.update(Job).where(*_held(job)).values(lease_until=_UNTIL)):
        raise LeaseLost(f"job {job.id} attempt {job.attempt}")


def finish(session: Session, job: BegunJob) -> None:
    """Close the job; as :func:`finish_all`."""
    finish_all(session, [job])


def finish_all(session: Session, jobs: Sequence[BegunJob]) -> None:
    """Close jobs; one that was asked for again meanwhile is due once more at the time asked for.

    A job that has passed to another worker is left to that one.
    """
    if not jobs:
        return
    again = Job.again_at.is_not(None)
    held = sa.tuple_(Job.id, Job.attempts).in_([(job.id, job.attempt) for job in jobs])
    session.execute(
        sa.update(Job)
        .where(held, Job.begun_at.is_not(None), Job.done_at.is_(None))
        .values(
            done_at=sa.case((again, None), else_=sa.func.now()),
            available_at=sa.case((again, Job.again_at), else_=Job.available_at),
            attempts=sa.case((again, 0), else_=Job.attempts),
            again_at=None, begun_at=None, lease_until=None, last_error=None,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def fail(session: Session, job: BegunJob, error: str, retry_in: dt.timedelta | None) -> None:
    """Put the job back for a while, or close it (None); ``error`` names the kind of error and no person."""
    over = retry_in is None
    session.execute(
        sa.update(Job)
        .where(*_held(job))
        .values(
            last_error=error[:500],
            lease_until=None,
            begun_at=None,
            done_at=sa.func.now() if over else None,
            available_at=Job.available_at if retry_in is None else sa.func.now() + retry_in,
        )
    )


def close_poisoned(session: Session, limit: int = 50) -> list[HandedJob]:
    """Close the jobs that were begun :data:`MAX_ATTEMPTS` times and never ended; the caller marks their subjects."""
    rows = session.execute(
        sa.select(Job.id, Job.topic, Job.subject_id)
        .where(
            Job.done_at.is_(None),
            Job.attempts >= MAX_ATTEMPTS,
            sa.or_(Job.lease_until.is_(None), Job.lease_until <= sa.func.now()),
        )
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        reason = sa.func.coalesce(Job.last_error, "ended its worker")
        session.execute(
            sa.update(Job)
            .where(Job.id.in_([row.id for row in rows]))
            .values(done_at=sa.func.now(), begun_at=None, lease_until=None, again_at=None, last_error=reason)
        )
    return [HandedJob(row.id, Topic(row.topic), row.subject_id) for row in rows]


def seconds_until_due(session: Session) -> float | None:
    """How long until the next job that nobody holds is due; zero or less where one is, None where there is none."""
    found: float | None = session.scalar(
        sa.select(sa.func.extract("epoch", sa.func.min(Job.available_at) - sa.func.now())).where(
            Job.done_at.is_(None), Job.lease_until.is_(None)
        )
    )
    return None if found is None else float(found)


def _changed(session: Session, statement: sa.Update) -> bool:
    result: Any = session.execute(statement)
    return bool(result.rowcount)
