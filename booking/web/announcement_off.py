"""그만 받기: the link of an announcement's e-mail. Opening it changes nothing; one press ends it, and so does the press
that a mail program makes for its reader (RFC 8058). It opens nothing else.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from booking.domain.announcements import ConsentBy
from booking.domain.errors import LinkInvalid
from booking.services.answer_limits import count_wrong_link
from booking.services.consents import agreed, read_off_token, set_consent
from booking.web.access import public
from booking.web.database import clock, config, read, write
from booking.web.security import csrf

pages = Blueprint("announcement_off", __name__, url_prefix="/announcements/off")
#: a mail program has no token of ours, and the address says all
_exempt: Any = csrf.exempt
_exempt(pages)


def _answer(page: str) -> Response:
    response = make_response(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


def _whose(token: str) -> tuple[Any, int]:
    try:
        return read_off_token(config().secret_key, token)
    except LinkInvalid:
        with write() as session:
            count_wrong_link(session, request.remote_addr)
        raise


@pages.get("/<token>")
@public
def ask(token: str) -> Response:
    """What one press will end."""
    kind, number = _whose(token)
    return _answer(
        render_template("web/announcement_off.html", token=token, on=agreed(read(), kind, number) is not None)
    )


@pages.post("/<token>")
@public
def say_no(token: str) -> Response:
    """Nothing more of the kind from this moment on."""
    kind, number = _whose(token)
    with write() as session:
        set_consent(session, clock(), f"{kind.value}:{number}", kind, number, wanted=False, by=ConsentBy.LINK)
    return _answer(render_template("web/announcement_off.html", token=token, on=False))
