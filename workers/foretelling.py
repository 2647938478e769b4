"""Tries publications, so that their messages can be read before anybody decides."""

from __future__ import annotations

from booking.domain.ids import RunId
from booking.domain.topics import ROUTES, Topic
from booking.services.foretelling import foretell
from booking.services.outbox import BegunJob
from workers.app import app
from workers.runtime import Runtime, run_job


@app.task(name=ROUTES[Topic.FORETELL].task)
def write(job_id: int) -> None:
    """Write down what publishing the plan of a job would send."""
    run_job(job_id, foretell_subject)


def foretell_subject(means: Runtime, job: BegunJob) -> None:
    """Write down what publishing the plan would send that a job is about."""
    foretell(means.sessions, means.clock, means.config, RunId(job.subject_id))
