"""Whom to send along: of those who can, the one who is sent least often, so that the load is spread."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.answers import SILENT
from booking.domain.ids import SlotId
from booking.domain.states import DispatchStatus
from booking.models.coaches import Coach, CoachAvailability
from booking.models.dispatches import CoachDispatch
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.queries.coaches import can_go, dispatch_loads, needed_by_school
from booking.queries.dispatches import live_dispatches

#: who acts where nobody does
WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A coach who could be sent along: trained, promised for the time, free then, sent least often so far."""

    slot: Slot
    school: School
    coach: Coach
    load: int


def suggestions(session: Session, term: Term, today: dt.date, *, by_itself: bool = False) -> list[Suggestion]:
    """Return whom to send where somebody is missing, in the order of the calendar; places nobody can fill are left out.

    ``by_itself``: no person looks, so that whoever the office has called back is not asked again for the same time.
    """
    wanted = needed_by_school(session, term.id)
    standing = live_dispatches(session, term.id, today)
    missing = Counter({place: number - len(standing.get(place, ())) for place, number in wanted.items()})
    slots = {
        slot.id: slot
        for slot in session.scalars(
            sa.select(Slot).where(Slot.id.in_({slot for slot, _ in missing}), Slot.date > today)
        )
    }
    places = sorted(
        (place for place, number in missing.items() if number > 0 and place[0] in slots),
        key=lambda place: (slots[place[0]].date, slots[place[0]].block, place[1]),
    )
    if not places:
        return []
    schools = {
        school.id: school
        for school in session.scalars(sa.select(School).where(School.id.in_({school for _, school in places})))
    }
    free = free_coaches(session, slots, by_itself=by_itself)
    loads = dispatch_loads(session, term.id)
    found = []
    for place in places:
        slot_id, school_id = place
        for _ in range(missing[place]):
            if not free[slot_id]:
                break
            coach = min(free[slot_id], key=lambda one: (loads[one.id], one.id))
            free[slot_id].remove(coach)
            found.append(Suggestion(slots[slot_id], schools[school_id], coach, loads[coach.id]))
            loads[coach.id] += 1
    return found


def free_coaches(session: Session, slots: Iterable[SlotId], *, by_itself: bool) -> defaultdict[SlotId, list[Coach]]:
    """Return who is promised for each slot, trained, and neither sent then nor has declined then."""
    taken = CoachDispatch.status != DispatchStatus.CANCELLED
    if by_itself:
        # called back by a person, or silent: somebody may ask again, nothing does so by itself
        taken |= (CoachDispatch.cancelled_by != WORKER) | (CoachDispatch.answer_reason == SILENT)
    said = sa.select(CoachDispatch.id).where(
        CoachDispatch.coach_id == Coach.id, CoachDispatch.slot_id == CoachAvailability.slot_id, taken
    )
    rows = session.execute(
        sa.select(CoachAvailability.slot_id, Coach)
        .join(Coach, Coach.id == CoachAvailability.coach_id)
        .join(Slot, Slot.id == CoachAvailability.slot_id)
        .where(CoachAvailability.slot_id.in_(set(slots)), can_go(), ~said.exists())
        .order_by(Coach.id)
    )
    found: defaultdict[SlotId, list[Coach]] = defaultdict(list)
    for slot, coach in rows:
        found[slot].append(coach)
    return found
