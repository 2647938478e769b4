"""진로코치: entering and changing coaches, and when they can be sent; what leaves the plan short is said first."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.coach_entry import CoachEntry
from booking.domain.errors import CoachesShort, Conflict, NotFound
from booking.domain.ids import CoachId, SlotId
from booking.domain.person import Person
from booking.models.coaches import Coach, CoachAvailability
from booking.models.terms import Slot, Term
from booking.queries.coaches import available, needed
from booking.services.allocations import STAFF, request_repair
from booking.services.dispatching import refresh_dispatches
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook
from booking.services.terms import current_term, lock_term


def _short(session: Session, term: Term) -> set[SlotId]:
    """The slots at which the plan needs more coaches than can be sent."""
    there = available(session, term.id)
    return {slot for slot, number in needed(session, term.id).items() if number > there[slot]}


def find_coach(session: Session, coach_id: CoachId, *, lock: bool = False) -> Coach:
    """Return a coach.

    Raises:
        NotFound: there is none.
    """
    coach = session.get(Coach, coach_id, with_for_update=lock, populate_existing=lock)
    if coach is None:
        raise NotFound(f"coach {coach_id}")
    return coach


def add_coach(session: Session, person: Person, entry: CoachEntry) -> Coach:
    """Take a coach into the pool; when the coach can be sent is entered after."""
    person.require_role(*STAFF)
    phone, email = entry.reach or (None, None)
    coach = Coach(
        name=entry.name,
        phone=phone,
        email=email,
        language=entry.language,
        training_valid_until=entry.training_valid_until,
        ended_on=entry.ended_on,
    )
    session.add(coach)
    session.flush()
    record_change(session, person.actor, "coach_added", "coach", coach.id)
    return coach


def change_coach(
    session: Session, clock: Clock, config: Config, person: Person, coach_id: CoachId, entry: CoachEntry, *,
    seen: int, agreed: Collection[SlotId] = (),
) -> Coach:  # fmt: skip
    """Change a coach. Where the plan is left short of coaches by it, ``agreed`` names those slots, and a repair starts.

    Raises:
        Conflict: the coach was changed since version ``seen``.
        CoachesShort: slots other than those agreed to would be short (``facts['slots']``).
        NotFound: there is no such coach.
    """
    person.require_role(*STAFF)
    term, short, coach = _begin(session, coach_id, seen)
    wanted = {
        "name": entry.name,
        "language": entry.language,
        "training_valid_until": entry.training_valid_until,
        "ended_on": entry.ended_on,
    }
    if entry.reach is not None:
        wanted |= {"phone": entry.reach[0], "email": entry.reach[1]}
    changed = sorted(name for name, value in wanted.items() if getattr(coach, name) != value)
    for name, value in wanted.items():
        setattr(coach, name, value)
    if changed:
        coach.version += 1
        record_change(session, person.actor, "coach_changed", "coach", coach.id, fields=changed)
    _finish(session, clock, config, person, term, short, agreed)
    return coach


def change_availability(
    session: Session, clock: Clock, config: Config, person: Person, coach_id: CoachId, slots: Collection[SlotId], *,
    seen: int, agreed: Collection[SlotId] = (),
) -> int:  # fmt: skip
    """Let a coach come at exactly these slots of the term from tomorrow on; returns how many became different.

    Slots that have passed, or are no slots of the term, are left as they are.

    Raises:
        Conflict: the coach was changed since version ``seen``.
        CoachesShort: slots other than those agreed to would be short (``facts['slots']``).
        NotFound: there is no such coach.
    """
    person.require_role(*STAFF)
    term, short, coach = _begin(session, coach_id, seen)
    today = seoul_date(clock.now())
    ahead = set(session.scalars(sa.select(Slot.id).where(Slot.term_id == term.id, Slot.date > today)))
    known = (
        set(session.scalars(sa.select(CoachAvailability.slot_id).where(CoachAvailability.coach_id == coach_id))) & ahead
    )
    wanted = set(slots) & ahead
    session.execute(
        sa.delete(CoachAvailability).where(
            CoachAvailability.coach_id == coach_id, CoachAvailability.slot_id.in_(known - wanted)
        )
    )
    session.add_all(CoachAvailability(coach_id=coach_id, slot_id=slot) for slot in wanted - known)
    changed = len(known ^ wanted)
    if changed:
        coach.version += 1
        record_change(
            session, person.actor, "coach_available", "coach", coach_id,
            more=len(wanted - known), fewer=len(known - wanted),
        )  # fmt: skip
    _finish(session, clock, config, person, term, short, agreed)
    return changed


def _begin(session: Session, coach_id: CoachId, seen: int) -> tuple[Term, set[SlotId], Coach]:
    """Lock the term and the coach; what is short already is not laid to the change."""
    term = current_term(session)
    lock_term(session, term)
    coach = find_coach(session, coach_id, lock=True)
    if coach.version != seen:
        raise Conflict(f"coach {coach_id} was changed meanwhile")
    return term, _short(session, term), coach


def _finish(
    session: Session, clock: Clock, config: Config, person: Person, term: Term, before: set[SlotId],
    agreed: Collection[SlotId],
) -> None:  # fmt: skip
    session.flush()
    today = seoul_date(clock.now())
    ahead = set(session.scalars(sa.select(Slot.id).where(Slot.term_id == term.id, Slot.date > today)))
    caused = (_short(session, term) - before) & ahead
    if caused != set(agreed):
        raise CoachesShort(f"{len(caused)} slots would be short", slots=caused)
    refresh_dispatches(session, clock, config, term)
    ask_outlook(session, term.id)
    if caused:
        request_repair(session, clock, config, term.id, person.actor)
