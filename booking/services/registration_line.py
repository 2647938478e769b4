"""대기 명단: whoever changes who comes to a session locks it here, and lets the waiting list move afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import NotFound
from booking.domain.ids import PartyId, SchoolId, SessionId, UserId
from booking.domain.party_states import PARTY_STEPS, PartyStatus
from booking.domain.registration import Waiting, answer_until, walk
from booking.domain.states import SessionStatus, step
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionOpening, SessionParty
from booking.notify.catalogue import Kind
from booking.queries.programmes import OPEN
from booking.services.history import record_change
from booking.services.registration_telling import moment_facts, tell_party
from booking.services.school_year import free_days

WORKER = "worker"


def opening_or_none(session: Session, number: SessionId) -> SessionOpening | None:
    """Return how a session is opened, with who comes and who waits, as the database has it now; None where it never
    was.
    """
    return session.scalar(
        sa.select(SessionOpening)
        .where(SessionOpening.session_id == number)
        .options(
            selectinload(SessionOpening.session),
            selectinload(SessionOpening.parties).selectinload(SessionParty.school),
        )
        .execution_options(populate_existing=True)
    )


def find_opening(session: Session, number: SessionId, *, lock: bool = False) -> SessionOpening:
    """Return how a session is opened; with ``lock`` nobody else changes the session until the end of the transaction.

    Raises:
        NotFound: it was never opened for registration.
    """
    if lock:
        session.get(ProgrammeSession, number, with_for_update=True, populate_existing=True)
    found = opening_or_none(session, number)
    if found is None:
        raise NotFound(f"session {number} is not open for registration")
    return found


def find_party(session: Session, number: PartyId, *, lock: bool = False) -> SessionParty:
    """Return a class or group; with ``lock`` nobody else changes its session until the end of the transaction.

    Raises:
        NotFound: there is none.
    """
    where = session.scalar(sa.select(SessionParty.session_id).where(SessionParty.id == number))
    if where is None:
        raise NotFound(f"party {number}")
    opening = find_opening(session, where, lock=lock)
    return next(party for party in opening.parties if party.id == number)


def add_party(
    opening: SessionOpening, school_id: SchoolId, clock: Clock, by: UserId, label: str, grade: int | None, pupils: int,
    note: str,
) -> SessionParty:  # fmt: skip
    """Put a class or group at the end of the list of a session that is locked."""
    party = SessionParty(
        session_id=opening.session_id, school_id=school_id, label=label, grade=grade, pupils=pupils, note=note,
        status=PartyStatus.WAITING, turn=next_turn(opening), passed=0, gathers=False, created_at=clock.now(),
        created_by_id=by, version=1,
    )  # fmt: skip
    opening.parties.append(party)
    return party


def next_turn(opening: SessionOpening) -> int:
    """Return the turn of whoever comes last."""
    return max((party.turn for party in opening.parties), default=0) + 1


def settle(party: SessionParty, status: PartyStatus) -> None:
    """Take a party a step further; what belongs to its former state goes."""
    party.status = step(PARTY_STEPS, party.status, status)
    party.offered_until, party.gathers = None, False
    party.version += 1


def move_line(
    session: Session, clock: Clock, opening: SessionOpening, actor: str, *, at_hand: SessionParty | None = None
) -> None:
    """Let the waiting list of a session that is locked move: whoever fits into what is free is offered it, and told.

    The party ``at_hand`` is registered at once instead of being asked: its school is asking just now. Once places are
    no longer given, nobody is offered any.
    """
    session.flush()
    row, now = opening.session, clock.now()
    if row.status not in OPEN:
        return
    until = answer_until(now, opening.kept, row.date, free_days(session, seoul_date(now), row.date))
    if until is None:
        return
    line = opening.waiting
    found = walk(opening.free, [Waiting(party.id, party.pupils, party.gathers) for party in line])
    parties = {party.id: party for party in line}
    for number in found.passed:
        parties[number].passed += 1
    for number in found.offered:
        party = parties[number]
        if party is at_hand:
            settle(party, PartyStatus.REGISTERED)
            session.flush()
            continue
        settle(party, PartyStatus.OFFERED)
        party.offered_until = until
        session.flush()
        tell_party(session, clock, Kind.SESSION_OFFER, party, until=moment_facts(until))
        record_change(session, actor, "party_offered", "programme_session", row.id, party=party.id, pupils=party.pupils)
    session.flush()


def ahead_of(opening: SessionOpening, party: SessionParty) -> list[SessionParty]:
    """Return the parties that wait before this one."""
    return [other for other in opening.waiting if other.turn < party.turn]


def is_held_or_off(opening: SessionOpening) -> bool:
    """Whether the session is over: it was held, or called off."""
    return opening.session.status in {SessionStatus.HELD, SessionStatus.CANCELLED}
