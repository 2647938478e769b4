"""실적 장부: what sessions and visits count is entered as differences, and a quarter is frozen with its proof.

Nobody writes entries by hand: a cause (a session or a visit) says what it counts now, and what that differs from what
stands in the books is entered, as corrections with their reason where something stood there before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict, NotNow
from booking.domain.ids import EntryId, SessionId, VisitId
from booking.domain.ledger import Amount, Key, Stage, changes, counting_day, proof
from booking.domain.person import Person
from booking.domain.programmes import VISIT_CODE
from booking.domain.quarters import Quarter
from booking.domain.vocabulary import Role
from booking.models.ledger import FrozenQuarter, LedgerEntry
from booking.models.programmes import Programme
from booking.models.requests import Request
from booking.models.visits import Visit
from booking.queries.ledger import frozen_quarters, lines_of
from booking.queries.quarter import document_of, quarter_figures
from booking.services.history import record_change

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
#: the lock under which entries are written (shared) and a quarter is frozen (alone); the triggers take the same
LOCK = 700431
#: why an entry was corrected where nobody was asked for a reason; the pages have words for these
ATTENDANCE_CORRECTED = "attendance_corrected"
PLAN_CHANGED = "plan_changed"
#: of entries that a change of the rule has corrected (migration 0062)
OUTING_COUNTED_ONCE = "outing_counted_once"


@dataclass(frozen=True, slots=True)
class Cause:
    """Because of what something is entered: a session or a visit."""

    session_id: SessionId | None = None
    visit_id: VisitId | None = None

    def is_that_of(self) -> sa.ColumnElement[bool]:
        """The entries that this cause has made."""
        if self.session_id is not None:
            return LedgerEntry.session_id == self.session_id
        return LedgerEntry.visit_id == self.visit_id


def post(
    session: Session, clock: Clock, person: Person, cause: Cause, wanted: Mapping[Key, Amount], reason: str
) -> list[LedgerEntry]:
    """Enter what ``wanted`` differs from what this cause has in the books; nothing where it does not.

    What stood there before is corrected with ``reason``; what lies in a frozen quarter counts today. Whether
    attendances count towards the target was decided when the cause was entered first, and stays so.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(LOCK)))
    stood = session.scalars(sa.select(LedgerEntry).where(cause.is_that_of()).order_by(LedgerEntry.id)).all()
    posted: dict[Key, Amount] = {}
    first: dict[Key, EntryId] = {}
    counted = {entry.programme_id: entry.counted for entry in stood}
    for entry in stood:
        key = key_of(entry)
        posted[key] = posted.get(key, Amount()) + Amount(entry.sessions, entry.people)
        if entry.corrects_id is None:
            first.setdefault(key, entry.id)
    as_before = {
        replace(key, counted=counted.get(key.programme_id, key.counted)): amount for key, amount in wanted.items()
    }
    frozen = frozen_quarters(session)
    now = clock.now()
    entries = [
        LedgerEntry(
            stage=key.stage, programme_id=key.programme_id, counted=key.counted, school_id=key.school_id,
            level=key.level, date=key.date, sessions=amount.sessions, people=amount.people,
            session_id=cause.session_id, visit_id=cause.visit_id, corrects_id=first.get(key),
            reason=reason if key in first else None, counts_on=counting_day(key.date, seoul_date(now), frozen),
            by_id=person.user_id, at=now,
        )
        for key, amount in changes(posted, as_before)
    ]  # fmt: skip
    for entry in entries:
        # one by one: the order of the numbers is the order in which it was entered
        session.add(entry)
        session.flush()
    return entries


def key_of(entry: LedgerEntry) -> Key:
    """What an entry is counted under."""
    return Key(entry.programme_id, entry.counted, entry.stage, entry.school_id, entry.level, entry.date)


def post_visit(session: Session, clock: Clock, person: Person, visit: Visit, attended: int) -> None:
    """Enter how many came to a visit whose figures are complete, or what a correction has made of it.

    The classes of one school that go out on the same half-day are one session, as the district counts them: the one
    that is entered first carries it. The term is locked.
    """
    kind = session.scalars(sa.select(Programme).where(Programme.code == VISIT_CODE)).one()
    school = visit.request.school
    key = Key(kind.id, kind.counted, Stage.ATTENDED, school.id, school.level, visit.slot.date)
    amount = Amount(0 if _carried_by_another(session, visit) else 1, attended)
    post(session, clock, person, Cause(visit_id=visit.id), {key: amount}, ATTENDANCE_CORRECTED)


def _carried_by_another(session: Session, visit: Visit) -> bool:
    """Whether another class of the same outing has its session in the books."""
    entered = (
        sa.select(LedgerEntry.visit_id)
        .join(Visit, Visit.id == LedgerEntry.visit_id)
        .join(Request, Request.id == Visit.request_id)
        .where(
            Visit.id != visit.id,
            Visit.slot_id == visit.slot_id,
            Request.school_id == visit.request.school_id,
            LedgerEntry.stage == Stage.ATTENDED,
        )
        .group_by(LedgerEntry.visit_id)
        .having(sa.func.sum(LedgerEntry.sessions) > 0)
    )
    return session.scalar(entered.limit(1)) is not None


def freeze_quarter(session: Session, clock: Clock, person: Person, quarter: Quarter, *, seen: int) -> FrozenQuarter:
    """Freeze the figures of a quarter that is over, with the hash that proves them. It cannot be taken back.

    ``seen`` is the number of entries that the page has shown.

    Raises:
        NotNow: the quarter is not over (``quarter_runs``).
        Conflict: it is frozen already (``frozen``), or something was entered since the page was opened (``changed``).
    """
    person.require_role(*STAFF)
    now = clock.now()
    if quarter.last >= seoul_date(now):
        raise NotNow(f"{quarter.name} ends on {quarter.last}", reason="quarter_runs")
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    if quarter in frozen_quarters(session):
        raise Conflict(f"{quarter.name} is frozen", reason="frozen")
    lines = lines_of(session, quarter)
    if len(lines) != seen:
        raise Conflict(f"{quarter.name} has {len(lines)} entries, not {seen}", reason="changed")
    figures = quarter_figures(session, quarter)
    document = json.dumps(document_of(figures), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row = FrozenQuarter(
        year=quarter.year, number=quarter.number, first_day=quarter.first, last_day=quarter.last, document=document,
        entries=len(lines), people=figures.beneficiaries, sha256=proof(document, lines), by_id=person.user_id, at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record_change(
        session, person.actor, "quarter_frozen", "quarter", quarter.year * 10 + quarter.number, entries=row.entries,
        people=row.people, sha256=row.sha256,
    )  # fmt: skip
    return row
