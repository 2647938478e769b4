"""Reads, looks at, applies and undoes large tables."""

from __future__ import annotations

from booking.domain.topics import ROUTES, Topic
from booking.services.outbox import BegunJob
from booking.services.sheet_jobs import work_sheet
from workers.app import app
from workers.runtime import Runtime, run_job


@app.task(name=ROUTES[Topic.WORK_SHEET].task)
def work(job_id: int) -> None:
    """Do what is to be done with the upload of a job."""
    run_job(job_id, _work)


def _work(means: Runtime, job: BegunJob) -> None:
    work_sheet(means.sessions, means.clock, means.config, job.subject_id)
