"""The books: entered once, corrected with a reason, frozen for good; the database refuses whatever else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from booking.db import make_engine, make_sessions
from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidForm, NotNow
from booking.domain.ledger import Amount, Stage, proof
from booking.domain.quarters import Quarter
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Role
from booking.models.ledger import FrozenQuarter, LedgerEntry
from booking.models.programmes import ProgrammeSession
from booking.models.terms import Term
from booking.queries.ledger import Filter, by_level, by_school, entries, entries_of, lines_of, total
from booking.queries.quarter import pending, quarter_figures
from booking.services.attendance import report_attendance
from booking.services.audit import run_audit
from booking.services.ledger import freeze_quarter
from booking.services.programmes import add_session, change_session, entry_of
from tests.support.books import an_entry, held, kind, recount, schools
from tests.support.factory import SmallTerm
from tests.support.visits import DAY, at, confirmed, figures

FIRST, SECOND = Quarter(2027, 1), Quarter(2027, 2)
JANUARY = dt.date(2027, 1, 20)


def freeze(small: SmallTerm, quarter: Quarter = FIRST) -> FrozenQuarter:
    seen = pending(small.session, quarter)
    return freeze_quarter(small.session, small.clock, small.coordinator, quarter, seen=seen)


def lecture(small: SmallTerm, people: int, date: dt.date = JANUARY) -> ProgrammeSession:
    return held(small.session, small.clock, small.coordinator, date, people, school=schools(small.session)[0].id)


def test_a_visit_flows_in_when_its_last_figure_is_reported_and_its_corrections_after_it(small: SmallTerm) -> None:
    small.publish()
    confirmed(small)
    at(small, DAY + dt.timedelta(days=1))
    teacher, request = small.person(Role.TEACHER, "S0"), small.request("V0000")
    given = figures(small.visit("V0000"), fewer=1)
    report_attendance(small.session, small.clock, teacher, request.id, given[:-1])
    assert total(small.session, Filter()) == Amount()

    report_attendance(small.session, small.clock, teacher, request.id, given[-1:])
    assert total(small.session, Filter.of(FIRST)) == Amount(1, 19)
    report_attendance(small.session, small.clock, teacher, request.id, given)
    assert len(entries_of(small.session, visit_id=small.visit("V0000").id)) == 1

    corrected = [replace(given[0], attended=given[0].attended + 1, version=1)]
    report_attendance(small.session, small.clock, teacher, request.id, corrected)
    first, second = entries_of(small.session, visit_id=small.visit("V0000").id)
    assert (second.people, second.sessions, second.corrects_id, second.by_id) == (1, 0, first.id, teacher.user_id)
    assert second.reason
    assert by_school(small.session, Filter.of(FIRST)) == [(request.school, Amount(1, 20))]
    assert run_audit(small.session, small.clock.now()) == []


def test_a_session_is_counted_at_each_stage_and_taken_back_when_it_is_called_off(small: SmallTerm) -> None:
    session, clock, who = small.session, small.clock, small.coordinator
    planned = an_entry(kind(session).id, dt.date(2027, 3, 2), 30, status=SessionStatus.PLANNED)
    row = add_session(session, clock, who, planned)

    def stages() -> dict[Stage, Amount]:
        return {stage: total(session, Filter(stage=stage)) for stage in Stage}

    assert stages() == {Stage.PLANNED: Amount(1, 30), Stage.CONFIRMED: Amount(), Stage.ATTENDED: Amount()}
    change_session(session, clock, who, row.id, replace(planned, status=SessionStatus.CONFIRMED), seen=1)
    assert stages()[Stage.CONFIRMED] == Amount(1, 30)
    came = replace(planned.counts[0], attended=27)
    change_session(session, clock, who, row.id, replace(planned, status=SessionStatus.HELD, counts=(came,)), seen=2)
    assert stages() == {Stage.PLANNED: Amount(1, 30), Stage.CONFIRMED: Amount(1, 30), Stage.ATTENDED: Amount(1, 27)}

    off = replace(entry_of(row), status=SessionStatus.CANCELLED)
    with pytest.raises(InvalidForm):
        change_session(session, clock, who, row.id, off, seen=3)
    change_session(session, clock, who, row.id, replace(off, reason="다른 달의 회차"), seen=3)
    assert set(stages().values()) == {Amount()}
    assert len(entries_of(session, session_id=row.id)) == 6
    with pytest.raises(IllegalTransition):
        change_session(session, clock, who, row.id, replace(off, status=SessionStatus.HELD), seen=4)
    assert run_audit(session, clock.now()) == []


def test_several_schools_are_one_session(small: SmallTerm) -> None:
    one, two, _ = schools(small.session)
    entry = an_entry(kind(small.session).id, JANUARY, 20, school=two.id)
    counts = (*entry.counts, replace(entry.counts[0], school_id=one.id, planned=5, attended=5))
    add_session(small.session, small.clock, small.coordinator, replace(entry, counts=counts))
    assert total(small.session, Filter()) == Amount(1, 25)
    assert [amount.people for _, amount in by_school(small.session, Filter())] == [5, 20]


def test_a_correction_of_attendances_needs_a_reason_and_a_moved_session_counts_on_its_new_day(small: SmallTerm) -> None:
    row = lecture(small, 30)
    with pytest.raises(InvalidForm):
        recount(small.session, small.clock, small.coordinator, row, 28, reason="")
    recount(small.session, small.clock, small.coordinator, row, 28)
    moved = replace(entry_of(row), date=dt.date(2027, 2, 1), reason="날짜를 잘못 적음")
    change_session(small.session, small.clock, small.coordinator, row.id, moved, seen=2)
    assert total(small.session, Filter(last=dt.date(2027, 1, 31))) == Amount()
    assert total(small.session, Filter(first=dt.date(2027, 2, 1))) == Amount(1, 28)
    with pytest.raises(Conflict):
        change_session(small.session, small.clock, small.coordinator, row.id, moved, seen=2)


def test_what_is_entered_into_a_frozen_quarter_counts_today_and_says_so(small: SmallTerm) -> None:
    row = lecture(small, 30)
    at(small, dt.date(2027, 4, 2))
    frozen = freeze(small)
    assert (frozen.people, frozen.entries) == (30, 3)

    recount(small.session, small.clock, small.coordinator, row, 25)
    lecture(small, 12)
    assert total(small.session, Filter.of(FIRST)) == Amount(1, 30)
    assert quarter_figures(small.session, FIRST).beneficiaries == 30
    running = quarter_figures(small.session, SECOND)
    assert (running.beneficiaries, running.late) == (7, 7)
    line = running.line("lecture")
    assert line is not None
    assert line.late == Amount(1, 7)
    late = entries(small.session, Filter(late=True), 1, 10).rows
    assert {entry.counts_on for entry in late} == {dt.date(2027, 4, 2)}
    assert {entry.date for entry in late} == {JANUARY}
    assert run_audit(small.session, small.clock.now()) == []


def test_a_quarter_is_frozen_once_when_it_is_over_and_as_it_was_seen(small: SmallTerm) -> None:
    lecture(small, 30)
    with pytest.raises(NotNow):
        freeze(small)
    at(small, dt.date(2027, 4, 1))
    with pytest.raises(Conflict, match="has 3 entries"):
        freeze_quarter(small.session, small.clock, small.coordinator, FIRST, seen=2)
    with pytest.raises(Forbidden):
        freeze_quarter(small.session, small.clock, small.person(Role.OFFICER), FIRST, seen=3)
    freeze(small)
    with pytest.raises(Conflict, match="frozen"):
        freeze(small)


def test_the_proof_is_the_same_in_sql_and_fails_where_anything_was_changed(small: SmallTerm) -> None:
    row = lecture(small, 30)
    recount(small.session, small.clock, small.coordinator, row, 29, reason="정정 | 한글\n두 줄")
    at(small, dt.date(2027, 4, 1))
    frozen = freeze(small)
    assert frozen.sha256 == proof(frozen.document, lines_of(small.session, FIRST))
    assert run_audit(small.session, small.clock.now()) == []

    # somebody who may switch triggers off
    small.session.execute(sa.text("ALTER TABLE ledger_entry DISABLE TRIGGER append_only"))
    small.session.execute(sa.text("UPDATE ledger_entry SET reason = 'anders' WHERE reason IS NOT NULL"))
    assert {breach.rule for breach in run_audit(small.session, small.clock.now())} == {"frozen_quarter_is_proven"}


def test_the_name_of_a_kind_may_change_and_the_frozen_report_does_not(small: SmallTerm) -> None:
    lecture(small, 30)
    at(small, dt.date(2027, 4, 1))
    freeze(small)
    kind(small.session).name = "다른 이름"
    small.session.flush()
    line = quarter_figures(small.session, FIRST).line("lecture")
    assert line is not None
    assert line.name == "강연형·대화형"


def test_a_kind_that_counts_no_more_leaves_what_stands_in_the_books(small: SmallTerm) -> None:
    row = lecture(small, 30)
    kind(small.session).counted = False
    small.session.flush()
    recount(small.session, small.clock, small.coordinator, row, 31)
    assert total(small.session, Filter(counted=True)) == Amount(1, 31)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET people = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry CASCADE",
        "UPDATE frozen_quarter SET people = 1",
        "DELETE FROM frozen_quarter",
        "TRUNCATE frozen_quarter",
    ],
)
def test_the_database_refuses_to_change_or_delete(small: SmallTerm, statement: str) -> None:
    lecture(small, 30)
    at(small, dt.date(2027, 4, 1))
    freeze(small)
    with pytest.raises(DBAPIError, match="append-only"):
        small.session.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"counts_on": JANUARY}, "ck_ledger_entry_quarter_open"),
        ({"date": dt.date(2027, 5, 1)}, "ck_ledger_entry_own_day"),
        ({"stage": Stage.PLANNED}, "ck_ledger_entry_corrects_its_like"),
        ({"reason": None}, "ck_ledger_entry_correction_has_reason"),
        ({"corrects_id": None, "reason": None}, "ck_ledger_entry_negative_corrects"),
        ({"corrects_id": None, "reason": None, "people": 3, "session_id": None}, "ck_ledger_entry_one_cause"),
    ],
)
def test_the_database_refuses_entries_that_do_not_belong(
    small: SmallTerm, changed: dict[str, object], constraint: str
) -> None:
    row = lecture(small, 30)
    at(small, dt.date(2027, 4, 1))
    freeze(small)
    meant = small.session.scalars(sa.select(LedgerEntry).where(LedgerEntry.stage == Stage.ATTENDED)).one()
    good = {
        "stage": meant.stage, "programme_id": meant.programme_id, "counted": meant.counted, "level": meant.level,
        "school_id": meant.school_id, "date": meant.date, "sessions": 0, "people": -3, "session_id": row.id,
        "corrects_id": meant.id, "reason": "정정", "counts_on": dt.date(2027, 4, 1), "by_id": meant.by_id,
        "at": small.clock.now(),
    }  # fmt: skip
    small.session.execute(sa.insert(LedgerEntry).values(**good))
    with pytest.raises(DBAPIError) as refused:
        small.session.execute(sa.insert(LedgerEntry).values(**(good | changed)))
    assert isinstance(refused.value.orig, psycopg.Error)
    assert refused.value.orig.diag.constraint_name == constraint


def test_freezing_waits_for_whoever_is_writing(database_url: str) -> None:
    """An entry that is not committed yet must not be left out of a quarter that is being frozen."""
    engine = make_engine(database_url)
    with make_sessions(engine)() as writing, make_sessions(engine)() as freezing:
        small = SmallTerm(writing)
        writing.commit()
        lecture(small, 30)
        at(small, dt.date(2027, 4, 1))
        other = SmallTerm(freezing, term=freezing.get_one(Term, small.term.id), now=small.clock.now())
        freezing.execute(sa.text("SET lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            freeze(other)
        freezing.rollback()
        writing.commit()
        assert freeze(other).people == 30
        freezing.commit()
    engine.dispose()


def test_levels_and_people_who_are_no_pupils_are_told_apart(small: SmallTerm) -> None:
    lecture(small, 30)
    held(small.session, small.clock, small.coordinator, JANUARY, 9, code="mentor_training")
    assert [(level.value if level else None, amount.people) for level, amount in by_level(small.session, Filter())] == [
        ("middle", 30),
        (None, 9),
    ]
    assert total(small.session, Filter(no_level=True)) == Amount(1, 9)
