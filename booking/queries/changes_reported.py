"""변경 알림 to read: those of a request for its school, all of a term for the centre, what waits first."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.domain.ids import RequestId, TermId
from booking.domain.states import LIVE_VISITS, ChangeReportStatus
from booking.models.afterwards import ChangeReport
from booking.models.requests import Request
from booking.models.visits import Visit
from booking.queries.paging import Page, paged

REPORTS_PER_PAGE = 20


def reports_of(session: Session, request_id: RequestId) -> list[ChangeReport]:
    """Return what a school has reported of one request, newest first."""
    return list(
        session.scalars(
            sa.select(ChangeReport).where(ChangeReport.request_id == request_id).order_by(ChangeReport.id.desc())
        )
    )


def count_open_changes(term_id: TermId) -> sa.Select[int]:
    """Count the reports of a term that nobody at the centre has taken up."""
    return (
        sa.select(sa.func.count())
        .select_from(ChangeReport)
        .join(Request, Request.id == ChangeReport.request_id)
        .where(Request.term_id == term_id, ChangeReport.status == ChangeReportStatus.OPEN)
    )


def reports(session: Session, term_id: TermId, number: int) -> Page[ChangeReport]:
    """Return the reports of a term, the open ones first, then the newest."""
    statement = (
        sa.select(ChangeReport)
        .join(ChangeReport.request)
        .where(Request.term_id == term_id)
        .order_by(ChangeReport.status != ChangeReportStatus.OPEN, ChangeReport.id.desc())
    )
    return paged(
        session,
        statement,
        number,
        REPORTS_PER_PAGE,
        lambda selected: list(
            session.scalars(selected.options(contains_eager(ChangeReport.request).selectinload(Request.school)))
        ),
    )


def visits_concerned(session: Session, found: list[ChangeReport]) -> dict[RequestId, Visit]:
    """Return the live visits of the requests that these reports are about."""
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.request_id.in_({report.request_id for report in found}), Visit.status.in_(LIVE_VISITS))
        .options(selectinload(Visit.slot), selectinload(Visit.groups))
    )
    return {visit.request_id: visit for visit in rows}
