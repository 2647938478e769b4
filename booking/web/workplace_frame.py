"""What all pages behind a workplace's link share: nobody else learns the address, and a link that does not open is met
kindly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, make_response, render_template, request, session, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.domain.errors import LinkInvalid, TooManyAttempts
from booking.domain.vocabulary import Language
from booking.models.workplaces import Workplace
from booking.services.answer_limits import count_post, count_wrong_link
from booking.web.access import public
from booking.web.database import write
from booking.web.language import COOKIE_KEY
from booking.web.security import csrf

pages = Blueprint("workplace", __name__, url_prefix="/a")
GONE = frozenset({"expired", "replaced"})
View = Callable[[str], AnyResponse]
outside_csrf: Callable[[View], View] = csrf.exempt


def private(view: View) -> View:
    """Let anybody who holds the link call the view: no referrer, no index, no copy; a friendly page where it is shut.

    Links that open nothing are counted against where they came from, posts against the link.
    """

    @wraps(view)
    def shown(token: str) -> AnyResponse:
        try:
            response = _opened(view, token)
        except TooManyAttempts:
            response = make_response(_page(token, "too_many"), 429)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cache-Control"] = "no-store"
        return response

    return public(shown)


def _opened(view: View, token: str) -> AnyResponse:
    try:
        if request.method == "POST":
            with write() as stored:
                count_post(stored, token)
        return view(token)
    except LinkInvalid as error:
        return _closed(token, error.reason or "forged")


def _closed(token: str, reason: str) -> AnyResponse:
    if reason not in GONE:
        with write() as stored:
            count_wrong_link(stored, request.remote_addr)
    return make_response(_page(token, reason), 410 if reason in GONE else 404)


def _page(token: str, reason: str) -> str:
    return render_template("web/workplace/closed.html", reason=reason, lang_links=language_links("sheet", token))


def language_links(page: str, token: str) -> str:
    """The address of the page in the other language."""
    other = Language.EN if str(get_locale()) == Language.KO else Language.KO
    return url_for(f"workplace.{page}", token=token, lang=other)


def reader_language(workplace: Workplace) -> str:
    """The language that was asked for, else the one in which the contact reads."""
    asked = request.args.get("lang") or session.get(COOKIE_KEY)
    if asked in set(Language):
        return str(asked)
    contact = workplace.contact
    return contact.language if contact else Language.KO
