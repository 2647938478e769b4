"""Signing in and out, the language, and the door that leads everybody to their own pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import refresh
from werkzeug.wrappers import Response

from booking.domain.contacts import LONGEST_EMAIL
from booking.domain.errors import InvalidForm, InvalidInput, SignInFailed
from booking.domain.vocabulary import Language, Role
from booking.services import accounts, sessions
from booking.web.access import person_or_none, public, session_token
from booking.web.cookie import empty_cookie, start_session
from booking.web.database import clock, config, write
from booking.web.language import COOKIE_KEY
from booking.web.marking import gettext
from booking.web.problems import describe, sentences
from booking.web.redirects import local_path

pages = Blueprint("auth", __name__)

HOMES = {
    Role.TEACHER: "/teacher",
    Role.COORDINATOR: "/console",
    Role.ADMINISTRATOR: "/console",
    Role.OFFICER: "/console/figures",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the sign-in form sends."""

    email: str
    password: str

    @classmethod
    def from_form(cls) -> Credentials:
        """Read the form.

        Raises:
            InvalidForm: a field is empty.
        """
        found = cls(request.form.get("email", "").strip()[:LONGEST_EMAIL], request.form.get("password", ""))
        faults = [
            InvalidInput(field=name, reason="required")
            for name, value in (("email", found.email), ("password", found.password))
            if not value
        ]
        if faults:
            raise InvalidForm(faults)
        return found


def _form(faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    demo: tuple[object, ...] = ()
    if config().demo:
        from booking.demo.people import ACCOUNTS  # an installation that is not the demo never loads it

        demo = ACCOUNTS
    page = render_template(
        "web/auth/sign_in.html",
        faults=faults or {},
        email=request.form.get("email", ""),
        next=local_path(request.values.get("next"), ""),
        demo_accounts=demo,
    )
    return page, status


@pages.get("/")
@public
def home() -> Response:
    """Lead everybody to their own pages."""
    person = person_or_none()
    return redirect(HOMES[person.role] if person else url_for("auth.sign_in"))


@pages.get("/sign-in")
@public
def sign_in() -> Response | tuple[str, int]:
    """The sign-in form; whoever is in already goes on."""
    if person_or_none():
        return redirect(local_path(request.args.get("next"), url_for("auth.home")))
    return _form()


@pages.post("/sign-in")
@public
def sign_in_now() -> Response | tuple[str, int]:
    """Count the attempt, whatever comes of it; then open a session."""
    try:
        credentials = Credentials.from_form()
    except InvalidForm as error:
        return _form(sentences(error), 422)
    with write() as counted:
        accounts.check_throttle(counted, credentials.email, request.remote_addr)
    try:
        with write() as opened:
            token = accounts.sign_in(
                opened,
                clock(),
                credentials.email,
                credentials.password,
                ip=request.remote_addr,
                hours=config().session_hours,
            )
    except SignInFailed as error:
        return _form({"email": describe(error).text}, 422)
    start_session(token)
    return redirect(local_path(request.form.get("next"), url_for("auth.home")), 303)


@pages.post("/sign-out")
@public
def sign_out() -> Response:
    """End the session in the database and empty the cookie."""
    token = session_token()
    if token:
        with write() as ended:
            sessions.sign_out(ended, clock(), token)
    empty_cookie()
    flash(gettext("로그아웃했습니다."), "ok")
    return redirect(url_for("auth.sign_in"), 303)


@pages.post("/language")
@public
def choose_language() -> Response:
    """Remember the language in the cookie, and for signed-in people in their account, where messages look for it."""
    back = local_path(request.form.get("next"))
    chosen = request.form.get("language", "")
    if chosen in set(Language):
        session[COOKIE_KEY] = chosen
        person = person_or_none()
        if person:
            with write() as changed:
                accounts.set_language(changed, person, Language(chosen))
        refresh()
    return redirect(back, 303)
