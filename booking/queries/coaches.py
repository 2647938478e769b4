"""진로코치: who can be sent when, how often this term, and at which times the plan needs more than there are."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import CoachId, SchoolId, SlotId, TermId
from booking.domain.states import LIVE_DISPATCHES, LIVE_VISITS, VisitStatus
from booking.models.coaches import Coach, CoachAvailability
from booking.models.dispatches import CoachDispatch
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit

#: a visit with which a coach can be asked to go: its school has agreed to the date
AGREED = LIVE_VISITS - {VisitStatus.PROPOSED}


class Standing(StrEnum):
    """Whether a coach can be sent today, and if not, why."""

    ACTIVE = "active"
    UNTRAINED = "untrained"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CoachRow:
    """A coach with the half-days of the term: promised, and those of them at which the plan needs coaches."""

    coach: Coach
    standing: Standing
    promised: int
    needed: int
    #: how often the coach is sent along in the term: asked or accepted
    sent: int


def standing_of(coach: Coach, today: dt.date) -> Standing:
    """Whether a coach goes on and has valid training."""
    if coach.ended_on is not None and coach.ended_on <= today:
        return Standing.ENDED
    return Standing.ACTIVE if coach.training_valid_until >= today else Standing.UNTRAINED


def can_go() -> sa.ColumnElement[bool]:
    """Whether a coach counts at a slot (both are joined): trained on its date, and not ended by then."""
    return sa.and_(
        Coach.training_valid_until >= Slot.date, sa.or_(Coach.ended_on.is_(None), Coach.ended_on > Slot.date)
    )


def available(session: Session, term_id: TermId) -> Counter[SlotId]:
    """Return how many coaches can be sent at each slot of the term."""
    rows = session.execute(
        sa.select(CoachAvailability.slot_id, sa.func.count())
        .join(Coach, Coach.id == CoachAvailability.coach_id)
        .join(Slot, Slot.id == CoachAvailability.slot_id)
        .where(Slot.term_id == term_id, can_go())
        .group_by(CoachAvailability.slot_id)
    )
    return Counter(dict(rows.all()))


def needed_by_school(session: Session, term_id: TermId) -> Counter[tuple[SlotId, SchoolId]]:
    """Return how many coaches each school needs at each slot to which it has agreed, beyond its own chaperones."""
    per_school = lacking_by_school(term_id)
    rows = session.execute(sa.select(per_school).where(per_school.c.lacking > 0))
    return Counter({(slot, school): int(number) for slot, school, number in rows})


def needed(session: Session, term_id: TermId) -> Counter[SlotId]:
    """Return how many coaches the plan needs at each slot: what schools lack beyond their own chaperones."""
    per_school = lacking_by_school(term_id, LIVE_VISITS)
    rows = session.execute(
        sa.select(per_school.c.slot_id, sa.func.sum(per_school.c.lacking))
        .where(per_school.c.lacking > 0)
        .group_by(per_school.c.slot_id)
    )
    return Counter({slot: int(number) for slot, number in rows})


def lacking_by_school(term_id: TermId, statuses: Collection[VisitStatus] = AGREED) -> sa.Subquery:
    """Return what each school with visits at a slot needs beyond its own chaperones."""
    return (
        sa.select(
            Visit.slot_id,
            School.id.label("school_id"),
            (sa.func.sum(Request.chaperones_needed) - School.own_chaperones_per_slot).label("lacking"),
        )
        .join(Request, Request.id == Visit.request_id)
        .join(School, School.id == Request.school_id)
        .where(Request.term_id == term_id, Visit.status.in_(statuses))
        .group_by(Visit.slot_id, School.id, School.own_chaperones_per_slot)
        .subquery()
    )


def coaches(session: Session, term_id: TermId, today: dt.date) -> list[CoachRow]:
    """Return all coaches by name, those who go on first."""
    wanted = needed(session, term_id)
    promised: Counter[CoachId] = Counter()
    called: Counter[CoachId] = Counter()
    for coach, slot in session.execute(
        sa.select(CoachAvailability.coach_id, CoachAvailability.slot_id)
        .join(Coach, Coach.id == CoachAvailability.coach_id)
        .join(Slot, Slot.id == CoachAvailability.slot_id)
        .where(Slot.term_id == term_id, can_go())
    ):
        promised[coach] += 1
        called[coach] += wanted[slot] > 0
    found = session.scalars(sa.select(Coach).order_by(sa.func.length(Coach.name), Coach.name, Coach.id))
    sent = dispatch_loads(session, term_id)
    rows = [CoachRow(one, standing_of(one, today), promised[one.id], called[one.id], sent[one.id]) for one in found]
    return sorted(rows, key=lambda row: list(Standing).index(row.standing))


def dispatch_loads(session: Session, term_id: TermId) -> Counter[CoachId]:
    """Return how often each coach is sent along in the term."""
    rows = session.execute(
        sa.select(CoachDispatch.coach_id, sa.func.count())
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(Slot.term_id == term_id, CoachDispatch.status.in_(LIVE_DISPATCHES))
        .group_by(CoachDispatch.coach_id)
    )
    return Counter(dict(rows.all()))


def promised_slots(session: Session, coach_id: CoachId, term_id: TermId) -> set[SlotId]:
    """Return the slots of the term for which a coach has said yes."""
    return set(
        session.scalars(
            sa.select(CoachAvailability.slot_id)
            .join(Slot, Slot.id == CoachAvailability.slot_id)
            .where(CoachAvailability.coach_id == coach_id, Slot.term_id == term_id)
        )
    )
