"""What the office reads of dispatches: which school needs how many coaches when, who goes, who is silent."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.ids import SchoolId, SlotId, TermId
from booking.domain.states import LIVE_DISPATCHES, DispatchStatus
from booking.models.dispatches import CoachDispatch
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.queries.coaches import needed_by_school


@dataclass(frozen=True, slots=True)
class Outing:
    """A school at a slot: how many coaches it needs, and every dispatch that was made for it, what stands first."""

    slot: Slot
    school: School
    needed: int
    dispatches: tuple[CoachDispatch, ...]

    @property
    def missing(self) -> int:
        """How many nobody has been asked for."""
        return max(0, self.needed - sum(one.status in LIVE_DISPATCHES for one in self.dispatches))


def outings(session: Session, term_id: TermId, since: dt.date) -> list[Outing]:
    """Return the schools that need coaches from a day on, or for which some were sent, in the order of the calendar."""
    wanted = needed_by_school(session, term_id)
    found: defaultdict[tuple[SlotId, SchoolId], list[CoachDispatch]] = defaultdict(list)
    for dispatch in session.scalars(
        sa.select(CoachDispatch)
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(Slot.term_id == term_id, Slot.date >= since)
        .options(joinedload(CoachDispatch.coach))
        .order_by(CoachDispatch.id)
        .execution_options(populate_existing=True)
    ):
        found[dispatch.slot_id, dispatch.school_id].append(dispatch)
    places = {*wanted, *found}
    slots = {
        slot.id: slot
        for slot in session.scalars(
            sa.select(Slot).where(Slot.id.in_({slot for slot, _ in places}), Slot.date >= since)
        )
    }
    schools = {
        school.id: school
        for school in session.scalars(sa.select(School).where(School.id.in_({school for _, school in places})))
    }
    order = list(DispatchStatus)
    rows = [
        Outing(
            slots[place[0]],
            schools[place[1]],
            wanted[place],
            tuple(sorted(found[place], key=lambda one: (order.index(one.status) > 1, one.id))),
        )
        for place in places
        if place[0] in slots
    ]
    return sorted(rows, key=lambda row: (row.slot.date, row.slot.block, row.school.name))


def dispatch_counts(rows: Sequence[Outing]) -> Counter[str]:
    """Return how many coaches are needed and missing, and how many dispatches stand in each state."""
    counted: Counter[str] = Counter(one.status.value for row in rows for one in row.dispatches)
    counted["needed"] = sum(row.needed for row in rows)
    counted["missing"] = sum(row.missing for row in rows)
    return counted


def visits_of(session: Session, dispatch: CoachDispatch) -> Sequence[Visit]:
    """Return the visits with which a coach goes, with their workplaces."""
    return session.scalars(
        sa.select(Visit)
        .join(Visit.request)
        .where(Visit.slot_id == dispatch.slot_id, Request.school_id == dispatch.school_id)
        .options(selectinload(Visit.request), selectinload(Visit.groups).selectinload(VisitGroup.workplace))
        .order_by(Request.code)
    ).all()
