"""Who accompanies a class on its way: what the school's classes need at that time, and what the centre adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SchoolId, SlotId
from booking.domain.states import LIVE_VISITS, DispatchStatus
from booking.models.dispatches import CoachDispatch
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.visits import Visit


@dataclass(frozen=True, slots=True)
class Escorts:
    """Chaperones at one slot, in heads: what all classes of the school that go out then need, and who they are."""

    classes: int
    needed: int
    own: int
    #: coaches who have said that they come along
    agreed: int

    @property
    def coaches(self) -> int:
        """진로코치 whom the centre sends along, because the school has too few adults of its own."""
        return max(0, self.needed - self.own)

    @property
    def from_school(self) -> int:
        """The school's own chaperones who go."""
        return min(self.needed, self.own)


def escorts(session: Session, school: School, slots: Iterable[SlotId]) -> dict[SlotId, Escorts]:
    """Return the chaperones of the school at each of the slots."""
    school_id: SchoolId = school.id
    rows = session.execute(
        sa.select(Visit.slot_id, sa.func.count(), sa.func.sum(Request.chaperones_needed))
        .join(Request, Request.id == Visit.request_id)
        .where(Request.school_id == school_id, Visit.slot_id.in_(set(slots)), Visit.status.in_(LIVE_VISITS))
        .group_by(Visit.slot_id)
    )
    agreed = dict(
        session.execute(
            sa.select(CoachDispatch.slot_id, sa.func.count())
            .where(CoachDispatch.school_id == school_id, CoachDispatch.status == DispatchStatus.ACCEPTED)
            .group_by(CoachDispatch.slot_id)
        ).all()
    )
    own = school.own_chaperones_per_slot
    return {slot: Escorts(classes, int(needed), own, agreed.get(slot, 0)) for slot, classes, needed in rows}
