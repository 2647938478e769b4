"""Coming in by e-mail: ask for a link, open it, press the button. Opening changes nothing: mail scanners do it too.

Whether an address is known is never told: the answer to asking is the same page in the same words. The links' pages
send no more than the service's own name to anybody as their referrer, since the address itself is the key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.contacts import clean_email
from booking.domain.entry import LIFETIMES, LinkPurpose
from booking.domain.errors import InvalidForm, InvalidInput, LinkInvalid
from booking.services import entry, one_time_links, sessions
from booking.web.access import public, session_token
from booking.web.cookie import empty_cookie, start_session
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

pages = Blueprint("entry", __name__)
View = str | Response | tuple[str, int]
LinkView = Callable[[str], View]
GONE = frozenset({"expired", "used"})


def _private(purpose: LinkPurpose) -> Callable[[LinkView], LinkView]:
    """Keep the address to its reader, and answer a link that does not open with a page that says what to do."""

    def decorate(view: LinkView) -> LinkView:
        @wraps(view)
        def shown(token: str) -> View:
            try:
                response = make_response(view(token))
            except LinkInvalid as error:
                page = render_template("web/auth/link_closed.html", reason=error.reason, purpose=purpose)
                response = make_response(page, 410 if error.reason in GONE else 404)
            response.headers["Referrer-Policy"] = "strict-origin"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return shown

    return decorate


def _minutes(purpose: LinkPurpose) -> int:
    return round(LIFETIMES[purpose].total_seconds() / 60)


def _ask_page(purpose: LinkPurpose, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    page = render_template(
        "web/auth/ask_link.html",
        purpose=purpose,
        faults=faults or {},
        email=request.form.get("email", ""),
        sent="sent" in request.args,
        minutes=_minutes(purpose),
    )
    return page, status


def _ask(purpose: LinkPurpose) -> View:
    """Count the wish, whatever comes of it; then write, or not; then say the same."""
    try:
        email = clean_email(request.form.get("email", ""))
    except InvalidInput as fault:
        return _ask_page(purpose, sentences(fault), 422)
    with write() as counted:
        entry.check_ask_throttle(counted, email, request.remote_addr)
    with write() as asked:
        entry.ask_for_link(asked, email, purpose)
    return redirect(url_for(request.endpoint.removesuffix("_now") if request.endpoint else "auth.home", sent=1), 303)


@pages.get("/sign-in/link")
@public
def ask_sign_in() -> View:
    """Ask for a link that signs in."""
    return _ask_page(LinkPurpose.SIGN_IN)


@pages.post("/sign-in/link")
@public
def ask_sign_in_now() -> View:
    """Send the link, if the address is somebody's."""
    return _ask(LinkPurpose.SIGN_IN)


@pages.get("/reset")
@public
def ask_reset() -> View:
    """Ask for a link to a new password."""
    return _ask_page(LinkPurpose.RESET)


@pages.post("/reset")
@public
def ask_reset_now() -> View:
    """Send the link, if the address is somebody's."""
    return _ask(LinkPurpose.RESET)


@pages.get("/sign-in/link/<token>")
@public
@_private(LinkPurpose.SIGN_IN)
def sign_in(token: str) -> View:
    """A button: whoever presses it comes in."""
    user = one_time_links.find(read(), token, LinkPurpose.SIGN_IN)
    return render_template("web/auth/link_sign_in.html", token=token, user=user)


@pages.post("/sign-in/link/<token>")
@public
@_private(LinkPurpose.SIGN_IN)
def sign_in_now(token: str) -> View:
    """Use the link up and open a session; the one that this browser had before ends."""
    with write() as counted:
        entry.check_use_throttle(counted, request.remote_addr)
    with write() as opened:
        before = session_token()
        fresh = entry.sign_in_by_link(opened, clock(), token, ip=request.remote_addr, hours=config().session_hours)
        if before:
            sessions.sign_out(opened, clock(), before)
    start_session(fresh)
    return redirect(url_for("auth.home"), 303)


def _reset_page(token: str, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    user = one_time_links.find(read(), token, LinkPurpose.RESET)
    return render_template("web/auth/link_reset.html", token=token, user=user, faults=faults or {}), status


@pages.get("/reset/<token>")
@public
@_private(LinkPurpose.RESET)
def reset(token: str) -> View:
    """Choose a new password."""
    return _reset_page(token)


@pages.post("/reset/<token>")
@public
@_private(LinkPurpose.RESET)
def reset_now(token: str) -> View:
    """Store it and end every session; the door is next."""
    with write() as counted:
        entry.check_use_throttle(counted, request.remote_addr)
    try:
        with write() as changed:
            entry.reset_password(changed, clock(), token, request.form.get("password", ""), ip=request.remote_addr)
    except InvalidInput as fault:
        return _reset_page(token, sentences(fault), 422)
    empty_cookie()
    flash(gettext("비밀번호를 바꾸었습니다. 모든 기기에서 로그아웃되었으니 새 비밀번호로 로그인해 주세요."), "ok")
    return redirect(url_for("auth.sign_in"), 303)


def _invitation_page(token: str, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    user = one_time_links.find(read(), token, LinkPurpose.INVITATION)
    page = render_template(
        "web/auth/link_invitation.html",
        token=token,
        user=user,
        posts=[post for post in user.posts if post.until is None],
        name=request.form.get("name", user.name),
        faults=faults or {},
    )
    return page, status


@pages.get("/invitation/<token>")
@public
@_private(LinkPurpose.INVITATION)
def invitation(token: str) -> View:
    """Check one's name, choose a password."""
    return _invitation_page(token)


@pages.post("/invitation/<token>")
@public
@_private(LinkPurpose.INVITATION)
def accept_invitation(token: str) -> View:
    """Switch the account on; a link that waits for days signs nobody in, so the door is next."""
    with write() as counted:
        entry.check_use_throttle(counted, request.remote_addr)
    try:
        with write() as accepted:
            entry.accept_invitation(
                accepted,
                token,
                name=request.form.get("name", ""),
                password=request.form.get("password", ""),
                ip=request.remote_addr,
            )
    except InvalidForm as error:
        return _invitation_page(token, sentences(error), 422)
    flash(gettext("계정을 만들었습니다. 초대를 받으신 전자우편 주소와 방금 정하신 비밀번호로 로그인해 주세요."), "ok")
    return redirect(url_for("auth.sign_in"), 303)
