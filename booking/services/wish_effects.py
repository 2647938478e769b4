"""What it would take if a class went when a workplace would rather have it: said to the office, never done by itself.

A class goes out as one, with all that go with it, so that another time for one workplace is another time for all of
them and for their school.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.models.requests import Request
from booking.models.terms import Slot, Term
from booking.models.visits import VisitGroup
from booking.models.workplace_words import WorkplaceNote
from booking.services.school_year import blocked, halves, request_grade
from booking.services.shifts import NoRoom, Room
from booking.services.telling import rank_of


class Consent(StrEnum):
    """What the school has said of the time: it asked for it, would have to be asked, or cannot at all."""

    WISHED = "wished"
    TO_ASK = "to_ask"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class WishEffect:
    """What moving would take; ``reason`` says why there is no room (as :class:`NoRoom` does), None where there is."""

    consent: Consent
    reason: str | None
    #: classes that would go elsewhere, and groups whose workplaces would have to be asked anew
    visits: int
    groups: int
    #: the workplace itself would get the class at that time
    here: bool


def wish_effects(session: Session, clock: Clock, term: Term, notes: Sequence[WorkplaceNote]) -> dict[int, WishEffect]:
    """Return what each wish for another time would take as the plan stands now; a wish that is out of date has none."""
    wanted = [
        (note, note.group, note.slot)
        for note in notes
        if note.group is not None and note.slot is not None and note.slot.term_id == term.id
    ]
    if not wanted:
        return {}
    room = Room(session, clock, term)
    return {
        note.id: _effect(session, room, group, slot)
        for note, group, slot in wanted
        if group.visit.request.code in room.instance.visit_by_id
    }


def _effect(session: Session, room: Room, group: VisitGroup, slot: Slot) -> WishEffect:
    request = group.visit.request
    codes = [visit.id for visit in room.instance.party_by_visit[request.code]]
    party = session.scalars(
        sa.select(Request).where(Request.id.in_([room.built.requests[code] for code in codes]))
    ).all()
    reason, here, groups = None, False, 0
    try:
        places = room.put(codes, slot.code, keep=False)
        groups = sum(len(given) for given in places.values())
        here = group.workplace_id in places[request.id]
    except NoRoom as error:
        reason = error.reason
    return WishEffect(_consent(session, party, slot), reason, len(codes), groups, here)


def _consent(session: Session, party: Sequence[Request], slot: Slot) -> Consent:
    grades = [request_grade(session, request) for request in party]
    if blocked(session, party[0].school_id, grades, halves([slot])):
        return Consent.BLOCKED
    wished = all(rank_of(request, slot) is not None for request in party)
    return Consent.WISHED if wished else Consent.TO_ASK
