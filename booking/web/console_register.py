"""The register to read: workplaces, schools, one search over both. A contact is shown on a click that is logged."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import NotFound
from booking.domain.ids import WorkplaceId
from booking.domain.vocabulary import Block, JobField, WorkplaceStatus
from booking.queries import register
from booking.services.history import record_access
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console_base import View, chosen, page_links, page_number, pages
from booking.web.database import clock, read, write

LONGEST_SEARCH = 80
WORKDAYS = 5


def _text() -> str:
    return request.args.get("q", "").strip()[:LONGEST_SEARCH]


@pages.get("/workplaces")
@allow(*STAFF)
def workplaces() -> View:
    """All workplaces, narrowed by name, job field and state."""
    session = read()
    field, status = chosen(JobField, "field"), chosen(WorkplaceStatus, "status")
    return render_template(
        "web/console/workplaces.html",
        page=register.workplaces(
            session, current_term(session).id, page_number(), text=_text(), field=field, status=status
        ),
        href=page_links(),
        text=_text(),
        field=field,
        status=status,
        JobField=JobField,
        WorkplaceStatus=WorkplaceStatus,
    )


def _workplace_page(workplace_id: int, *, revealed: bool) -> str:
    session = read()
    found = register.workplace(session, WorkplaceId(workplace_id))
    if found is None:
        raise NotFound(f"workplace {workplace_id}")
    groups = register.groups_at(session, found.id, current_term(session).id)
    return render_template(
        "web/console/workplace.html",
        place=found,
        open_hours={(hours.weekday, hours.block) for hours in found.hours},
        weekdays=range(max(WORKDAYS, *(hours.weekday + 1 for hours in found.hours), 0)),
        exceptions=sorted(found.exceptions, key=lambda exception: (exception.date, exception.block)),
        groups=groups,
        busiest_week=register.busiest_week(groups),
        revealed=revealed,
        today=seoul_date(clock().now()),
        blocks=list(Block),
    )


@pages.get("/workplaces/<int:workplace_id>")
@allow(*STAFF)
def workplace(workplace_id: int) -> View:
    """One workplace: what it takes, when it is open, who is coming. Its contact is masked."""
    return _workplace_page(workplace_id, revealed=False)


@pages.post("/workplaces/<int:workplace_id>/contact")
@allow(*STAFF)
def reveal_contact(workplace_id: int) -> Response | str:
    """Show the contact for this one view, and log who looked."""
    with write() as session:
        if register.workplace(session, WorkplaceId(workplace_id)) is None:
            raise NotFound(f"workplace {workplace_id}")
        record_access(session, person(), "reveal_contact", "workplace", workplace_id)
    return _workplace_page(workplace_id, revealed=True)


@pages.get("/schools")
@allow(*STAFF)
def schools() -> View:
    """All schools with what they asked for, what they got, and the credit they have for yielding."""
    session = read()
    return render_template(
        "web/console/schools.html", rows=register.schools(session, current_term(session).id, _text()), text=_text()
    )


@pages.get("/search")
@allow(*STAFF)
def search() -> View:
    """Workplaces and schools whose name holds what was typed."""
    session = read()
    text = _text()
    return render_template(
        "web/console/search.html",
        text=text,
        workplaces=register.find_workplaces(session, text) if text else [],
        schools=register.schools(session, current_term(session).id, text) if text else [],
        limit=register.SEARCH_LIMIT,
    )
