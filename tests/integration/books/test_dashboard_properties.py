"""Whatever the books and the plan are and whatever is asked, what opens behind a figure adds up to it.

The figures are held against sums that share no code with them: selects written by hand over the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.domain.ids import ProgrammeId, SchoolId
from booking.domain.states import GroupStatus, MessageStatus, VisitStatus
from booking.domain.vocabulary import Channel, JobField, Level
from booking.models.messages import Message
from booking.models.visits import Visit
from booking.queries import dashboard as rows
from booking.queries import dashboard_reach as reach
from booking.queries.dashboard import WAYS, Part, Scope
from booking.queries.dashboard_reach import Arrival, Use
from booking.queries.ledger import by_level, by_month, by_programme, by_school, entries, total
from tests.support.books import held, kind, schools
from tests.support.factory import SmallTerm
from tests.support.visits import at

FIRST, LAST = dt.date(2027, 3, 1), dt.date(2027, 6, 30)
DAYS = st.dates(FIRST, LAST)
BOOKS = st.lists(st.tuples(st.sampled_from(["lecture", "camp", "fair"]), DAYS, st.integers(0, 300), st.integers(0, 3)))
#: which visits are called off, which messages end how
CALLED_OFF = st.sets(st.integers(0, 11), max_size=4)
ENDS = st.lists(st.sampled_from(MessageStatus), min_size=1, max_size=9)
SCOPES = st.tuples(
    st.none() | DAYS, st.none() | DAYS, st.none() | st.integers(0, 3), st.none() | st.integers(0, 2),
    st.none() | st.sampled_from(Level), st.booleans(),
)  # fmt: skip

#: pupils of classes in a scope, by hand: wished, given, first, other choices, not asked for, unplaced
BY_HAND = """
    SELECT w.date AS wished, g.date AS given, r.pupils, got.position, v.id IS NOT NULL AS placed
      FROM request r JOIN school s ON s.id = r.school_id
      LEFT JOIN visit v ON v.request_id = r.id AND v.status <> 'cancelled'
      LEFT JOIN slot g ON g.id = v.slot_id
      LEFT JOIN request_slot f ON f.request_id = r.id AND f.wish = 'requested' AND f.position = 0
      LEFT JOIN slot w ON w.id = f.slot_id
      LEFT JOIN request_slot got ON got.request_id = r.id AND got.slot_id = v.slot_id AND got.wish = 'requested'
     WHERE r.status <> 'withdrawn' AND (r.status <> 'served' OR v.id IS NOT NULL)
       AND (CAST(:school AS bigint) IS NULL OR s.id = :school) AND (CAST(:level AS text) IS NULL OR s.level = :level)
       AND (CAST(:term AS bigint) IS NULL OR r.term_id = :term)"""


def _scope(session: Session, small: SmallTerm, asked: tuple[object, ...]) -> Scope:
    first, last, programme, school, level, of_term = asked
    kinds = [kind(session, code).id for code in ("workplace_visit", "lecture", "camp", "fair")]
    return Scope(
        first=first,  # type: ignore[arg-type]  # as SCOPES draws it
        last=last,  # type: ignore[arg-type]
        term_id=small.term.id if of_term else None,
        programme_id=ProgrammeId(kinds[programme]) if isinstance(programme, int) else None,
        school_id=SchoolId(schools(session)[school].id) if isinstance(school, int) else None,
        level=level,  # type: ignore[arg-type]
    )


def _arranged(session: Session, small: SmallTerm, off: set[int], ends: list[MessageStatus]) -> None:
    small.publish()
    for number, visit in enumerate(session.scalars(sa.select(Visit).order_by(Visit.id))):
        if number in off:
            visit.status = VisitStatus.CANCELLED
            for group in visit.groups:
                group.status = GroupStatus.RELEASED
    for number, message in enumerate(session.scalars(sa.select(Message).order_by(Message.id))):
        message.status = ends[number % len(ends)]
        message.created_at = dt.datetime(2027, 3 + number % 4, 1 + number % 28, 15, tzinfo=dt.UTC)
    session.flush()
    session.expire_all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books=BOOKS, off=CALLED_OFF, ends=ENDS, asked=SCOPES)
def test_what_opens_adds_up_to_the_figure(
    session: Session,
    books: list[tuple[str, dt.date, int, int]],
    off: set[int],
    ends: list[MessageStatus],
    asked: tuple[object, ...],
) -> None:
    outer = session.begin_nested()
    small = SmallTerm(session)
    _arranged(session, small, off, ends)
    at(small, dt.date(2027, 6, 30))
    for code, day, people, school in books:
        number = schools(session)[school].id if school < 3 else None
        held(session, small.clock, small.coordinator, day, people, code=code, school=number)
    scope = _scope(session, small, asked)
    _books_add_up(session, scope)
    _classes_add_up(session, scope)
    _places_add_up(session, scope)
    _messages_add_up(session, scope)
    outer.rollback()
    session.expire_all()


def _books_add_up(session: Session, scope: Scope) -> None:
    headline = total(session, scope.books).people
    assert sum(row.people for row in entries(session, scope.books, 1, 10_000).rows) == headline
    for side in (by_programme, by_school, by_level, by_month):
        assert sum(amount.people for _, amount in side(session, scope.books)) == headline


def _classes_add_up(session: Session, scope: Scope) -> None:
    found = rows.class_rows(session, scope)
    by_hand: Counter[Part] = Counter()
    if scope.programme_id in (None, kind(session, "workplace_visit").id):
        given = {"school": scope.school_id, "level": scope.level, "term": scope.term_id}
        for wished, given_on, pupils, position, placed in session.execute(sa.text(BY_HAND), given):
            for part, day in ((Part.WISHED, wished), (Part.GIVEN, given_on)):
                by_hand[part] += pupils if scope.holds(day) else 0
            if scope.holds(given_on if placed else wished):
                way = (
                    Part.UNPLACED if not placed else Part.SHIFTED if position is None
                    else Part.LATER if position else Part.FIRST
                )  # fmt: skip
                by_hand[way] += pupils
    for part in (*WAYS, Part.WISHED, Part.GIVEN):
        assert rows.pupils_of(found, scope, part) == by_hand[part]
        assert sum(row.pupils for row in rows.counted(found, scope, part)) == by_hand[part]
    assert sum(rows.ways_of(found, scope).values()) == rows.pupils_of(found, scope, Part.ALL)
    days = rows.days_of(found, scope)
    assert sum(day.before for day in days) == by_hand[Part.WISHED]
    assert sum(day.total for day in days) == by_hand[Part.GIVEN]
    for day in days:
        one = Scope(day.date, day.date, scope.term_id, scope.programme_id, scope.school_id, scope.level)
        assert rows.pupils_of(rows.class_rows(session, one), one, Part.GIVEN) == day.total
        assert rows.pupils_of(rows.class_rows(session, one), one, Part.WISHED) == day.before
    schools_found = rows.by_school_and_term(found, scope)
    for way in WAYS:
        assert sum(one.pupils[way] for one in schools_found) == by_hand[way]


def _places_add_up(session: Session, scope: Scope) -> None:
    found = reach.place_uses(session, scope)
    assert sum(len(reach.used(found, use, None)) for use in Use) == len(found)
    for use in Use:
        by_field = sum(len(reach.used(found, use, field)) for field in JobField)
        assert by_field == len(reach.used(found, use, None))
    groups = sum(row.groups for row in found)
    if (scope.school_id, scope.level, scope.first, scope.last, scope.programme_id) == (None,) * 5:
        live = "SELECT count(*) FROM visit_group WHERE status IN ('proposed', 'asked', 'accepted', 'expired')"
        assert groups == session.scalar(sa.text(live))
    assert all((row.groups == 0) == (row.use is Use.DORMANT) for row in found)


def _messages_add_up(session: Session, scope: Scope) -> None:
    found = reach.messages_seen(session, scope)
    assert len({row.message_id for row in found}) == len(found)
    for arrival in Arrival:
        by_channel = sum(len(reach.arrived(found, arrival, channel)) for channel in Channel)
        assert by_channel == len(reach.arrived(found, arrival, None))
    assert sum(len(reach.arrived(found, arrival, None)) for arrival in Arrival) == len(found)
    if scope.school_id is None and scope.level is None:
        everything = session.scalars(sa.select(Message)).all()
        seoul = dt.timedelta(hours=9)
        assert len(found) == sum(scope.holds((row.created_at + seoul).date()) for row in everything)
