"""프로그램과 회차: sessions are entered, changed, copied and repeated; the ledger has what they count."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ProgrammeId, SessionId, WorkplaceId
from booking.domain.person import Person
from booking.domain.programmes import CountEntry, KindEntry, SessionEntry
from booking.domain.states import SESSION_STEPS, SessionStatus, step
from booking.domain.vocabulary import Role
from booking.models.people import User
from booking.models.programmes import Programme, ProgrammeSession, SessionCount, SessionWorkplace
from booking.models.workplaces import Workplace
from booking.queries.mentors import at_session
from booking.services.history import record_change
from booking.services.ledger import PLAN_CHANGED, STAFF
from booking.services.registration_changes import When, session_changed
from booking.services.session_counts import post_session, take_over_registered


def find_session(session: Session, number: SessionId, *, lock: bool = False) -> ProgrammeSession:
    """Return a session of a programme.

    Raises:
        NotFound: there is none.
    """
    found = session.get(ProgrammeSession, number, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound(f"session {number}")
    return found


def find_kind(session: Session, number: ProgrammeId, *, lock: bool = False) -> Programme:
    """Return a kind of programme.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Programme, number, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound(f"programme {number}")
    return found


def add_session(session: Session, clock: Clock, person: Person, entry: SessionEntry) -> ProgrammeSession:
    """Enter a session, in whatever state it is by now, with what it counts."""
    person.require_role(*STAFF)
    row = ProgrammeSession(created_by_id=person.user_id, status=entry.status)
    _write(session, row, entry)
    session.add(row)
    session.flush()
    post_session(session, clock, person, row, PLAN_CHANGED)
    record_change(
        session, person.actor, "session_added", "programme_session", row.id, status=row.status.value,
        date=row.date.isoformat(), programme=row.programme_id,
    )  # fmt: skip
    return row


def add_sessions(
    session: Session, clock: Clock, person: Person, entries: Sequence[SessionEntry]
) -> list[ProgrammeSession]:
    """Enter many sessions: all of them or none."""
    return [add_session(session, clock, person, entry) for entry in entries]


def change_session(
    session: Session, clock: Clock, person: Person, number: SessionId, entry: SessionEntry, *, seen: int
) -> ProgrammeSession:
    """Change a session, or take it a step further. What the ledger has of it is corrected, never changed.

    Schools that are registered, or wait, are told once of another day, time or place, and of its being called off.

    Raises:
        Conflict: it was changed since version ``seen``.
        InvalidForm: attendances that stand in the books would change, and no reason is given (``reason``).
        IllegalTransition: its state does not allow the step.
        NotFound: there is none.
    """
    person.require_role(*STAFF)
    row = find_session(session, number, lock=True)
    if row.version != seen:
        raise Conflict(f"session {number} was changed meanwhile")
    before, status, when = _attended(entry_of(row)), row.status, When.of(row)
    if before and before != _attended(entry) and not entry.reason:
        raise InvalidForm([InvalidInput(field="reason", reason="correction")])
    if entry.status is not status:
        row.status = step(SESSION_STEPS, status, entry.status)
    _write(session, row, entry)
    row.version += 1
    session.flush()
    take_over_registered(session, row)
    posted = post_session(session, clock, person, row, entry.reason or PLAN_CHANGED)
    record_change(
        session, person.actor, "session_changed", "programme_session", row.id, reason=entry.reason or None,
        before=status.value, status=row.status.value, entries=posted,
    )  # fmt: skip
    session_changed(session, clock, row, when)
    return row


def set_workplaces(
    session: Session, person: Person, number: SessionId, workplaces: Collection[WorkplaceId], *, seen: int
) -> None:
    """Say which workplaces came to a training: exactly these.

    Raises:
        Conflict: the session was changed since version ``seen``.
        NotFound: there is no such session, or no such workplace.
    """
    person.require_role(*STAFF)
    row = find_session(session, number, lock=True)
    if row.version != seen:
        raise Conflict(f"session {number} was changed meanwhile")
    known = set(session.scalars(sa.select(Workplace.id).where(Workplace.id.in_(workplaces))))
    if known != set(workplaces):
        raise NotFound("a workplace that does not exist")
    before = at_session(session, row.id)
    session.execute(
        sa.delete(SessionWorkplace).where(
            SessionWorkplace.session_id == row.id, SessionWorkplace.workplace_id.in_(before - known)
        )
    )
    session.add_all(SessionWorkplace(session_id=row.id, workplace_id=place) for place in sorted(known - before))
    row.version += 1
    session.flush()
    record_change(
        session, person.actor, "session_changed", "programme_session", row.id, workplaces=len(known),
        more=len(known - before), fewer=len(before - known),
    )  # fmt: skip


def copies(row: ProgrammeSession, dates: Sequence[dt.date]) -> list[SessionEntry]:
    """Return the session as it was planned, on other days: nothing of how it went is copied."""
    entry = entry_of(row)
    counts = tuple(replace(count, attended=None) for count in entry.counts)
    return [replace(entry, date=date, status=SessionStatus.PLANNED, counts=counts, reason="") for date in dates]


def entry_of(row: ProgrammeSession) -> SessionEntry:
    """Return a session as a form would say it."""
    counts = tuple(CountEntry(one.school_id, one.level, one.planned, one.attended) for one in row.counts)
    return SessionEntry(
        row.programme_id, row.title, row.date, row.starts_at, row.place, tuple(user.id for user in row.people),
        row.cost, row.notes, row.status, counts, "",
    )  # fmt: skip


def _write(session: Session, row: ProgrammeSession, entry: SessionEntry) -> None:
    row.programme_id, row.title, row.date, row.starts_at = entry.programme_id, entry.title, entry.date, entry.starts_at
    row.place, row.cost, row.notes = entry.place, entry.cost, entry.notes
    row.people = list(session.scalars(sa.select(User).where(User.id.in_(entry.people)).order_by(User.id)))
    stored = {(one.school_id, one.level): one for one in row.counts}
    rows = []
    for count in entry.counts:
        one = stored.get((count.school_id, count.level)) or SessionCount(school_id=count.school_id, level=count.level)
        one.planned, one.attended = count.planned, count.attended
        rows.append(one)
    row.counts = rows


def _attended(entry: SessionEntry) -> dict[tuple[object, ...], int]:
    """What of a session stands in the books as attended; nothing before it was held."""
    if entry.status is not SessionStatus.HELD:
        return {}
    return {(entry.programme_id, entry.date, one.school_id, one.level): one.attended or 0 for one in entry.counts}


def change_kind(
    session: Session, person: Person, number: ProgrammeId | None, entry: KindEntry, *, seen: int
) -> Programme:
    """Add a kind (``number`` None) or change one. What stands in the books keeps what it counted as.

    Raises:
        Conflict: it was changed since version ``seen``.
        InvalidForm: another kind has this name (``name``, ``twice``).
    """
    person.require_role(Role.ADMINISTRATOR)
    same = sa.select(Programme.id).where(Programme.name == entry.name, Programme.id != (number or 0))
    if session.scalar(same.limit(1)) is not None:
        raise InvalidForm([InvalidInput(field="name", reason="twice")])
    if number is None:
        kind = Programme(code=f"kind-{secrets.token_hex(4)}", version=0)
        session.add(kind)
    else:
        kind = find_kind(session, number, lock=True)
        if kind.version != seen:
            raise Conflict(f"programme {number} was changed meanwhile")
    kind.name, kind.name_en, kind.section = entry.name, entry.name_en, entry.section
    kind.counted, kind.listed, kind.active = entry.counted, entry.listed, entry.active
    kind.told_to, kind.report_name, kind.report_note = entry.told_to, entry.report_name, entry.report_note
    kind.position, kind.valid_months = entry.position, entry.valid_months
    kind.version += 1
    session.flush()
    record_change(
        session, person.actor, "programme_changed" if number else "programme_added", "programme", kind.id,
        name=entry.name, section=entry.section.value, counted=entry.counted, active=entry.active,
    )  # fmt: skip
    return kind
