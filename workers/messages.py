"""Sends messages."""

from __future__ import annotations

from booking.domain.ids import MessageId
from booking.domain.topics import ROUTES, Topic
from booking.services.delivery import deliver
from booking.services.outbox import BegunJob
from workers.app import app
from workers.runtime import Runtime, run_job


@app.task(name=ROUTES[Topic.SEND_MESSAGE].task)
def send(job_id: int) -> None:
    """Bring the message of a job a step further."""
    run_job(job_id, _deliver)


def _deliver(means: Runtime, job: BegunJob) -> None:
    deliver(means.sessions, means.clock, means.config, MessageId(job.subject_id), means.senders)
