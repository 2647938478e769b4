"""프로그램 신청, 센터의 일: a session is opened, enlarged, closed; a class is placed, moved or taken away."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput, NotNow
from booking.domain.ids import PartyId, SessionId
from booking.domain.party_states import LIVE_PARTIES, PartyStatus
from booking.domain.person import Person
from booking.domain.registration import OpeningEntry, last_moment
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionOpening, SessionParty
from booking.notify.catalogue import Kind
from booking.queries.programmes import OPEN
from booking.services.history import record_change
from booking.services.ledger import PLAN_CHANGED, STAFF
from booking.services.programmes import find_session
from booking.services.registration_line import (
    add_party,
    find_opening,
    find_party,
    is_held_or_off,
    move_line,
    opening_or_none,
    settle,
)
from booking.services.registration_telling import session_facts, tell_party
from booking.services.session_counts import post_session, take_over_registered


def save_opening(
    session: Session, clock: Clock, person: Person, number: SessionId, entry: OpeningEntry, *, seen: int
) -> SessionOpening:
    """Open a session for registration (``seen`` 0), or change how it is open. More places: the waiting list moves.

    Raises:
        Conflict: it was changed since version ``seen``.
        InvalidForm: fewer places than are promised and held (``places``, ``below_promised``).
        NotNow: the session is over, or places of it are no longer given (``session_over``).
    """
    person.require_role(*STAFF)
    row = find_session(session, number, lock=True)
    if row.status not in OPEN or clock.now() >= last_moment(row.date):
        raise NotNow(f"session {number}", reason="session_over")
    opening = opening_or_none(session, number)
    if (opening.version if opening else 0) != seen:
        raise Conflict(f"the registration of session {number} was changed meanwhile")
    before = opening.places if opening else 0
    if opening is None:
        opening = SessionOpening(
            session_id=number, opened_at=clock.now(), opened_by_id=person.user_id, closed_at=None, version=0
        )
        opening.session = row
        session.add(opening)
    elif entry.places < opening.taken:
        raise InvalidForm([InvalidInput(field="places", reason="below_promised")])
    opening.places, opening.smallest, opening.largest = entry.places, entry.smallest, entry.largest
    opening.levels, opening.grades = [level.value for level in entry.levels], list(entry.grades)
    opening.opens_at, opening.closes_at = entry.opens_at, entry.closes_at
    opening.keep, opening.keep_unit = entry.keep.number, entry.keep.unit
    opening.version += 1
    move_line(session, clock, opening, person.actor)
    record_change(
        session, person.actor, "registration_changed" if before else "registration_opened", "programme_session",
        number, before=before, places=entry.places,
    )  # fmt: skip
    _count(session, clock, person, row)
    return opening


def close_registration(session: Session, clock: Clock, person: Person, number: SessionId, *, closed: bool) -> None:
    """Close registration by hand, or open it again. The waiting list moves on while it is closed.

    Raises:
        NotNow: the session is over (``session_over``).
        NotFound: it was never opened.
    """
    person.require_role(*STAFF)
    opening = find_opening(session, number, lock=True)
    if is_held_or_off(opening):
        raise NotNow(f"session {number}", reason="session_over")
    if (opening.closed_at is not None) == closed:
        return
    opening.closed_at = clock.now() if closed else None
    opening.version += 1
    record_change(
        session, person.actor, "registration_closed" if closed else "registration_reopened", "programme_session", number
    )
    session.flush()


def gather_places(session: Session, clock: Clock, person: Person, number: PartyId, *, on: bool) -> None:
    """Gather the places that come free for one that waits, so that smaller ones no longer go first; or stop that.

    Raises:
        IllegalTransition: it does not wait.
    """
    party = _locked(session, person, number)
    if party.status is not PartyStatus.WAITING:
        raise IllegalTransition(f"party {number}", old=party.status.value, new=PartyStatus.WAITING.value)
    if party.gathers == on:
        return
    party.gathers = on
    party.version += 1
    record_change(
        session, person.actor, "party_gathers" if on else "party_let_go", "programme_session", party.session_id,
        party=party.id,
    )  # fmt: skip
    move_line(session, clock, party.opening, person.actor)


def place_party(session: Session, clock: Clock, person: Person, number: PartyId) -> None:
    """Register one that waits, out of its turn, because the office says so; where it is offered, its school has agreed.

    Raises:
        InvalidForm: it does not fit into what is free (``pupils``, ``no_room``).
        IllegalTransition: it has ended, or is registered.
    """
    party = _locked(session, person, number)
    if party.status is PartyStatus.WAITING and party.pupils > party.opening.free:
        raise InvalidForm([InvalidInput(field="pupils", reason="no_room")])
    settle(party, PartyStatus.REGISTERED)
    session.flush()
    tell_party(session, clock, Kind.SESSION_REGISTERED, party)
    record_change(
        session, person.actor, "party_placed", "programme_session", party.session_id, party=party.id,
        pupils=party.pupils,
    )  # fmt: skip
    move_line(session, clock, party.opening, person.actor)
    _count(session, clock, person, party.opening.session)


def remove_party(session: Session, clock: Clock, person: Person, number: PartyId, reason: str) -> None:
    """Take a class or a group away and tell its school why.

    Raises:
        InvalidForm: no reason is given (``reason``).
        IllegalTransition: it has ended.
    """
    party = _locked(session, person, number)
    if not reason.strip():
        raise InvalidForm([InvalidInput(field="reason", reason="required")])
    party.reason = reason.strip()
    settle(party, PartyStatus.REMOVED)
    session.flush()
    tell_party(session, clock, Kind.SESSION_REMOVED, party, reason=party.reason)
    record_change(
        session, person.actor, "party_removed", "programme_session", party.session_id, reason=party.reason,
        party=party.id, pupils=party.pupils,
    )  # fmt: skip
    move_line(session, clock, party.opening, person.actor)
    _count(session, clock, person, party.opening.session)


def move_party(session: Session, clock: Clock, person: Person, number: PartyId, to: SessionId) -> SessionParty:
    """Move a class or a group to another session that has room for it, and tell its school once where it goes now.

    Raises:
        InvalidForm: that session is for others or has no room (``to``).
        IllegalTransition: it has ended.
        NotFound: that session is not open for registration.
    """
    person.require_role(*STAFF)
    here = find_party(session, number).session_id
    # both rows in the order of their numbers: two who move in opposite directions do not wait for each other
    for one in sorted({here, to}):
        session.get(ProgrammeSession, one, with_for_update=True, populate_existing=True)
    party, target = _locked(session, person, number), find_opening(session, to)
    wrong = _why_not_there(party, target, here)
    if wrong:
        raise InvalidForm([InvalidInput(field="to", reason=wrong)])
    settle(party, PartyStatus.REMOVED)
    moved = add_party(
        target, party.school_id, clock, person.user_id, party.label, party.grade, party.pupils, party.note
    )
    moved.school = party.school
    session.flush()
    settle(moved, PartyStatus.REGISTERED)
    session.flush()
    was = session_facts(party.opening.session)
    groups = [{"label": moved.label, "pupils": moved.pupils, "status": moved.status}]
    tell_party(session, clock, Kind.SESSION_CHANGED, moved, was=was, groups=groups)
    for opening, other in ((party.opening, to), (target, here)):
        record_change(
            session, person.actor, "party_moved", "programme_session", opening.session_id, party=party.id, other=other,
            pupils=party.pupils,
        )  # fmt: skip
        move_line(session, clock, opening, person.actor)
        _count(session, clock, person, opening.session)
    return moved


def _why_not_there(party: SessionParty, target: SessionOpening, here: SessionId) -> str | None:
    """Why a party cannot go to another session; None where it can."""
    if target.session_id == here or is_held_or_off(target):
        return "unknown"
    if party.school.level.value not in target.levels or (
        target.grades and party.grade is not None and party.grade not in target.grades
    ):
        return "not_for_level"
    if any((one.school_id, one.label) == (party.school_id, party.label) for one in target.live):
        return "registered_already"
    return "no_room" if party.pupils > target.free else None


def _locked(session: Session, person: Person, number: PartyId) -> SessionParty:
    person.require_role(*STAFF)
    party = find_party(session, number, lock=True)
    if party.status not in LIVE_PARTIES or is_held_or_off(party.opening):
        raise IllegalTransition(f"party {number}", old=party.status.value, new=PartyStatus.REMOVED.value)
    return party


def _count(session: Session, clock: Clock, person: Person, row: ProgrammeSession) -> None:
    take_over_registered(session, row)
    post_session(session, clock, person, row, PLAN_CHANGED)
    session.flush()
