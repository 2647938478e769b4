"""자리 제안의 기한: an offered place that nobody has answered in time goes to the next on the waiting list."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.party_states import PartyStatus
from booking.models.registrations import SessionParty
from booking.notify.catalogue import Kind
from booking.services.history import record_change
from booking.services.registration_line import WORKER, find_opening, move_line, settle
from booking.services.registration_telling import tell_party


def expire_places(session: Session, clock: Clock) -> int:
    """Give up the offers whose time has passed, and return how many they were. Safe at any time, by anybody, twice."""
    late = sa.select(SessionParty.session_id).where(
        SessionParty.status == PartyStatus.OFFERED, SessionParty.offered_until <= clock.now()
    )
    found = 0
    for number in session.scalars(late.distinct().order_by(SessionParty.session_id)).all():
        opening = find_opening(session, number, lock=True)
        # looked at again behind the lock: another may have been here first
        over = [
            party
            for party in opening.parties
            if party.status is PartyStatus.OFFERED and party.offered_until and party.offered_until <= clock.now()
        ]
        for party in over:
            settle(party, PartyStatus.EXPIRED)
            session.flush()
            tell_party(session, clock, Kind.SESSION_OFFER_EXPIRED, party)
            record_change(session, WORKER, "party_expired", "programme_session", number, party=party.id)
        move_line(session, clock, opening, WORKER)
        found += len(over)
    return found
