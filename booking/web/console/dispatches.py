"""인솔 파견: which school needs coaches when, who goes, who has declined or is silent; the next ones are suggested."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import CoachId, DispatchId, SchoolId, SlotId
from booking.queries.dispatches import dispatch_counts, outings
from booking.queries.paging import slice_of
from booking.services.coach_suggestions import suggestions
from booking.services.dispatch_answers import Pair, answer_dispatch_by_telephone, call_coach_back, send_chosen
from booking.services.terms import current_term, the_centre
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.messages import MOST
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
OUTINGS_PER_PAGE = 15
LONGEST = 60


def _page(faults: dict[str, str] | None = None, status: int = 200) -> Page:
    session, today = read(), seoul_date(clock().now())
    term = current_term(session)
    rows = outings(session, term.id, today)
    shown = [row for row in rows if row.missing] if request.args.get("show") == "missing" else rows
    found = slice_of(shown, page_number(), OUTINGS_PER_PAGE)
    here = {(row.slot.id, row.school.id) for row in found.rows}
    suggested = [one for one in suggestions(session, term, today) if (one.slot.id, one.school.id) in here]
    page = render_template(
        "web/console/dispatches.html",
        page=found,
        href=page_links(),
        counts=dispatch_counts(rows),
        suggested=suggested,
        by_itself=the_centre(session).repairs_itself,
        only_missing=request.args.get("show") == "missing",
        today=today,
        faults=faults or {},
    )
    return (page, status) if faults else page


@pages.get("/dispatches")
@allow(*STAFF)
def dispatches() -> Page:
    """The schools that need coaches from today on."""
    return _page()


def _chosen() -> list[Pair]:
    """The suggestions that the form names; nonsense is left out."""
    found = []
    for text in request.form.getlist("chosen"):
        parts = text[:LONGEST].split("-")
        if len(parts) == 3 and all(part.isdecimal() and len(part) < 16 for part in parts):
            found.append((SlotId(int(parts[0])), SchoolId(int(parts[1])), CoachId(int(parts[2]))))
    return found


@pages.post("/dispatches")
@allow(*STAFF)
def send_coaches() -> Page:
    """Ask the coaches who were chosen."""
    try:
        with write() as session:
            sent = send_chosen(session, clock(), config(), person(), _chosen())
    except InvalidInput as error:
        return _page(sentences(error), 422)
    except Conflict:
        read().expire_all()
        return _page(sentences(InvalidInput(field="chosen", reason="changed")), 409)
    flash(gettext("진로코치 %(n)s명에게 부탁드렸습니다.", n=sent), "ok")
    return redirect(url_for("console.dispatches"), 303)


@pages.post("/dispatches/<int:dispatch_id>/answer")
@allow(*STAFF)
def enter_dispatch(dispatch_id: int) -> Page:
    """Enter what a coach has said on the telephone, or call the coach back."""
    number, answer = DispatchId(dispatch_id), request.form.get("answer", "")
    if dispatch_id > MOST:
        raise NotFound(f"dispatch {dispatch_id}")
    if answer not in ("accept", "decline", "cancel"):
        return _page(sentences(InvalidInput(field="answer", reason="coach_required")), 422)
    try:
        with write() as session:
            if answer == "cancel":
                call_coach_back(session, clock(), person(), number)
            else:
                answer_dispatch_by_telephone(session, clock(), config(), person(), number, accept=answer == "accept")
    except Conflict as error:
        read().expire_all()
        return _page(sentences(InvalidInput(field="answer", reason=f"coach_{error.reason}")), 409)
    flash(gettext("들으신 답을 넣었습니다.") if answer != "cancel" else gettext("인솔을 취소하고 알렸습니다."), "ok")
    return redirect(url_for("console.dispatches"), 303)
