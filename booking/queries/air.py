"""Who would be outdoors at which half-day, and where fine dust is switched on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.domain.ids import GroupId, SlotId, TermId
from booking.domain.states import LIVE_GROUPS
from booking.domain.vocabulary import Setting, WorkplaceStatus
from booking.models.air import AirSwitch
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace


@dataclass(frozen=True, slots=True)
class Outdoors:
    """The groups that are outdoors at some half-days: those that have to move, and those whose workplace has a room."""

    outdoor: tuple[VisitGroup, ...]
    either: tuple[VisitGroup, ...]

    @property
    def seen(self) -> str:
        """What a page has seen: every group that would have to move. Another mark later means a change."""
        return ".".join(str(group.id) for group in self.outdoor)

    @property
    def pupils(self) -> int:
        """Pupils of the groups that have to move."""
        return sum(group.pupils for group in self.outdoor)


def outdoors(session: Session, slots: Collection[SlotId]) -> Outdoors:
    """Return who is outdoors at these slots, in the order of the calendar, schools and classes."""
    found = session.scalars(
        sa.select(VisitGroup)
        .join(VisitGroup.visit)
        .join(Visit.slot)
        .join(Visit.request)
        .join(VisitGroup.workplace)
        .where(
            VisitGroup.slot_id.in_(slots),
            VisitGroup.status.in_(LIVE_GROUPS),
            Workplace.setting != Setting.INDOOR,
        )
        .options(
            contains_eager(VisitGroup.workplace),
            contains_eager(VisitGroup.visit).contains_eager(Visit.slot),
            contains_eager(VisitGroup.visit).contains_eager(Visit.request).selectinload(Request.school),
        )
        .order_by(Slot.date, Slot.block, Request.school_id, Request.code, VisitGroup.id)
        .execution_options(populate_existing=True)
    ).all()
    return Outdoors(
        tuple(group for group in found if group.workplace.setting is Setting.OUTDOOR),
        tuple(group for group in found if group.workplace.setting is Setting.EITHER),
    )


def aired_groups(session: Session, term_id: TermId) -> set[GroupId]:
    """Return the groups that stand at an outdoor workplace although fine dust is switched on."""
    return set(
        session.scalars(
            sa.select(VisitGroup.id)
            .join(Slot, Slot.id == VisitGroup.slot_id)
            .join(Workplace, Workplace.id == VisitGroup.workplace_id)
            .join(AirSwitch, sa.and_(AirSwitch.slot_id == Slot.id, AirSwitch.off_at.is_(None)))
            .where(Slot.term_id == term_id, VisitGroup.status.in_(LIVE_GROUPS), Workplace.setting == Setting.OUTDOOR)
        )
    )


def switches(session: Session, term_id: TermId, since: dt.date) -> Sequence[AirSwitch]:
    """Return what is switched on for days from ``since`` on, in the order of the calendar."""
    return session.scalars(
        sa.select(AirSwitch)
        .join(AirSwitch.slot)
        .where(Slot.term_id == term_id, Slot.date >= since, AirSwitch.off_at.is_(None))
        .options(contains_eager(AirSwitch.slot), joinedload(AirSwitch.on_by))
        .order_by(Slot.date, Slot.block)
    ).all()


def counted(session: Session) -> dict[Setting, int]:
    """Return how many workplaces in use are indoors, outdoors, and either."""
    rows = session.execute(
        sa.select(Workplace.setting, sa.func.count())
        .where(Workplace.status == WorkplaceStatus.ACTIVE)
        .group_by(Workplace.setting)
    ).all()
    return dict.fromkeys(Setting, 0) | dict(rows)


def broken_visits(session: Session, term_id: TermId, after: dt.date) -> bool:
    """Whether a visit after a day has lost places, so that a repair has something to mend."""
    placed = sa.func.coalesce(sa.func.sum(VisitGroup.pupils).filter(VisitGroup.status.in_(LIVE_GROUPS)), 0)
    lost = (
        sa.select(Visit.id)
        .join(Request, Request.id == Visit.request_id)
        .join(Slot, Slot.id == Visit.slot_id)
        .outerjoin(VisitGroup, VisitGroup.visit_id == Visit.id)
        .where(Request.term_id == term_id, Slot.date > after, Visit.status.in_(("proposed", "published", "confirmed")))
        .group_by(Visit.id, Request.pupils)
        .having(placed != Request.pupils)
    )
    return session.scalar(sa.select(sa.exists(lost))) or False
