"""What a teacher does: see how the school's requests stand, answer offers, look at a visit and take it home."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import NotFound
from booking.domain.ids import OfferId, SchoolId
from booking.domain.phases import ALLOWED, Action
from booking.domain.vocabulary import Role
from booking.models.schools import School
from booking.models.workplaces import Workplace
from booking.queries import teacher as rows
from booking.queries.distance import great_circle_km
from booking.queries.drafts import draft_rows
from booking.services import offers
from booking.services.terms import current_term, phase_today
from booking.web import teacher_calendar, teacher_change, teacher_drafts, teacher_new, teacher_school
from booking.web.access import allow, person
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.phase_steps import PHASE_WORDS, phase_steps
from booking.web.reasons import explain, explain_all
from booking.web.redirects import local_path
from booking.web.visit_events import download, school_event

pages = Blueprint("teacher", __name__, url_prefix="/teacher")
pages.register_blueprint(teacher_new.pages)
pages.register_blueprint(teacher_drafts.pages)
pages.register_blueprint(teacher_change.pages)
pages.register_blueprint(teacher_school.pages)
pages.register_blueprint(teacher_calendar.pages)
Page = str | Response


def _distance(school: School, workplace: Workplace) -> float:
    return great_circle_km(school.lat, school.lon, workplace.lat, workplace.lon)


@pages.get("")
@allow(Role.TEACHER)
def overview() -> Page:
    """The school's term on one page: the phase, what waits for an answer, and every request."""
    session = read()
    schools = rows.schools_of(session, person())
    if not schools:
        return render_template("web/teacher/no_school.html")
    named = request.args.get("school", type=int)
    school = rows.school_of(session, person(), SchoolId(named) if named else None)
    term = current_term(session)
    today = seoul_date(clock().now())
    phase = phase_today(term, clock())
    may_request = bool({Action.REQUEST, Action.REQUEST_LATE} & ALLOWED[phase])
    found = rows.school_rows(session, term, school.id)
    return render_template(
        "web/teacher/overview.html",
        school=school,
        schools=schools,
        rows=found,
        blocks=rows.by_bundle(found),
        summary=rows.summarise(found),
        offers=rows.open_offers(session, term.id, school.id),
        phases=phase_steps(term, today),
        phase_words=gettext(PHASE_WORDS[phase]),
        may_request=may_request,
        late_until=term.leftovers_on if Action.REQUEST_LATE in ALLOWED[phase] else None,
        drafts=draft_rows(session, term.id, school.id) if may_request else [],
        explain=explain,
    )


@pages.get("/requests/<int:request_id>")
@allow(Role.TEACHER)
def request_page(request_id: int) -> Page:
    """One request: what was asked, what was given and why, and where each group goes."""
    session = read()
    row = rows.request_row(session, person(), request_id)
    allowed = ALLOWED[phase_today(current_term(session), clock())]
    school = row.request.school
    return render_template(
        "web/teacher/request.html",
        row=row,
        school=school,
        together=rows.bundle_labels(session, row.request),
        distances={group.id: _distance(school, group.workplace) for group in row.groups},
        may_change=teacher_change.changeable(row, allowed),
        may_withdraw=teacher_change.withdrawable(row, allowed),
        reasons=explain_all(row.why),
    )


@pages.get("/requests/<int:request_id>/visit.ics")
@allow(Role.TEACHER)
def visit_calendar(request_id: int) -> Response:
    """The visit as a calendar entry.

    Raises:
        NotFound: there is no visit yet, or it is another school's.
    """
    row = rows.request_row(read(), person(), request_id)
    if row.visit is None or not row.given:
        raise NotFound(f"request {request_id} has no visit")
    return download([school_event(row.visit, row.groups)], f"{row.request.label}.ics")


@pages.post("/offers")
@allow(Role.TEACHER)
def answer_offers() -> Response:
    """Accept or decline the offers named; those of a bundle together."""
    ids = [OfferId(int(text)) for text in request.form.getlist("offer") if text.isdigit() and len(text) <= 18]
    accept = request.form.get("answer") == "accept"
    with write() as session:
        offers.answer_offers(session, clock(), config(), person(), ids, accept, request.form.get("reason", "").strip())
    if accept:
        flash(gettext("고맙습니다. 제안한 날짜로 진행하고, 일터에 확인을 요청합니다."), "ok")
    else:
        flash(gettext("알겠습니다. 다른 날을 다시 찾아보겠습니다."), "ok")
    return redirect(local_path(request.form.get("next"), url_for("teacher.overview")), 303)
