"""What a workplace changes of itself on its link: closed half-days, a rest, its contact. The office is left a note.

What costs visits that stand their place is said first, as it is to the office; what is freed is repaired.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.answers import DeclineReason
from booking.domain.entered import Entered, Given
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import GroupId
from booking.domain.standing import Half
from booking.domain.vocabulary import Block, Language
from booking.domain.workplace_entry import LONGEST_CLOSURE, ClosureEntry, ContactEntry
from booking.domain.workplace_notes import BY_WORKPLACE, RESTING, NoteKind
from booking.models.terms import Slot, Term
from booking.models.workplaces import Workplace
from booking.services.briefings import MOST_PREPARES
from booking.services.confirmations import workplace_actor
from booking.services.links import resolve
from booking.services.workplace_effects import Effect, Patch
from booking.services.workplace_notes import leave_note
from booking.services.workplaces import apply_patch, find_workplace

#: closures that a workplace may lift itself; what the office has closed for a reason of its own stays closed
ITS_OWN = frozenset({BY_WORKPLACE, RESTING, DeclineReason.NOT_THIS_DAY.value})


@dataclass(frozen=True, slots=True)
class HalfDay:
    """A half-day of the term as the workplace can say something of it."""

    half: Half
    closed: bool
    #: closed by the office: only the office opens it
    fixed: bool


def half_days(session: Session, clock: Clock, place: Workplace) -> list[HalfDay]:
    """Return the half-days from tomorrow to the end of the term at which a workplace usually receives pupils."""
    today = seoul_date(clock.now())
    pattern = {(row.weekday, row.block) for row in place.hours}
    exceptions = {(row.date, row.block): row for row in place.exceptions}
    slots = session.execute(
        sa.select(Slot.date, Slot.block)
        .join(Term, Term.id == Slot.term_id)
        .where(Term.is_current, Slot.date > today)
        .order_by(Slot.date, Slot.block)
    )
    found = []
    for date, block in slots:
        exception = exceptions.get((date, block))
        if (date.weekday(), block) in pattern or (exception is not None and exception.open):
            closed = exception is not None and not exception.open
            found.append(
                HalfDay((date, block), closed, fixed=closed and exception is not None
                        and exception.reason not in ITS_OWN)
            )  # fmt: skip
    return found


def closing_patch(known: Iterable[HalfDay], closed: Collection[Half]) -> Patch:
    """Return the change that closes exactly these of the half-days, of those that are the workplace's to say."""
    mine = [half for half in known if not half.fixed]
    closures = tuple(
        ClosureEntry(half.half[0], half.half[0], (half.half[1],), open=False, reason=BY_WORKPLACE)
        for half in mine
        if half.half in closed and not half.closed
    )
    return Patch(closures=closures, undone=frozenset(h.half for h in mine if h.closed and h.half not in closed))


def resting_patch(clock: Clock, until: dt.date | None) -> Patch:
    """Return the change that lets a workplace rest from tomorrow until a day; it opens again by itself.

    Raises:
        InvalidForm: no day, one that is past, or one too far away.
    """
    tomorrow = seoul_date(clock.now()) + dt.timedelta(days=1)
    reason = None
    if until is None:
        reason = "required"
    elif until < tomorrow:
        reason = "past"
    elif (until - tomorrow).days >= LONGEST_CLOSURE:
        reason = "too_far"
    if reason is not None or until is None:
        raise InvalidForm([InvalidInput(field="rest", reason=reason)])
    return Patch(closures=(ClosureEntry(tomorrow, until, tuple(Block), open=False, reason=RESTING),))


def place_of(session: Session, token: str) -> Workplace:
    """Return the workplace of a link.

    Raises:
        LinkInvalid: the link does not open.
    """
    return find_workplace(session, resolve(session, token).notice.workplace_id)


def change_days(
    session: Session, clock: Clock, config: Config, token: str, patch: Patch, *, seen: int, agreed: Collection[GroupId]
) -> Effect:
    """Close half-days or rest; ``agreed`` are the groups that lose their place by it, for which a repair is asked.

    Raises:
        LinkInvalid: the link does not open.
        StandingVisits: groups other than those agreed to would lose their place.
        Conflict: the workplace was changed since version ``seen``.
        InvalidForm: a visit is being negotiated there.
    """
    place_id = resolve(session, token).notice.workplace_id
    effect = apply_patch(session, clock, config, workplace_actor(place_id), place_id, patch, seen=seen, agreed=agreed)
    if effect.changes:
        rests = any(closure.reason == RESTING for closure in patch.closures)
        text = patch.closures[0].last.isoformat() if rests else ""
        leave_note(session, clock, place_id, NoteKind.PAUSED if rests else NoteKind.CLOSED, text)
    return effect


@dataclass(frozen=True, slots=True)
class Details:
    """What a contact enters of itself; telephone and address are empty where they stay as they are."""

    contact: ContactEntry
    prepares: str


def read_details(given: Given, place: Workplace) -> Details:
    """Return the entered details; what is not typed anew is kept, because the page does not show it.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    name, title = entered.line("name", 60), entered.line("title", 60, required=False)
    email, phone = entered.email("email"), entered.phone("phone")
    language = entered.one_of(Language, "language")
    prepares = entered.lines("prepares", MOST_PREPARES)
    old = place.contact
    email, phone = email or (old.email if old else None), phone or (old.phone if old else None)
    if not email and not phone and not entered.faults:
        entered.fault("phone", "reachable")
    entered.finish()
    return Details(ContactEntry(name, title, email, phone, language), prepares)


def change_details(
    session: Session, clock: Clock, config: Config, token: str, details: Details, *, seen: int
) -> Effect:
    """Change contact, language and what is prepared; the office is left a note of it.

    Raises:
        LinkInvalid: the link does not open.
        Conflict: the workplace was changed since version ``seen``.
    """
    place_id = resolve(session, token).notice.workplace_id
    patch = Patch({"prepares": details.prepares}, contact=(details.contact,))
    effect = apply_patch(session, clock, config, workplace_actor(place_id), place_id, patch, seen=seen)
    if effect.changes:
        leave_note(session, clock, place_id, NoteKind.DETAILS, ",".join(sorted(effect.changes)))
    return effect
