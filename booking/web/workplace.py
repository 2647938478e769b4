"""The page behind a workplace's private link: who comes, how many, when; yes, no with its reason, fewer, another time.

There is no account and no session. The private token in the path is what authorises: whoever can forge a post to this
address has the token, and with it the page itself, so the session's form token would protect nothing and would lock out
telephones that refuse cookies. These views are therefore outside the CSRF check. GET and HEAD change nothing, because
mail scanners open links.
"""

from __future__ import annotations

import datetime as dt

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.clock import seoul_date
from booking.domain.answers import DeclineReason
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import GroupId, SlotId
from booking.domain.states import SILENT_GROUPS, GroupStatus
from booking.models.terms import Slot
from booking.queries.openings import slots_of
from booking.queries.workplace_notes import open_notes_of
from booking.services import confirmations
from booking.services.answer_sheets import GONE, Sheet, read_sheet
from booking.services.workplace_notes import ask_for_call, propose_time
from booking.web.answer_form import read_answers
from booking.web.database import clock, config, read, write
from booking.web.problems import sentences
from booking.web.visit_events import download, workplace_event
from booking.web.workplace_frame import language_links, outside_csrf, pages, private, reader_language

#: how far before and after the day another time can be proposed
OTHER_TIMES = dt.timedelta(days=21)
LONGEST_MARK, LONGEST_NUMBERS = 300, 30


def _other_times(sheet: Sheet) -> list[Slot]:
    """The half-days of the term around the day that are still to come, for a list to choose from."""
    coming = [group for group in sheet.answerable(week=True) if group.status not in GONE]
    if not coming:
        return []
    tomorrow = seoul_date(clock().now()) + dt.timedelta(days=1)
    first, last = max(tomorrow, sheet.notice.date - OTHER_TIMES), sheet.notice.date + OTHER_TIMES
    own = {group.slot_id for group in coming} if len(coming) == 1 else set()
    slots = slots_of(read(), coming[0].visit.slot.term_id)
    return [slot for slot in slots if first <= slot.date <= last and slot.id not in own]


def _render(sheet: Sheet, token: str, faults: dict[str, str] | None = None, status: int = 200) -> Response:
    answerable = sheet.answerable(week=True)
    coming = [group for group in answerable if group.status not in GONE]
    with force_locale(reader_language(sheet.workplace)):
        page = render_template(
            "web/workplace/sheet.html",
            sheet=sheet,
            token=token,
            coming=coming,
            waiting=[group for group in coming if group.status in SILENT_GROUPS],
            shown=[group for day in sheet.days for group in day.groups],
            least=sheet.workplace.min_group,
            reasons=list(DeclineReason),
            times=_other_times(sheet),
            notes=open_notes_of(read(), sheet.workplace.id),
            faults=faults or {},
            given=request.form,
            past=sheet.notice.date < seoul_date(clock().now()),
            lang_links=language_links("sheet", token),
            lang=request.args.get("lang"),
        )
    return make_response(page, status)


def _again(token: str, error: InvalidInput | Conflict) -> Response:
    """The page as it is now, with what could not be taken."""
    seen = read_sheet(read(), clock(), token)
    if isinstance(error, InvalidInput):
        return _render(seen, token, sentences(error), 422)
    return _render(seen, token, sentences(InvalidInput(field="answer", reason=error.reason or "conflict")), 409)


@pages.get("/<token>")
@private
def sheet(token: str) -> Response:
    """Show the day and the week; nothing changes, and no session begins."""
    return _render(read_sheet(read(), clock(), token), token)


@pages.post("/<token>")
@outside_csrf
@private
def answer(token: str) -> AnyResponse:
    """Take the answer and thank for it. The same answer again changes nothing."""
    found, seen = read_sheet(read(), clock(), token), request.form.get("seen", "")[:LONGEST_MARK]
    try:
        answers = read_answers(found.answerable(week=bool(seen)) or found.groups)
        with write() as stored:
            confirmations.answer(stored, clock(), config(), token, answers, seen)
    except (InvalidInput, Conflict) as error:
        return _again(token, error)
    return redirect(url_for("workplace.thanks", token=token, lang=request.args.get("lang")), 303)


@pages.post("/<token>/call")
@outside_csrf
@private
def call_me(token: str) -> AnyResponse:
    """Ask to be called: the office has the workplace on its list."""
    try:
        with write() as stored:
            ask_for_call(stored, clock(), token, request.form.get("text", ""))
    except InvalidInput as error:
        return _again(token, error)
    return redirect(url_for("workplace.done", token=token, what="call", lang=request.args.get("lang")), 303)


@pages.post("/<token>/time")
@outside_csrf
@private
def other_time(token: str) -> AnyResponse:
    """Propose another time: the office looks at what it would do; nothing moves by itself."""
    group, slot = (request.form.get(name, "") for name in ("group", "time"))
    try:
        if not (group.isdecimal() and slot.isdecimal() and len(group + slot) < LONGEST_NUMBERS):
            raise InvalidInput(field="time", reason="required")
        with write() as stored:
            text = request.form.get("text", "")
            propose_time(stored, clock(), token, GroupId(int(group)), SlotId(int(slot)), text)
    except (InvalidInput, Conflict) as error:
        return _again(token, error)
    return redirect(url_for("workplace.done", token=token, what="time", lang=request.args.get("lang")), 303)


@pages.get("/<token>/done")
@private
def done(token: str) -> AnyResponse:
    """Say that the office has it, and what happens next."""
    seen = read_sheet(read(), clock(), token)
    with force_locale(reader_language(seen.workplace)):
        page = render_template(
            "web/workplace/done.html",
            sheet=seen,
            token=token,
            what=request.args.get("what", ""),
            lang=request.args.get("lang"),
            lang_links=language_links("sheet", token),
        )
    return make_response(page)


@pages.get("/<token>/thanks")
@private
def thanks(token: str) -> AnyResponse:
    """Say thank you, and what was answered."""
    seen = read_sheet(read(), clock(), token)
    groups = [group for day in seen.days for group in day.groups]
    if not any(group.status in (GroupStatus.ACCEPTED, GroupStatus.DECLINED) for group in groups):
        return redirect(url_for("workplace.sheet", token=token, lang=request.args.get("lang")))
    with force_locale(reader_language(seen.workplace)):
        page = render_template(
            "web/workplace/thanks.html",
            sheet=seen,
            token=token,
            accepted=[group for group in groups if group.status is GroupStatus.ACCEPTED],
            declined=[group for group in groups if group.status is GroupStatus.DECLINED],
            waiting=[group for group in groups if group.status in SILENT_GROUPS],
            lang=request.args.get("lang"),
            lang_links=language_links("thanks", token),
        )
    return make_response(page)


@pages.get("/<token>/visit.ics")
@private
def visit_calendar(token: str) -> Response:
    """The groups of the week as calendar entries.

    Raises:
        NotFound: nobody comes any more.
    """
    seen = read_sheet(read(), clock(), token)
    coming = [group for day in seen.days for group in day.coming]
    if not coming:
        raise NotFound("nobody comes")
    with force_locale(reader_language(seen.workplace)):
        return download([workplace_event(group, seen.workplace) for group in coming], f"{seen.notice.date}.ics")
