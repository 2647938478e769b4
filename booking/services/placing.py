"""Writes where a visit is: takes and frees places, keeps the visit's own state in step with its groups'."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SlotId, WorkplaceId
from booking.domain.states import (
    GROUP_STEPS,
    LIVE_GROUPS,
    VISIT_STEPS,
    GroupStatus,
    VisitStatus,
    step,
)
from booking.models.visits import Visit, VisitGroup

Seats = dict[tuple[WorkplaceId, SlotId], set[int]]


def taken_seats(session: Session, slots: Iterable[SlotId]) -> Seats:
    """Return which seats are taken at each workplace and slot, of the slots named."""
    taken: defaultdict[tuple[WorkplaceId, SlotId], set[int]] = defaultdict(set)
    rows = session.execute(
        sa.select(VisitGroup.workplace_id, VisitGroup.slot_id, VisitGroup.seat).where(
            VisitGroup.slot_id.in_(set(slots)), VisitGroup.status.in_(LIVE_GROUPS)
        )
    )
    for place, slot, seat in rows:
        taken[place, slot].add(seat)
    return taken


def take_place(
    session: Session,
    seats: Seats,
    visit: Visit,
    workplace_id: WorkplaceId,
    pupils: int,
    status: GroupStatus,
    *,
    reserve: bool = False,
) -> VisitGroup:
    """Give a group of the visit the first free seat at a workplace; the database refuses one beyond its limit.

    ``reserve``: the workplace is asked in the stead of one that was lost.
    """
    taken = seats.setdefault((workplace_id, visit.slot_id), set())
    seat = next(number for number in range(1, len(taken) + 2) if number not in taken)
    taken.add(seat)
    group = VisitGroup(
        visit_id=visit.id,
        slot_id=visit.slot_id,
        workplace_id=workplace_id,
        pupils=pupils,
        seat=seat,
        status=status,
        reserve=reserve,
    )
    session.add(group)
    return group


def live_groups(visit: Visit) -> list[VisitGroup]:
    """Return the groups of a visit that hold a place."""
    return [group for group in visit.groups if group.status in LIVE_GROUPS]


def release(groups: Iterable[VisitGroup]) -> set[tuple[WorkplaceId, dt.date]]:
    """Free the places of these groups and return the workplaces and dates concerned."""
    touched = set()
    for group in groups:
        group.status = step(GROUP_STEPS, group.status, GroupStatus.RELEASED)
        touched.add((group.workplace_id, group.visit.slot.date))
    return touched


def settle(visit: Visit) -> bool:
    """Bring the visit's state in step with its groups: confirmed when all its pupils stand with accepted groups.

    Returns whether the visit has become confirmed by this.
    """
    groups = live_groups(visit)
    whole = sum(group.pupils for group in groups) == visit.request.pupils
    accepted = whole and all(group.status is GroupStatus.ACCEPTED for group in groups)
    if accepted and visit.status is VisitStatus.PUBLISHED:
        visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CONFIRMED)
        return True
    if not accepted and visit.status is VisitStatus.CONFIRMED:
        visit.status = step(VISIT_STEPS, visit.status, VisitStatus.PUBLISHED)
    return False
