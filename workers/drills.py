"""Rehearses plans without some of their workplaces."""

from __future__ import annotations

from booking.domain.ids import DrillId
from booking.domain.topics import ROUTES, Topic
from booking.services.drills import Rehearser, rehearse_plan
from booking.services.outbox import BegunJob
from workers.app import app
from workers.runtime import Runtime, keeper, run_job


def rehearser() -> Rehearser:
    """The engine's drill; loaded late, so that only the processes that solve carry it."""
    from scheduler.drill import Cases, drill

    return Rehearser(drill=drill, cases=Cases)


@app.task(name=ROUTES[Topic.REHEARSE_PLAN].task)
def rehearse(job_id: int) -> None:
    """Carry out the drill of a job."""
    run_job(job_id, rehearse_subject)


def rehearse_subject(means: Runtime, job: BegunJob) -> None:
    """Carry out the drill that a job is about, keeping the job's lease while it lasts."""
    rehearse_plan(means.sessions, means.clock, DrillId(job.subject_id), rehearser(), keep_alive=keeper(means, job))
