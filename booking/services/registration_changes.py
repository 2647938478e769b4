"""A session that has moved or is called off: who is registered or waits is told once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.party_states import PARTY_STEPS, PartyStatus
from booking.domain.registration import last_moment
from booking.domain.states import SessionStatus, step
from booking.models.programmes import ProgrammeSession
from booking.notify.catalogue import Kind
from booking.services.messages import withdraw_messages
from booking.services.registration_line import opening_or_none
from booking.services.registration_telling import session_facts, tell_of_session


@dataclass(frozen=True, slots=True)
class When:
    """Day, time and place of a session: what a school has to be told of when it changes."""

    date: dt.date
    starts_at: dt.time | None
    place: str

    @classmethod
    def of(cls, row: ProgrammeSession) -> When:
        """Return those of a session as it stands."""
        return cls(row.date, row.starts_at, row.place)


def session_changed(session: Session, clock: Clock, row: ProgrammeSession, before: When) -> None:
    """Tell the schools of a session what has changed of it; ``before`` is when and where it was to be.

    A session that is called off ends every registration and every wait, and closes: whoever plans it again opens it
    anew. Offers of a session that comes earlier are answered earlier.
    """
    opening = opening_or_none(session, row.id)
    if opening is None:
        return
    parties = opening.live
    if row.status is SessionStatus.CANCELLED:
        opening.closed_at = opening.closed_at or clock.now()
        for party in parties:
            withdraw_messages(session, f"party:{party.id}", below_version=party.version + 1)
        tell_of_session(session, clock, Kind.SESSION_CALLED_OFF, row, parties)
        for party in parties:
            party.status = step(PARTY_STEPS, party.status, PartyStatus.CALLED_OFF)
            party.offered_until, party.gathers, party.version = None, False, party.version + 1
    elif row.status is not SessionStatus.HELD and When.of(row) != before:
        was = {**session_facts(row), "date": before.date.isoformat(), "place": before.place}
        was["starts"] = before.starts_at.strftime("%H:%M") if before.starts_at else None
        tell_of_session(session, clock, Kind.SESSION_CHANGED, row, parties, was=was)
        for party in parties:
            if party.offered_until is not None:
                party.offered_until = min(party.offered_until, last_moment(row.date))
    session.flush()
