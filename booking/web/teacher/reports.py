"""바뀐 것 알리기: a class has grown or shrunk, a visit is off, or something else; and a report that is taken back."""

from __future__ import annotations

from flask import Blueprint, flash, request
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput, NotNow
from booking.domain.ids import ChangeReportId, RequestId
from booking.domain.vocabulary import ChangeKind, Role
from booking.services import change_reports
from booking.services.change_reports import Change
from booking.services.standing_visits import standing_visit
from booking.web.access import allow, person
from booking.web.database import clock, read, write
from booking.web.marking import gettext
from booking.web.problems import not_now, sentences
from booking.web.teacher.visit import Shown, back, fresh

pages = Blueprint("reports", __name__)
Page = str | tuple[str, int] | Response
#: what comes in is kept so far, so that a person can shorten it
LONGEST = 2000
AGAIN = {"1": True, "0": False}


def _sent() -> tuple[Change, dict[str, str]]:
    """The report, and what was typed, to be shown again.

    Raises:
        InvalidInput: the form names no kind of change.
    """
    named = request.form.get("kind", "")
    if named not in set(ChangeKind):
        raise InvalidInput(field="kind", reason="unknown")
    typed = {
        "kind": named,
        "pupils": request.form.get("pupils", "").strip()[:12],
        "reason": request.form.get(f"reason-{named}", "").replace("\r\n", "\n").strip()[:LONGEST],
        "again": request.form.get("again", "")[:1],
    }
    size = typed["pupils"]
    pupils = int(size) if size.isascii() and size.isdigit() else None
    kind = ChangeKind(named)
    return (
        Change(
            kind,
            typed["reason"],
            pupils if kind is ChangeKind.SIZE else None,
            AGAIN.get(typed["again"]) if kind is ChangeKind.CANCEL else None,
        ),
        typed,
    )


@pages.post("/requests/<int:request_id>/visit/change")
@allow(Role.TEACHER)
def report(request_id: int) -> Page:
    """Tell the centre; or show the form again with what is wrong with it."""
    standing_visit(read(), person(), RequestId(request_id))
    change, typed = _sent()
    try:
        with write() as session:
            change_reports.report_change(session, clock(), person(), RequestId(request_id), change)
    except NotNow as error:
        flash(not_now(error), "bad")
        return back(request_id, "change")
    except InvalidForm as error:
        return fresh(request_id, Shown(faults=sentences(error), change=typed), 422)
    except Conflict:
        flash(gettext("이미 센터에 알린 것이 있습니다. 다른 것을 알리시려면 먼저 거두어 주세요."), "mid")
        return back(request_id, "change")
    flash(gettext("센터에 알렸습니다. 반영되면 전자우편으로 알려 드립니다."), "ok")
    return back(request_id, "change")


@pages.post("/requests/<int:request_id>/visit/change/withdraw")
@allow(Role.TEACHER)
def withdraw(request_id: int) -> Page:
    """Take a report back that nobody has taken up."""
    text = request.form.get("report", "")
    report_id = ChangeReportId(int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0)
    try:
        with write() as session:
            change_reports.withdraw_report(session, clock(), person(), RequestId(request_id), report_id)
    except IllegalTransition:
        flash(gettext("그사이 센터가 답했습니다. 아래에서 확인해 주세요."), "mid")
        return back(request_id, "change")
    flash(gettext("알림을 거두었습니다."), "ok")
    return back(request_id, "change")
