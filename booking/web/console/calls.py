"""전화할 곳: workplaces that are silent or ask for it, whose answer is entered here; people whom no message reached."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import NoticeId
from booking.domain.workplace_notes import NoteKind
from booking.queries.calls import Call, calls
from booking.queries.unreached import unreached
from booking.queries.workplace_notes import notes
from booking.services import confirmations
from booking.services.answer_sheets import read_notice
from booking.services.history import record_access
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.answer_form import read_answers
from booking.web.console.base import View, pages
from booking.web.console.provider_words import reason_of
from booking.web.console.words import kind_word
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences


def _page(
    *, revealed: int | None = None, faulty: int | None = None, faults: dict[str, str] | None = None, status: int = 200
) -> tuple[str, int]:
    session = read()
    term = current_term(session)
    page = render_template(
        "web/console/calls.html",
        term=term,
        calls=calls(session, term.id, seoul_date(clock().now())),
        unreached=unreached(session),
        kind_word=kind_word,
        reason_of=reason_of,
        wishes=notes(session, [NoteKind.CALL_ME], 1).rows,
        revealed=revealed,
        faulty=faulty,
        faults=faults or {},
    )
    return page, status


@pages.get("/calls")
@allow(*STAFF)
def call_list() -> tuple[str, int]:
    """Whom to call, the nearest visit first. Telephone numbers are masked."""
    return _page()


def _the_call(notice_id: int) -> Call:
    session = read()
    for call in calls(session, current_term(session).id, seoul_date(clock().now())):
        if call.notice.id == notice_id:
            return call
    raise NotFound(f"notice {notice_id} is not on the call list")


@pages.post("/calls/<int:notice_id>/contact")
@allow(*STAFF)
def reveal_call(notice_id: int) -> tuple[str, int]:
    """Show one telephone number for this view, and log who looked."""
    place = _the_call(notice_id).notice.workplace_id
    with write() as session:
        record_access(session, person(), "reveal_contact", "workplace", place)
    return _page(revealed=notice_id)


@pages.post("/calls/<int:notice_id>/tried")
@allow(*STAFF)
def note_call(notice_id: int) -> View:
    """Note that nobody could be reached: the next colleague sees it."""
    _the_call(notice_id)
    with write() as session:
        confirmations.note_call(session, clock(), person(), NoticeId(notice_id))
    flash(gettext("전화한 것을 적어 두었습니다."), "ok")
    return redirect(url_for("console.call_list", _anchor=f"n{notice_id}"), 303)


@pages.post("/calls/<int:notice_id>/answer")
@allow(*STAFF)
def enter_call(notice_id: int) -> tuple[str, int] | Response:
    """Enter what the workplace has said; what it means for the visit follows as if it had answered itself."""
    version = request.form.get("version", 0, type=int)
    try:
        sheet = read_notice(read(), clock(), NoticeId(notice_id))
        answers = read_answers(sheet.groups)
        with write() as session:
            confirmations.answer_by_telephone(
                session, clock(), config(), person(), NoticeId(notice_id), version, answers
            )
    except InvalidInput as error:
        return _page(faulty=notice_id, faults=sentences(error), status=422)
    except Conflict as error:
        faults = sentences(InvalidInput(field="answer", reason=error.reason or "conflict"))
        return _page(faulty=notice_id, faults=faults, status=409)
    flash(gettext("들으신 답을 넣었습니다."), "ok")
    return redirect(url_for("console.call_list"), 303)
