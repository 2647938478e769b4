"""Sessions that schools can register for in the weeks to come. Nobody has yet: whoever tries the demo is the first."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date, seoul_time
from booking.domain.person import Person
from booking.domain.programmes import CountEntry, SessionEntry
from booking.domain.registration import HABIT, OpeningEntry
from booking.domain.states import SessionStatus
from booking.domain.visit_days import working_day_from
from booking.domain.vocabulary import Level
from booking.models.programmes import Programme
from booking.services.programmes import add_session
from booking.services.registration_desk import save_opening
from booking.services.school_year import free_days

#: kind, title, place, days ahead, places, grades, largest group: a class fills the first, so that a second one waits
SESSIONS = (
    ("lecture", "소방관 특강", "센터 강당", 21, 30, (), 30),
    ("lecture", "웹툰 작가와의 대화", "센터 강당", 28, 60, (), 40),
    ("camp", "진로캠프 하루 과정", "구민회관", 42, 120, (1,), 60),
)
_DAY = dt.timedelta(days=1)


def load_openings(session: Session, clock: Clock, person: Person) -> None:
    """Plan the sessions and open them for middle schools, as ``person``."""
    today = seoul_date(clock.now())
    free = free_days(session, today, today + dt.timedelta(days=90))
    kinds = {kind.code: kind.id for kind in session.scalars(sa.select(Programme))}
    for code, title, place, ahead, places, grades, largest in SESSIONS:
        date = working_day_from(today + dt.timedelta(days=ahead), free)
        entry = SessionEntry(
            kinds[code], title, date, dt.time(14, 0), place, (), None, "", SessionStatus.PLANNED,
            (CountEntry(None, Level.MIDDLE, 0, None),), "",
        )  # fmt: skip
        row = add_session(session, clock, person, entry)
        opens, closes = seoul_time(today - _DAY, dt.time(9)), seoul_time(date - 7 * _DAY, dt.time(18))
        opening = OpeningEntry(places, (Level.MIDDLE,), grades, opens, closes, 1, largest, HABIT)
        save_opening(session, clock, person, row.id, opening, seen=0)
