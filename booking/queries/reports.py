"""Lists of quarterly reports, and the contents of their pictures."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.errors import NotFound
from booking.domain.ids import ReportId
from booking.domain.person import Person
from booking.domain.quarters import Quarter
from booking.domain.states import ReportStatus
from booking.domain.vocabulary import Role
from booking.models.reports import Report, ReportPicture, ReportText
from booking.queries.paging import Page, paged

PER_PAGE = 20


def _visible(person: Person) -> sa.Select[Report]:
    """The reports that somebody may see: an officer those that were handed in."""
    found = sa.select(Report)
    return found.where(Report.status == ReportStatus.FINAL) if person.role is Role.OFFICER else found


def reports(session: Session, person: Person, number: int) -> Page[Report]:
    """Return the reports, the newest quarter first and of it the newest issue."""
    statement = _visible(person).order_by(Report.year.desc(), Report.number.desc(), Report.issue.desc())

    def read(selected: sa.Select[Report]) -> Sequence[Report]:
        return session.scalars(selected.options(joinedload(Report.created_by), joinedload(Report.finalised_by))).all()

    return paged(session, statement, number, PER_PAGE, read)


def report(session: Session, person: Person, report_id: ReportId) -> Report:
    """Return a report with everything in it.

    Raises:
        NotFound: there is none that this person may see.
    """
    found = session.scalar(
        _visible(person)
        .where(Report.id == report_id)
        .options(
            joinedload(Report.created_by),
            joinedload(Report.finalised_by),
            selectinload(Report.texts).joinedload(ReportText.by),
            selectinload(Report.pictures),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(f"report {report_id}")
    return found


def issues_of(session: Session, person: Person, quarter: Quarter) -> Sequence[Report]:
    """Return every issue of a quarter's report that somebody may see, the newest first."""
    return session.scalars(
        _visible(person)
        .where(Report.year == quarter.year, Report.number == quarter.number)
        .order_by(Report.issue.desc())
    ).all()


def newest_before(session: Session, quarter: Quarter) -> Report | None:
    """Return the last issue of the newest report of an earlier quarter."""
    return session.scalar(
        sa.select(Report)
        .where(sa.tuple_(Report.year, Report.number) < sa.tuple_(quarter.year, quarter.number))
        .order_by(Report.year.desc(), Report.number.desc(), Report.issue.desc())
        .limit(1)
    )


def contents(session: Session, report_id: ReportId) -> dict[str, bytes]:
    """Return the pictures of a report by their digest."""
    rows = session.execute(
        sa.select(ReportPicture.digest, ReportPicture.content).where(ReportPicture.report_id == report_id)
    )
    return dict(rows.all())


def content(session: Session, report_id: ReportId, digest: str) -> bytes:
    """Return one picture of a report.

    Raises:
        NotFound: the report has none with this digest.
    """
    found = session.scalar(
        sa.select(ReportPicture.content).where(ReportPicture.report_id == report_id, ReportPicture.digest == digest)
    )
    if found is None:
        raise NotFound(f"picture {digest} of report {report_id}")
    return found
