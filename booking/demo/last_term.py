"""The term before the demo's: the same schools asked for the same a year ago, so that it can be brought over."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SlotId
from booking.domain.states import RequestStatus
from booking.domain.terms import semester
from booking.domain.vocabulary import Block, SlotWish
from booking.models.requests import Bundle, Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot, Term
from scheduler.instance import Instance, Visit

#: whole weeks, so that weekdays stay
YEAR = dt.timedelta(days=364)


def store_last_term(session: Session, term: Term, instance: Instance) -> Term:
    """Store what ``instance`` asks for as the term a year before ``term``: over, with everybody served."""
    days = {slot.id: slot.date - YEAR for slot in instance.slots}
    name, name_en = semester(min(days.values()))
    old = Term(
        name=name,
        name_en=name_en,
        instance_name=f"{instance.name}-before",
        opens_on=term.opens_on - YEAR,
        allocation_on=term.allocation_on - YEAR,
        confirmation_on=term.confirmation_on - YEAR,
        leftovers_on=term.leftovers_on - YEAR,
        closes_on=term.closes_on - YEAR,
        policy=term.policy,
    )
    session.add(old)
    session.flush()
    slots = {
        slot.id: Slot(term_id=old.id, code=f"{days[slot.id]}/{slot.block}", date=days[slot.id], block=Block(slot.block))
        for slot in instance.slots
    }
    schools = {school.code: school.id for school in session.scalars(sa.select(School))}
    bundles = {
        visit.bundle: Bundle(term_id=old.id, school_id=schools[visit.school], code=visit.bundle)
        for visit in instance.visits
        if visit.bundle is not None
    }
    session.add_all([*slots.values(), *bundles.values()])
    session.flush()
    numbers = {code: slot.id for code, slot in slots.items()}
    session.add_all(
        Request(
            term_id=old.id,
            school_id=schools[visit.school],
            code=visit.id,
            label=visit.label,
            pupils=visit.pupils,
            chaperones_needed=visit.chaperones_needed,
            fields=list(visit.fields),
            bundle_id=bundles[visit.bundle].id if visit.bundle is not None else None,
            status=RequestStatus.SERVED,
            wishes=_wishes(visit, numbers),
        )
        for visit in instance.visits
    )
    session.flush()
    return old


def _wishes(visit: Visit, slots: dict[str, SlotId]) -> list[RequestSlot]:
    return [
        RequestSlot(slot_id=slots[code], wish=wish, position=position)
        for wish, codes in (
            (SlotWish.REQUESTED, visit.requested_slots),
            (SlotWish.NEGOTIABLE, visit.negotiable_slots),
        )
        for position, code in enumerate(codes)
    ]
