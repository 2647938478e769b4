"""Which language a page speaks: the person's choice, then ``?lang``, then the cookie, then the browser, then Korean."""

from __future__ import annotations

from flask import has_request_context, request, session
from flask_babel import Babel

from booking.domain.vocabulary import Language
from booking.web.access import person_or_none

COOKIE_KEY = "language"


def choose_language() -> str:
    """Return ``ko`` or ``en``; outside a request Korean."""
    if not has_request_context():
        return Language.KO
    asked = request.args.get("lang") or session.get(COOKIE_KEY)
    if asked in set(Language):
        return str(asked)
    signed_in = person_or_none()
    if signed_in is not None:
        return signed_in.language
    return request.accept_languages.best_match(list(Language)) or Language.KO


def choose_timezone() -> str:
    """Every page speaks of time as it is in Seoul."""
    return "Asia/Seoul"


babel = Babel()
