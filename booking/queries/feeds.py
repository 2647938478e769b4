"""What a subscribed calendar shows: the visits of a teacher's schools, or those to a workplace; cancelled ones too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.ids import RequestId, SchoolId, WorkplaceId
from booking.domain.states import LIVE_VISITS, GroupStatus, OfferStatus, VisitStatus
from booking.models.history import HistoryEntry
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup


@dataclass(frozen=True, slots=True)
class FeedContent:
    """The visits of a calendar, one a request, and when something about them last changed."""

    visits: tuple[Visit, ...]
    changed_at: dt.datetime | None


def feed_content(session: Session, schools: Collection[SchoolId]) -> FeedContent:
    """Return the newest visit of every request of the schools, in the order of their dates.

    A date that is held for an offer is no visit yet; one that was held in vain has never stood in a calendar.
    """
    vain = (
        sa.select(Offer.id)
        .where(
            Offer.request_id == Visit.request_id,
            Offer.slot_id == Visit.slot_id,
            Offer.status != OfferStatus.ACCEPTED,
        )
        .exists()
    )
    rows = session.scalars(
        sa.select(Visit)
        .join(Request, Request.id == Visit.request_id)
        .where(
            Request.school_id.in_(set(schools)),
            Visit.status != VisitStatus.PROPOSED,
            ~sa.and_(Visit.status == VisitStatus.CANCELLED, vain),
        )
        .options(
            selectinload(Visit.slot),
            selectinload(Visit.groups).selectinload(VisitGroup.workplace),
            selectinload(Visit.request).selectinload(Request.school),
        )
        .order_by(Visit.version)
    )
    newest: dict[RequestId, Visit] = {visit.request_id: visit for visit in rows}
    live = {visit.request_id: visit for visit in newest.values() if visit.status in LIVE_VISITS}
    visits = sorted({**newest, **live}.values(), key=lambda visit: (visit.slot.date, visit.slot.block, visit.id))
    return FeedContent(tuple(visits), _changed_at(session, visits))


def workplace_feed_content(session: Session, workplace_id: WorkplaceId) -> tuple[list[VisitGroup], dt.datetime | None]:
    """Return the newest group of each visit that a workplace was ever told of, by date, and when one last changed.

    What was declined or taken back is there as well, so that a calendar strikes it out. Places that are only held are
    not told.
    """
    rows = session.scalars(
        sa.select(VisitGroup)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(VisitGroup.workplace_id == workplace_id, VisitGroup.status != GroupStatus.PROPOSED)
        .options(
            selectinload(VisitGroup.visit).selectinload(Visit.slot),
            selectinload(VisitGroup.visit).selectinload(Visit.request).selectinload(Request.school),
        )
        .order_by(VisitGroup.id)
    )
    newest = {group.visit_id: group for group in rows}
    groups = sorted(newest.values(), key=lambda group: (group.visit.slot.date, group.visit.slot.block, group.id))
    return groups, _changed_at(session, [group.visit for group in groups])


def _changed_at(session: Session, visits: Collection[Visit]) -> dt.datetime | None:
    """The newest moment of their history, and of the answers of their workplaces."""
    history = session.scalar(
        sa.select(sa.func.max(HistoryEntry.at)).where(
            HistoryEntry.subject_type == "request",
            HistoryEntry.subject_id.in_([visit.request_id for visit in visits]),
        )
    )
    moments = [visit.created_at for visit in visits]
    moments += [group.answered_at for visit in visits for group in visit.groups if group.answered_at is not None]
    return max([*moments, *([history] if history is not None else [])], default=None)
