"""The page behind a workplace's private link: who comes, how many, when; yes, or no with its reason.

There is no account and no session. The private token in the path is what authorises: whoever can forge a post to this
address has the token, and with it the page itself, so the session's form token would protect nothing and would lock out
telephones that refuse cookies. These views are therefore outside the CSRF check. GET and HEAD change nothing, because
mail scanners open links.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask_babel import force_locale, get_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.clock import seoul_date
from booking.domain.answers import DeclineReason
from booking.domain.errors import Conflict, InvalidInput, LinkInvalid, NotFound
from booking.domain.states import GroupStatus
from booking.domain.vocabulary import Language
from booking.services import confirmations
from booking.services.confirmations import Sheet
from booking.web.access import public
from booking.web.answer_form import read_answers
from booking.web.database import clock, config, read, write
from booking.web.language import COOKIE_KEY
from booking.web.problems import sentences
from booking.web.security import csrf
from booking.web.visit_events import download, workplace_event

pages = Blueprint("workplace", __name__, url_prefix="/a")
GONE = frozenset({"expired", "replaced"})
View = Callable[[str], AnyResponse]
_outside_csrf: Callable[[View], View] = csrf.exempt


def _private(view: View) -> View:
    """Keep the address to the reader: no referrer, no index, no copy; a friendly page where the link does not open."""

    @wraps(view)
    def shown(token: str) -> AnyResponse:
        try:
            response = view(token)
        except LinkInvalid as error:
            page = render_template("web/workplace/closed.html", reason=error.reason, lang_links=_language_links(token))
            response = make_response(page, 410 if error.reason in GONE else 404)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cache-Control"] = "no-store"
        return response

    return shown


def _language_links(token: str) -> str:
    other = Language.EN if str(get_locale()) == Language.KO else Language.KO
    return url_for("workplace.sheet", token=token, lang=other)


def _language(sheet: Sheet) -> str:
    """The language that was asked for, else the one in which the contact reads."""
    asked = request.args.get("lang") or session.get(COOKIE_KEY)
    if asked in set(Language):
        return str(asked)
    contact = sheet.workplace.contact
    return contact.language if contact else Language.KO


def _render(sheet: Sheet, token: str, faults: dict[str, str] | None = None, status: int = 200) -> Response:
    with force_locale(_language(sheet)):
        waiting = [group for group in sheet.groups if group.status in (GroupStatus.ASKED, GroupStatus.EXPIRED)]
        page = render_template(
            "web/workplace/sheet.html",
            sheet=sheet,
            token=token,
            waiting=waiting,
            coming=[group for group in sheet.groups if group.status is not GroupStatus.DECLINED],
            pupils_in_all=sum(group.pupils for group in sheet.groups if group.status is not GroupStatus.DECLINED),
            reasons=list(DeclineReason),
            faults=faults or {},
            given=request.form,
            past=sheet.notice.date < seoul_date(clock().now()),
            lang_links=_language_links(token),
            lang=request.args.get("lang"),
        )
    return make_response(page, status)


@pages.get("/<token>")
@public
@_private
def sheet(token: str) -> Response:
    """Show the day; nothing changes, and no session begins."""
    return _render(confirmations.read_sheet(read(), clock(), token), token)


@pages.post("/<token>")
@_outside_csrf
@public
@_private
def answer(token: str) -> AnyResponse:
    """Take the answer and thank for it. The same answer again changes nothing."""
    seen = confirmations.read_sheet(read(), clock(), token)
    try:
        answers = read_answers(seen.groups)
        with write() as stored:
            confirmations.answer(stored, clock(), config(), token, answers)
    except InvalidInput as error:
        return _render(confirmations.read_sheet(read(), clock(), token), token, sentences(error), 422)
    except Conflict as error:
        faults = sentences(InvalidInput(field="answer", reason=error.reason or "conflict"))
        return _render(confirmations.read_sheet(read(), clock(), token), token, faults, 409)
    return redirect(url_for("workplace.thanks", token=token, lang=request.args.get("lang")), 303)


@pages.get("/<token>/thanks")
@public
@_private
def thanks(token: str) -> AnyResponse:
    """Say thank you, and what was answered."""
    seen = confirmations.read_sheet(read(), clock(), token)
    if not any(group.status in (GroupStatus.ACCEPTED, GroupStatus.DECLINED) for group in seen.groups):
        return redirect(url_for("workplace.sheet", token=token, lang=request.args.get("lang")))
    with force_locale(_language(seen)):
        page = render_template(
            "web/workplace/thanks.html",
            sheet=seen,
            token=token,
            accepted=[group for group in seen.groups if group.status is GroupStatus.ACCEPTED],
            declined=[group for group in seen.groups if group.status is GroupStatus.DECLINED],
            lang=request.args.get("lang"),
            lang_links=_language_links(token),
        )
    return make_response(page)


@pages.get("/<token>/visit.ics")
@public
@_private
def visit_calendar(token: str) -> Response:
    """The groups of the day as calendar entries.

    Raises:
        NotFound: nobody comes on that day any more.
    """
    seen = confirmations.read_sheet(read(), clock(), token)
    coming = [group for group in seen.groups if group.status is not GroupStatus.DECLINED]
    if not coming:
        raise NotFound("nobody comes")
    with force_locale(_language(seen)):
        return download([workplace_event(group, seen.workplace) for group in coming], f"{seen.notice.date}.ics")
