"""How full each slot is: the pupils who are, or wish to be, there, against the seats their level can use."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SlotId
from booking.domain.states import LIVE_VISITS, OPEN_REQUESTS, RequestStatus
from booking.domain.vocabulary import Block, Level, SlotWish, WorkplaceStatus
from booking.models.requests import Request, RequestSlot
from booking.models.terms import Term
from booking.models.visits import Visit
from booking.models.workplaces import Workplace
from booking.queries.openings import open_slots, slots_of


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """One slot: ``pupils`` of all schools, ``seats`` of workplaces that take the level, ``share`` = pupils / seats."""

    slot_id: SlotId
    code: str
    date: dt.date
    block: Block
    pupils: int
    seats: int

    @property
    def share(self) -> float | None:
        """How full the slot is; None where it has no seats at all."""
        return self.pupils / self.seats if self.seats else None


def _first_wishes(term: Term) -> sa.Select[SlotId, int]:
    return (
        sa.select(RequestSlot.slot_id, sa.func.sum(Request.pupils))
        .join(Request, Request.id == RequestSlot.request_id)
        .where(Request.term_id == term.id, RequestSlot.wish == SlotWish.REQUESTED, RequestSlot.position == 0)
        .group_by(RequestSlot.slot_id)
    )


def wished_loads(session: Session, term: Term) -> dict[str, int]:
    """Return pupils by slot code, had every open or served request got its first choice."""
    codes = {slot.id: slot.code for slot in slots_of(session, term.id)}
    counted = session.execute(_first_wishes(term).where(Request.status.in_([*OPEN_REQUESTS, RequestStatus.SERVED])))
    return {codes[slot]: int(pupils) for slot, pupils in counted}


def present_loads(session: Session, term: Term) -> Counter[SlotId]:
    """Return pupils by slot: where the plan has them, and for requests without a place at their first wish."""
    live = sa.select(Visit.request_id).where(Visit.status.in_(LIVE_VISITS))
    placed = session.execute(
        sa.select(Visit.slot_id, sa.func.sum(Request.pupils))
        .join(Request, Request.id == Visit.request_id)
        .where(Request.term_id == term.id, Visit.status.in_(LIVE_VISITS))
        .group_by(Visit.slot_id)
    )
    waiting = session.execute(_first_wishes(term).where(Request.status.in_(OPEN_REQUESTS), Request.id.not_in(live)))
    loads: Counter[SlotId] = Counter()
    for slot, pupils in [*placed, *waiting]:
        loads[slot] += int(pupils)
    return loads


def slot_loads(session: Session, term: Term, level: Level | None = None) -> list[SlotLoad]:
    """Return every slot of the term with its load, in calendar order; ``level`` None counts the seats of all levels.

    Seats are those that the level can really use: at most the open workplaces' seats at the slot, and at most what
    their limits for the day and the week leave when everybody else stays where they are.
    """
    slots = slots_of(session, term.id)
    places = list(session.scalars(sa.select(Workplace).where(Workplace.status == WorkplaceStatus.ACTIVE)))
    usable = [place for place in places if level is None or level in place.levels]
    openings = open_slots(session, slots, usable)
    at_slot: Counter[SlotId] = Counter()
    on_day: Counter[dt.date] = Counter()
    in_week: Counter[str] = Counter()
    for place in usable:
        here = openings[place.id]
        for slot in here:
            at_slot[slot.id] += place.max_group * place.groups_per_slot
        _add_budget(on_day, (slot.date for slot in here), place, place.visits_per_day)
        _add_budget(in_week, (slot.week for slot in here), place, place.visits_per_week)
    loads = present_loads(session, term)
    day_load: Counter[dt.date] = Counter()
    week_load: Counter[str] = Counter()
    for slot in slots:
        seated = min(loads[slot.id], at_slot[slot.id])
        day_load[slot.date] += seated
        week_load[slot.week] += seated
    return [
        SlotLoad(
            slot.id,
            slot.code,
            slot.date,
            slot.block,
            loads[slot.id],
            max(
                0,
                min(
                    at_slot[slot.id],
                    on_day[slot.date] - day_load[slot.date] + min(loads[slot.id], at_slot[slot.id]),
                    in_week[slot.week] - week_load[slot.week] + min(loads[slot.id], at_slot[slot.id]),
                ),
            ),
        )
        for slot in slots
    ]


Period = TypeVar("Period", dt.date, str)


def _add_budget(capacity: Counter[Period], periods: Iterable[Period], place: Workplace, limit: int | None) -> None:
    """Add what one workplace can take in each period in which it is open: open seats within its limit of visits."""
    for period, count in Counter(periods).items():
        groups = count * place.groups_per_slot
        capacity[period] += place.max_group * (groups if limit is None else min(groups, limit))
