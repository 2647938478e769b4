"""하루 취소: nobody goes out on a day or half of it. Looked at first, then done with one action."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.called_off import Cause, is_pressing, read_calling_off, read_day
from booking.domain.errors import Conflict, InvalidForm
from booking.domain.school_year import DayBlocks
from booking.queries import called_off as rows
from booking.queries.dispatches import coaches_of
from booking.services.called_off_days import call_off_day, concerned
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.words import CAUSES
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext, ngettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
FIELDS = ("date", "blocks", "cause", "note", "again", "closed")
#: what a form says before anybody has touched it: the usual case
FRESH = {"blocks": DayBlocks.ALL.value, "again": "1"}


def _page(values: MultiDict[str, str], faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    """The form; once a day is named, what calling it off would take, and the words that go with it."""
    session = read()
    session.expire_all()
    term, today = current_term(session), seoul_date(clock().now())
    found, asked, all_faults = None, None, dict(faults or {})
    if values.get("date"):
        try:
            asked = read_day(values.to_dict(flat=False), today)
        except InvalidForm as error:
            all_faults, status = {**sentences(error), **all_faults}, 422
        else:
            found = concerned(session, term.id, *asked)
    given = {name: values.get(name, "" if values.get("seen") else FRESH.get(name, ""))[:300] for name in FIELDS}
    page = render_template(
        "web/console/called_off.html",
        found=found,
        date=asked[0] if asked else None,
        pressing=asked is not None and is_pressing(asked[0], today),
        teachers=rows.count_teachers(session, {v.request.school_id for v in found.visits}, today) if found else 0,
        coaches=coaches_of(session, {(v.slot_id, v.request.school_id) for v in found.visits}) if found else 0,
        given=given,
        faults=all_faults,
        past=rows.called_off_days(session, term.id),
        causes=[(cause.value, gettext(CAUSES[cause])) for cause in Cause],
        cause_word=lambda cause: gettext(CAUSES[cause]),
        part_word=_part_word,
        today=today,
        whole=asked is not None and asked[1] is DayBlocks.ALL,
    )
    return page, status


def _part_word(blocks: DayBlocks) -> str:
    return {DayBlocks.ALL: gettext("온종일"), DayBlocks.AM: gettext("오전"), DayBlocks.PM: gettext("오후")}[blocks]


@pages.get("/called-off")
@allow(*STAFF)
def called_off_days() -> Page:
    """What calling off a day would take; nothing is done by looking."""
    return _page(request.args)


@pages.post("/called-off")
@allow(*STAFF)
def call_off() -> Page:
    """Call the day off, unless the visits are no longer those that were shown."""
    try:
        what = read_calling_off(request.form.to_dict(flat=False), seoul_date(clock().now()))
        with write() as session:
            day = call_off_day(session, clock(), config(), person(), what, seen=request.form.get("seen", ""))
            visits, date = day.visits, day.date
    except InvalidForm as error:
        return _page(request.form, sentences(error), 422)
    except Conflict as error:
        if error.reason != "changed":
            raise
        flash(gettext("그사이 이날의 방문이 바뀌었습니다. 다시 보시고 한 번 더 눌러 주세요."), "mid")
        return _page(request.form, status=409)
    flash(
        ngettext(
            "방문 %(count)s건을 취소했습니다. 학교와 일터에 알립니다.",
            "방문 %(count)s건을 취소했습니다. 학교와 일터에 알립니다.",
            visits,
            count=visits,
        ),
        "ok",
    )
    return redirect(url_for("console.called_off_days", done=date.isoformat()), 303)
