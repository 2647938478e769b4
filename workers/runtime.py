"""What a worker process has: configuration, clock, and an engine of its own, made after the fork. No Flask."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock, SystemClock
from booking.config import Config, load_config
from booking.db import make_engine, make_sessions, transaction
from booking.domain.ids import JobId
from booking.domain.retries import job_wait
from booking.log import get_logger
from booking.notify.senders.choice import Senders, senders_of
from booking.services.abandoned import settle_lost
from booking.services.outbox import BegunJob, HandedJob, LeaseLost, begin, extend_lease, fail, finish

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The means of one process."""

    config: Config
    clock: Clock
    engine: sa.Engine
    sessions: sessionmaker[Session]
    senders: Senders


@lru_cache(maxsize=4)
def _runtime_of(_process_id: int) -> Runtime:
    config = load_config()
    engine = make_engine(config.database_url)
    clock = SystemClock()
    return Runtime(config, clock, engine, make_sessions(engine), senders_of(config, clock))


def runtime() -> Runtime:
    """The means of this process, made at the first call; a forked child never uses its parent's connections."""
    return _runtime_of(os.getpid())


def run_job(job_id: int, work: Callable[[Runtime, BegunJob], None]) -> bool:
    """Do the work of a job once: whoever comes second with the same wake-up finds it taken and goes away.

    Returns whether it was this worker's to do.
    """
    means = runtime()
    with means.sessions() as session, transaction(session):
        job = begin(session, JobId(job_id))
    if job is None:
        log.info("job_not_due", job=job_id)
        return False
    if attempt(means, job, work):
        with means.sessions() as session, transaction(session):
            finish(session, job)
    return True


def attempt(means: Runtime, job: BegunJob, work: Callable[[Runtime, BegunJob], None]) -> bool:
    """Do the work of a job that was taken up, and return whether it can be closed.

    An error puts the job back for a while; after the last try it is closed and its subject marked, for a person to see.
    """
    try:
        work(means, job)
    except LeaseLost:
        log.warning("job_lost", job=job.id, attempt=job.attempt)
        return False
    except Exception as error:
        log.exception("job_failed", job=job.id, topic=job.topic, attempt=job.attempt)
        wait = job_wait(job.attempt)
        with means.sessions() as session, transaction(session):
            fail(session, job, type(error).__name__, wait)
            if wait is None:
                settle_lost(session, means.clock, [HandedJob(job.id, job.topic, job.subject_id)])
        return False
    return True


def keeper(means: Runtime, job: BegunJob) -> Callable[[], None]:
    """Return what a long task calls now and then to say that it is still at it."""

    def keep_alive() -> None:
        with means.sessions() as session, transaction(session):
            extend_lease(session, job)

    return keep_alive
