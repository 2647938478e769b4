"""The weeks of a term, with what the published plan has in each: for choosing which of them are in play."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import TermId
from booking.domain.states import LIVE_VISITS
from booking.models.terms import Slot
from booking.models.visits import Visit
from booking.queries.openings import slots_of


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week of a term: its first and last day with slots, and how many published visits it has."""

    code: str
    first: dt.date
    last: dt.date
    visits: int


def weeks_of(session: Session, term_id: TermId) -> list[Week]:
    """Return the weeks of a term in the order of the calendar."""
    visits = dict(
        session.execute(
            sa.select(Slot.id, sa.func.count())
            .join(Visit, Visit.slot_id == Slot.id)
            .where(Slot.term_id == term_id, Visit.status.in_(LIVE_VISITS))
            .group_by(Slot.id)
        ).all()
    )
    found: dict[str, Week] = {}
    for slot in slots_of(session, term_id):
        here = visits.get(slot.id, 0)
        known = found.get(slot.week)
        first, before = (known.first, known.visits) if known else (slot.date, 0)
        found[slot.week] = Week(slot.week, first, slot.date, before + here)
    return list(found.values())
