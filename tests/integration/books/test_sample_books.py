"""The first quarter of 2018, entered through the same doors as everything else, has the report's figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import FixedClock, seoul_date
from booking.demo.books import PRESS, QUARTER, load_books
from booking.demo.load import coordinator, load_demo
from booking.demo.openings import SESSIONS, load_openings
from booking.demo.report import load_report
from booking.domain.ids import ProgrammeId
from booking.domain.ledger import Amount
from booking.domain.programmes import Section
from booking.domain.quarters import Quarter
from booking.domain.registration import Window, window
from booking.domain.report_document import Document
from booking.domain.vocabulary import Level
from booking.models.programmes import Programme, ProgrammeSession
from booking.models.reports import Report
from booking.queries.ledger import Filter, entries
from booking.queries.pipeline import found_in
from booking.queries.quarter import pending, quarter_figures
from booking.queries.registrations import openings_for
from booking.queries.year_books import all_years, money
from booking.services.audit import run_audit
from booking.services.ledger import freeze_quarter
from booking.services.reports import correct, standing
from scheduler.instance import Instance
from scheduler.samples import sample_bytes
from tests.support.books import recount
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
    assert {line.code for line in figures.programmes if line.told_to} == {"parents_council", "donors_meeting"}
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


def original() -> list[str]:
    """Every line of the original that says what the centre did, as the quarter's figures have to make it."""
    return [
        "일터멘토 사전·사후교육 24회 진행(145명)",
        "인솔자 사전·사후교육 1회 진행(43명)",
        "자유학기제 선택형 6회 진행(932명)",
        "강연형·대화형 2회 진행(117명)",
        "진로캠프 진로적성검사 1회 진행(452명)",
        "학부모 현장파견 17회 진행(17명)",
        "행복진로체험교실 16회 진행(135명)",
        "행복진로상담실 5회 진행(16명)",
        "서울시교육청 진로센터 워크숍 1회 진행",
        "4권역 세미나 2회 진행 (구로·금천·영등포·관악·동작 센터장)",
        "진로교사 협의회 7회 진행",
        "공공기관 협의회 6회 진행",
        "일터멘토 협의회 11회 진행",
        "학부모 진로교육지원단 협의회 2회 진행",
        "자원봉사단 협의회 1회 진행",
        "드림캐쳐단 2회 진행",
    ]


@pytest.fixture
def report(session: Session, books: FixedClock) -> Document:
    """The quarter's report as it was handed in."""
    row = load_report(session, books, coordinator(session))
    return standing(session, books, row).document


def test_the_report_says_of_the_books_what_the_original_says_line_by_line(report: Document) -> None:
    printed = list(report.printed())
    said = [line.removeprefix("- ") for line in printed if " 진행" in line and "총" not in line]
    assert sorted(said) == sorted(original())
    assert "- 18.01~03월 : 진로체험관련 일터발굴 22개, 종료 5개 (총누적 261개 체험처)" in printed
    assert "'18.01 ~ 03 : 학부모 정기협의회 총2회 개최" in printed
    assert "'18.01 ~ 03 : 자원봉사단(퇴직시니어) 외 약 7개 단체 교육기부자문 및 협조회의 총14회 진행" in printed
    assert [line for line in printed if "(18.0" in line] == [f"· {outlet} ({day:%y.%m.%d})" for day, outlet in PRESS]


def test_the_years_and_their_money_are_those_of_the_original(report: Document) -> None:
    roadmap, money = report.part("roadmap").table, report.part("budget").table
    assert roadmap is not None
    assert money is not None
    assert roadmap.head[1:] == ("2014년", "2015년", "2016년", "2017년", "2018년")
    assert [cell.number for cell in roadmap.rows[0][1:]] == [6000, 12000, 12000, 12000, 6000]
    assert [cell.number for cell in roadmap.rows[1][1:]] == [100] * 5
    assert [[cell.number for cell in row[1:]] for row in money.rows] == [
        [905, 100, 200, 200, 205, 200],
        [455, 50, 100, 100, 105, 100],
        [450, 50, 100, 100, 100, 100],
        [705, 100, 200, 200, 205, None],
    ]


def test_behind_every_figure_of_the_report_are_entries_that_add_up_to_it(session: Session, report: Document) -> None:
    lines = [line for part in report.parts for row in (part.table.rows if part.table else ()) for cell in row
             for line in cell.lines if line.kind is not None]  # fmt: skip
    assert len(lines) == 18
    for line in lines:
        what = replace(Filter.of(QUARTER), programme_id=ProgrammeId(line.kind or 0))
        behind = entries(session, what, 1, 1000).rows
        assert sum(entry.sessions for entry in behind) == line.sessions, line.text
        if line.attendances is not None:
            assert sum(entry.people for entry in behind) == line.attendances, line.text


def test_what_is_corrected_afterwards_shows_in_a_further_issue_and_not_in_the_frozen_figures(
    session: Session, books: FixedClock, report: Document
) -> None:
    person = coordinator(session)
    freeze_quarter(session, books, person, QUARTER, seen=pending(session, QUARTER))
    row = session.scalars(
        sa.select(ProgrammeSession).join(Programme).where(Programme.code == "camp").order_by(ProgrammeSession.id)
    ).one()
    recount(session, books, person, row, 450)
    again = correct(session, books, person, session.scalars(sa.select(Report.id)).one(), "인원 확인")
    now = standing(session, books, again).document
    assert [one for one in now.printed() if "진로캠프" in one] == [one for one in report.printed() if "진로캠프" in one]
    late = quarter_figures(session, Quarter.of(seoul_date(books.now()))).line("camp")
    assert late is not None
    assert late.attended.people == -2


def test_the_sessions_to_come_are_open_to_middle_schools_and_count_nobody(session: Session, books: FixedClock) -> None:
    load_openings(session, books, coordinator(session))
    found = openings_for(session, Level.MIDDLE, seoul_date(books.now()))
    assert [(opening.session.title, opening.places, opening.free) for opening in found] == [
        (title, places, places) for _, title, _, _, places, _, _ in SESSIONS
    ]
    assert {window(books.now(), one.opens_at, one.closes_at, None, one.session.date) for one in found} == {Window.OPEN}
    assert quarter_figures(session, QUARTER).beneficiaries == sum(people for _, people in REPORT.values())
    assert run_audit(session, books.now()) == []
