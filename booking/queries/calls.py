"""전화할 곳: workplaces that were asked, perhaps asked again, and are still silent when it matters."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.domain.answers import CALLED
from booking.domain.ids import NoticeId, TermId
from booking.domain.states import SILENT_GROUPS, MessageStatus
from booking.domain.workplace_notes import NoteKind
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplace_words import WorkplaceNote
from booking.models.workplaces import Workplace

#: nobody waits for a written answer when the visit is so near
NEAR = dt.timedelta(days=3)
#: the kind of the message that asks again; the catalogue of kinds is not known here
_REMINDER = "workplace_reminder"
#: the message came to nothing
_LOST = frozenset({MessageStatus.FAILED, MessageStatus.BOUNCED})
_LEFT = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN})


class WhyCall(StrEnum):
    """Why a workplace is to be called, the most pressing first."""

    NEAR = "near"
    UNREACHED = "unreached"
    OVERDUE = "overdue"


@dataclass(slots=True)
class Call:
    """One workplace and one of its days: what is open there, and what was tried so far."""

    notice: WorkplaceNotice
    why: WhyCall
    groups: list[VisitGroup] = field(default_factory=list)
    asked_at: dt.datetime | None = None
    reminded_at: dt.datetime | None = None
    #: when somebody called in vain, the newest first
    tried: list[dt.datetime] = field(default_factory=list)


def _to_call(term_id: TermId, today: dt.date) -> sa.ColumnElement[bool]:
    """Whether a notice is to be called about: a silent group, and one of the reasons of :class:`WhyCall`.

    Said in SQL because every page of the office counts it; which of the reasons it is, :func:`_why` says.
    """
    silent = (
        sa.select(VisitGroup.id)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(
            Slot.term_id == term_id,
            Slot.date == WorkplaceNotice.date,
            VisitGroup.workplace_id == WorkplaceNotice.workplace_id,
            VisitGroup.status.in_(SILENT_GROUPS),
        )
    )
    about = sa.select(Message.id).where(
        Message.subject == sa.func.concat("notice:", WorkplaceNotice.id),
        Message.version == WorkplaceNotice.version,
        Message.status != MessageStatus.WITHDRAWN,
    )
    unreached = sa.and_(about.exists(), ~about.where(Message.status.not_in(_LOST)).exists())
    near, overdue = WorkplaceNotice.date <= today + NEAR, WorkplaceNotice.answer_by < today
    return sa.and_(WorkplaceNotice.date > today, silent.exists(), sa.or_(near, overdue, unreached))


def calls(session: Session, term_id: TermId, today: dt.date) -> list[Call]:
    """Return whom to call, the nearest visit first."""
    rows = session.execute(
        sa.select(WorkplaceNotice, VisitGroup)
        .join(Slot, Slot.date == WorkplaceNotice.date)
        .join(
            VisitGroup, sa.and_(VisitGroup.slot_id == Slot.id, VisitGroup.workplace_id == WorkplaceNotice.workplace_id)
        )
        .join(VisitGroup.visit)
        .join(Visit.request)
        .join(Request.school)
        .where(Slot.term_id == term_id, VisitGroup.status.in_(SILENT_GROUPS), _to_call(term_id, today))
        .options(
            selectinload(WorkplaceNotice.workplace).selectinload(Workplace.contact),
            contains_eager(VisitGroup.visit).selectinload(Visit.slot),
            contains_eager(VisitGroup.visit).contains_eager(Visit.request).contains_eager(Request.school),
        )
        .order_by(WorkplaceNotice.date, WorkplaceNotice.id, VisitGroup.id)
    ).all()
    groups: defaultdict[NoticeId, list[VisitGroup]] = defaultdict(list)
    notices: dict[NoticeId, WorkplaceNotice] = {}
    for notice, group in rows:
        notices[notice.id] = notice
        groups[notice.id].append(group)
    sent = _messages(session, notices.values())
    found = [
        Call(
            notice,
            why,
            groups[notice.id],
            asked_at=_newest(sent[notice.id], reminder=False),
            reminded_at=_newest(sent[notice.id], reminder=True),
        )
        for notice in notices.values()
        if (why := _why(notice, sent[notice.id], today)) is not None
    ]
    tried = _tried(session, [call.notice.id for call in found])
    for call in found:
        call.tried = tried.get(call.notice.id, [])
    return found


def count_calls(term_id: TermId, today: dt.date) -> sa.Select[int]:
    """Count the workplaces that are to be called, silent ones and those that ask for it, each of them once."""
    silent = sa.select(WorkplaceNotice.workplace_id).where(_to_call(term_id, today))
    asking = sa.select(WorkplaceNote.workplace_id).where(
        WorkplaceNote.kind == NoteKind.CALL_ME, WorkplaceNote.settled_at.is_(None)
    )
    return sa.select(sa.func.count()).select_from(silent.union(asking).subquery())


def _why(notice: WorkplaceNotice, messages: list[Message], today: dt.date) -> WhyCall | None:
    if notice.date <= today + NEAR:
        return WhyCall.NEAR
    if messages and all(message.status in _LOST for message in messages):
        return WhyCall.UNREACHED
    return WhyCall.OVERDUE if notice.answer_by < today else None


def _messages(session: Session, notices: Iterable[WorkplaceNotice]) -> defaultdict[NoticeId, list[Message]]:
    """The messages about the present version of each notice."""
    wanted = {(f"notice:{notice.id}", notice.version): notice.id for notice in notices}
    found: defaultdict[NoticeId, list[Message]] = defaultdict(list)
    for message in session.scalars(
        sa.select(Message)
        .where(
            Message.subject.in_({subject for subject, _ in wanted}),
            Message.status != MessageStatus.WITHDRAWN,
        )
        .order_by(Message.id)
    ):
        number = wanted.get((message.subject, message.version))
        if number is not None:
            found[number].append(message)
    return found


def _newest(messages: list[Message], *, reminder: bool) -> dt.datetime | None:
    return max(
        (
            message.sent_at
            for message in messages
            if message.sent_at is not None and message.status in _LEFT and (message.kind == _REMINDER) is reminder
        ),
        default=None,
    )


def _tried(session: Session, notices: list[NoticeId]) -> dict[int, list[dt.datetime]]:
    found: defaultdict[int, list[dt.datetime]] = defaultdict(list)
    for number, at in session.execute(
        sa.select(HistoryEntry.subject_id, HistoryEntry.at)
        .where(
            HistoryEntry.action == CALLED,
            HistoryEntry.subject_type == "notice",
            HistoryEntry.subject_id.in_(notices),
        )
        .order_by(HistoryEntry.id.desc())
    ):
        found[number].append(at)
    return dict(found)
