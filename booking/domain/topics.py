"""What the outbox hands out: a topic names the task that does the work, and the queue in which it waits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Queue(StrEnum):
    """Celery queues, each with a worker process of its own, so that a repair never waits behind a term's solve."""

    MESSAGES = "messages"
    ALLOCATION = "allocation"
    REPAIR = "repair"


class Topic(StrEnum):
    """Kinds of work in the outbox."""

    #: subject: message id
    SEND_MESSAGE = "send_message"
    #: subject: run id
    SOLVE_RUN = "solve_run"
    #: subject: run id of a run of kind ``repair``
    REPAIR_RUN = "repair_run"
    #: subject: run id of a run of kind ``frontier``
    SURVEY_RUN = "survey_run"
    #: subject: run id of a run of kind ``trial``
    TRY_POLICY = "try_policy"
    #: subject: id of a school's import
    IMPORT_NEIS = "import_neis"
    #: subject: id of an uploaded table
    WORK_SHEET = "work_sheet"
    #: subject: term id
    RECKON_OUTLOOK = "reckon_outlook"
    #: subject: id of a search for offers
    FIND_OFFERS = "find_offers"
    #: subject: id of a drill
    REHEARSE_PLAN = "rehearse_plan"
    #: subject: run id of the plan whose publication is tried
    FORETELL = "foretell"
    #: subject: id of a sandbox, whose own outbox says what is to be done in it
    SANDBOX_WORK = "sandbox_work"


@dataclass(frozen=True, slots=True)
class Route:
    """Where the work of a topic goes, and how long a worker is believed to be at it before it is handed out again."""

    task: str
    queue: Queue
    lease_seconds: int


ROUTES: dict[Topic, Route] = {
    Topic.SEND_MESSAGE: Route("messages.send", Queue.MESSAGES, 60),
    Topic.SOLVE_RUN: Route("allocation.solve", Queue.ALLOCATION, 90),
    Topic.REPAIR_RUN: Route("repair.solve", Queue.REPAIR, 60),
    # beside the term's solve, not at the same time: the two would take the processor from each other
    Topic.SURVEY_RUN: Route("allocation.survey", Queue.ALLOCATION, 90),
    Topic.TRY_POLICY: Route("allocation.try_policy", Queue.ALLOCATION, 90),
    # longer than the client may take for all pages together
    Topic.IMPORT_NEIS: Route("school_year.import_neis", Queue.MESSAGES, 120),
    # some minutes for ten thousand rows; never in the way of a message
    Topic.WORK_SHEET: Route("sheets.work", Queue.ALLOCATION, 1200),
    Topic.RECKON_OUTLOOK: Route("outlook.reckon", Queue.MESSAGES, 60),
    Topic.FIND_OFFERS: Route("offers.find", Queue.ALLOCATION, 90),
    Topic.REHEARSE_PLAN: Route("drills.rehearse", Queue.ALLOCATION, 90),
    # somebody waits for it, and not behind a term's solve; a large term takes some ten seconds
    Topic.FORETELL: Route("publication.foretell", Queue.REPAIR, 120),
    # longer than the lease of any job within: whoever takes it up again finds that one run out
    Topic.SANDBOX_WORK: Route("sandboxes.work", Queue.ALLOCATION, 150),
}

#: What is done in a sandbox as well: whatever reckons. Nothing that writes to a person, or asks anything outside.
IN_SANDBOXES = frozenset(
    {
        Topic.SOLVE_RUN,
        Topic.REPAIR_RUN,
        Topic.SURVEY_RUN,
        Topic.FIND_OFFERS,
        Topic.REHEARSE_PLAN,
        Topic.RECKON_OUTLOOK,
        Topic.FORETELL,
    }
)
