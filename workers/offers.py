"""Looks for offers."""

from __future__ import annotations

from booking.domain.ids import SearchId
from booking.domain.topics import ROUTES, Topic
from booking.services.offer_finding import Finder, find_offers
from booking.services.outbox import BegunJob
from workers.app import app
from workers.runtime import Runtime, keeper, run_job


def finder() -> Finder:
    """The engine's search; loaded late, so that only the processes that solve carry it."""
    from scheduler.limits import Limits
    from scheduler.offers import offers

    return Finder(find=offers, limits=Limits)


@app.task(name=ROUTES[Topic.FIND_OFFERS].task)
def find(job_id: int) -> None:
    """Carry out the search of a job."""
    run_job(job_id, find_subject)


def find_subject(means: Runtime, job: BegunJob) -> None:
    """Carry out the search that a job is about, keeping the job's lease while it lasts."""
    find_offers(
        means.sessions, means.clock, means.config, SearchId(job.subject_id), finder(), keep_alive=keeper(means, job)
    )
