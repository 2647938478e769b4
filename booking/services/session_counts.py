"""회차의 인원: what a session counts goes into the ledger, and its pupils come from who is registered for it."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import SchoolId
from booking.domain.ledger import Amount, Key, Stage
from booking.domain.party_states import PartyStatus
from booking.domain.person import Person
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Level
from booking.models.programmes import Programme, ProgrammeSession, SessionCount
from booking.models.registrations import SessionOpening, SessionParty
from booking.models.schools import School
from booking.services.ledger import Cause, post

#: what each state of a session has in the books
_STAGES = {
    SessionStatus.PLANNED: (Stage.PLANNED,),
    SessionStatus.CONFIRMED: (Stage.PLANNED, Stage.CONFIRMED),
    SessionStatus.HELD: (Stage.PLANNED, Stage.CONFIRMED, Stage.ATTENDED),
    SessionStatus.CANCELLED: (),
}


def post_session(session: Session, clock: Clock, person: Person, row: ProgrammeSession, reason: str) -> int:
    """Enter what a session counts now; returns how many entries that took."""
    kind = session.get_one(Programme, row.programme_id)
    in_order = sorted(row.counts, key=lambda one: (one.level is None, one.school_id or 0, one.level or ""))
    wanted: dict[Key, Amount] = {}
    for stage in _STAGES[row.status]:
        for number, one in enumerate(in_order):
            people = (one.attended or 0) if stage is Stage.ATTENDED else one.planned
            key = Key(kind.id, kind.counted, stage, one.school_id, one.level, row.date)
            # a session took place once, however many schools came
            wanted[key] = Amount(0 if number else 1, people)
    return len(post(session, clock, person, Cause(session_id=row.id), wanted, reason))


def take_over_registered(session: Session, row: ProgrammeSession) -> None:
    """Let the planned pupils of a session be those of the schools that are registered; nothing where none can be.

    What was estimated for a whole level is 0 from then on: the schools stand in its place, and nobody is counted twice.
    A school that has registered nobody any more and of which nobody came leaves the table.
    """
    opening = session.get(SessionOpening, row.id)
    if opening is None or row.status is SessionStatus.CANCELLED:
        return
    registered: defaultdict[SchoolId, int] = defaultdict(int)
    levels: dict[SchoolId, Level] = {}
    found = session.execute(
        sa.select(SessionParty.school_id, School.level, SessionParty.status, SessionParty.pupils)
        .join(School, School.id == SessionParty.school_id)
        .where(SessionParty.session_id == row.id)
        .order_by(SessionParty.turn)
    )
    for school_id, level, status, pupils in found:
        registered[school_id] += pupils if status is PartyStatus.REGISTERED else 0
        levels[school_id] = level
    counted = {one.school_id: one for one in row.counts}
    for one in [one for one in row.counts if one.school_id is None and one.level is not None]:
        one.planned = 0
    for school_id, pupils in registered.items():
        count = counted.get(school_id)
        if count is not None:
            count.planned = pupils
            if not pupils and count.attended is None:
                row.counts.remove(count)
        elif pupils:
            # a row that was left out when the session was entered as held: nobody of this school came
            came = 0 if row.status is SessionStatus.HELD else None
            row.counts.append(SessionCount(school_id=school_id, level=levels[school_id], planned=pupils, attended=came))
    if not row.counts:
        row.counts.append(SessionCount(school_id=None, level=Level(opening.levels[0]), planned=0, attended=None))
    session.flush()
