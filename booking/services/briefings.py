"""안내 자료: what a class should know before it goes to a workplace, kept by the centre; history holds what it was."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import WorkplaceId
from booking.domain.person import Person
from booking.models.workplaces import Workplace
from booking.services.allocations import STAFF
from booking.services.history import record_change

MOST_BRIEFING = 4000
MOST_PREPARES = 500


def fingerprint(place: Workplace) -> str:
    """Return what tells these two texts from any others: a form that saw older ones is refused."""
    return hashlib.sha256(f"{place.briefing}\0{place.prepares}".encode()).hexdigest()[:16]


def change_briefing(
    session: Session, person: Person, workplace_id: WorkplaceId, briefing: str, prepares: str, shown: str
) -> Workplace:
    """Store what classes are told about a workplace; the same texts once more change nothing.

    Raises:
        InvalidForm: a text is too long.
        Conflict: somebody else changed them since the form was opened (``shown`` is what it showed).
        NotFound: there is no such workplace.
    """
    person.require_role(*STAFF)
    place = session.get(Workplace, workplace_id, with_for_update=True, populate_existing=True)
    if place is None:
        raise NotFound(f"workplace {workplace_id}")
    wanted = (briefing.strip(), prepares.strip())
    faults = [
        InvalidInput(field=name, reason="too_long", most=most)
        for name, text, most in (("briefing", wanted[0], MOST_BRIEFING), ("prepares", wanted[1], MOST_PREPARES))
        if len(text) > most
    ]
    if faults:
        raise InvalidForm(faults)
    if wanted == (place.briefing, place.prepares):
        return place
    if fingerprint(place) != shown:
        raise Conflict(f"workplace {workplace_id} was changed meanwhile")
    before = {"briefing": place.briefing, "prepares": place.prepares}
    place.briefing, place.prepares = wanted
    record_change(session, person.actor, "briefing_changed", "workplace", workplace_id, before=before)
    session.flush()
    return place
