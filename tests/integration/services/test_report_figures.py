"""Where a report's figures come from: visits whose attendance came, the register's steps, the target, the texts."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.quarterly_report import (
    ActivityRow,
    Discovery,
    Fault,
    Gap,
    Mismatch,
    Missing,
    QuarterlyReport,
    RoadmapYear,
    Section,
)
from booking.domain.quarters import Quarter
from booking.domain.report_texts import TextSection
from booking.domain.vocabulary import Role, WorkplaceStatus
from booking.models.reports import Report, ReportText
from booking.models.workplaces import Workplace, WorkplaceStep
from booking.queries.pipeline import registered
from booking.queries.quarterly_report import report_of
from booking.services.attendance import report_attendance
from tests.support.factory import SmallTerm
from tests.support.visits import DAY, at, confirmed, figures

SPRING = Quarter(2027, 1)
FOUND, ACTIVE, ENDED = WorkplaceStatus.FOUND, WorkplaceStatus.ACTIVE, WorkplaceStatus.ENDED


def reported(small: SmallTerm, quarter: Quarter = SPRING, today: dt.date = DAY) -> QuarterlyReport:
    """The report of a quarter as it stands."""
    report = Report(
        year=quarter.year, number=quarter.number, issue=1, reason="", created_at=small.clock.now(),
        created_by_id=small.coordinator.user_id, texts=[], pictures=[],
    )  # fmt: skip
    with small.session.no_autoflush:
        return report_of(small.session, report, today)


@pytest.fixture
def gone(small: SmallTerm) -> SmallTerm:
    """Everything published and agreed to; two classes of one school out on Monday morning."""
    small.publish()
    for code in ("V0000", "V0001"):
        confirmed(small, code)
    at(small, DAY, dt.time(17, 0))
    return small


def report_all(small: SmallTerm, code: str, *, fewer: int = 0) -> None:
    """A school reports who came."""
    teacher = small.person(Role.TEACHER, "S0")
    given = figures(small.visit(code), fewer=fewer)
    report_attendance(small.session, small.clock, teacher, small.request(code).id, given)
    small.session.flush()


def test_classes_that_went_out_together_are_one_session_and_everybody_who_came_is_counted(gone: SmallTerm) -> None:
    assert reported(gone).activities == ()
    assert len({gone.visit(code).slot_id for code in ("V0000", "V0001")}) == 1
    report_all(gone, "V0000", fewer=1)
    report_all(gone, "V0001")
    row = ActivityRow(Section.PROGRAMME, "일터 체험", 1, 39)
    assert reported(gone).activities == (row,)
    assert reported(gone, Quarter(2027, 2)).activities == ()
    assert reported(gone, Quarter(2026, 1)).activities == ()
    assert sum(one.attended or 0 for one in reported(gone, Quarter(2027, 4)).roadmap) == 39


def test_a_visit_whose_figures_have_not_all_come_is_missing_and_not_counted(gone: SmallTerm) -> None:
    report_all(gone, "V0000")
    after = DAY + dt.timedelta(days=20)
    on_days = sa.text(
        "SELECT count(*) FROM visit v JOIN slot s ON s.id = v.slot_id WHERE v.status IN ('published', 'confirmed')"
        " AND s.date <= '2027-03-31'"
    )
    waiting = gone.session.scalar(on_days)
    assert waiting
    assert reported(gone, today=after).unreported == waiting
    assert reported(gone, today=dt.date(2027, 3, 1)).unreported == 0
    assert Missing(Gap.UNREPORTED, count=waiting) in reported(gone, today=after).missing(after)


def test_the_target_of_the_centre_is_the_year_of_the_roadmap(small: SmallTerm) -> None:
    small.session.execute(sa.text("UPDATE centre SET yearly_target = 400"))
    assert reported(small).roadmap == (RoadmapYear(2027, 400, 0),)
    small.session.execute(sa.text("UPDATE centre SET yearly_target = NULL"))
    assert Missing(Gap.TARGET) in reported(small).missing(DAY)


def stepped(small: SmallTerm, number: int, *steps: tuple[WorkplaceStatus | None, WorkplaceStatus, str]) -> None:
    """Let a workplace have gone these steps: from, to, since."""
    place = small.session.scalars(sa.select(Workplace).where(Workplace.code == f"W{number}")).one()
    for before, after, since in steps:
        small.session.add(
            WorkplaceStep(workplace_id=place.id, status_before=before, status=after, since=dt.date.fromisoformat(since))
        )
        place.status = after
        small.session.flush()


def test_found_ended_and_net_come_out_right(small: SmallTerm) -> None:
    """Eight stood there before steps were kept; of three that are known, one came and went."""
    stepped(small, 0, (None, FOUND, "2027-02-01"), (FOUND, ACTIVE, "2027-02-20"))
    stepped(small, 1, (ACTIVE, ENDED, "2027-03-31"))
    stepped(small, 2, (None, FOUND, "2026-12-31"), (FOUND, ENDED, "2027-01-01"))
    assert [registered(small.session, dt.date.fromisoformat(day)) for day in
            ("2026-12-30", "2026-12-31", "2027-01-31", "2027-02-01", "2027-03-31")] == [6, 7, 6, 7, 6]  # fmt: skip
    found = reported(small)
    assert found.discovery == Discovery(before=7, found=1, ended=2, total=6)
    assert found.mismatches() == ()
    before = reported(small, Quarter(2026, 4)).discovery
    assert before == Discovery(before=6, found=1, ended=0, total=7)


def test_a_workplace_that_is_found_again_without_having_ended_does_not_add_up(small: SmallTerm) -> None:
    stepped(small, 0, (ACTIVE, FOUND, "2027-02-01"))
    assert reported(small).mismatches() == (Mismatch(Fault.WORKPLACES, 8, 9),)


def test_texts_and_lists_stand_in_the_report(small: SmallTerm) -> None:
    def text(section: TextSection, words: str, *, carried: bool = False) -> ReportText:
        return ReportText(
            section=section, text=words, carried=carried, at=small.clock.now(), by_id=small.coordinator.user_id
        )

    report = Report(
        year=2027, number=1, issue=1, reason="", created_at=small.clock.now(), created_by_id=small.coordinator.user_id,
        texts=[
            text(TextSection.MILESTONES, "2026.11 : 연수"), text(TextSection.PRESS, "가온일보 (27.02.03)"),
            text(TextSection.PLANS, "계획", carried=True), text(TextSection.FEE, ""),
        ],
    )  # fmt: skip
    small.session.add(report)
    small.session.flush()
    found = report_of(small.session, report, DAY)
    assert [one.when for one in found.milestones] == ["2026.11"]
    assert [one.date for one in found.press] == [dt.date(2027, 2, 3)]
    assert found.carried == {TextSection.PLANS}
    assert TextSection.FEE not in found.texts
    assert found.centre
