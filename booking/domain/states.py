"""Every state of the service and, for each, the one table of steps that are allowed.

A status is changed by :func:`step` alone. The database checks the values; these tables check the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from booking.domain.errors import IllegalTransition
from booking.domain.vocabulary import WorkplaceStatus


class RequestStatus(StrEnum):
    """신청: what a school asked for one class."""

    SUBMITTED = "submitted"
    ALLOCATED = "allocated"
    SERVED = "served"
    UNSERVED = "unserved"
    WITHDRAWN = "withdrawn"


class RunStatus(StrEnum):
    """배정 실행: one run of the solver and the plan that came of it."""

    QUEUED = "queued"
    SOLVING = "solving"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"
    #: a search for alternatives has ended: there is something to choose from, and no plan of its own
    FOUND = "found"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RunKind(StrEnum):
    """What a run is for: the term, the fewest changes after a loss, alternatives to a plan, or a trial of prices."""

    TERM = "term"
    REPAIR = "repair"
    FRONTIER = "frontier"
    TRIAL = "trial"


class VisitStatus(StrEnum):
    """체험: one class's outing in the published plan. ``proposed`` holds places until the school has agreed."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class GroupStatus(StrEnum):
    """모둠: the pupils of one visit at one workplace."""

    PROPOSED = "proposed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RELEASED = "released"


class OfferStatus(StrEnum):
    """조정 제안: a date that the school did not ask for."""

    FOUND = "found"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    COUNTERED = "countered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class DispatchStatus(StrEnum):
    """인솔 파견: a coach who is sent along with a school."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class SearchStatus(StrEnum):
    """제안 찾기: one search of the engine for date shifts that are worth asking for."""

    QUEUED = "queued"
    SEARCHING = "searching"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class DrillStatus(StrEnum):
    """비상 연습: one rehearsal of a plan without some of its workplaces."""

    QUEUED = "queued"
    REHEARSING = "rehearsing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class MessageStatus(StrEnum):
    """알림: one message to one person over one channel.

    ``unknown`` is a crash, or a silence, between handing over and recording: looked up or settled by a person, never
    blindly sent again.
    """

    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    #: it did not arrive, or nobody knows, and a person has said it on the telephone
    TOLD = "told"


class ReportStatus(StrEnum):
    """분기 보고: worked on, or handed in and never changed again."""

    DRAFT = "draft"
    FINAL = "final"


class ImportStatus(StrEnum):
    """가져오기: what a school takes over from outside; ``ready`` waits for a person to look at what would change."""

    WAITING = "waiting"
    READY = "ready"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


class ChangeReportStatus(StrEnum):
    """변경 알림: what a school says has changed about a visit that stands; a person at the centre takes it up."""

    OPEN = "open"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SessionStatus(StrEnum):
    """회차: one session of a programme, from the plan to how many came."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    HELD = "held"
    CANCELLED = "cancelled"


S = TypeVar("S", bound=StrEnum)
Steps = Mapping[S, frozenset[S]]

REQUEST_STEPS: Steps[RequestStatus] = {
    RequestStatus.SUBMITTED: frozenset({RequestStatus.ALLOCATED, RequestStatus.UNSERVED, RequestStatus.WITHDRAWN}),
    RequestStatus.ALLOCATED: frozenset(
        {RequestStatus.SERVED, RequestStatus.SUBMITTED, RequestStatus.UNSERVED, RequestStatus.WITHDRAWN}
    ),
    RequestStatus.UNSERVED: frozenset({RequestStatus.SUBMITTED, RequestStatus.ALLOCATED, RequestStatus.WITHDRAWN}),
    RequestStatus.SERVED: frozenset(),
    RequestStatus.WITHDRAWN: frozenset(),
}

RUN_STEPS: Steps[RunStatus] = {
    RunStatus.QUEUED: frozenset({RunStatus.SOLVING, RunStatus.CANCELLED, RunStatus.FAILED}),
    # back to queued: the worker died, and the sweep hands the run out again
    RunStatus.SOLVING: frozenset(
        {RunStatus.PROPOSED, RunStatus.FOUND, RunStatus.CANCELLED, RunStatus.FAILED, RunStatus.QUEUED}
    ),
    RunStatus.PROPOSED: frozenset({RunStatus.PUBLISHED, RunStatus.DISCARDED}),
    RunStatus.PUBLISHED: frozenset({RunStatus.SUPERSEDED}),
    RunStatus.SUPERSEDED: frozenset(),
    RunStatus.DISCARDED: frozenset(),
    RunStatus.FOUND: frozenset(),
    RunStatus.CANCELLED: frozenset(),
    RunStatus.FAILED: frozenset(),
}

VISIT_STEPS: Steps[VisitStatus] = {
    VisitStatus.PROPOSED: frozenset({VisitStatus.PUBLISHED, VisitStatus.CANCELLED}),
    # completed from published: a workplace never answered, and the pupils went all the same
    VisitStatus.PUBLISHED: frozenset(
        {VisitStatus.CONFIRMED, VisitStatus.COMPLETED, VisitStatus.CANCELLED, VisitStatus.PROPOSED}
    ),
    # back to published: a workplace that had accepted can no longer come
    VisitStatus.CONFIRMED: frozenset(
        {VisitStatus.COMPLETED, VisitStatus.PUBLISHED, VisitStatus.PROPOSED, VisitStatus.CANCELLED}
    ),
    VisitStatus.COMPLETED: frozenset(),
    VisitStatus.CANCELLED: frozenset(),
}

GROUP_STEPS: Steps[GroupStatus] = {
    GroupStatus.PROPOSED: frozenset({GroupStatus.ASKED, GroupStatus.RELEASED}),
    GroupStatus.ASKED: frozenset(
        {GroupStatus.ACCEPTED, GroupStatus.DECLINED, GroupStatus.EXPIRED, GroupStatus.RELEASED}
    ),
    GroupStatus.ACCEPTED: frozenset({GroupStatus.DECLINED, GroupStatus.RELEASED}),
    GroupStatus.EXPIRED: frozenset({GroupStatus.ACCEPTED, GroupStatus.DECLINED, GroupStatus.RELEASED}),
    GroupStatus.DECLINED: frozenset(),
    GroupStatus.RELEASED: frozenset(),
}

OFFER_STEPS: Steps[OfferStatus] = {
    OfferStatus.FOUND: frozenset({OfferStatus.SENT, OfferStatus.WITHDRAWN}),
    OfferStatus.SENT: frozenset(
        {OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.COUNTERED, OfferStatus.EXPIRED, OfferStatus.WITHDRAWN}
    ),
    OfferStatus.ACCEPTED: frozenset(),
    OfferStatus.DECLINED: frozenset(),
    OfferStatus.COUNTERED: frozenset(),
    OfferStatus.EXPIRED: frozenset(),
    OfferStatus.WITHDRAWN: frozenset(),
}

DISPATCH_STEPS: Steps[DispatchStatus] = {
    DispatchStatus.ASKED: frozenset({DispatchStatus.ACCEPTED, DispatchStatus.DECLINED, DispatchStatus.CANCELLED}),
    DispatchStatus.ACCEPTED: frozenset({DispatchStatus.DECLINED, DispatchStatus.CANCELLED}),
    DispatchStatus.DECLINED: frozenset(),
    DispatchStatus.CANCELLED: frozenset(),
}

SEARCH_STEPS: Steps[SearchStatus] = {
    SearchStatus.QUEUED: frozenset({SearchStatus.SEARCHING, SearchStatus.CANCELLED, SearchStatus.FAILED}),
    # back to queued: the worker died, and the sweep hands the search out again
    SearchStatus.SEARCHING: frozenset(
        {SearchStatus.DONE, SearchStatus.CANCELLED, SearchStatus.FAILED, SearchStatus.QUEUED}
    ),
    SearchStatus.DONE: frozenset(),
    SearchStatus.CANCELLED: frozenset(),
    SearchStatus.FAILED: frozenset(),
}

DRILL_STEPS: Steps[DrillStatus] = {
    DrillStatus.QUEUED: frozenset({DrillStatus.REHEARSING, DrillStatus.CANCELLED, DrillStatus.FAILED}),
    DrillStatus.REHEARSING: frozenset({DrillStatus.DONE, DrillStatus.CANCELLED, DrillStatus.FAILED}),
    DrillStatus.DONE: frozenset(),
    DrillStatus.CANCELLED: frozenset(),
    DrillStatus.FAILED: frozenset(),
}

MESSAGE_STEPS: Steps[MessageStatus] = {
    MessageStatus.CREATED: frozenset({MessageStatus.SENDING, MessageStatus.WITHDRAWN}),
    MessageStatus.SENDING: frozenset(
        {MessageStatus.SENT, MessageStatus.CREATED, MessageStatus.FAILED, MessageStatus.UNKNOWN}
    ),
    # whatever it turns out to be
    MessageStatus.UNKNOWN: frozenset(MessageStatus)
    - {MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.WITHDRAWN},
    MessageStatus.SENT: frozenset({MessageStatus.DELIVERED, MessageStatus.BOUNCED}),
    MessageStatus.FAILED: frozenset({MessageStatus.CREATED, MessageStatus.TOLD}),
    # by a person's word alone: another message with another reference, so that an old receipt never speaks for it
    MessageStatus.BOUNCED: frozenset({MessageStatus.CREATED, MessageStatus.TOLD}),
    MessageStatus.DELIVERED: frozenset(),
    MessageStatus.WITHDRAWN: frozenset(),
    MessageStatus.TOLD: frozenset(),
}

REPORT_STEPS: Steps[ReportStatus] = {
    ReportStatus.DRAFT: frozenset({ReportStatus.FINAL}),
    ReportStatus.FINAL: frozenset(),
}
IMPORT_STEPS: Steps[ImportStatus] = {
    ImportStatus.WAITING: frozenset({ImportStatus.READY, ImportStatus.FAILED}),
    ImportStatus.READY: frozenset({ImportStatus.APPLIED, ImportStatus.DISCARDED}),
    ImportStatus.APPLIED: frozenset(),
    ImportStatus.DISCARDED: frozenset(),
    ImportStatus.FAILED: frozenset(),
}

CHANGE_REPORT_STEPS: Steps[ChangeReportStatus] = {
    ChangeReportStatus.OPEN: frozenset(
        {ChangeReportStatus.APPLIED, ChangeReportStatus.REFUSED, ChangeReportStatus.WITHDRAWN}
    ),
    ChangeReportStatus.APPLIED: frozenset(),
    ChangeReportStatus.REFUSED: frozenset(),
    ChangeReportStatus.WITHDRAWN: frozenset(),
}

WORKPLACE_STEPS: Steps[WorkplaceStatus] = {
    WorkplaceStatus.FOUND: frozenset({WorkplaceStatus.TALKS, WorkplaceStatus.ENDED}),
    WorkplaceStatus.TALKS: frozenset({WorkplaceStatus.INSPECTED, WorkplaceStatus.ENDED}),
    # back to talks: what the inspection found has to be settled first
    WorkplaceStatus.INSPECTED: frozenset({WorkplaceStatus.APPROVED, WorkplaceStatus.TALKS, WorkplaceStatus.ENDED}),
    WorkplaceStatus.APPROVED: frozenset({WorkplaceStatus.ACTIVE, WorkplaceStatus.ENDED}),
    WorkplaceStatus.ACTIVE: frozenset({WorkplaceStatus.PAUSED, WorkplaceStatus.ENDED}),
    WorkplaceStatus.PAUSED: frozenset({WorkplaceStatus.ACTIVE, WorkplaceStatus.ENDED}),
    # found again: it counts as found once more
    WorkplaceStatus.ENDED: frozenset({WorkplaceStatus.FOUND}),
}

SESSION_STEPS: Steps[SessionStatus] = {
    SessionStatus.PLANNED: frozenset({SessionStatus.CONFIRMED, SessionStatus.HELD, SessionStatus.CANCELLED}),
    # back to planned: whoever had agreed has to be asked again
    SessionStatus.CONFIRMED: frozenset({SessionStatus.PLANNED, SessionStatus.HELD, SessionStatus.CANCELLED}),
    # called off after all: it was entered by mistake, and the ledger takes it back with the reason
    SessionStatus.HELD: frozenset({SessionStatus.CANCELLED}),
    SessionStatus.CANCELLED: frozenset({SessionStatus.PLANNED}),
}

#: A group that takes a place at its workplace. An expired question still holds it until somebody releases it.
LIVE_GROUPS = frozenset({GroupStatus.PROPOSED, GroupStatus.ASKED, GroupStatus.ACCEPTED, GroupStatus.EXPIRED})
#: A group whose workplace has not answered.
SILENT_GROUPS = frozenset({GroupStatus.ASKED, GroupStatus.EXPIRED})
#: A visit that stands in the plan.
LIVE_VISITS = frozenset({VisitStatus.PROPOSED, VisitStatus.PUBLISHED, VisitStatus.CONFIRMED, VisitStatus.COMPLETED})
#: A dispatch that stands.
LIVE_DISPATCHES = frozenset({DispatchStatus.ASKED, DispatchStatus.ACCEPTED})
#: A request that the solver has to serve.
OPEN_REQUESTS = frozenset({RequestStatus.SUBMITTED, RequestStatus.ALLOCATED, RequestStatus.UNSERVED})
#: A run that somebody is still waiting for.
ACTIVE_RUNS = frozenset({RunStatus.QUEUED, RunStatus.SOLVING})
#: A search that somebody is still waiting for.
ACTIVE_SEARCHES = frozenset({SearchStatus.QUEUED, SearchStatus.SEARCHING})
#: A drill that somebody is still waiting for.
ACTIVE_DRILLS = frozenset({DrillStatus.QUEUED, DrillStatus.REHEARSING})


def may_step(steps: Steps[S], old: S, new: S) -> bool:
    """Whether the table allows the step."""
    return new in steps[old]


def step(steps: Steps[S], old: S, new: S) -> S:
    """Return ``new`` where the table allows the step from ``old``; refuse it otherwise.

    Raises:
        IllegalTransition: the table has no such step; nothing was changed.
    """
    if new not in steps[old]:
        raise IllegalTransition(f"{type(old).__name__}: {old.value} -> {new.value}", old=old.value, new=new.value)
    return new
