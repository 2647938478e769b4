"""목표와 예산, 언론보도, 자원봉사: entered and changed by the office, every change in the history."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, NotFound
from booking.domain.person import Person
from booking.domain.year_books import PressEntry, VolunteerEntry, YearEntry
from booking.models.year_books import PressItem, VolunteerWork, YearPlan
from booking.services.history import record_change
from booking.services.ledger import STAFF

Row = TypeVar("Row", PressItem, VolunteerWork)


def save_year(session: Session, person: Person, year: int, entry: YearEntry, *, seen: int) -> YearPlan:
    """Enter a year, or change it (``seen`` is the version of the form; 0: it was not there).

    Raises:
        Conflict: it was changed since.
    """
    person.require_role(*STAFF)
    plan = session.get(YearPlan, year, with_for_update=True, populate_existing=True)
    if (plan.version if plan is not None else 0) != seen:
        raise Conflict(f"year {year} was changed meanwhile")
    if plan is None:
        plan = YearPlan(year=year, version=0)
        session.add(plan)
    before = {name: getattr(plan, name) for name in YearEntry.__slots__}
    for name in before:
        setattr(plan, name, getattr(entry, name))
    plan.version += 1
    session.flush()
    changed = {name: getattr(plan, name) for name in before if getattr(plan, name) != before[name]}
    record_change(session, person.actor, "year_changed", "year", year, **changed)
    return plan


def find_entry(session: Session, kind: type[Row], number: int, *, seen: int | None = None) -> Row:
    """Return a row; with ``seen`` locked, to be changed.

    Raises:
        NotFound: there is none.
        Conflict: it was changed since version ``seen``.
    """
    lock = seen is not None
    row = session.get(kind, number, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NotFound(f"{kind.__tablename__} {number}")
    if lock and row.version != seen:
        raise Conflict(f"{kind.__tablename__} {number} was changed meanwhile")
    return row


def save_press(session: Session, person: Person, number: int | None, entry: PressEntry, *, seen: int) -> PressItem:
    """Enter a piece in the press (``number`` None), or change one.

    Raises:
        NotFound, Conflict: as :func:`find_entry`.
    """
    person.require_role(*STAFF)
    row = PressItem(by_id=person.user_id, version=0) if number is None else find_entry(
        session, PressItem, number, seen=seen
    )  # fmt: skip
    row.date, row.outlet, row.headline, row.address = entry.date, entry.outlet, entry.headline, entry.address
    return _stored(session, person, row, new=number is None)


def save_volunteers(
    session: Session, person: Person, number: int | None, entry: VolunteerEntry, *, seen: int
) -> VolunteerWork:
    """Enter what volunteers did (``number`` None), or change it.

    Raises:
        NotFound, Conflict: as :func:`find_entry`.
    """
    person.require_role(*STAFF)
    row = VolunteerWork(by_id=person.user_id, version=0) if number is None else find_entry(
        session, VolunteerWork, number, seen=seen
    )  # fmt: skip
    row.date, row.group, row.people, row.hours, row.work = (
        entry.date, entry.group, entry.people, entry.hours, entry.work,
    )  # fmt: skip
    return _stored(session, person, row, new=number is None)


def _stored(session: Session, person: Person, row: Row, *, new: bool) -> Row:
    row.version += 1
    session.add(row)
    session.flush()
    action = f"{row.__tablename__}_{'added' if new else 'changed'}"
    record_change(session, person.actor, action, row.__tablename__, row.id, date=row.date.isoformat())
    return row


def remove(session: Session, person: Person, kind: type[Row], number: int, *, seen: int) -> None:
    """Take a row away; the history keeps that it was there.

    Raises:
        NotFound, Conflict: as :func:`find_entry`.
    """
    person.require_role(*STAFF)
    row = find_entry(session, kind, number, seen=seen)
    record_change(
        session, person.actor, f"{kind.__tablename__}_removed", kind.__tablename__, row.id, date=row.date.isoformat()
    )
    session.delete(row)
    session.flush()
