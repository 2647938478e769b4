"""How full each slot is: the pupils who are, or wish to be, there, against the seats their level can use."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SlotId
from booking.domain.states import LIVE_VISITS, OPEN_REQUESTS, RequestStatus
from booking.domain.vocabulary import Block, Level, SlotWish, WorkplaceStatus
from booking.models.requests import Request, RequestSlot
from booking.models.terms import Slot, Term
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
    """Return every slot of the term with its load, in the order of the calendar; ``level`` None counts all seats."""
    slots = slots_of(session, term.id)
    places = list(session.scalars(sa.select(Workplace).where(Workplace.status == WorkplaceStatus.ACTIVE)))
    usable = [place for place in places if level is None or level in place.levels]
    openings = open_slots(session, slots, usable)
    seats: Counter[SlotId] = Counter()
    for place in usable:
        for slot in openings[place.id]:
            seats[slot.id] += place.max_group * place.groups_per_slot
    loads = present_loads(session, term)
    return [SlotLoad(slot.id, slot.code, slot.date, slot.block, loads[slot.id], seats[slot.id]) for slot in slots]


def slot_codes(slots: list[Slot]) -> dict[SlotId, str]:
    """Return the codes of slots by their ids."""
    return {slot.id: slot.code for slot in slots}
