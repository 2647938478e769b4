"""붐빔 전망: how full every slot is and will be for each level, reckoned by a worker for all calendar pages."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import SlotId
from booking.domain.phases import Phase, looks_at_late
from booking.domain.vocabulary import Level
from booking.models.asking import SlotOutlook, SlotSeats
from booking.models.terms import Slot, Term
from booking.queries.load import reckon_loads, seats_for_everybody
from booking.queries.openings import slots_of
from booking.services.expectation import expected_loads
from booking.services.outlook_asking import ask_outlook
from booking.services.terms import phase_today

#: how old an outlook may become although nothing has been reported that changes it
FRESH = dt.timedelta(minutes=15)


def reckon_outlook(session: Session, clock: Clock, term: Term) -> int:
    """Reckon every slot of ``term`` for every level and store it; returns how many rows that were."""
    loads = reckon_loads(session, term, list(Level), _expected(session, clock, term))
    now = clock.now()
    rows = [
        {
            "slot_id": load.slot_id,
            "level": level,
            "asked": load.pupils,
            "expected": load.expected,
            "seats": load.seats,
            "price": load.price,
            "reckoned_at": now,
        }
        for level, of_level in loads.items()
        for load in of_level
    ]
    if rows:
        new = insert(SlotOutlook)
        told = {name: new.excluded[name] for name in ("asked", "expected", "seats", "price", "reckoned_at")}
        session.execute(new.on_conflict_do_update(index_elements=["slot_id", "level"], set_=told), rows)
        _keep_seats(session, clock, term)
    return len(rows)


def _keep_seats(session: Session, clock: Clock, term: Term) -> None:
    """Store the seats of every slot for all levels together, as today's phase looks at late requests."""
    late, now = looks_at_late(phase_today(term, clock)), clock.now()
    seats = seats_for_everybody(session, term, slots_of(session, term.id), late=late)
    new = insert(SlotSeats)
    told = {name: new.excluded[name] for name in ("seats", "late", "reckoned_at")}
    session.execute(
        new.on_conflict_do_update(index_elements=["slot_id"], set_=told),
        [{"slot_id": slot, "seats": number, "late": late, "reckoned_at": now} for slot, number in seats.items()],
    )


def _expected(session: Session, clock: Clock, term: Term) -> Counter[SlotId]:
    """What is still to come: nothing once the window has closed."""
    if phase_today(term, clock) not in (Phase.BEFORE, Phase.WISH):
        return Counter()
    return expected_loads(session, clock, term)


def ask_where_stale(session: Session, clock: Clock) -> int:
    """Ask for the outlook of the current term where it is missing or too old; returns whether that was needed."""
    term = session.scalar(sa.select(Term).where(Term.is_current))
    if term is None or phase_today(term, clock) is Phase.CLOSED:
        return 0
    of_term = sa.select(Slot.id).where(Slot.term_id == term.id)
    known = list(session.scalars(sa.select(SlotOutlook.reckoned_at).where(SlotOutlook.slot_id.in_(of_term))))
    known += session.scalars(sa.select(SlotSeats.reckoned_at).where(SlotSeats.slot_id.in_(of_term)))
    slots = session.execute(sa.select(sa.func.count()).select_from(of_term.subquery())).scalar_one()
    if len(known) == slots * (len(Level) + 1) and all(moment > clock.now() - FRESH for moment in known):
        return 0
    ask_outlook(session, term.id)
    return 1
