"""학급: a single class as the centre enters it from a list of several schools; a school keeps its own in one table."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ClassId, SchoolId
from booking.domain.person import Person
from booking.domain.school_rows import ClassRow
from booking.domain.school_texts import MOST_CLASSES
from booking.domain.school_year import grade_of
from booking.models.schools import SchoolClass
from booking.services.allocations import STAFF
from booking.services.history import record_change
from booking.services.school_classes import PUPILS_PER_ADULT
from booking.services.school_year import lock_school


def mark_of(one: SchoolClass) -> int:
    """Return what tells the state of a class from any other: it has no version of its own."""
    return zlib.crc32(f"{one.pupils} {one.chaperones_needed} {one.considered} {one.active}".encode())


def _values(row: ClassRow) -> dict[str, Any]:
    adults = row.chaperones_needed
    return {
        "pupils": row.pupils,
        "chaperones_needed": -(-row.pupils // PUPILS_PER_ADULT) if adults is None else adults,
        "considered": row.considered,
        "active": row.active,
    }


def add_class(session: Session, person: Person, school_id: SchoolId, label: str, row: ClassRow) -> SchoolClass:
    """Add a class to a school.

    Raises:
        InvalidForm: the school has as many classes as a school can have.
        NotFound: there is no such school.
    """
    person.require_role(*STAFF)
    lock_school(session, school_id)
    count = session.scalar(sa.select(sa.func.count()).where(SchoolClass.school_id == school_id)) or 0
    if count >= MOST_CLASSES:
        raise InvalidForm([InvalidInput(field="class", reason="too_many_known")])
    added = SchoolClass(school_id=school_id, label=label, grade=grade_of(label), **_values(row))
    session.add(added)
    session.flush()
    record_change(session, person.actor, "classes_entered", "school", school_id, added=1, changed=0)
    return added


def change_class(session: Session, person: Person, class_id: ClassId, row: ClassRow, *, seen: int) -> SchoolClass:
    """Change a class; requests that have been made keep the head count with which they were made.

    Raises:
        Conflict: it was changed since it had the mark ``seen``.
        NotFound: there is no such class.
    """
    person.require_role(*STAFF)
    one = _locked(session, class_id)
    if mark_of(one) != seen:
        raise Conflict(f"class {class_id} was changed meanwhile")
    before = one.pupils
    wanted: Mapping[str, Any] = _values(row)
    if {name: getattr(one, name) for name in wanted} == wanted:
        return one
    for name, value in wanted.items():
        setattr(one, name, value)
    record_change(session, person.actor, "class_changed", "school_class", one.id, before=before, after=one.pupils)
    session.flush()
    return one


def remove_class(session: Session, person: Person, class_id: ClassId, *, seen: int) -> bool:
    """Take a class out again as if it had not been entered; False where it was changed, or has asked for a visit."""
    person.require_role(*STAFF)
    try:
        one = _locked(session, class_id)
        school_id = one.school_id
        if mark_of(one) != seen:
            return False
        with session.begin_nested():
            session.delete(one)
            session.flush()
    except (IntegrityError, NotFound):
        return False
    record_change(session, person.actor, "class_removed", "school", school_id)
    return True


def _locked(session: Session, class_id: ClassId) -> SchoolClass:
    one = session.get(SchoolClass, class_id, with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound(f"class {class_id}")
    return one
