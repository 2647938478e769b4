"""The outlook of a term: what was asked, what is expected, the seats, the price; asked for by whatever changes it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SlotId
from booking.domain.phases import Phase
from booking.domain.school_year import CalendarDay, DayKind
from booking.domain.topics import Topic
from booking.domain.vocabulary import JobField, Level, Role
from booking.models.asking import SlotOutlook, SlotSeats
from booking.models.outbox import Job
from booking.models.requests import Request
from booking.queries.load import outlook, slot_chances, slot_loads
from booking.services.outlook import FRESH, ask_where_stale, reckon_outlook
from booking.services.requests import RequestChange, change_request, withdraw_request
from booking.services.school_year import add_days, add_one_off_day, remove_day, remove_one_off_day
from tests.support.factory import SmallTerm
from tests.support.last_year import last_year

FIRST, FIRST_PM = "2027-03-15/AM", "2027-03-15/PM"


@pytest.fixture
def small(session: Session) -> SmallTerm:
    return SmallTerm(session)


def row(small: SmallTerm, code: str, level: Level = Level.MIDDLE) -> SlotOutlook:
    small.session.expire_all()
    return small.session.get_one(SlotOutlook, (small.slot(code).id, level))


def asked_for(small: SmallTerm) -> bool:
    """Whether the outlook is waited for, and forgets it."""
    found = small.session.execute(
        sa.delete(Job).where(Job.topic == Topic.RECKON_OUTLOOK).returning(Job.subject_id)
    ).scalars().all()  # fmt: skip
    assert set(found) <= {small.term.id}
    return bool(found)


def test_what_is_stored_is_what_is_asked_against_what_is_left(small: SmallTerm) -> None:
    assert outlook(small.session, small.term, Level.MIDDLE).reckoned_at is None
    reckoned = reckon_outlook(small.session, small.clock, small.term)
    assert reckoned == len(small.slots()) * len(Level)
    # six classes of 20; seven places of 6 seats and one of twice 6
    first = row(small, FIRST)
    assert (first.asked, first.expected, first.seats) == (120, 0, 54)
    assert first.price == pytest.approx(2 * 10 * 120 / 54)
    # in the afternoon one place is closed, and the one for two groups has had its two of the day
    assert (row(small, FIRST_PM).asked, row(small, FIRST_PM).seats) == (0, 36)
    assert row(small, FIRST, Level.ELEMENTARY).seats == 0
    seen = outlook(small.session, small.term, Level.MIDDLE)
    assert seen.reckoned_at == small.clock.now()
    assert not seen.forecast
    chances = slot_chances(small.term, seen.loads)
    assert chances[small.slot(FIRST).id] == "unlikely"
    assert chances[small.slot(FIRST_PM).id] == "likely"


def test_the_seats_of_all_levels_are_kept_for_the_office(small: SmallTerm) -> None:
    session, term = small.session, small.term
    before = slot_loads(session, term, late=False)
    reckon_outlook(session, small.clock, term)
    assert slot_loads(session, term, late=False) == before
    first = session.get_one(SlotSeats, small.slot(FIRST).id)
    # what is kept is what is read, until it is reckoned again or late requests count as well
    session.execute(sa.update(SlotSeats).where(SlotSeats.slot_id == first.slot_id).values(seats=7))
    assert slot_loads(session, term, late=False)[0].seats == 7
    assert slot_loads(session, term, late=True)[0].seats == before[0].seats
    reckon_outlook(session, small.clock, term)
    assert slot_loads(session, term, late=False) == before
    session.execute(sa.delete(SlotSeats).where(SlotSeats.slot_id == first.slot_id))
    assert slot_loads(session, term, late=False) == before
    assert ask_where_stale(session, small.clock) == 1, "a slot whose seats are missing is reckoned soon"


def test_the_plan_counts_where_it_has_its_groups(small: SmallTerm) -> None:
    small.publish()
    reckon_outlook(small.session, small.clock, small.term)
    by_code = {load.code: load for load in outlook(small.session, small.term, Level.MIDDLE).loads}
    placed = {visit.slot.code: 0 for visit in [small.visit(f"V{n:04d}") for n in range(6) if n not in (4, 5)]}
    assert all(by_code[code].pupils <= by_code[code].seats for code in placed)
    assert sum(load.pupils for load in by_code.values()) == 120


def test_habits_of_the_last_term_are_expected_until_they_have_been_asked(small: SmallTerm) -> None:
    last_year(small, FIRST)
    reckon_outlook(small.session, small.clock, small.term)
    assert row(small, FIRST).expected == 0, "every school has asked for as many as last year"
    # one class each takes its request back: forty of each school's become twenty, and twenty are expected
    for code in ("V0000", "V0002", "V0004"):
        small.session.execute(sa.text("UPDATE request SET status = 'withdrawn' WHERE code = :c AND term_id = :t"),
                              {"c": code, "t": small.term.id})  # fmt: skip
    reckon_outlook(small.session, small.clock, small.term)
    rows = small.session.scalars(sa.select(SlotOutlook).where(SlotOutlook.level == Level.MIDDLE)).all()
    assert sum(one.expected for one in rows) == pytest.approx(60, abs=12)
    assert row(small, FIRST).expected == max(one.expected for one in rows)
    assert outlook(small.session, small.term, Level.MIDDLE).forecast


def test_nobody_is_expected_on_days_off_or_after_the_window(small: SmallTerm) -> None:
    last_year(small, FIRST)
    small.session.execute(sa.update(Request).where(Request.term_id == small.term.id).values(status="withdrawn"))
    add_one_off_day(small.session, small.coordinator, small.slot(FIRST).date, "태풍")
    reckon_outlook(small.session, small.clock, small.term)
    assert row(small, FIRST).expected == 0
    assert row(small, "2027-03-22/AM").expected > 0
    small.clock.moment = dt.datetime.combine(small.term.allocation_on, dt.time(3), dt.UTC)
    assert small.term.calendar.phase(small.term.allocation_on) is not Phase.WISH
    reckon_outlook(small.session, small.clock, small.term)
    assert row(small, "2027-03-22/AM").expected == 0


def test_whatever_changes_the_load_asks_for_a_new_outlook(small: SmallTerm) -> None:
    assert asked_for(small), "a new term"
    teacher = small.person(Role.TEACHER, "S0")
    request = small.request("V0000")
    change = RequestChange(20, 2, (JobField.ARTS,), (SlotId(small.slot(FIRST_PM).id),))
    change_request(small.session, small.clock, teacher, request.id, request.version, change)
    assert asked_for(small)
    changed = small.request("V0001")
    withdraw_request(small.session, small.clock, small.config, teacher, changed.id, changed.version, "행사")
    assert asked_for(small)
    small.publish()
    assert asked_for(small)
    off = add_one_off_day(small.session, small.coordinator, small.slot(FIRST).date, "태풍")
    assert asked_for(small)
    remove_one_off_day(small.session, small.coordinator, off.id)
    assert asked_for(small)
    exam = CalendarDay(small.slot(FIRST).date, "1차 지필평가", DayKind.EXAM)
    add_days(small.session, teacher, teacher.school_ids[0], exam.date, exam.date, exam)
    assert asked_for(small)
    day_id = small.session.execute(sa.text("SELECT id FROM school_day")).scalar_one()
    remove_day(small.session, teacher, day_id)
    assert asked_for(small)


def test_the_sweep_asks_where_it_is_missing_or_old(small: SmallTerm) -> None:
    asked_for(small)
    assert ask_where_stale(small.session, small.clock) == 1
    assert asked_for(small)
    reckon_outlook(small.session, small.clock, small.term)
    assert ask_where_stale(small.session, small.clock) == 0
    small.clock.moment += FRESH
    assert ask_where_stale(small.session, small.clock) == 1
    small.clock.moment = dt.datetime.combine(small.term.closes_on, dt.time(3), dt.UTC)
    assert ask_where_stale(small.session, small.clock) == 0
