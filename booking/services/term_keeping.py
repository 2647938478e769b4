"""학기: a term is set up, and its dates are changed, by whoever runs the centre."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import TermId
from booking.domain.person import Person
from booking.domain.terms import FIRST_POLICY, PHASE_FIELDS, TermEntry, teaching_days
from booking.domain.vocabulary import Block, Role
from booking.models.coaches import CoachAvailability
from booking.models.terms import Slot, Term
from booking.queries.openings import slots_of
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
_PLAIN = ("name", "name_en", *PHASE_FIELDS)


def find_term(session: Session, term_id: TermId, *, lock: bool = False) -> Term:
    """Return a term.

    Raises:
        NotFound: there is no such term.
    """
    term = session.get(Term, term_id, with_for_update=lock, populate_existing=lock)
    if term is None:
        raise NotFound(f"term {term_id}")
    return term


def stored_term(session: Session, term: Term) -> TermEntry:
    """Return what the form shows of a term."""
    slots = slots_of(session, term.id)
    first, last = (slots[0].date, slots[-1].date) if slots else (term.leftovers_on, term.closes_on)
    return TermEntry(first_day=first, last_day=last, **{field: getattr(term, field) for field in _PLAIN})


def fingerprint(entry: TermEntry) -> str:
    """What tells these dates from any other; a form that shows older ones is refused."""
    return hashlib.sha256(repr(sorted(asdict(entry).items())).encode()).hexdigest()[:16]


def create_term(session: Session, person: Person, entry: TermEntry) -> Term:
    """Set a term up beside the current one, with the policy of the latest; the first of all is the current one at once.

    Its slots are the mornings and afternoons of the days on which schools teach.

    Raises:
        InvalidForm: another term has this name, or the dates hold no day on which schools teach.
    """
    person.require_role(*STAFF)
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("term"))))
    _refuse_name(session, entry.name, None)
    latest = session.scalar(sa.select(Term).order_by(Term.opens_on.desc()).limit(1))
    term = Term(
        instance_name=_instance_name(session, entry.first_day),
        is_current=latest is None,
        closes_on=entry.last_day + dt.timedelta(days=1),
        policy=dict(latest.policy) if latest is not None else dict(FIRST_POLICY),
        **{field: getattr(entry, field) for field in _PLAIN},
    )
    session.add(term)
    session.flush()
    days = teaching_days(entry.first_day, entry.last_day)
    if not days:
        raise InvalidForm([InvalidInput(field="last_day", reason="no_days")])
    _add_days(session, term, days)
    record_change(
        session, person.actor, "term_created", "term", term.id,
        first=entry.first_day.isoformat(), last=entry.last_day.isoformat(), days=len(days),
    )  # fmt: skip
    if term.is_current:
        ask_outlook(session, term.id)
    session.flush()
    return term


def change_term(session: Session, person: Person, term_id: TermId, entry: TermEntry, seen: str) -> list[str]:
    """Change a term's name and dates and return the fields that changed.

    Days are added before its first and after its last one; days are taken away where nobody has asked for them.

    Raises:
        NotFound: there is no such term.
        Conflict: somebody else has changed it since the form was opened.
        InvalidForm: another term has this name, or somebody is planned or has asked for a day that would go
            (``first_day``, ``last_day``).
    """
    person.require_role(*STAFF)
    term = find_term(session, term_id, lock=True)
    before = stored_term(session, term)
    if fingerprint(before) != seen:
        raise Conflict("the term was changed meanwhile")
    changed = [field for field, value in asdict(entry).items() if getattr(before, field) != value]
    if not changed:
        return []
    _refuse_name(session, entry.name, term.id)
    for field in _PLAIN:
        setattr(term, field, getattr(entry, field))
    term.closes_on = entry.last_day + dt.timedelta(days=1)
    _take_days(session, term, "first_day", Slot.date < entry.first_day)
    _take_days(session, term, "last_day", Slot.date > entry.last_day)
    wanted = teaching_days(entry.first_day, entry.last_day)
    _add_days(session, term, [day for day in wanted if day < before.first_day or day > before.last_day])
    record_change(
        session, person.actor, "term_changed", "term", term.id,
        before={field: str(getattr(before, field)) for field in changed},
        after={field: str(getattr(entry, field)) for field in changed},
    )  # fmt: skip
    if term.is_current:
        ask_outlook(session, term.id)
    session.flush()
    session.expire(term, ["slots"])
    return changed


def _refuse_name(session: Session, name: str, but: TermId | None) -> None:
    known = session.scalar(sa.select(Term.id).where(Term.name == name, Term.id != but if but else sa.true()))
    if known is not None:
        raise InvalidForm([InvalidInput(field="name", reason="same_term_name")])


def _instance_name(session: Session, first: dt.date) -> str:
    """A name under which the term is exported, that no other has."""
    wanted = f"term-{first:%Y-%m}"
    taken = set(session.scalars(sa.select(Term.instance_name).where(Term.instance_name.startswith(wanted))))
    return next(
        name for name in (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))) if name not in taken
    )


def _add_days(session: Session, term: Term, days: list[dt.date]) -> None:
    session.add_all(
        Slot(term_id=term.id, code=f"{day.isoformat()}/{block.value}", date=day, block=block)
        for day in days
        for block in (Block.AM, Block.PM)
    )
    session.flush()


def _take_days(session: Session, term: Term, field: str, which: sa.ColumnElement[bool]) -> None:
    """Take slots away; a wish, a plan or a visit that points at one keeps it, which the database knows best."""
    try:
        with session.begin_nested():
            gone = sa.select(Slot.id).where(Slot.term_id == term.id, which)
            session.execute(sa.delete(CoachAvailability).where(CoachAvailability.slot_id.in_(gone)))
            session.execute(sa.delete(Slot).where(Slot.id.in_(gone)).execution_options(synchronize_session=False))
    except IntegrityError:
        raise InvalidForm([InvalidInput(field=field, reason="days_in_use")]) from None
