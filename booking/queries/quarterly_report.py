"""Fills a quarter's report from what the database has: the books, the register, texts, pictures."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.quarterly_report import BudgetYear, Discovery, Picture, QuarterlyReport, RoadmapYear
from booking.domain.quarters import Quarter
from booking.domain.report_texts import PressItem, TextSection, printable, read_milestones, read_press
from booking.models.reports import Report
from booking.models.terms import Centre
from booking.models.year_books import YearPlan
from booking.queries.activities import reported_activities
from booking.queries.afterwards import missing_statement
from booking.queries.ledger import years as years_of_books
from booking.queries.pipeline import registered
from booking.queries.quarter import QuarterFigures, beneficiaries, quarter_figures
from booking.queries.year_books import Year, the_year

DAY = dt.timedelta(days=1)


def report_of(session: Session, report: Report, today: dt.date) -> QuarterlyReport:
    """Return the report as it stands now, without figures of days to come; those of a frozen quarter are frozen."""
    quarter = report.quarter
    name = session.scalar(sa.select(Centre.name)) or ""
    figures = quarter_figures(session, quarter)
    texts = {row.section: row.text for row in report.texts if row.text}
    years = _years(session, quarter)
    return QuarterlyReport(
        quarter=quarter,
        centre=printable(name),
        issue=report.issue,
        reason=report.reason,
        roadmap=tuple(_roadmap(session, year, quarter) for year in years),
        budget=tuple(
            BudgetYear.of_thousands(year.year, year.city or 0, year.district or 0, year.spent)
            for year in years
            if year.budget is not None
        ),
        activities=reported_activities(figures),
        discovery=Discovery(
            before=registered(session, quarter.first - DAY),
            found=figures.workplaces.found,
            ended=figures.workplaces.ended,
            total=figures.workplaces.register,
        ),
        texts=texts,
        milestones=read_milestones(texts.get(TextSection.MILESTONES, "")),
        press=_press(figures, texts.get(TextSection.PRESS, "")),
        pictures=tuple(Picture(number, one.caption, one.digest) for number, one in enumerate(report.pictures, 1)),
        carried=frozenset(row.section for row in report.texts if row.carried),
        unreported=_unreported(session, quarter, today),
    )


def _years(session: Session, quarter: Quarter) -> list[Year]:
    """The years that somebody has planned, and those of the books up to the quarter's own."""
    planned = session.scalars(sa.select(YearPlan.year)).all()
    booked = [year for year in years_of_books(session) if year <= quarter.year]
    return [the_year(session, year) for year in sorted({*planned, *booked, quarter.year})]


def _roadmap(session: Session, year: Year, quarter: Quarter) -> RoadmapYear:
    """A year against its target, up to the end of the quarter; of a year to come only the target is known."""
    reached = None
    if year.year <= quarter.year:
        until = min(quarter.last, dt.date(year.year, 12, 31))
        reached = beneficiaries(session, dt.date(year.year, 1, 1), until) + year.reached_before
    return RoadmapYear(year.year, year.target, reached, year.agreed_share)


def _press(figures: QuarterFigures, text: str) -> tuple[PressItem, ...]:
    """What stands in the books and what somebody has written beside it, each once, in the order of the days."""
    found = {PressItem(piece.outlet, piece.date): None for piece in figures.press}
    return tuple(sorted({**found, **dict.fromkeys(read_press(text))}, key=lambda item: item.date))


def _unreported(session: Session, quarter: Quarter, today: dt.date) -> int:
    """Visits whose day is over and whose figures have not all come."""
    until = min(quarter.last + DAY, today)
    waiting = missing_statement(quarter.first, until).with_only_columns(sa.func.count()).order_by(None)
    return session.scalar(waiting) or 0
