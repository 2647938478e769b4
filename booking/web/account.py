"""People's own account: name, telephone, language, password, and the browsers in which they are signed in.

A session has a fixed length. Its pages say when it ends, a script warns before, and people extend it themselves.
"""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.announcements import ConsentBy
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.vocabulary import Language, Role
from booking.domain.whose import Whose
from booking.services import accounts, posts, second_factor, sessions
from booking.services.consents import agreed, set_consent
from booking.services.sessions import SignedIn
from booking.web.access import allow, person, session_token, signed_in_or_none
from booking.web.cookie import empty_cookie
from booking.web.database import clock, config, read, write
from booking.web.formats import clock_time
from booking.web.language import COOKIE_KEY
from booking.web.marking import gettext
from booking.web.problems import sentences
from booking.web.redirects import local_path

pages = Blueprint("account", __name__)
View = str | Response | tuple[str, int]
EVERYBODY = tuple(Role)


def _page(faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    user = accounts.own_account(read(), person())
    page = render_template(
        "web/auth/account.html",
        user=user,
        posts=posts.posts_now(read(), clock(), user.id),
        sessions=sessions.open_sessions(read(), clock(), person(), session_token()),
        codes_left=second_factor.codes_left(read(), user.id),
        announced=agreed(read(), Whose.USER, user.id) is not None,
        faults=faults or {},
        given=request.form,
        languages=list(Language),
        today=seoul_date(clock().now()),
    )
    return page, status


@pages.get("/account")
@allow(*EVERYBODY)
def show() -> View:
    """Everything about one's own account."""
    return _page()


@pages.post("/account")
@allow(*EVERYBODY)
def change() -> View:
    """Correct one's own name, telephone and language."""
    chosen = request.form.get("language", "")
    language = Language(chosen) if chosen in set(Language) else person().language
    try:
        with write() as changed:
            accounts.change_profile(
                changed,
                person(),
                name=request.form.get("name", ""),
                phone=request.form.get("phone", ""),
                language=language,
            )
    except InvalidForm as error:
        return _page(sentences(error), 422)
    session[COOKIE_KEY] = language.value
    flash(gettext("저장했습니다."), "ok")
    return redirect(url_for("account.show"), 303)


@pages.post("/account/announcements")
@allow(*EVERYBODY)
def choose_announcements() -> View:
    """Say yes or no to announcements; nothing else depends on it."""
    with write() as changed:
        set_consent(
            changed, clock(), person().actor, Whose.USER, person().user_id, wanted=request.form.get("wanted") == "1",
            by=ConsentBy.SELF,
        )  # fmt: skip
    flash(gettext("저장했습니다."), "ok")
    return redirect(url_for("account.show"), 303)


@pages.post("/account/password")
@allow(*EVERYBODY)
def change_password() -> View:
    """Change the password on the word of the old one; every other browser is signed out."""
    old, new = request.form.get("old_password", ""), request.form.get("password", "")
    missing = [
        InvalidInput(field=field, reason="required")
        for field, value in (("old_password", old), ("password", new))
        if not value
    ]
    if missing:
        return _page(sentences(InvalidForm(missing)), 422)
    with write() as counted:
        accounts.check_old_password_throttle(counted, person())
    try:
        with write() as changed:
            accounts.change_password(changed, clock(), person(), old, new, keep=session_token())
    except InvalidInput as fault:
        return _page(sentences(fault), 422)
    flash(gettext("비밀번호를 바꾸었습니다. 다른 기기에서는 로그아웃되었습니다."), "ok")
    return redirect(url_for("account.show"), 303)


@pages.post("/account/sign-out-everywhere")
@allow(*EVERYBODY)
def sign_out_everywhere() -> View:
    """End every session of this person, this one too."""
    with write() as ended:
        sessions.sign_out_everywhere(ended, clock(), person())
    empty_cookie()
    flash(gettext("모든 기기에서 로그아웃했습니다."), "ok")
    return redirect(url_for("auth.sign_in"), 303)


def _told(found: SignedIn) -> Response:
    return jsonify(seconds=found.seconds_left, extendable=found.extendable, ends=clock_time(found.ends))


def _signed_in() -> SignedIn:
    """The session of this request; the guard has let nobody in who has none."""
    found = signed_in_or_none()
    if found is None:
        raise RuntimeError("a view for signed-in people was called without a session")
    return found


@pages.get("/session")
@allow(*EVERYBODY)
def session_left() -> View:
    """How long the session still lasts, for the script that warns: another tab may have extended it."""
    return _told(_signed_in())


@pages.post("/session/extend")
@allow(*EVERYBODY)
def extend_session() -> View:
    """Let the session last one length from now, at most twelve hours from the sign-in."""
    with write() as extended:
        sessions.extend(extended, clock(), session_token(), hours=config().session_hours)
    found = sessions.find_signed_in(read(), clock(), session_token(), hours=config().session_hours) or _signed_in()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return _told(found)
    flash(gettext("%(time)s까지 로그인이 이어집니다.", time=clock_time(found.ends)), "ok")
    return redirect(local_path(request.form.get("next"), url_for("account.show")), 303)
