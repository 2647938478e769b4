"""The visit of one class: what to do before it, on the day, and after. A form remembers what it has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.ids import GroupId, RequestId
from booking.domain.satisfaction import Audience
from booking.domain.states import VisitStatus
from booking.domain.visit_days import (
    ARRIVAL_UNDO,
    Check,
    contacts_open,
    due_on,
    working_day_before,
)
from booking.domain.vocabulary import Role
from booking.models.visits import Visit
from booking.models.workplaces import WorkplaceContact
from booking.queries import afterwards, changes_reported
from booking.queries.satisfaction import asked_of, remark_of
from booking.queries.teacher import RequestRow, request_row
from booking.services import attendance, visit_checks, visit_day
from booking.services.placing import live_groups
from booking.services.school_year import free_around
from booking.services.standing_visits import standing_visit
from booking.web.access import allow, person
from booking.web.attendance_form import (
    Entry,
    at_versions,
    meanwhile,
    read_attendance,
    stored_entries,
    typed_counts,
)
from booking.web.database import clock, read, write
from booking.web.marking import gettext, ngettext
from booking.web.problems import not_now, sentences
from booking.web.redirects import local_path
from booking.web.sent_answers import sent_answers

pages = Blueprint("visit", __name__)
Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows beside what is stored: what was typed and refused, and a contact that was asked for."""

    entries: dict[GroupId, Entry] | None = None
    answers: dict[str, list[str]] | None = None
    #: the remark that was typed
    remark: str | None = None
    #: which answers of pupils the refused form had seen
    seen: str | None = None
    faults: dict[str, str] = field(default_factory=dict)
    #: somebody else stored something since the form was opened
    conflict: str = ""
    contact: tuple[GroupId, WorkplaceContact] | None = None
    #: what was typed into the form that reports a change
    change: dict[str, str] = field(default_factory=dict)


def visit_page(session: Session, visit: Visit, shown: Shown | None = None, status: int = 200) -> tuple[str, int]:
    """The page of one visit."""
    shown = shown or Shown()
    now, date = clock().now(), visit.slot.date
    today, free = seoul_date(now), free_around(session, date)
    groups = live_groups(visit)
    known = afterwards.attendance_of(session, groups)
    counts = afterwards.satisfaction_of(session, visit.id)
    questions = asked_of(session, Audience.SCHOOL, counts)
    reports = changes_reported.reports_of(session, visit.request_id)
    people = {visit.consent_by_id, visit.briefed_by_id, *(row.reported_by_id for row in known.values())}
    page = render_template(
        "web/teacher/visit.html",
        visit=visit,
        row=visit.request,
        school=visit.request.school,
        groups=groups,
        today=today,
        eve=working_day_before(date, free),
        due=due_on(date),
        contacts_open=contacts_open(today, date, free),
        undoable={group.id for group in groups if group.arrived_at and now - group.arrived_at <= ARRIVAL_UNDO},
        known=known,
        came=sum(row.attended for row in known.values()),
        entries=shown.entries or stored_entries(groups, known),
        answers=shown.answers or typed_counts(counts, questions),
        answered=counts,
        seen=afterwards.seen(counts) if shown.seen is None else shown.seen,
        names=afterwards.names_of(session, people),
        reports=reports,
        open_report=next((report for report in reports if report.status == "open"), None),
        may_report_change=visit.status is not VisitStatus.COMPLETED and today <= date,
        shown=shown,
        faults=shown.faults,
        Check=Check,
        questions=questions,
        remark=remark_of(session, visit_id=visit.id),
        completed=visit.status is VisitStatus.COMPLETED,
    )
    return page, status


def _visit(request_id: int) -> Visit:
    return standing_visit(read(), person(), RequestId(request_id))


def fresh(request_id: int, shown: Shown, status: int) -> tuple[str, int]:
    """The page as the database has it now, after something was refused."""
    read().expire_all()
    return visit_page(read(), _visit(request_id), shown, status)


def back(request_id: int, anchor: str) -> Response:
    """To the visit's page, at the part that was worked on."""
    return redirect(url_for("teacher.visit.show", request_id=request_id, _anchor=anchor), 303)


def _group_id() -> GroupId:
    text = request.form.get("group", "")
    return GroupId(int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0)


@pages.get("/requests/<int:request_id>/visit")
@allow(Role.TEACHER)
def show(request_id: int) -> Page:
    """One visit from the first check to the last figure; where none stands (any more), the request says why."""
    try:
        visit = _visit(request_id)
    except NotFound:
        request_row(read(), person(), request_id)
        return redirect(url_for("teacher.request_page", request_id=request_id))
    return visit_page(read(), visit)


def _check() -> Check:
    named = request.form.get("check", "")
    if named not in set(Check):
        raise InvalidInput(field="check", reason="unknown")
    return Check(named)


def _set_checks(ids: list[RequestId], check: Check, done: bool) -> bool:
    """Tick or untick; returns whether that was still possible."""
    try:
        with write() as session:
            changed = visit_checks.set_checks(session, clock(), person(), ids, check, done)
    except NotNow as error:
        flash(not_now(error), "bad")
        return False
    if changed and done:
        flash(ngettext("%(num)s학급을 확인했습니다.", "%(num)s학급을 확인했습니다.", changed), "ok")
    elif changed:
        flash(gettext("확인을 거두었습니다."), "ok")
    return True


@pages.post("/requests/<int:request_id>/visit/checks")
@allow(Role.TEACHER)
def check_one(request_id: int) -> Page:
    """Tick a check of this class, or take it back."""
    _visit(request_id)
    _set_checks([RequestId(request_id)], _check(), request.form.get("done") == "1")
    return back(request_id, "before")


@pages.post("/visits/checks")
@allow(Role.TEACHER)
def check_several() -> Page:
    """Tick a check for the classes of a bundle at once."""
    ids = [RequestId(int(text)) for text in request.form.getlist("class") if text.isdigit() and len(text) <= 18]
    _set_checks(ids, _check(), done=True)
    return redirect(local_path(request.form.get("next"), url_for("teacher.overview")), 303)


@pages.post("/requests/<int:request_id>/visit/arrivals")
@allow(Role.TEACHER)
def arrive(request_id: int) -> Page:
    """«Arrived», by group; or a slip taken back."""
    act = visit_day.undo_arrival if request.form.get("undo") == "1" else visit_day.arrive
    try:
        with write() as session:
            act(session, clock(), person(), RequestId(request_id), _group_id())
    except NotNow as error:
        flash(not_now(error), "bad")
    return back(request_id, "day")


@pages.post("/requests/<int:request_id>/visit/contact")
@allow(Role.TEACHER)
def reveal(request_id: int) -> Page:
    """Show the telephone of one workplace for this one view, and log who looked."""
    group_id = _group_id()
    try:
        with write() as session:
            contact = visit_day.reveal_contact(session, clock(), person(), RequestId(request_id), group_id)
    except NotNow as error:
        flash(not_now(error), "bad")
        return back(request_id, "day")
    return visit_page(read(), _visit(request_id), Shown(contact=(group_id, contact)))


@pages.post("/requests/<int:request_id>/visit/attendance")
@allow(Role.TEACHER)
def report(request_id: int) -> Page:
    """Store how many came, or show the form again with what is wrong, or what another entered meanwhile."""
    sent = read_attendance(request.form, live_groups(_visit(request_id)))
    try:
        with write() as session:
            visit = attendance.report_attendance(session, clock(), person(), RequestId(request_id), sent.checked())
    except NotNow as error:
        flash(not_now(error), "bad")
        return back(request_id, "after")
    except (InvalidForm, InvalidInput) as error:
        return fresh(request_id, Shown(entries=sent.entries, faults=sentences(error)), 422)
    except Conflict:
        known = afterwards.attendance_of(read(), live_groups(_visit(request_id)))
        shown = Shown(at_versions(sent.entries, known), faults={"attended": meanwhile()}, conflict="attendance")
        return fresh(request_id, shown, 409)
    if visit.status is VisitStatus.COMPLETED:
        flash(gettext("결과를 저장했습니다. 고맙습니다."), "ok")
    else:
        flash(gettext("적어 주신 모둠을 저장했습니다. 남은 모둠도 적어 주세요."), "ok")
    return back(request_id, "after")


@pages.post("/requests/<int:request_id>/visit/satisfaction")
@allow(Role.TEACHER)
def answers(request_id: int) -> Page:
    """Store what pupils answered, as counts."""
    sent = sent_answers(_visit(request_id))
    try:
        sent.store(RequestId(request_id))
    except NotNow as error:
        flash(not_now(error), "bad")
        return back(request_id, "after")
    except (InvalidForm, InvalidInput) as error:
        shown = Shown(answers=sent.typed, remark=sent.remark, seen=sent.seen, faults=sentences(error))
        return fresh(request_id, shown, 422)
    except Conflict:
        faults = {"satisfaction": meanwhile()}
        shown = Shown(answers=sent.typed, remark=sent.remark, faults=faults, conflict="satisfaction")
        return fresh(request_id, shown, 409)
    flash(gettext("만족도를 저장했습니다. 고맙습니다."), "ok")
    return back(request_id, "satisfaction")


def _open_checks(rows: list[RequestRow], check: str) -> list[RequestRow]:
    """The classes of a bundle that go out from today on and for which a check is missing."""
    today = seoul_date(clock().now())
    return [
        row
        for row in rows
        if row.given
        and row.visit is not None
        and row.visit.status is not VisitStatus.COMPLETED
        and row.visit.slot.date >= today
        and not visit_checks.is_checked(row.visit, Check(check))
    ]


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"open_checks": _open_checks}
