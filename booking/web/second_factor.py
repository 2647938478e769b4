"""The second factor at the door: set up with a telephone, asked for before any page of the office, renewed, reset."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidInput
from booking.domain.second_factor import enrolment_address
from booking.domain.vocabulary import Role
from booking.services import accounts
from booking.services import second_factor as factors
from booking.web.access import allow, before_second_factor, person, session_token, signed_in_or_none
from booking.web.database import clock, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences
from booking.web.redirects import local_path

pages = Blueprint("second_factor", __name__, url_prefix="/second-factor")
View = str | Response | tuple[str, int]
EVERYBODY = tuple(Role)
LONGEST = 40
#: how the app on the telephone names the account; in Latin letters the picture stays coarse enough for old cameras
ISSUER = "Ilteo-ieum"


def _picture(text: str) -> Markup:
    """The code to photograph, as SVG within the page: nothing of the secret is fetched from anywhere."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, scale=5, border=3, omitsize=True)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn here, of our own text


def _ask(faults: dict[str, str] | None = None) -> View:
    page = render_template("web/auth/second_factor.html", faults=faults or {}, next=request.values.get("next", ""))
    return (page, 422) if faults else page


def _set_up(faults: dict[str, str] | None = None) -> View:
    with write() as session:
        secret = factors.begin(session, person())
    email = accounts.own_account(read(), person()).email
    page = render_template(
        "web/auth/second_factor_set_up.html",
        picture=_picture(enrolment_address(secret, email, ISSUER)),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        faults=faults or {},
        next=request.values.get("next", ""),
    )
    return (page, 422) if faults else page


def _on() -> bool:
    found = signed_in_or_none()
    return found is not None and found.second_factor_on


@pages.get("")
@allow(*EVERYBODY)
@before_second_factor
def ask() -> View:
    """Ask for the code; whoever has no second factor yet sets it up."""
    found = signed_in_or_none()
    if found is not None and found.second_factor_passed:
        return redirect(url_for("account.show"))
    return _ask() if _on() else _set_up()


@pages.post("")
@allow(*EVERYBODY)
@before_second_factor
def answer() -> View:
    """Go on with the right code."""
    with write() as counted:
        factors.check_throttle(counted, person())
    try:
        with write() as session:
            left = factors.answer(session, clock(), person(), request.form.get("code", "")[:LONGEST], session_token())
    except InvalidInput as fault:
        return _ask(sentences(fault))
    if left is not None:
        flash(gettext("복구 코드를 썼습니다. %(n)s개 남았습니다. 내 계정에서 새로 받을 수 있습니다.", n=left), "mid")
    return redirect(local_path(request.form.get("next"), url_for("auth.home")), 303)


@pages.post("/set-up")
@allow(*EVERYBODY)
@before_second_factor
def set_up() -> View:
    """Switch it on with the code that the telephone shows, and show the recovery codes, now and never again."""
    with write() as counted:
        factors.check_throttle(counted, person())
    try:
        with write() as session:
            codes = factors.confirm(session, clock(), person(), request.form.get("code", "")[:LONGEST], session_token())
    except InvalidInput as fault:
        return _set_up(sentences(fault))
    return _codes(codes)


@pages.post("/codes")
@allow(*EVERYBODY)
def renew() -> View:
    """Show new recovery codes; the old ones end."""
    with write() as session:
        codes = factors.renew_codes(session, person())
    return _codes(codes)


def _codes(codes: list[str]) -> View:
    return render_template(
        "web/auth/second_factor_codes.html",
        codes=codes,
        next=local_path(request.form.get("next"), url_for("auth.home")),
    )
