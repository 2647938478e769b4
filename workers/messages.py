"""Sends messages. A wake-up for one is a wake-up for all that are due: several leave at the same time.

A provider takes a tenth of a second and more for an answer, in which a process has nothing to do. So each process talks
to it over several lines, and takes what is due from the outbox itself: the broker carries a wake-up every few seconds
instead of one for each message.
"""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.topics import ROUTES, Topic
from booking.services.delivery import deliver
from booking.services.outbox import BegunJob, finish_all, take_due
from workers.app import app
from workers.runtime import Runtime, attempt, run_job, runtime

#: messages under way at the same time in one process; its pool of connections to the database holds ten
HANDS = 8
#: shorter than the three seconds that a worker has for ending, so that stopping it cuts off no message
ROUND_SECONDS = 2.0


@app.task(name=ROUTES[Topic.SEND_MESSAGE].task)
def send(job_id: int) -> None:
    """Bring the message of a job a step further, and then, for a while, whatever else is due."""
    if run_job(job_id, _deliver):
        work_off(runtime())


def work_off(means: Runtime) -> None:
    """Deliver what is due until nothing is, or until it is time to let other work at this process."""
    ends = time.monotonic() + ROUND_SECONDS
    running: set[Future[BegunJob | None]] = set()
    with ThreadPoolExecutor(HANDS, thread_name_prefix="send") as hands:
        ended: list[BegunJob] = []
        while True:
            with means.sessions() as session, transaction(session):
                finish_all(session, ended)
                room = 2 * HANDS - len(running) if time.monotonic() < ends else 0
                taken = take_due(session, room, Topic.SEND_MESSAGE) if room else []
            running |= {hands.submit(_one, means, job) for job in taken}
            if not running:
                return
            ended = []
            # the next ones are fetched when every hand has taken its last one up
            while running and (not ended or len(running) > HANDS):
                done, running = wait(running, return_when=FIRST_COMPLETED)
                ended += [job for one in done if (job := one.result()) is not None]


def _one(means: Runtime, job: BegunJob) -> BegunJob | None:
    return job if attempt(means, job, _deliver) else None


def _deliver(means: Runtime, job: BegunJob) -> None:
    deliver(means.sessions, means.clock, means.config, MessageId(job.subject_id), means.senders)
