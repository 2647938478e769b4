"""The tone of each state: well, under way, or in want of somebody. Never colour alone: a word stands with it."""

from __future__ import annotations

from enum import StrEnum

from booking.domain.alimtalk import TemplateState
from booking.domain.chances import Chance
from booking.domain.entry import AccountState
from booking.domain.school_year import DayKind
from booking.domain.states import (
    ChangeReportStatus,
    DrillStatus,
    GroupStatus,
    ImportStatus,
    MessageStatus,
    OfferStatus,
    ReportStatus,
    RequestStatus,
    RunStatus,
    SearchStatus,
    VisitStatus,
)
from booking.domain.vocabulary import (
    WorkplaceStatus,
)
from booking.queries.coaches import Standing
from booking.web import book_words

OK, MID, BAD, INFO, NONE = "ok", "mid", "bad", "info", "none"
TONES: dict[type[StrEnum], dict[str, str]] = {
    **book_words.TONES,
    ReportStatus: {ReportStatus.DRAFT: INFO, ReportStatus.FINAL: OK},
    SearchStatus: {
        SearchStatus.QUEUED: INFO,
        SearchStatus.SEARCHING: INFO,
        SearchStatus.DONE: OK,
        SearchStatus.FAILED: BAD,
    },
    DrillStatus: {
        DrillStatus.QUEUED: INFO,
        DrillStatus.REHEARSING: INFO,
        DrillStatus.DONE: OK,
        DrillStatus.FAILED: BAD,
    },
    AccountState: {
        AccountState.ACTIVE: OK,
        AccountState.INVITING: INFO,
        AccountState.INVITED: INFO,
        AccountState.EXPIRED: MID,
        AccountState.UNDELIVERED: BAD,
    },
    RequestStatus: {
        RequestStatus.SUBMITTED: INFO,
        RequestStatus.ALLOCATED: INFO,
        RequestStatus.SERVED: OK,
        RequestStatus.UNSERVED: BAD,
    },
    RunStatus: {
        RunStatus.QUEUED: INFO,
        RunStatus.SOLVING: INFO,
        RunStatus.PROPOSED: MID,
        RunStatus.PUBLISHED: OK,
        RunStatus.FOUND: OK,
        RunStatus.FAILED: BAD,
    },
    VisitStatus: {
        VisitStatus.PROPOSED: MID,
        VisitStatus.PUBLISHED: INFO,
        VisitStatus.CONFIRMED: OK,
        VisitStatus.COMPLETED: OK,
        VisitStatus.CANCELLED: BAD,
    },
    GroupStatus: {
        GroupStatus.PROPOSED: MID,
        GroupStatus.ASKED: INFO,
        GroupStatus.ACCEPTED: OK,
        GroupStatus.DECLINED: BAD,
        GroupStatus.EXPIRED: MID,
    },
    OfferStatus: {
        OfferStatus.FOUND: INFO,
        OfferStatus.SENT: MID,
        OfferStatus.ACCEPTED: OK,
        OfferStatus.DECLINED: BAD,
        OfferStatus.COUNTERED: MID,
    },
    MessageStatus: {
        MessageStatus.CREATED: INFO,
        MessageStatus.SENDING: INFO,
        MessageStatus.SENT: INFO,
        MessageStatus.DELIVERED: OK,
        MessageStatus.TOLD: OK,
        MessageStatus.BOUNCED: BAD,
        MessageStatus.FAILED: BAD,
        MessageStatus.UNKNOWN: MID,
    },
    TemplateState: {TemplateState.UNDER_REVIEW: INFO, TemplateState.APPROVED: OK, TemplateState.REJECTED: BAD},
    Chance: {Chance.LIKELY: OK, Chance.OPEN: INFO, Chance.UNLIKELY: MID},
    DayKind: {
        DayKind.EXAM: BAD,
        DayKind.EVENT: MID,
        DayKind.HOLIDAY: BAD,
        DayKind.CLOSED: BAD,
        DayKind.HINT: INFO,
    },
    ImportStatus: {
        ImportStatus.WAITING: INFO,
        ImportStatus.READY: MID,
        ImportStatus.APPLIED: OK,
        ImportStatus.FAILED: BAD,
    },
    ChangeReportStatus: {
        ChangeReportStatus.OPEN: MID,
        ChangeReportStatus.APPLIED: OK,
        ChangeReportStatus.REFUSED: BAD,
    },
    Standing: {Standing.ACTIVE: OK, Standing.UNTRAINED: BAD},
    WorkplaceStatus: {
        WorkplaceStatus.ACTIVE: OK,
        WorkplaceStatus.APPROVED: OK,
        WorkplaceStatus.TALKS: INFO,
        WorkplaceStatus.INSPECTED: INFO,
        WorkplaceStatus.FOUND: INFO,
        WorkplaceStatus.PAUSED: MID,
    },
}
