"""Fetches what schools take over from the national system."""

from __future__ import annotations

from booking.domain.ids import SchoolImportId
from booking.domain.topics import ROUTES, Topic
from booking.services.outbox import BegunJob
from booking.services.school_import_fetching import fetch_import
from workers.app import app
from workers.runtime import Runtime, run_job


@app.task(name=ROUTES[Topic.IMPORT_NEIS].task)
def import_neis(job_id: int) -> None:
    """Fetch the import of a job."""
    run_job(job_id, _fetch)


def _fetch(means: Runtime, job: BegunJob) -> None:
    fetch_import(means.sessions, means.clock, means.config, SchoolImportId(job.subject_id))
