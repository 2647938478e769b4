"""The first quarter of 2018, entered through the same doors as everything else, has the report's figures."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.clock import FixedClock, seoul_date
from booking.demo.books import QUARTER, load_books
from booking.demo.load import coordinator, load_demo
from booking.demo.openings import SESSIONS, load_openings
from booking.domain.ledger import Amount
from booking.domain.programmes import Section
from booking.domain.quarters import Quarter
from booking.domain.registration import Window, window
from booking.domain.vocabulary import Level
from booking.queries.pipeline import found_in
from booking.queries.quarter import pending, quarter_figures
from booking.queries.registrations import openings_for
from booking.queries.year_books import all_years, money
from booking.services.audit import run_audit
from booking.services.ledger import freeze_quarter
from scheduler.instance import Instance
from scheduler.samples import sample_bytes
from tests.support.factory import NOW

#: kind: how often, how many, as the report of the quarter prints them
REPORT = {
    "mentor_training": (24, 145),
    "chaperone_training": (1, 43),
    "free_semester": (6, 932),
    "lecture": (2, 117),
    "camp": (1, 452),
    "parents_dispatch": (17, 17),
    "classroom": (16, 135),
    "counselling": (5, 16),
}
MEETINGS = {
    "office_workshop": 1,
    "zone_seminar": 2,
    "teachers_council": 7,
    "public_council": 6,
    "mentors_council": 11,
    "parents_council": 2,
    "volunteers_council": 1,
    "dream_catcher": 2,
    "donors_meeting": 14,
}


@pytest.fixture
def books(session: Session) -> FixedClock:
    """The Guro term with the books of the quarter."""
    clock = FixedClock(NOW)
    load_demo(session, clock, Instance.from_json(sample_bytes("guro-2018-spring")), current=False)
    load_books(session, clock, coordinator(session))
    return clock


def test_every_figure_is_that_of_the_report(session: Session, books: FixedClock) -> None:
    figures = quarter_figures(session, QUARTER)
    counted = {line.code: line.attended for line in figures.programmes if line.section is not Section.MEETING}
    assert counted == {code: Amount(*figure) for code, figure in REPORT.items()}
    assert {line.code: line.attended.sessions for line in figures.section(Section.MEETING)} == MEETINGS
    assert {line.code for line in figures.programmes if line.residents} == {"parents_council", "donors_meeting"}
    assert figures.beneficiaries == sum(people for _, people in REPORT.values())
    assert len(figures.press) == 5
    places = figures.workplaces
    assert (places.found, places.ended, places.register) == (22, 5, 261)
    before = QUARTER.before
    assert found_in(session, before.first, before.last).register == 244
    assert run_audit(session, books.now()) == []


def test_the_years_and_their_money_add_up(session: Session, books: FixedClock) -> None:
    years = [year for year in all_years(session, QUARTER.last) if year.year <= 2018]
    assert [year.target for year in years] == [6_000, 12_000, 12_000, 12_000, 6_000]
    assert {year.agreed_share for year in years} == {100}
    found = money(years)
    assert (found.budget, found.city, found.district, found.spent) == (905_000, 455_000, 450_000, 705_000)
    assert years[-1].reached == quarter_figures(session, QUARTER).beneficiaries


def test_the_frozen_quarter_reads_as_it_stood(session: Session, books: FixedClock) -> None:
    before = quarter_figures(session, QUARTER)
    freeze_quarter(session, books, coordinator(session), QUARTER, seen=pending(session, QUARTER))
    after = quarter_figures(session, QUARTER)
    assert after.frozen is not None
    for name in ("programmes", "beneficiaries", "late", "workplaces", "press", "volunteer_hours"):
        assert getattr(after, name) == getattr(before, name)
    assert quarter_figures(session, Quarter(2018, 2)).programmes == ()


def test_the_sessions_to_come_are_open_to_middle_schools_and_count_nobody(session: Session, books: FixedClock) -> None:
    load_openings(session, books, coordinator(session))
    found = openings_for(session, Level.MIDDLE, seoul_date(books.now()))
    assert [(opening.session.title, opening.places, opening.free) for opening in found] == [
        (title, places, places) for _, title, _, _, places, _, _ in SESSIONS
    ]
    assert {window(books.now(), one.opens_at, one.closes_at, None, one.session.date) for one in found} == {Window.OPEN}
    assert quarter_figures(session, QUARTER).beneficiaries == sum(people for _, people in REPORT.values())
    assert run_audit(session, books.now()) == []
