"""변경 알림: what schools report of visits that stand; a person applies it with one click, or refuses with a reason."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, IllegalTransition, InvalidInput
from booking.domain.ids import ChangeReportId
from booking.domain.states import ChangeReportStatus
from booking.domain.vocabulary import ChangeKind
from booking.queries import afterwards, changes_reported
from booking.services import change_reports
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
LONGEST_NOTE = 2000


def _page(faults: dict[str, str] | None = None, report_id: int = 0, note: str = "") -> Page:
    session = read()
    found = changes_reported.reports(session, current_term(session).id, page_number())
    reports = list(found.rows)
    page = render_template(
        "web/console/changes.html",
        page=found,
        href=page_links(),
        visits=changes_reported.visits_concerned(session, reports),
        names=afterwards.names_of(
            session, [number for report in reports for number in (report.created_by_id, report.handled_by_id)]
        ),
        faults=faults or {},
        at=report_id,
        note=note,
        Status=ChangeReportStatus,
        Kind=ChangeKind,
    )
    return (page, 422) if faults else page


@pages.get("/changes")
@allow(*STAFF)
def changes() -> Page:
    """What schools have reported, what waits first."""
    return _page()


@pages.post("/changes/<int:report_id>")
@allow(*STAFF)
def answer_change(report_id: int) -> Page:
    """Apply a report, or leave the plan as it is."""
    note = request.form.get(f"note-{report_id}", "").replace("\r\n", "\n").strip()[:LONGEST_NOTE]
    number, applies = ChangeReportId(report_id), request.form.get("answer") == "apply"
    try:
        with write() as session:
            if applies:
                report = change_reports.apply_report(session, clock(), config(), person(), number, note)
            else:
                report = change_reports.refuse_report(session, clock(), person(), number, note)
    except InvalidInput as error:
        named = {f"{name}-{report_id}": text for name, text in sentences(error).items()}
        return _page(named, report_id, note)
    except IllegalTransition:
        flash(gettext("그사이 학교가 거두었거나 다른 분이 답했습니다. 지금 상태를 확인해 주세요."), "mid")
        return redirect(url_for("console.changes"), 303)
    except Conflict as error:
        if error.reason == "reported":
            flash(gettext("이미 온 인원이 적혀 있어 방문을 취소할 수 없습니다."), "bad")
        else:
            flash(gettext("지금은 방문이 없습니다. 학교에 답을 적어 반영하지 않음으로 마쳐 주세요."), "bad")
        return redirect(url_for("console.changes"), 303)
    if not applies:
        flash(gettext("학교에 답을 보냈습니다. 배정은 그대로입니다."), "ok")
    elif report.kind is ChangeKind.SIZE:
        flash(gettext("인원을 고치고 재배정을 요청했습니다. 재배정안이 나오면 할 일에 보입니다."), "ok")
    elif report.kind is ChangeKind.CANCEL:
        flash(gettext("방문을 취소했습니다. 일터와 학교에 알립니다."), "ok")
    else:
        flash(gettext("확인했다고 학교에 알렸습니다."), "ok")
    return redirect(url_for("console.changes"), 303)
