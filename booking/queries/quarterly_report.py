"""Fills a quarter's report from what the database has: settings, targets, activities, the register, texts, pictures."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.quarterly_report import Discovery, Picture, QuarterlyReport, RoadmapYear
from booking.domain.quarters import Quarter
from booking.domain.report_texts import TextSection, printable, read_milestones, read_press
from booking.models.reports import Report
from booking.models.terms import Centre
from booking.queries.activities import attendances, reported_activities
from booking.queries.afterwards import missing_statement
from booking.queries.pipeline import quarters, registered

DAY = dt.timedelta(days=1)


def report_of(session: Session, report: Report, today: dt.date) -> QuarterlyReport:
    """Return the report as it stands now; figures of days to come are not in it."""
    quarter = report.quarter
    name, target = session.execute(sa.select(Centre.name, Centre.yearly_target)).one()
    texts = {row.section: row.text for row in report.texts if row.text}
    return QuarterlyReport(
        quarter=quarter,
        centre=printable(name),
        issue=report.issue,
        reason=report.reason,
        roadmap=(RoadmapYear(quarter.year, target, attendances(session, dt.date(quarter.year, 1, 1), quarter.last)),),
        activities=reported_activities(session, quarter),
        discovery=_discovery(session, quarter),
        texts=texts,
        milestones=read_milestones(texts.get(TextSection.MILESTONES, "")),
        press=read_press(texts.get(TextSection.PRESS, "")),
        pictures=tuple(Picture(number, one.caption, one.digest) for number, one in enumerate(report.pictures, 1)),
        carried=frozenset(row.section for row in report.texts if row.carried),
        unreported=_unreported(session, quarter, today),
    )


def _discovery(session: Session, quarter: Quarter) -> Discovery:
    steps = quarters(session, quarter.year)[quarter.number - 1]
    return Discovery(
        before=registered(session, quarter.first - DAY),
        found=steps.found,
        ended=steps.ended,
        total=registered(session, quarter.last),
    )


def _unreported(session: Session, quarter: Quarter, today: dt.date) -> int:
    """Visits whose day is over and whose figures have not all come."""
    until = min(quarter.last + DAY, today)
    waiting = missing_statement(quarter.first, until).with_only_columns(sa.func.count()).order_by(None)
    return session.scalar(waiting) or 0
