"""학기: the terms of the centre; one is set up, its dates are changed, and the next takes over from the last."""

from __future__ import annotations

from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidForm, NoTerm
from booking.domain.ids import TermId
from booking.domain.terms import FIELDS, TermEntry, read_term, suggested
from booking.queries import terms as rows
from booking.queries.openings import slots_of
from booking.services import term_keeping, term_turning
from booking.web.access import STAFF, allow, person, person_or_none
from booking.web.console.base import pages
from booking.web.database import clock, read, write
from booking.web.formats import the_term
from booking.web.marking import gettext
from booking.web.problem_pages import BY_CODE
from booking.web.problems import sentences, translated

Page = str | tuple[str, int] | Response


@pages.errorhandler(NoTerm)
def _no_term(error: NoTerm) -> Page:
    """Before the first term there is one thing to do, and who may do it is led there."""
    found = person_or_none()
    if found is not None and found.role in STAFF:
        return redirect(url_for("console.terms"), 303)
    problem = translated(BY_CODE[error.code])
    return render_template("web/errors/page.html", problem=problem, status=404, code=error.code, facts=None), 404


@pages.get("/terms")
@allow(*STAFF)
def terms() -> Page:
    """Every term with its days; where there is none, the way to the first."""
    return render_template("web/console/terms.html", rows=rows.terms(read()), today=seoul_date(clock().now()))


def _form(
    entry: dict[str, str],
    *,
    term_id: int | None = None,
    faults: dict[str, str] | None = None,
    conflict: bool = False,
    status: int = 200,
) -> tuple[str, int]:
    session = read()
    term = term_keeping.find_term(session, TermId(term_id)) if term_id else None
    stored = term_keeping.stored_term(session, term) if term else None
    page = render_template(
        "web/console/term.html",
        entry=entry,
        edited=term,
        stored=_plain(stored) if stored else {},
        seen=term_keeping.fingerprint(stored) if stored else "",
        faults=faults or {},
        conflict=conflict,
    )
    return page, status


def _plain(entry: TermEntry) -> dict[str, str]:
    return {field: str(value) for field, value in asdict(entry).items()}


def _given() -> dict[str, str]:
    return {field: request.form.get(field, "")[:60] for field in FIELDS}


@pages.get("/terms/new")
@allow(*STAFF)
def new_term() -> Page:
    """The form, filled with the usual dates of the semester that comes next."""
    term = the_term()
    last = slots_of(read(), term.id)[-1:] if term else []
    return _form(_plain(suggested(seoul_date(clock().now()), last[0].date if last else None)))


@pages.post("/terms/new")
@allow(*STAFF)
def create_term() -> Page:
    """Set the term up."""
    try:
        entry = read_term(request.form.to_dict(flat=False))
        with write() as session:
            term_keeping.create_term(session, person(), entry)
    except InvalidForm as error:
        return _form(_given(), faults=sentences(error), status=422)
    flash(gettext("학기를 만들었습니다."), "ok")
    return redirect(url_for("console.terms"), 303)


@pages.get("/terms/<int:term_id>")
@allow(*STAFF)
def term(term_id: int) -> Page:
    """One term's name and dates."""
    session = read()
    found = term_keeping.find_term(session, TermId(term_id))
    return _form(_plain(term_keeping.stored_term(session, found)), term_id=term_id)


@pages.post("/terms/<int:term_id>")
@allow(*STAFF)
def save_term(term_id: int) -> Page:
    """Change name and dates, or show what is wrong or what somebody else has changed meanwhile."""
    try:
        entry = read_term(request.form.to_dict(flat=False))
        with write() as session:
            changed = term_keeping.change_term(
                session, person(), TermId(term_id), entry, request.form.get("seen", "")[:32]
            )
    except InvalidForm as error:
        return _form(_given(), term_id=term_id, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _form(_given(), term_id=term_id, conflict=True, status=409)
    flash(gettext("저장했습니다.") if changed else gettext("바뀐 것이 없습니다."), "ok")
    return redirect(url_for("console.terms"), 303)


def _start_page(term_id: int, faults: dict[str, str] | None = None, status: int = 200) -> Page:
    session = read()
    session.expire_all()
    found = term_keeping.find_term(session, TermId(term_id))
    if found.is_current:
        return redirect(url_for("console.terms"), 303)
    page = render_template(
        "web/console/term_start.html",
        new=found,
        entry=term_keeping.stored_term(session, found),
        found=term_turning.turning(session, clock(), found),
        faults=faults or {},
        given=request.form,
    )
    return page, status


@pages.get("/terms/<int:term_id>/start")
@allow(*STAFF)
def starting_term(term_id: int) -> Page:
    """What turning to this term would do; nothing is done by looking."""
    return _start_page(term_id)


@pages.post("/terms/<int:term_id>/start")
@allow(*STAFF)
def start_term(term_id: int) -> Page:
    """Turn to this term, unless something has changed since it was looked at, or stands in the way."""
    if request.form.get("understood") != "1":
        return _start_page(term_id, {"understood": gettext("되돌릴 수 없으니, 알고 계시면 여기에 표시해 주세요.")}, 422)
    try:
        with write() as session:
            term_turning.start_term(
                session,
                clock(),
                person(),
                TermId(term_id),
                seen=request.form.get("seen", "")[:60],
                move_up=request.form.get("move_up") == "1",
                coaches=request.form.get("coaches") == "1",
            )
    except Conflict as error:
        if error.reason not in {"changed", "stands", "older"}:
            raise
        flash(gettext("그사이 달라진 것이 있어 넘기지 않았습니다. 아래를 다시 확인해 주세요."), "mid")
        return _start_page(term_id, status=409)
    flash(gettext("학기를 넘겼습니다. 이제 모든 화면이 이 학기를 보여 줍니다."), "ok")
    return redirect(url_for("console.home"), 303)
