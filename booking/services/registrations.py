"""프로그램 신청: a school registers a class or a group for a session, changes or withdraws it, answers an offer.

The office does the same for a school that called. Whatever is done, the session is locked first, the waiting list moves
afterwards, and the ledger has what is registered.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput, NotNow
from booking.domain.ids import PartyId, SchoolId, SessionId
from booking.domain.party_states import HOLDING_PARTIES, LIVE_PARTIES, PartyStatus
from booking.domain.person import Person
from booking.domain.registration import PartyEntry, Window, grades_for, window
from booking.domain.vocabulary import Role
from booking.models.registrations import SessionOpening, SessionParty
from booking.models.schools import School
from booking.notify.catalogue import Kind
from booking.services.history import record_change
from booking.services.ledger import PLAN_CHANGED
from booking.services.registration_line import (
    add_party,
    ahead_of,
    find_opening,
    find_party,
    is_held_or_off,
    move_line,
    next_turn,
    settle,
)
from booking.services.registration_telling import tell_party
from booking.services.session_counts import post_session, take_over_registered

PEOPLE = (Role.TEACHER, Role.COORDINATOR, Role.ADMINISTRATOR)


def window_now(opening: SessionOpening, clock: Clock) -> Window:
    """Return whether schools may register for a session now."""
    return window(clock.now(), opening.opens_at, opening.closes_at, opening.closed_at, opening.session.date)


def register(
    session: Session, clock: Clock, person: Person, number: SessionId, school_id: SchoolId, entry: PartyEntry
) -> SessionParty:
    """Register a class or a group: at once where it fits into the free places, else at the end of the waiting list.

    Sent twice with the same number it is there once, and told once. The office registers outside the time of
    registration as well, until the session is over.

    Raises:
        NotNow: schools cannot register for it now (``registration_closed``).
        InvalidForm: the class is there already with another number (``label``, ``registered_already``), the session is
            for others (``grade``, ``not_for_level``, ``not_for_grade``), or its size is not allowed (``pupils``).
        NotFound: the session is not open, or the school is another's.
    """
    person.require_role(*PEOPLE)
    person.require_school(school_id)
    opening = find_opening(session, number, lock=True)
    school = session.get_one(School, school_id)
    _check_open(opening, clock, person)
    for party in opening.live:
        if (party.school_id, party.label) == (school_id, entry.label):
            if party.pupils == entry.pupils:
                return party
            raise InvalidForm([InvalidInput(field="label", reason="registered_already")])
    _check_fit(opening, school, entry)
    party = add_party(opening, school_id, clock, person.user_id, entry.label, entry.grade, entry.pupils, entry.note)
    party.school = school
    move_line(session, clock, opening, person.actor, at_hand=party)
    _tell_standing(session, clock, opening, party)
    record_change(
        session, person.actor, "party_added", "programme_session", number, party=party.id, school=school_id,
        pupils=party.pupils, status=party.status.value, telephone=person.role is not Role.TEACHER,
    )  # fmt: skip
    _count(session, clock, person, opening)
    return party


def change_size(
    session: Session, clock: Clock, person: Person, number: PartyId, pupils: int, *, seen: int
) -> SessionParty:
    """Change how many come. Fewer free places for those who wait; more need places that are free.

    A party that waits keeps its turn with fewer, and goes to the end of the list with more: else somebody could hold a
    turn with one pupil.

    Raises:
        InvalidForm: there is no room for more, or the size is not allowed (``pupils``).
        Conflict: it was changed since version ``seen``.
        IllegalTransition: it has ended.
    """
    party = _locked(session, person, number, seen)
    opening, before = party.opening, party.pupils
    if pupils == before:
        return party
    if not opening.smallest <= pupils <= opening.largest:
        raise InvalidForm([InvalidInput(field="pupils", reason="group_size")])
    if party.status in HOLDING_PARTIES and pupils > before:
        gathered = any(other.gathers for other in opening.waiting)
        if gathered or pupils - before > opening.free:
            raise InvalidForm([InvalidInput(field="pupils", reason="no_room")])
    if party.status is PartyStatus.WAITING and pupils > before:
        party.turn = next_turn(opening)
    party.pupils = pupils
    party.version += 1
    move_line(session, clock, opening, person.actor, at_hand=party)
    if person.role is not Role.TEACHER or (party.status is PartyStatus.REGISTERED and party.version > seen + 1):
        # the office changed it, or the smaller number has brought it in from the waiting list
        _tell_standing(session, clock, opening, party)
    record_change(
        session, person.actor, "party_changed", "programme_session", opening.session_id, party=party.id,
        before=before, pupils=pupils, status=party.status.value,
    )  # fmt: skip
    _count(session, clock, person, opening)
    return party


def withdraw(session: Session, clock: Clock, person: Person, number: PartyId, *, seen: int) -> None:
    """Take a class or a group back; an offer that waits for its answer is declined by that.

    Raises:
        Conflict: it was changed since version ``seen``.
        IllegalTransition: it has ended.
    """
    party = _locked(session, person, number, seen)
    status = PartyStatus.DECLINED if party.status is PartyStatus.OFFERED else PartyStatus.WITHDRAWN
    settle(party, status)
    move_line(session, clock, party.opening, person.actor)
    record_change(
        session, person.actor, f"party_{status}", "programme_session", party.session_id, party=party.id,
        pupils=party.pupils,
    )  # fmt: skip
    _count(session, clock, person, party.opening)


def answer_place(session: Session, clock: Clock, person: Person, number: PartyId, *, accept: bool) -> SessionParty:
    """Accept or decline the places that are offered; answering the same way again changes nothing.

    Raises:
        IllegalTransition: the offer is over, or was answered otherwise.
        NotFound: it is another school's, or does not exist.
    """
    person.require_role(*PEOPLE)
    party = find_party(session, number, lock=True)
    person.require_school(party.school_id)
    wanted = PartyStatus.REGISTERED if accept else PartyStatus.DECLINED
    if party.status is wanted:
        return party
    now = clock.now()
    if party.status is not PartyStatus.OFFERED or party.offered_until is None or party.offered_until <= now:
        raise IllegalTransition(f"party {number}", old=party.status.value, new=wanted.value)
    settle(party, wanted)
    move_line(session, clock, party.opening, person.actor)
    if accept:
        tell_party(session, clock, Kind.SESSION_REGISTERED, party)
    record_change(
        session, person.actor, "party_accepted" if accept else "party_declined", "programme_session",
        party.session_id, party=party.id, pupils=party.pupils, telephone=person.role is not Role.TEACHER,
    )  # fmt: skip
    _count(session, clock, person, party.opening)
    return party


def _locked(session: Session, person: Person, number: PartyId, seen: int) -> SessionParty:
    person.require_role(*PEOPLE)
    party = find_party(session, number, lock=True)
    person.require_school(party.school_id)
    if party.status not in LIVE_PARTIES or is_held_or_off(party.opening):
        raise IllegalTransition(f"party {number}", old=party.status.value, new=PartyStatus.WITHDRAWN.value)
    if party.version != seen:
        raise Conflict(f"party {number} was changed meanwhile")
    return party


def _check_open(opening: SessionOpening, clock: Clock, person: Person) -> None:
    over = is_held_or_off(opening)
    if over or (person.role is Role.TEACHER and window_now(opening, clock) is not Window.OPEN):
        raise NotNow(f"session {opening.session_id}", reason="registration_closed")


def _check_fit(opening: SessionOpening, school: School, entry: PartyEntry) -> None:
    faults = []
    if school.level.value not in opening.levels:
        faults.append(InvalidInput(field="grade", reason="not_for_level"))
    elif entry.grade is not None and entry.grade not in grades_for(school.level, opening.grades):
        faults.append(InvalidInput(field="grade", reason="not_for_grade"))
    if not opening.smallest <= entry.pupils <= opening.largest:
        faults.append(InvalidInput(field="pupils", reason="group_size"))
    if faults:
        raise InvalidForm(faults)


def _tell_standing(session: Session, clock: Clock, opening: SessionOpening, party: SessionParty) -> None:
    """Tell a school that its party is registered, or with how many before it it waits."""
    if party.status is PartyStatus.REGISTERED:
        tell_party(session, clock, Kind.SESSION_REGISTERED, party)
    elif party.status is PartyStatus.WAITING:
        before = ahead_of(opening, party)
        pupils = sum(one.pupils for one in before)
        tell_party(session, clock, Kind.SESSION_WAITING, party, ahead=len(before), ahead_pupils=pupils)


def _count(session: Session, clock: Clock, person: Person, opening: SessionOpening) -> None:
    """Let the session count who is registered by now."""
    take_over_registered(session, opening.session)
    post_session(session, clock, person, opening.session, PLAN_CHANGED)
    session.flush()
