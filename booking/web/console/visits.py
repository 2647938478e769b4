"""The published plan: visits by date, and one visit with its groups, its correspondence and what happened to it."""

from __future__ import annotations

from flask import render_template, request

from booking.domain.errors import NotFound
from booking.domain.ids import SchoolId, VisitId
from booking.domain.states import VisitStatus
from booking.queries import audit_log
from booking.queries import console as rows
from booking.queries import messages as letters
from booking.queries import visits as published
from booking.services.telling import rank_of
from booking.services.terms import current_term
from booking.web.access import STAFF, allow
from booking.web.console.base import View, asked_date, chosen, page_links, page_number, pages
from booking.web.console.words import action_word, kind_word, rank_word
from booking.web.database import read


@pages.get("/visits")
@allow(*STAFF)
def visits() -> View:
    """Published visits in the order of the calendar, narrowed by date, school and state."""
    session = read()
    term = current_term(session)
    school = request.args.get("school", type=int)
    return render_template(
        "web/console/visits.html",
        page=published.visits(
            session,
            term.id,
            page_number(),
            date=asked_date(),
            school_id=SchoolId(school) if school else None,
            status=chosen(VisitStatus, "status"),
            repair=request.args.get("status") == "repair",
        ),
        href=page_links(),
        schools=rows.schools_by_name(session),
        school=school,
        date=asked_date(),
        status=request.args.get("status", ""),
        VisitStatus=VisitStatus,
    )


@pages.get("/visits/<int:visit_id>")
@allow(*STAFF)
def visit(visit_id: int) -> View:
    """One visit: where its groups go and what each workplace said, every message about it, who did what."""
    session = read()
    found = published.visit(session, VisitId(visit_id))
    if found is None:
        raise NotFound(f"visit {visit_id}")
    entries = published.history_of(session, found.id, found.request_id)
    return render_template(
        "web/console/visit.html",
        visit=found,
        rank=rank_word(rank_of(found.request, found.slot)),
        letters=letters.correspondence(session, found),
        entries=entries,
        names=audit_log.actor_names(session, [entry.actor for entry in entries]),
        kind_word=kind_word,
        action_word=action_word,
    )
