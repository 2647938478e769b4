"""일터멘토 교육: whose training has run out, and which workplaces came to a session."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict
from booking.domain.ids import SessionId, WorkplaceId
from booking.queries import mentors as rows
from booking.services import programmes
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.programmes import today
from booking.web.console.workplaces import seen
from booking.web.database import read, write
from booking.web.marking import gettext

Page = str | tuple[str, int] | Response


@pages.get("/mentors")
@allow(*STAFF)
def mentors() -> Page:
    """Workplaces by how long the training of their mentors holds."""
    due = request.args.get("due") == "1"
    return render_template(
        "web/console/mentors.html",
        page=rows.mentors(read(), today(), page_number(), due=due),
        href=page_links(),
        due=due,
        today=today(),
    )


def _page(session_id: int, ticked: set[WorkplaceId] | None = None, status: int = 200) -> Page:
    row = programmes.find_session(read(), SessionId(session_id))
    came = rows.at_session(read(), row.id)
    page = render_template(
        "web/console/session_workplaces.html",
        row=row,
        came=came if ticked is None else ticked,
        workplaces=rows.to_choose(read(), came),
        conflict=status == 409,
    )
    return page, status


@pages.get("/sessions/<int:session_id>/workplaces")
@allow(*STAFF)
def session_workplaces(session_id: int) -> Page:
    """Which workplaces came."""
    return _page(session_id)


@pages.post("/sessions/<int:session_id>/workplaces")
@allow(*STAFF)
def save_session_workplaces(session_id: int) -> Page:
    """Store which workplaces came: exactly those that are ticked."""
    texts = request.form.getlist("workplace")
    ticked = {WorkplaceId(int(text)) for text in texts if text.isascii() and text.isdigit() and len(text) < 10}
    try:
        with write() as session:
            programmes.set_workplaces(session, person(), SessionId(session_id), ticked, seen=seen())
    except Conflict:
        read().expire_all()
        return _page(session_id, ticked, 409)
    flash(gettext("온 일터를 저장했습니다."), "ok")
    return redirect(url_for("console.session", session_id=session_id), 303)
