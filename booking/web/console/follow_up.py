"""The lists behind the home page's counts: requests without a place, what workplaces answered."""

from __future__ import annotations

from flask import render_template, request

from booking.clock import seoul_date
from booking.domain.states import GroupStatus, RequestStatus, RunKind, RunStatus
from booking.queries import console as rows
from booking.queries import planning
from booking.services.terms import current_term
from booking.web.access import STAFF, allow
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.database import clock, read


@pages.get("/requests")
@allow(*STAFF)
def requests() -> View:
    """Requests of one status; those without a place lead to the newest plan, where they can be placed by hand."""
    session = read()
    term = current_term(session)
    status = chosen(RequestStatus, "status") or RequestStatus.SUBMITTED
    return render_template(
        "web/console/requests.html",
        page=rows.requests_by_status(session, term.id, status, page_number()),
        href=page_links(),
        status=status,
        RequestStatus=RequestStatus,
        draft=planning.newest_run(session, term.id, [RunStatus.PROPOSED]),
    )


@pages.get("/answers")
@allow(*STAFF)
def answers() -> View:
    """Which workplaces have accepted, which declined, and which are silent."""
    session = read()
    term = current_term(session)
    show = request.args.get("show", "silent")
    if show not in rows.ANSWER_FILTERS:
        show = "silent"
    counts = rows.answer_counts(session, term.id)
    return render_template(
        "web/console/answers.html",
        page=rows.answers(session, term.id, rows.ANSWER_FILTERS[show], page_number()),
        href=page_links(),
        show=show,
        counts={
            name: sum(counts.get(status, 0) for status in statuses) for name, statuses in rows.ANSWER_FILTERS.items()
        },
        repair=planning.newest_run(
            session, term.id, [RunStatus.PROPOSED, RunStatus.QUEUED, RunStatus.SOLVING], RunKind.REPAIR
        ),
        today=seoul_date(clock().now()),
        GroupStatus=GroupStatus,
    )
