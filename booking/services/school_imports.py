"""가져오기: a school takes its calendar or its classes over; what would change is shown first, then applied at once.

An import from the national system is a job: asked for in a transaction, fetched by a worker without one, looked at by
the teacher. A CSV is read at once and waits for the same look.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.errors import InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SchoolId, SchoolImportId
from booking.domain.person import Person
from booking.domain.school_texts import CsvCalendar, CsvRefused, parse_calendar
from booking.domain.school_year import (
    CalendarDay,
    DayBlocks,
    DayKind,
    DaySource,
    Difference,
    ImportKind,
)
from booking.domain.states import IMPORT_STEPS, ImportStatus, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.school_year import SchoolImport
from booking.models.schools import School
from booking.models.terms import Term
from booking.services.history import record_change
from booking.services.outbox import enqueue
from booking.services.school_year import compare, lock_school, take_over

OFFICE = re.compile(r"[A-Z]\d{2}")
SCHOOL = re.compile(r"\d{7}")
WORKER_DIED = "worker_died"


def span_of(term: Term) -> tuple[dt.date, dt.date]:
    """Return the days of a term for which a school's calendar counts: its slots', whole months."""
    dates = [slot.date for slot in term.slots] or [term.opens_on, term.closes_on]
    last = max(dates)
    return min(dates).replace(day=1), (last.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(
        days=1
    )


def find_import(session: Session, person: Person, import_id: SchoolImportId, *, lock: bool = False) -> SchoolImport:
    """Return an import of one of the teacher's schools.

    Raises:
        NotFound: there is none, or it is another school's.
    """
    query = sa.select(SchoolImport).where(SchoolImport.id == import_id).execution_options(populate_existing=True)
    row = session.scalar(query.with_for_update(of=SchoolImport) if lock else query)
    if row is None:
        raise NotFound(f"import {import_id}")
    person.require_school(row.school_id)
    return row


def newest_import(session: Session, school_id: SchoolId, kind: ImportKind) -> SchoolImport | None:
    """Return the school's last import of that kind."""
    return session.scalar(
        sa.select(SchoolImport)
        .where(SchoolImport.school_id == school_id, SchoolImport.kind == kind)
        .order_by(SchoolImport.id.desc())
        .limit(1)
    )


def set_neis_code(session: Session, person: Person, school_id: SchoolId, office: str, code: str) -> None:
    """Remember how the national system calls the school; both empty: look it up by its name again.

    Raises:
        InvalidForm: it is no such code.
        NotFound: another's school.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    faults = []
    if (office or code) and not OFFICE.fullmatch(office):
        faults.append(InvalidInput(field="neis_office", reason="neis_office"))
    if (office or code) and not SCHOOL.fullmatch(code):
        faults.append(InvalidInput(field="neis_code", reason="neis_code"))
    if faults:
        raise InvalidForm(faults)
    school = lock_school(session, school_id)
    school.neis_office, school.neis_code = office or None, code or None
    record_change(session, person.actor, "neis_code_set", "school", school_id, code=code)
    session.flush()


def start_import(
    session: Session, config: Config, person: Person, school_id: SchoolId, term: Term, kind: ImportKind
) -> SchoolImport:
    """Ask for an import from the national system; one that is already on its way is returned as it is.

    Raises:
        InvalidInput: the centre has no key.
        NotFound: another's school.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    if config.neis is None:
        raise InvalidInput("no key is configured", field="neis", reason="no_key")
    lock_school(session, school_id)
    waiting = session.scalar(
        sa.select(SchoolImport).where(
            SchoolImport.school_id == school_id,
            SchoolImport.kind == kind,
            SchoolImport.status == ImportStatus.WAITING,
        )
    )
    if waiting is not None:
        return waiting
    first, last = span_of(term)
    row = SchoolImport(
        school_id=school_id,
        kind=kind,
        source=DaySource.NEIS,
        status=ImportStatus.WAITING,
        first_on=first,
        last_on=last,
        content={},
        created_by_id=person.user_id,
    )
    session.add(row)
    session.flush()
    enqueue(session, Topic.IMPORT_NEIS, row.id)
    record_change(session, person.actor, "import_started", "school", school_id, kind=kind.value)
    return row


def read_csv(session: Session, clock: Clock, person: Person, school_id: SchoolId, content: bytes) -> SchoolImport:
    """Read a CSV of the calendar; it waits for a look at what would change.

    Raises:
        InvalidInput: the file as a whole cannot be read (field ``file``).
        NotFound: another's school.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    school = session.get_one(School, school_id)
    try:
        found: CsvCalendar = parse_calendar(content, school.name)
    except CsvRefused as refused:
        raise InvalidInput(field="file", reason=refused.reason) from None
    dates = [day.date for day in found.days] or [clock.now().date()]
    row = SchoolImport(
        school_id=school_id,
        kind=ImportKind.CALENDAR,
        source=DaySource.CSV,
        status=ImportStatus.READY,
        first_on=min(dates),
        last_on=max(dates),
        content={
            "days": [document(day) for day in found.days],
            "faults": [[fault.line, fault.piece, fault.reason] for fault in found.faults],
            "rows": found.rows,
        },
        created_by_id=person.user_id,
        finished_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def document(day: CalendarDay) -> dict[str, Any]:
    """Return a day as an import keeps it."""
    return {
        "date": day.date.isoformat(),
        "name": day.name,
        "kind": day.kind.value,
        "grades": list(day.grades),
        "blocks": day.blocks.value,
        "raw": day.raw,
    }


def days_in(row: SchoolImport) -> list[CalendarDay]:
    """Return the days that an import brought."""
    return [
        CalendarDay(
            dt.date.fromisoformat(one["date"]),
            one["name"],
            DayKind(one["kind"]),
            tuple(one["grades"]),
            DayBlocks(one["blocks"]),
            one["raw"],
        )
        for one in row.content.get("days", ())
    ]


def preview(session: Session, row: SchoolImport) -> Difference:
    """Return what the import would change now."""
    return compare(session, row.school_id, days_in(row), row.source, (row.first_on, row.last_on))


def apply_import(session: Session, clock: Clock, person: Person, import_id: SchoolImportId) -> Difference:
    """Take the days of an import over, all of them in this transaction.

    Raises:
        IllegalTransition: it is not ready, or was decided already.
        NotFound: another school's.
    """
    person.require_role(Role.TEACHER)
    row = find_import(session, person, import_id, lock=True)
    row.status = step(IMPORT_STEPS, row.status, ImportStatus.APPLIED)
    row.finished_at = clock.now()
    found = take_over(session, row.school_id, days_in(row), row.source, (row.first_on, row.last_on))
    record_change(
        session,
        person.actor,
        "import_applied",
        "school",
        row.school_id,
        added=len(found.added),
        changed=len(found.changed),
        gone=len(found.gone),
    )
    session.flush()
    return found


def discard_import(session: Session, clock: Clock, person: Person, import_id: SchoolImportId) -> SchoolImport:
    """Leave everything as it is.

    Raises:
        IllegalTransition: it is not ready, or was decided already.
        NotFound: another school's.
    """
    person.require_role(Role.TEACHER)
    row = find_import(session, person, import_id, lock=True)
    row.status = step(IMPORT_STEPS, row.status, ImportStatus.DISCARDED)
    row.finished_at = clock.now()
    session.flush()
    return row


def settle_lost_import(session: Session, clock: Clock, import_id: SchoolImportId) -> None:
    """Mark an import whose job was closed undone, so that it can be asked for again."""
    row = session.get(SchoolImport, import_id, with_for_update=True, populate_existing=True)
    if row is not None and row.status is ImportStatus.WAITING:
        row.status = step(IMPORT_STEPS, row.status, ImportStatus.FAILED)
        row.error, row.finished_at = WORKER_DIED, clock.now()
        session.flush()
