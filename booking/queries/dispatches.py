"""What the office reads of dispatches: which school needs how many coaches when, who goes, who is silent."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from booking.domain.ids import CoachId, SchoolId, SlotId, TermId
from booking.domain.states import LIVE_DISPATCHES, DispatchStatus
from booking.models.dispatches import CoachDispatch
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.queries.coaches import AGREED, lacking_by_school, needed_by_school

Place = tuple[SlotId, SchoolId]
#: a coach who is needed within these days should have been asked
SOON = dt.timedelta(days=14)


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
    found: defaultdict[Place, list[CoachDispatch]] = defaultdict(list)
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


def live_dispatches(session: Session, term_id: TermId, since: dt.date) -> dict[Place, list[CoachDispatch]]:
    """Return the dispatches that stand, by slot and school: whoever has said yes first, then the oldest."""
    rows = session.scalars(
        sa.select(CoachDispatch)
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(Slot.term_id == term_id, Slot.date >= since, CoachDispatch.status.in_(LIVE_DISPATCHES))
        .options(joinedload(CoachDispatch.slot), joinedload(CoachDispatch.school), joinedload(CoachDispatch.coach))
        .order_by(CoachDispatch.id)
        .execution_options(populate_existing=True)
    )
    found: defaultdict[Place, list[CoachDispatch]] = defaultdict(list)
    for dispatch in rows:
        found[dispatch.slot_id, dispatch.school_id].append(dispatch)
    return {
        place: sorted(standing, key=lambda one: one.status is not DispatchStatus.ACCEPTED)
        for place, standing in found.items()
    }


def dispatch_counts(rows: Sequence[Outing]) -> Counter[str]:
    """Return how many coaches are needed and missing, and how many dispatches stand in each state."""
    counted: Counter[str] = Counter(one.status.value for row in rows for one in row.dispatches)
    counted["needed"] = sum(row.needed for row in rows)
    counted["missing"] = sum(row.missing for row in rows)
    return counted


def visits_of(session: Session, dispatch: CoachDispatch) -> Sequence[Visit]:
    """Return the visits with which a coach goes, with their workplaces; what is only held is none yet."""
    return session.scalars(
        sa.select(Visit)
        .join(Visit.request)
        .where(Visit.slot_id == dispatch.slot_id, Request.school_id == dispatch.school_id, Visit.status.in_(AGREED))
        .options(selectinload(Visit.request), selectinload(Visit.groups).selectinload(VisitGroup.workplace))
        .order_by(Request.code)
    ).all()


def sent_along(session: Session, coach_id: CoachId, term_id: TermId) -> Sequence[CoachDispatch]:
    """Return where a coach was sent in a term, in the order of the calendar."""
    return session.scalars(
        sa.select(CoachDispatch)
        .join(CoachDispatch.slot)
        .where(CoachDispatch.coach_id == coach_id, Slot.term_id == term_id)
        .options(contains_eager(CoachDispatch.slot), joinedload(CoachDispatch.school))
        .order_by(Slot.date, Slot.block, CoachDispatch.id)
    ).all()


def coaches_of(session: Session, places: Iterable[Place]) -> int:
    """Return how many coaches go with these schools at these slots."""
    counted = sa.select(sa.func.count(sa.distinct(CoachDispatch.coach_id))).where(
        sa.tuple_(CoachDispatch.slot_id, CoachDispatch.school_id).in_(set(places)),
        CoachDispatch.status.in_(LIVE_DISPATCHES),
    )
    return session.scalar(counted) or 0


def count_missing(term_id: TermId, today: dt.date) -> sa.Select[int]:
    """Count the coaches nobody has been asked for yet who are needed soon."""
    lacking = lacking_by_school(term_id)
    asked = (
        sa.select(sa.func.count())
        .where(
            CoachDispatch.slot_id == lacking.c.slot_id,
            CoachDispatch.school_id == lacking.c.school_id,
            CoachDispatch.status.in_(LIVE_DISPATCHES),
        )
        .scalar_subquery()
    )
    return (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(sa.func.greatest(lacking.c.lacking - asked, 0)), 0), sa.Integer))
        .join(Slot, Slot.id == lacking.c.slot_id)
        .where(Slot.date > today, Slot.date <= today + SOON)
    )


def count_silent(term_id: TermId, today: dt.date) -> sa.Select[int]:
    """Count the coaches who have not answered although their day to do so is over."""
    return (
        sa.select(sa.func.count())
        .select_from(CoachDispatch)
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(
            Slot.term_id == term_id,
            Slot.date > today,
            CoachDispatch.status == DispatchStatus.ASKED,
            CoachDispatch.answer_by < today,
        )
    )
