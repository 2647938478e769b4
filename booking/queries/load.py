"""How full each slot is: the pupils who are, or wish to be, there, against the seats their level can use.

The pages read what a worker has reckoned (``slot_outlook``, ``slot_seats``); where there is nothing yet, it is reckoned
here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.chances import Chance, chance, choice_step, congestion_price, mean_price
from booking.domain.ids import SlotId, WorkplaceId
from booking.domain.seats import Moment, Place, bare_seats, usable_seats
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, OPEN_REQUESTS, RequestStatus
from booking.domain.vocabulary import Block, Level, SlotWish, WorkplaceStatus
from booking.models.asking import SlotOutlook, SlotSeats
from booking.models.requests import Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.queries.openings import open_slots, slots_of


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """One slot: ``pupils`` of all schools, ``expected`` on top of them, ``seats`` that the level can really use.

    ``price`` is the congestion price: what one more pupil there would cost everybody.
    """

    slot_id: SlotId
    code: str
    date: dt.date
    block: Block
    pupils: int
    seats: int
    expected: int = 0
    price: float = 0.0

    @property
    def share(self) -> float | None:
        """How full the slot is and will be; None where it has no seats at all."""
        return (self.pupils + self.expected) / self.seats if self.seats else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The slots of a term for one level, and when they were reckoned; None: just now, for this page."""

    loads: list[SlotLoad]
    reckoned_at: dt.datetime | None

    @property
    def forecast(self) -> bool:
        """Whether requests that have not come yet are counted as well."""
        return any(load.expected for load in self.loads)


def _first_wishes(term: Term) -> sa.Select[SlotId, int]:
    return (
        sa.select(RequestSlot.slot_id, sa.func.sum(Request.pupils))
        .join(Request, Request.id == RequestSlot.request_id)
        .where(Request.term_id == term.id, RequestSlot.wish == SlotWish.REQUESTED, RequestSlot.position == 0)
        .group_by(RequestSlot.slot_id)
    )


def wished_loads(session: Session, term: Term, *, late: bool) -> dict[str, int]:
    """Return pupils by slot code, had every open or served request got its first choice; ``late`` ones as well."""
    codes = {slot.id: slot.code for slot in slots_of(session, term.id)}
    wanted = Request.status.in_([*OPEN_REQUESTS, RequestStatus.SERVED]), sa.or_(~Request.late, sa.literal(late))
    counted = session.execute(_first_wishes(term).where(*wanted))
    return {codes[slot]: int(pupils) for slot, pupils in counted}


def waiting_loads(session: Session, term: Term, *, late: bool = True) -> Counter[tuple[Level, SlotId]]:
    """Return pupils of requests without a place, by the level of their school and their first wish."""
    live = sa.select(Visit.request_id).where(Visit.status.in_(LIVE_VISITS))
    rows = session.execute(
        sa.select(School.level, RequestSlot.slot_id, sa.func.sum(Request.pupils))
        .join(Request, Request.id == RequestSlot.request_id)
        .join(School, School.id == Request.school_id)
        .where(
            Request.term_id == term.id,
            RequestSlot.wish == SlotWish.REQUESTED,
            RequestSlot.position == 0,
            Request.status.in_(OPEN_REQUESTS),
            Request.id.not_in(live),
            sa.or_(~Request.late, sa.literal(late)),
        )
        .group_by(School.level, RequestSlot.slot_id)
    )
    return Counter({(Level(level), slot): int(pupils) for level, slot, pupils in rows})


def present_loads(session: Session, term: Term, *, late: bool = True) -> Counter[SlotId]:
    """Return pupils by slot: where the plan has them, and for requests without a place at their first wish."""
    placed = session.execute(
        sa.select(Visit.slot_id, sa.func.sum(Request.pupils))
        .join(Request, Request.id == Visit.request_id)
        .where(Request.term_id == term.id, Visit.status.in_(LIVE_VISITS))
        .group_by(Visit.slot_id)
    )
    loads: Counter[SlotId] = Counter()
    for slot, pupils in placed:
        loads[slot] += int(pupils)
    for (_, slot), pupils in waiting_loads(session, term, late=late).items():
        loads[slot] += pupils
    return loads


def seat_places(session: Session, term: Term, slots: list[Slot]) -> list[Place]:
    """Return the active workplaces with their open slots and the groups that the published plan has at them."""
    places = list(
        session.scalars(sa.select(Workplace).where(Workplace.status == WorkplaceStatus.ACTIVE).order_by(Workplace.id))
    )
    openings = open_slots(session, slots, places)
    taken: defaultdict[WorkplaceId, dict[SlotId, int]] = defaultdict(dict)
    rows = session.execute(
        sa.select(VisitGroup.workplace_id, VisitGroup.slot_id, sa.func.count())
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(Slot.term_id == term.id, VisitGroup.status.in_(LIVE_GROUPS))
        .group_by(VisitGroup.workplace_id, VisitGroup.slot_id)
    )
    for place_id, slot_id, groups in rows:
        taken[place_id][slot_id] = groups
    return [
        Place(
            levels=frozenset(place.levels),
            size=place.max_group,
            groups=place.groups_per_slot,
            per_day=place.visits_per_day,
            per_week=place.visits_per_week,
            per_term=place.visits_per_term,
            open=tuple(slot.id for slot in openings[place.id]),
            taken=taken[place.id],
        )
        for place in places
    ]


def reckon_loads(
    session: Session, term: Term, levels: Sequence[Level], expected: Counter[SlotId]
) -> dict[Level, list[SlotLoad]]:
    """Return every slot of the term with its load for each level, in calendar order; ``expected`` come on top."""
    slots = slots_of(session, term.id)
    places = seat_places(session, term, slots)
    moments = {slot.id: Moment(slot.date, slot.week) for slot in slots}
    seats = usable_seats(places, moments, waiting_loads(session, term), levels)
    bare = bare_seats(places)
    loads = present_loads(session, term)
    return {
        level: [
            SlotLoad(
                slot_id=slot.id,
                code=slot.code,
                date=slot.date,
                block=slot.block,
                pupils=loads[slot.id],
                seats=seats[level, slot.id],
                expected=expected[slot.id],
                price=congestion_price(term.policy, loads[slot.id] + expected[slot.id], bare.get(slot.id, 0)),
            )
            for slot in slots
        ]
        for level in levels
    }


def slot_chances(term: Term, loads: Sequence[SlotLoad]) -> dict[SlotId, Chance]:
    """Return what a first choice of each slot has to expect; slots without seats are left out."""
    mean, step = mean_price(load.price for load in loads if load.seats), choice_step(term.policy)
    return {load.slot_id: chance(load.share, load.price, mean, step) for load in loads if load.share is not None}


def outlook(session: Session, term: Term, level: Level) -> Outlook:
    """Return how full each slot of the term is for a level, as it was last reckoned; else as it is now."""
    found = SlotOutlook
    # columns, no objects: a teacher's page of dates reads a term of them; after the first, in the order of SlotLoad
    rows = session.execute(
        sa.select(
            found.reckoned_at, Slot.id, Slot.code, Slot.date, Slot.block,
            found.asked, found.seats, found.expected, found.price,
        )
        .outerjoin(found, sa.and_(found.slot_id == Slot.id, found.level == level))
        .where(Slot.term_id == term.id)
        .order_by(Slot.date, Slot.block)
    ).all()  # fmt: skip
    if any(row.reckoned_at is None for row in rows):
        return Outlook(reckon_loads(session, term, [level], Counter())[level], None)
    return Outlook([SlotLoad(*row[1:]) for row in rows], min((row.reckoned_at for row in rows), default=None))


def seats_for_everybody(session: Session, term: Term, slots: list[Slot], *, late: bool) -> dict[SlotId, int]:
    """Return the seats of each slot within the workplaces' limits for all levels together.

    ``late``: whether late requests without a place are counted at the workplaces.
    """
    # one level stands for all: every place is taken to be for everybody
    everybody = Level.MIDDLE
    places = [replace(place, levels=frozenset(Level)) for place in seat_places(session, term, slots)]
    moments = {slot.id: Moment(slot.date, slot.week) for slot in slots}
    found = usable_seats(places, moments, waiting_loads(session, term, late=late), [everybody])
    return {slot: seats for (_, slot), seats in found.items()}


def slot_loads(session: Session, term: Term, *, late: bool) -> list[SlotLoad]:
    """Return every slot of the term with its load now, against the seats of all levels as they were last reckoned.

    ``late``: whether late requests are counted, as they are from the left-over phase on. Seats that have not been
    reckoned yet, or were for another ``late``, are reckoned here.
    """
    slots = slots_of(session, term.id)
    of_slots = SlotSeats.slot_id.in_([slot.id for slot in slots])
    kept = session.execute(sa.select(SlotSeats.slot_id, SlotSeats.seats).where(of_slots, SlotSeats.late == late))
    seats = dict(kept.all())
    if len(seats) < len(slots):
        seats = seats_for_everybody(session, term, slots, late=late)
    loads = present_loads(session, term, late=late)
    return [SlotLoad(slot.id, slot.code, slot.date, slot.block, loads[slot.id], seats[slot.id]) for slot in slots]
