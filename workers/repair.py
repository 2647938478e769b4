"""Repairs the published plan; a queue and a worker of its own, so that it never waits behind a term's solve."""

from __future__ import annotations

from booking.domain.topics import ROUTES, Topic
from workers.allocation import solve_subject
from workers.app import app
from workers.runtime import run_job


@app.task(name=ROUTES[Topic.REPAIR_RUN].task)
def repair(job_id: int) -> None:
    """Solve the repair of a job."""
    run_job(job_id, solve_subject)
