"""실적 미입력: whose figures are missing, a reminder by hand, and figures that a school says on the telephone."""

from __future__ import annotations

import datetime as dt

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.ids import RequestId, SchoolId
from booking.domain.satisfaction import Audience
from booking.domain.states import VisitStatus
from booking.models.visits import Visit
from booking.queries import afterwards
from booking.queries.satisfaction import asked_of, remark_of
from booking.services import attendance, reminders
from booking.services.placing import live_groups
from booking.services.standing_visits import standing_visit
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.attendance_form import (
    at_versions,
    meanwhile,
    read_attendance,
    stored_entries,
    typed_counts,
)
from booking.web.console.base import pages
from booking.web.database import clock, read, write
from booking.web.marking import gettext
from booking.web.problems import not_now, sentences
from booking.web.sent_answers import sent_answers

Page = str | tuple[str, int] | Response


@pages.get("/attendance")
@allow(*STAFF)
def missing_attendance() -> Page:
    """Visits that are over and of which a school has not reported everything, by school and date."""
    session, today = read(), seoul_date(clock().now())
    rows = afterwards.missing_attendance(session, current_term(session).id, today)
    parties: dict[tuple[SchoolId, dt.date], list[afterwards.MissingVisit]] = {}
    for row in rows:
        parties.setdefault((row.visit.request.school_id, row.visit.slot.date), []).append(row)
    return render_template(
        "web/console/attendance.html", parties=parties, reminded=reminders.reminded(session, parties), total=len(rows)
    )


@pages.post("/attendance/remind")
@allow(*STAFF)
def remind_attendance() -> Page:
    """Write the reminder now, once for a school and date."""
    school = request.form.get("school", type=int, default=0)
    try:
        date = dt.date.fromisoformat(request.form.get("date", "")[:10])
    except ValueError:
        raise NotFound("no date") from None
    with write() as session:
        written = reminders.remind_now(session, clock(), person(), SchoolId(school), date)
    if written:
        flash(gettext("학교에 결과 입력을 부탁하는 알림을 보냅니다."), "ok")
    else:
        flash(gettext("이 학교에는 이날의 알림을 이미 보냈습니다. 전화로 여쭈어 주세요."), "mid")
    return redirect(url_for("console.missing_attendance"), 303)


def _page(session: Session, visit: Visit, status: int = 200, **shown: object) -> Page:
    groups = live_groups(visit)
    known = afterwards.attendance_of(session, groups)
    counts = afterwards.satisfaction_of(session, visit.id)
    questions = asked_of(session, Audience.SCHOOL, counts)
    page = render_template(
        "web/console/attendance_entry.html",
        **{
            "visit": visit,
            "groups": groups,
            "known": known,
            "names": afterwards.names_of(session, [row.reported_by_id for row in known.values()]),
            "came": sum(row.attended for row in known.values()),
            "entries": stored_entries(groups, known),
            "answers": typed_counts(counts, questions),
            "answered": counts,
            "seen": afterwards.seen(counts),
            "faults": {},
            "conflict": "",
            "completed": visit.status is VisitStatus.COMPLETED,
            "may_report": visit.slot.date <= seoul_date(clock().now()),
            "questions": questions,
            "remark": remark_of(session, visit_id=visit.id),
            "typed_remark": None,
            **shown,
        },
    )
    return page, status


def _visit(request_id: int) -> Visit:
    return standing_visit(read(), person(), RequestId(request_id))


def _again(request_id: int, status: int, **shown: object) -> Page:
    read().expire_all()
    return _page(read(), _visit(request_id), status, **shown)


@pages.get("/attendance/<int:request_id>")
@allow(*STAFF)
def attendance_form(request_id: int) -> Page:
    """The figures of one visit, as its school reads them out."""
    return _page(read(), _visit(request_id))


@pages.post("/attendance/<int:request_id>")
@allow(*STAFF)
def enter_attendance(request_id: int) -> Page:
    """Store how many came, under the name of who typed it."""
    sent = read_attendance(request.form, live_groups(_visit(request_id)))
    try:
        with write() as session:
            attendance.report_attendance(session, clock(), person(), RequestId(request_id), sent.checked())
    except NotNow as error:
        flash(not_now(error), "bad")
        return redirect(url_for("console.attendance_form", request_id=request_id), 303)
    except InvalidForm as error:
        return _again(request_id, 422, entries=sent.entries, faults=sentences(error))
    except Conflict:
        known = afterwards.attendance_of(read(), live_groups(_visit(request_id)))
        entries = at_versions(sent.entries, known)
        return _again(request_id, 409, entries=entries, faults={"attended": meanwhile()}, conflict="attendance")
    flash(gettext("온 인원을 저장했습니다."), "ok")
    return redirect(url_for("console.attendance_form", request_id=request_id), 303)


@pages.post("/attendance/<int:request_id>/answers")
@allow(*STAFF)
def enter_answers(request_id: int) -> Page:
    """Store what pupils answered, under the name of who typed it."""
    sent = sent_answers(_visit(request_id))
    try:
        sent.store(RequestId(request_id))
    except NotNow as error:
        flash(not_now(error), "bad")
        return redirect(url_for("console.attendance_form", request_id=request_id), 303)
    except (InvalidForm, InvalidInput) as error:
        words = {"answers": sent.typed, "typed_remark": sent.remark, "seen": sent.seen}
        return _again(request_id, 422, **words, faults=sentences(error))
    except Conflict:
        words = {"answers": sent.typed, "typed_remark": sent.remark, "conflict": "satisfaction"}
        return _again(request_id, 409, **words, faults={"satisfaction": meanwhile()})
    flash(gettext("만족도를 저장했습니다."), "ok")
    return redirect(url_for("console.attendance_form", request_id=request_id), 303)
