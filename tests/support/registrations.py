"""Sessions that are open for registration, and the schools of the small term that register."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa

from booking.clock import seoul_time
from booking.domain.person import Person
from booking.domain.registration import Keep, KeepUnit, OpeningEntry, PartyEntry
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Level, Role
from booking.models.messages import Message
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionOpening, SessionParty
from booking.services.programmes import add_session
from booking.services.registration_desk import save_opening
from booking.services.registration_line import find_opening
from booking.services.registrations import register
from tests.support.books import an_entry, kind
from tests.support.factory import SmallTerm

#: a Wednesday three weeks after the day of the small term
DAY = dt.date(2027, 3, 17)
USUAL = OpeningEntry(
    places=60,
    levels=(Level.MIDDLE,),
    grades=(),
    opens_at=seoul_time(dt.date(2027, 2, 1), dt.time(9)),
    closes_at=seoul_time(dt.date(2027, 3, 16), dt.time(18)),
    smallest=1,
    largest=40,
    keep=Keep(3, KeepUnit.WORKING_DAYS),
)


def teacher(small: SmallTerm, number: int = 0) -> Person:
    """The teacher of one of the three schools."""
    return small.person(Role.TEACHER, f"S{number}")


def a_session(small: SmallTerm, date: dt.date = DAY) -> ProgrammeSession:
    """A lecture that is planned, for nobody in particular."""
    entry = replace(an_entry(kind(small.session).id, date, 0, status=SessionStatus.PLANNED), title="직업인 특강")
    return add_session(small.session, small.clock, small.coordinator, entry)


def opened(small: SmallTerm, places: int = 60, date: dt.date = DAY, **changes: object) -> SessionOpening:
    """A lecture with places, open for registration."""
    row = a_session(small, date)
    entry = replace(USUAL, places=places, **changes)  # type: ignore[arg-type]
    return save_opening(small.session, small.clock, small.coordinator, row.id, entry, seen=0)


def places(small: SmallTerm, opening: SessionOpening, number: int) -> SessionOpening:
    """Let the session have so many places from now on."""
    entry = replace(USUAL, places=number)
    return save_opening(small.session, small.clock, small.coordinator, opening.session_id, entry, seen=opening.version)


def registered(
    small: SmallTerm, opening: SessionOpening, pupils: int, label: str = "1-1", school: int = 0
) -> SessionParty:
    """A class that a school registers: it is there, or it waits."""
    who = teacher(small, school)
    return register(
        small.session, small.clock, who, opening.session_id, who.school_ids[0], PartyEntry(label, 1, pupils, "")
    )


def now(small: SmallTerm, opening: SessionOpening) -> SessionOpening:
    """The session as it stands in the database."""
    small.session.flush()
    return find_opening(small.session, opening.session_id)


def told(small: SmallTerm, *kinds: str) -> list[Message]:
    """What schools were told by e-mail of their classes at sessions, in order."""
    found = sa.select(Message).where(Message.kind.like("session_%"), Message.channel == "email").order_by(Message.id)
    return [one for one in small.session.scalars(found) if not kinds or one.kind in kinds]
