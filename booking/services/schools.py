"""학교: what the centre enters and changes of a school: its names, level, place and lesson times."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import SchoolId
from booking.domain.person import Person
from booking.domain.school_entry import SchoolEntry
from booking.domain.states import LIVE_VISITS
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Term
from booking.models.visits import Visit
from booking.services.allocations import STAFF
from booking.services.history import record_change
from booking.services.outlook_asking import ask_current_outlook
from booking.services.school_year import lock_school


def _plain(value: Any) -> Any:
    """A value as history keeps it."""
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    return value


def change_school(session: Session, person: Person, school_id: SchoolId, entry: SchoolEntry, *, seen: int) -> School:
    """Change a school; what changes nothing is no change.

    Raises:
        InvalidForm: another level while visits of this term stand at workplaces that were chosen for the old one
            (``level``), or the name of another school (``name``).
        Conflict: the school was changed since version ``seen``.
        NotFound: there is no such school.
    """
    person.require_role(*STAFF)
    school = lock_school(session, school_id)
    wanted = asdict(entry)
    changed = {name: (getattr(school, name), value) for name, value in wanted.items() if getattr(school, name) != value}
    if not changed:
        return school
    if school.version != seen:
        raise Conflict(f"school {school_id} was changed meanwhile")
    if "level" in changed and _stands(session, school_id):
        raise InvalidForm([InvalidInput(field="level", reason="visits_stand")])
    if "name" in changed and session.scalar(sa.select(School.id).where(School.name == entry.name)) is not None:
        raise InvalidForm([InvalidInput(field="name", reason="same_school_name")])
    for name, (_, value) in changed.items():
        setattr(school, name, value)
    school.version += 1
    record_change(
        session, person.actor, "school_changed", "school", school_id,
        before={name: _plain(old) for name, (old, _) in changed.items()},
        after={name: _plain(new) for name, (_, new) in changed.items()},
    )  # fmt: skip
    if changed.keys() & {"level", "lat", "lon"}:
        ask_current_outlook(session)
    session.flush()
    return school


def add_school(session: Session, person: Person, entry: SchoolEntry) -> School:
    """Take a school into the register.

    Raises:
        InvalidForm: a school of this name is there.
    """
    person.require_role(*STAFF)
    if session.scalar(sa.select(School.id).where(School.name == entry.name).limit(1)) is not None:
        raise InvalidForm([InvalidInput(field="name", reason="same_school_name")])
    codes = set(session.scalars(sa.select(School.code)))
    number = len(codes) + 1
    while f"S{number:03d}" in codes:
        number += 1
    school = School(code=f"S{number:03d}", **asdict(entry))
    session.add(school)
    session.flush()
    record_change(session, person.actor, "school_added", "school", school.id)
    return school


def remove_school(session: Session, person: Person, school_id: SchoolId) -> bool:
    """Take a school out again as if it had not been entered; False where anything belongs to it by now."""
    person.require_role(*STAFF)
    school = lock_school(session, school_id)
    try:
        with session.begin_nested():
            session.delete(school)
            session.flush()
    except IntegrityError:
        return False
    record_change(session, person.actor, "school_removed", "school", school_id)
    return True


def _stands(session: Session, school_id: SchoolId) -> bool:
    """Whether a visit of the school stands in the current term."""
    visits = (
        sa.select(Visit.id)
        .join(Request, Request.id == Visit.request_id)
        .join(Term, Term.id == Request.term_id)
        .where(Request.school_id == school_id, Term.is_current, Visit.status.in_(LIVE_VISITS))
    )
    return session.scalar(visits.limit(1)) is not None
