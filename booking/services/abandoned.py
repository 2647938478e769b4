"""What nobody is working on any more: handed out again, or marked as failed where it ended its workers three times."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import DrillId, MessageId, RunId, SchoolImportId, SearchId
from booking.domain.states import ACTIVE_RUNS, MESSAGE_STEPS, RUN_STEPS, MessageStatus, RunStatus, step
from booking.domain.topics import Topic
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.services.allocations import TOPICS
from booking.services.delivery import sweep_messages
from booking.services.drafts import sweep_drafts
from booking.services.drills import settle_lost_drill
from booking.services.foretelling import forget_foretellings, settle_lost_foretelling
from booking.services.history import record_change
from booking.services.offer_searches import abandoned_searches, settle_lost_search
from booking.services.outbox import HandedJob, close_poisoned, enqueue
from booking.services.outlook import ask_where_stale
from booking.services.receipts import apply_left_over
from booking.services.school_imports import settle_lost_import
from booking.services.sheet_jobs import settle_lost_sheet
from booking.services.solving import abandoned_runs

WORKER_DIED = "worker_died"


def sweep(session: Session, clock: Clock) -> int:
    """Ask again for whatever should be moving and is not; returns how much that was. Safe at any time, by anybody."""
    applied = apply_left_over(session)
    settle_lost(session, clock, close_poisoned(session))
    runs = abandoned_runs(session)
    for run_id in runs:
        run = session.get_one(AllocationRun, run_id)
        enqueue(session, TOPICS[run.kind], run_id)
    searches = abandoned_searches(session)
    for search_id in searches:
        enqueue(session, Topic.FIND_OFFERS, search_id)
    forget_foretellings(session, clock)
    moved = applied + len(runs) + len(searches) + sweep_messages(session)
    return moved + ask_where_stale(session, clock) + sweep_drafts(session, clock)


def settle_lost(session: Session, clock: Clock, jobs: Collection[HandedJob]) -> None:
    """Mark the subjects of jobs that were closed undone, so that a person sees them.

    An outlook has nothing to mark: the next sweep finds it too old and asks again.
    """
    for job in jobs:
        if job.topic is Topic.SEND_MESSAGE:
            _settle_message(session, clock, MessageId(job.subject_id))
        elif job.topic is Topic.IMPORT_NEIS:
            settle_lost_import(session, clock, SchoolImportId(job.subject_id))
        elif job.topic is Topic.WORK_SHEET:
            settle_lost_sheet(session, job.subject_id)
        elif job.topic is Topic.FIND_OFFERS:
            settle_lost_search(session, clock, SearchId(job.subject_id))
        elif job.topic is Topic.REHEARSE_PLAN:
            settle_lost_drill(session, clock, DrillId(job.subject_id))
        elif job.topic is Topic.FORETELL:
            settle_lost_foretelling(session, clock, RunId(job.subject_id))
        elif job.topic in TOPICS.values():
            _settle_run(session, clock, RunId(job.subject_id))


def _settle_message(session: Session, clock: Clock, message_id: MessageId) -> None:
    """One that never left has failed; one that may have left is unknown."""
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.status not in {MessageStatus.CREATED, MessageStatus.SENDING, MessageStatus.UNKNOWN}:
        return
    if message.status is MessageStatus.CREATED:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.SENDING)
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.FAILED)
    elif message.status is MessageStatus.SENDING:
        message.status = step(MESSAGE_STEPS, message.status, MessageStatus.UNKNOWN)
    message.last_error = WORKER_DIED
    message.settled_at = clock.now()
    session.flush()


def _settle_run(session: Session, clock: Clock, run_id: RunId) -> None:
    run = session.get(AllocationRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.status not in ACTIVE_RUNS:
        return
    run.status = step(RUN_STEPS, run.status, RunStatus.FAILED)
    run.error = WORKER_DIED
    run.finished_at = clock.now()
    run.lease_until = None
    record_change(session, "worker", "run_failed", "run", run.id)
    session.flush()
