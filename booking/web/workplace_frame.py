"""What all pages behind private links share: nobody else learns the address, and a link that does not open is met
kindly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, make_response, render_template, request, session, url_for
from flask_babel import get_locale
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from booking.domain.errors import LinkInvalid, TooManyAttempts
from booking.domain.vocabulary import Language
from booking.models.dispatches import DispatchLink
from booking.models.visits import PrivateLink
from booking.models.workplaces import Workplace
from booking.services.answer_limits import count_post, count_wrong_link
from booking.services.links import resolve
from booking.web.access import public
from booking.web.database import write
from booking.web.language import COOKIE_KEY
from booking.web.security import csrf

pages = Blueprint("workplace", __name__, url_prefix="/a")
GONE = frozenset({"expired", "replaced"})
View = Callable[[str], AnyResponse]
outside_csrf: Callable[[View], View] = csrf.exempt


def guarded(home: str, resolve: Callable[[Session, str], PrivateLink | DispatchLink]) -> Callable[[View], View]:
    """Let anybody who holds a link call a view: no referrer, no index, no copy; a friendly page where it is shut.

    Links that open nothing are counted against where they came from, posts against the link. ``home`` is the endpoint
    of the link's first page, ``resolve`` says what it opens.
    """

    def guard(view: View) -> View:
        def opened(token: str) -> AnyResponse:
            try:
                if request.method == "POST":
                    with write(once=False) as stored:
                        count_post(stored, resolve(stored, token).token_hash)
                return view(token)
            except LinkInvalid as error:
                return _closed(home, token, error.reason or "forged")

        @wraps(view)
        def shown(token: str) -> AnyResponse:
            try:
                response = opened(token)
            except TooManyAttempts:
                response = make_response(_page(home, token, "too_many"), 429)
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            response.headers["Cache-Control"] = "no-store"
            return response

        return public(shown)

    return guard


def _closed(home: str, token: str, reason: str) -> AnyResponse:
    if reason not in GONE:
        with write() as stored:
            count_wrong_link(stored, request.remote_addr)
    return make_response(_page(home, token, reason), 410 if reason in GONE else 404)


def _page(home: str, token: str, reason: str) -> str:
    return render_template("web/workplace/closed.html", reason=reason, lang_links=in_other_language(home, token))


def in_other_language(endpoint: str, token: str) -> str:
    """The address of a page behind a link in the other language."""
    other = Language.EN if str(get_locale()) == Language.KO else Language.KO
    return url_for(endpoint, token=token, lang=other)


def language_links(page: str, token: str) -> str:
    """The address of a workplace's page in the other language."""
    return in_other_language(f"workplace.{page}", token)


def asked_language(otherwise: str) -> str:
    """The language that was asked for, else the one that is given."""
    asked = request.args.get("lang") or session.get(COOKIE_KEY)
    return str(asked) if asked in set(Language) else otherwise


def reader_language(workplace: Workplace) -> str:
    """The language that was asked for, else the one in which the contact reads."""
    return asked_language(workplace.contact.language if workplace.contact else Language.KO)


private: Callable[[View], View] = guarded("workplace.sheet", resolve)
