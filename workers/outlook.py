"""Reckons how full each slot of a term is and will be."""

from __future__ import annotations

from booking.db import transaction
from booking.domain.ids import TermId
from booking.domain.topics import ROUTES, Topic
from booking.models.terms import Term
from booking.services.outbox import BegunJob
from booking.services.outlook import reckon_outlook
from workers.app import app
from workers.runtime import Runtime, run_job


@app.task(name=ROUTES[Topic.RECKON_OUTLOOK].task)
def reckon(job_id: int) -> None:
    """Reckon the outlook of the term of a job."""
    run_job(job_id, reckon_subject)


def reckon_subject(means: Runtime, job: BegunJob) -> None:
    """Reckon the outlook of the term that a job is about."""
    with means.sessions() as session, transaction(session):
        term = session.get(Term, TermId(job.subject_id))
        if term is not None:
            reckon_outlook(session, means.clock, term)
