"""A term before the small one, in which the same schools asked for the same classes."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from booking.domain.vocabulary import SlotWish
from booking.models.requests import Bundle, Request, RequestSlot
from booking.models.terms import Slot, Term
from tests.support.factory import SmallTerm

YEAR_BEFORE = dt.timedelta(days=364)


def last_year(small: SmallTerm, first_wish: str, *more: str) -> Term:
    """The same requests a year ago, all with these wishes, by the small term's codes; bundles stay together."""
    session, term = small.session, small.term
    old = Term(
        name="지난 학기", name_en="Last", instance_name="last", policy=term.policy,
        **{
            name: getattr(term, name) - YEAR_BEFORE
            for name in ("opens_on", "allocation_on", "confirmation_on", "leftovers_on", "closes_on")
        },
    )  # fmt: skip
    session.add(old)
    session.flush()
    slots = {}
    for slot in small.slots():
        date = slot.date - YEAR_BEFORE
        slots[slot.code] = Slot(term_id=old.id, code=f"{date}/{slot.block}", date=date, block=slot.block)
    session.add_all(slots.values())
    session.flush()
    bundles = {
        known.id: Bundle(term_id=old.id, school_id=known.school_id, code=known.code)
        for known in session.scalars(sa.select(Bundle).where(Bundle.term_id == term.id))
    }
    session.add_all(bundles.values())
    session.flush()
    for request in session.scalars(sa.select(Request).where(Request.term_id == term.id)).all():
        session.add(
            Request(
                term_id=old.id, school_id=request.school_id, code=request.code, label=request.label,
                pupils=request.pupils, chaperones_needed=2, fields=["arts"],
                bundle_id=bundles[request.bundle_id].id if request.bundle_id else None,
                wishes=[
                    RequestSlot(slot_id=slots[code].id, wish=SlotWish.REQUESTED, position=position)
                    for position, code in enumerate((first_wish, *more))
                ],
            )
        )  # fmt: skip
    session.flush()
    return old
