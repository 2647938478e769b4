"""The visit of a request that a school prepares, goes on and reports: one that was published and not called off."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.errors import NotFound
from booking.domain.ids import GroupId, RequestId
from booking.domain.person import Person
from booking.domain.states import VisitStatus
from booking.models.requests import Request
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.services.placing import live_groups

#: a date that the school has still to agree to is no visit yet
STANDING = (VisitStatus.PUBLISHED, VisitStatus.CONFIRMED, VisitStatus.COMPLETED)


def standing_visit(session: Session, person: Person, request_id: RequestId, *, lock: bool = False) -> Visit:
    """Return the visit of a request that this person may see; locked against others where it is going to be changed.

    Raises:
        NotFound: the request has none, does not exist, or is another school's.
    """
    query = (
        sa.select(Visit)
        .where(Visit.request_id == request_id, Visit.status.in_(STANDING))
        .options(
            selectinload(Visit.slot),
            selectinload(Visit.request).selectinload(Request.school),
            selectinload(Visit.groups).selectinload(VisitGroup.workplace).selectinload(Workplace.contact),
        )
    )
    if lock:
        query = query.with_for_update(of=Visit).execution_options(populate_existing=True)
    visit = session.scalar(query)
    if visit is None:
        raise NotFound(f"request {request_id} has no visit")
    person.require_school(visit.request.school_id)
    return visit


def group_of(visit: Visit, group_id: GroupId) -> VisitGroup:
    """Return one of the visit's groups that has a place.

    Raises:
        NotFound: it is another visit's, or has lost its place.
    """
    found = next((group for group in live_groups(visit) if group.id == group_id), None)
    if found is None:
        raise NotFound(f"group {group_id}")
    return found
