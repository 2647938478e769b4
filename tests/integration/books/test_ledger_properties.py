"""No order of entries, corrections and freezes changes what was frozen, and what opens adds up to the figure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.domain.errors import BookingError
from booking.domain.ledger import Amount, Stage
from booking.domain.programmes import Section
from booking.domain.quarters import Quarter
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Level
from booking.models.programmes import ProgrammeSession
from booking.queries.ledger import Filter, by_level, by_month, by_programme, by_school, entries, total
from booking.queries.quarter import document_of, pending, quarter_figures
from booking.services.audit import run_audit
from booking.services.ledger import freeze_quarter
from booking.services.programmes import add_session, change_session, entry_of
from tests.support.books import an_entry, kind, recount, schools
from tests.support.factory import SmallTerm
from tests.support.visits import at

QUARTERS = (Quarter(2027, 1), Quarter(2027, 2), Quarter(2027, 3))
KINDS = ("lecture", "camp", "mentor_training", "teachers_council")
DAYS = st.dates(dt.date(2027, 1, 1), dt.date(2027, 9, 30))
COUNTS = st.integers(0, 400)

STEPS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(KINDS), DAYS, COUNTS, st.integers(0, 3), st.sampled_from(SessionStatus)),
    st.tuples(st.just("recount"), st.integers(0, 9), COUNTS),
    st.tuples(st.just("move"), st.integers(0, 9), DAYS),
    st.tuples(st.just("status"), st.integers(0, 9), st.sampled_from(SessionStatus)),
    st.tuples(st.just("kind"), st.integers(0, 9), st.sampled_from(KINDS)),
    st.tuples(st.just("freeze"), st.sampled_from(QUARTERS)),
    st.tuples(st.just("day"), DAYS),
)
FILTERS = st.builds(
    Filter,
    first=st.none() | DAYS,
    last=st.none() | DAYS,
    stage=st.none() | st.sampled_from(Stage),
    counted=st.none() | st.booleans(),
    section=st.none() | st.sampled_from(Section),
    level=st.none() | st.sampled_from(Level),
    no_level=st.booleans(),
    late=st.none() | st.booleans(),
)


class Books:
    """The books under test, and what was frozen so far."""

    def __init__(self, small: SmallTerm) -> None:
        self.small, self.session = small, small.session
        self.rows: list[ProgrammeSession] = []
        self.frozen: dict[Quarter, tuple[object, ...]] = {}
        self.today = dt.date(2027, 1, 2)

    def figures(self, quarter: Quarter) -> tuple[object, ...]:
        """Everything that could change of a quarter, reckoned from the entries and as the report reads it."""
        what = Filter.of(quarter)
        by_kind = tuple((row.code, amount) for row, amount in by_programme(self.session, what))
        return (
            by_kind,
            total(self.session, replace(what, stage=None)),
            document_of(quarter_figures(self.session, quarter)),
        )

    def do(self, step: tuple[Any, ...]) -> None:
        """Take a step, or see it refused and undone."""
        savepoint = self.session.begin_nested()
        try:
            self._do(*step)
        except BookingError:
            savepoint.rollback()
            self.session.expire_all()
        else:
            savepoint.commit()

    def _do(self, name: str, *given: Any) -> None:
        small, who = self.small, self.small.coordinator
        if name == "day":
            # the clock goes forward alone
            self.today = max(self.today, given[0])
            at(small, self.today)
        elif name == "freeze":
            quarter: Quarter = given[0]
            seen = pending(self.session, quarter)
            freeze_quarter(self.session, small.clock, who, quarter, seen=seen)
            self.frozen[quarter] = self.figures(quarter)
        elif name == "add":
            code, day, people, school, status = given
            number = schools(self.session)[school].id if school < 3 else None
            entry = an_entry(kind(self.session, code).id, day, people, school=number, status=status)
            self.rows.append(add_session(self.session, small.clock, who, entry))
        elif given[0] < len(self.rows):
            self._change(name, self.rows[given[0]], given[1])

    def _change(self, name: str, row: ProgrammeSession, to: Any) -> None:
        if name == "recount":
            recount(self.session, self.small.clock, self.small.coordinator, row, to)
            return
        entry = replace(entry_of(row), reason="정정")
        if name == "move":
            entry = replace(entry, date=to)
        elif name == "status":
            entry = replace(entry, status=to)
        else:
            entry = replace(entry, programme_id=kind(self.session, to).id)
        change_session(self.session, self.small.clock, self.small.coordinator, row.id, entry, seen=row.version)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=4, max_size=25), what=FILTERS)
def test_whatever_is_done(session: Session, steps: list[tuple[Any, ...]], what: Filter) -> None:
    outer = session.begin_nested()
    books = Books(SmallTerm(session))
    at(books.small, books.today)
    for step in steps:
        books.do(step)
        for quarter, before in books.frozen.items():
            assert books.figures(quarter) == before
    _adds_up(session, what)
    assert run_audit(session, books.small.clock.now()) == []
    outer.rollback()
    session.expire_all()


def _adds_up(session: Session, what: Filter) -> None:
    headline = total(session, what)
    behind = entries(session, what, 1, 10_000).rows
    assert Amount(sum(row.sessions for row in behind), sum(row.people for row in behind)) == headline
    for broken_down in (by_programme, by_school, by_level, by_month):
        amounts = [amount for _, amount in broken_down(session, what)]
        assert sum(amounts, Amount()) == headline
    for row, amount in by_programme(session, what):
        assert total(session, replace(what, programme_id=row.id)) == amount
