"""Does in a sandbox what is asked for in it, one after the other: whatever reckons, nothing that writes to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from booking.db import make_sessions, transaction
from booking.domain.errors import NotFound
from booking.domain.ids import SandboxId
from booking.domain.topics import IN_SANDBOXES, ROUTES, Topic
from booking.log import get_logger
from booking.services.abandoned import settle_lost
from booking.services.lease_keeper import LeaseKeeper
from booking.services.outbox import BegunJob, HandedJob, begin, claim_due, fail, finish
from booking.services.sandboxes import find_sandbox
from workers.allocation import solve_subject, survey_subject
from workers.app import app
from workers.drills import rehearse_subject
from workers.foretelling import foretell_subject
from workers.offers import find_subject
from workers.outlook import reckon_subject
from workers.runtime import Runtime, keeper, run_job

log = get_logger(__name__)

WORKS: dict[Topic, Callable[[Runtime, BegunJob], None]] = {
    Topic.SOLVE_RUN: solve_subject,
    Topic.REPAIR_RUN: solve_subject,
    Topic.SURVEY_RUN: survey_subject,
    Topic.FIND_OFFERS: find_subject,
    Topic.REHEARSE_PLAN: rehearse_subject,
    Topic.RECKON_OUTLOOK: reckon_subject,
    Topic.FORETELL: foretell_subject,
}


@app.task(name=ROUTES[Topic.SANDBOX_WORK].task)
def work(job_id: int) -> None:
    """Do what waits in the sandbox of a job."""
    run_job(job_id, work_subject)


def work_subject(means: Runtime, job: BegunJob) -> None:
    """Do the jobs of a sandbox until none is left; one that has been put away has none."""
    try:
        with means.sessions() as session:
            schema = find_sandbox(session, SandboxId(job.subject_id)).schema
    except NotFound:
        return
    there = replace(means, sessions=make_sessions(means.engine, schema))
    alive = LeaseKeeper(schema, means.sessions, lambda _session: True, keeper(means, job))
    alive.start()
    try:
        while (begun := _next(there)) is not None:
            _do(there, begun)
    finally:
        alive.close()


def _next(there: Runtime) -> BegunJob | None:
    with there.sessions() as session, transaction(session):
        due = claim_due(session, 1, IN_SANDBOXES)
        return begin(session, due[0].id) if due else None


def _do(there: Runtime, job: BegunJob) -> None:
    try:
        WORKS[job.topic](there, job)
    except Exception as error:
        log.exception("sandbox_job_failed", topic=job.topic)
        with there.sessions() as session, transaction(session):
            fail(session, job, type(error).__name__, None)
            settle_lost(session, there.clock, [HandedJob(job.id, job.topic, job.subject_id)])
        return
    with there.sessions() as session, transaction(session):
        finish(session, job)
