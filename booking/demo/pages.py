"""The demo's phone and mailbox on one page, so that nobody needs an account anywhere to see what was sent."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from booking.clock import SEOUL
from booking.demo.loopback import on_loopback
from booking.demo.store import Store, store_path
from booking.web.access import public

pages = Blueprint("demo", __name__, url_prefix="/demo")

#: an e-mail is a stranger's page: no script, nothing from outside, its links open beside it
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)


@pages.before_request
def only_here() -> None:
    """Show it on this machine alone: the messages hold private links."""
    if not on_loopback(request.remote_addr):
        abort(404)


@pages.get("/inbox")
@public
def inbox() -> ResponseReturnValue:
    """The newest messages first, to one address where one is chosen."""
    store = Store(store_path())
    to = request.args.get("to", "")
    mails, texts = store.mails(to), store.texts(to)
    return render_template(
        "web/demo/inbox.html", mails=mails, texts=texts, to=to, recipients=store.recipients(), seoul=seoul
    )


@pages.get("/mail/<int:number>")
@public
def mail(number: int) -> ResponseReturnValue:
    """One e-mail with its parts."""
    found = Store(store_path()).mail(number)
    if found is None:
        abort(404)
    return render_template("web/demo/mail.html", mail=found, seoul=seoul)


@pages.get("/mail/<int:number>/body")
@public
def mail_body(number: int) -> ResponseReturnValue:
    """The HTML of one e-mail, for the frame in its page."""
    found = Store(store_path()).mail(number)
    if found is None:
        abort(404)
    # a link of the e-mail opens beside the frame, which may show nothing but the e-mail
    html = found.html.replace("<head>", '<head><base target="_blank">', 1)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@pages.get("/mail/<int:number>/calendar/<int:part>")
@public
def calendar(number: int, part: int) -> ResponseReturnValue:
    """A calendar file that came with an e-mail."""
    found = Store(store_path()).mail(number)
    if found is None or not 0 <= part < len(found.attachments):
        abort(404)
    response = Response(found.attachments[part]["content"], mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="invite-{number}-{part}.ics"'
    return response


def seoul(at: str) -> str:
    """A stored time (UTC) as the clock on the wall showed it."""
    return dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC).astimezone(SEOUL).strftime("%m-%d %H:%M:%S")
