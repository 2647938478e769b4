"""학급: a school keeps its classes with their head counts, its lesson times, and how many of its adults go along."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import ClassId, SchoolId
from booking.domain.person import Person
from booking.domain.school_texts import MOST_CLASSES, MOST_PUPILS, PastedClass, class_label
from booking.domain.school_year import grade_of
from booking.domain.vocabulary import Role
from booking.models.schools import School, SchoolClass
from booking.services.history import record_change
from booking.services.school_year import lock_school

MOST_CHAPERONES = 20
#: how many adults a class is believed to need until somebody says otherwise: one for a group of ten
PUPILS_PER_ADULT = 10
EARLIEST, LATEST = dt.time(7, 0), dt.time(20, 0)
HOURS = ("am_starts", "am_ends", "pm_starts", "pm_ends")


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A row of the table as somebody left it."""

    class_id: ClassId
    pupils: int
    chaperones_needed: int
    considered: int
    active: bool


def fingerprint(classes: Sequence[SchoolClass]) -> str:
    """Return what tells a table of classes from any other; a form that shows an older one is refused."""
    rows = [
        f"{one.id} {one.pupils} {one.chaperones_needed} {one.considered} {one.active}"
        for one in sorted(classes, key=lambda one: one.id)
    ]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def _classes(session: Session, school_id: SchoolId) -> dict[ClassId, SchoolClass]:
    rows = session.scalars(
        sa.select(SchoolClass).where(SchoolClass.school_id == school_id).execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def _faults(entry: ClassEntry) -> list[InvalidInput]:
    ranges = (
        ("pupils", entry.pupils, 1, MOST_PUPILS),
        ("chaperones_needed", entry.chaperones_needed, 0, MOST_CHAPERONES),
        ("considered", entry.considered, 0, max(entry.pupils, 0)),
    )
    return [
        InvalidInput(field=f"{name}-{entry.class_id}", reason="range", least=least, most=most)
        for name, value, least, most in ranges
        if not least <= value <= most
    ]


def save_classes(
    session: Session, person: Person, school_id: SchoolId, entries: Sequence[ClassEntry], seen: str
) -> int:
    """Store the table of classes as it was edited; returns how many classes changed.

    Raises:
        InvalidForm: every fault, row by row.
        Conflict: somebody changed the table since it was shown (``seen``).
        NotFound: another's school, or another school's class.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    lock_school(session, school_id)
    known = _classes(session, school_id)
    if fingerprint(list(known.values())) != seen:
        raise Conflict("the classes were changed meanwhile")
    faults = [fault for entry in entries for fault in _faults(entry)]
    faults += [InvalidInput(field="classes", reason="unknown") for entry in entries if entry.class_id not in known]
    if faults:
        raise InvalidForm(faults)
    changed = 0
    for entry in entries:
        row = known[entry.class_id]
        before = (row.pupils, row.chaperones_needed, row.considered, row.active)
        after = (entry.pupils, entry.chaperones_needed, entry.considered, entry.active)
        if before != after:
            row.pupils, row.chaperones_needed, row.considered, row.active = after
            changed += 1
            record_change(
                session, person.actor, "class_changed", "school_class", row.id, before=before[0], after=after[0]
            )
    session.flush()
    return changed


def add_classes(session: Session, person: Person, school_id: SchoolId, given: Sequence[PastedClass]) -> tuple[int, int]:
    """Add classes, and bring the head counts of those that are known up to date; returns how many of each.

    Raises:
        InvalidForm: a label or a head count that is none, or more classes than a school has.
        NotFound: another's school.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    lock_school(session, school_id)
    known = {row.label: row for row in _classes(session, school_id).values()}
    faults = []
    for one in given:
        if class_label(one.label) != one.label:
            faults.append(InvalidInput(field="label", reason="class"))
        if not 1 <= one.pupils <= MOST_PUPILS:
            faults.append(InvalidInput(field="pupils", reason="range", least=1, most=MOST_PUPILS))
    if len({*known, *(one.label for one in given)}) > MOST_CLASSES:
        faults.append(InvalidInput(field="classes", reason="too_many_known"))
    if faults:
        raise InvalidForm(faults)
    added = changed = 0
    for one in given:
        row = known.get(one.label)
        if row is None:
            session.add(
                SchoolClass(
                    school_id=school_id,
                    label=one.label,
                    grade=grade_of(one.label),
                    pupils=one.pupils,
                    chaperones_needed=-(-one.pupils // PUPILS_PER_ADULT),
                )
            )
            added += 1
        elif row.pupils != one.pupils or not row.active:
            row.pupils, row.active = one.pupils, True
            row.considered = min(row.considered, one.pupils)
            changed += 1
    if added or changed:
        record_change(session, person.actor, "classes_entered", "school", school_id, added=added, changed=changed)
    session.flush()
    return added, changed


def save_times(
    session: Session, person: Person, school_id: SchoolId, times: dict[str, dt.time], chaperones: int
) -> School:
    """Store when the halves of the day begin and end, and how many of the school's adults go along in each.

    Raises:
        InvalidForm: times out of order or of the day, or more adults than a school has.
        NotFound: another's school.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    faults = [InvalidInput(field=name, reason="time") for name in HOURS if not EARLIEST <= times[name] <= LATEST]
    if not faults and not times["am_starts"] < times["am_ends"] <= times["pm_starts"] < times["pm_ends"]:
        faults.append(InvalidInput(field="am_starts", reason="order"))
    if not 0 <= chaperones <= MOST_PUPILS:
        faults.append(InvalidInput(field="own_chaperones", reason="range", least=0, most=MOST_PUPILS))
    if faults:
        raise InvalidForm(faults)
    school = lock_school(session, school_id)
    for name in HOURS:
        setattr(school, name, times[name])
    school.own_chaperones_per_slot = chaperones
    record_change(session, person.actor, "school_times_changed", "school", school_id, chaperones=chaperones)
    session.flush()
    return school
