"""What the browser keeps of a session: a random token and the language, and nothing of an earlier visitor."""

from __future__ import annotations

from flask import session

from booking.domain.vocabulary import Language
from booking.web.access import TOKEN
from booking.web.language import COOKIE_KEY


def empty_cookie() -> None:
    """Forget everything but the language."""
    language = session.get(COOKIE_KEY)
    session.clear()
    if language in set(Language):
        session[COOKIE_KEY] = language


def start_session(token: str) -> None:
    """Begin the cookie anew with the token of a session that was just opened."""
    empty_cookie()
    session.permanent = True
    session[TOKEN] = token
