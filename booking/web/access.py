"""Who may call what: every view says it, all else is denied, and with a view that says nothing the start is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from booking.config import Misconfigured
from booking.domain.errors import Forbidden
from booking.domain.person import Person
from booking.domain.vocabulary import Role
from booking.services import sessions
from booking.services.sessions import SignedIn
from booking.web.database import clock, config, read

View = TypeVar("View", bound=Callable[..., object])
TOKEN = "token"  # noqa: S105 - the name of a cookie's key, not a secret
_ATTRIBUTE = "_ilteo_roles"
_HALF_OPEN = "_ilteo_before_second_factor"
_ANYBODY: frozenset[Role] = frozenset()
STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)


def allow(*roles: Role) -> Callable[[View], View]:
    """Let signed-in people with one of ``roles`` call the view."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, frozenset(roles))
        return view

    return mark


def public(view: View) -> View:
    """Let anybody call the view, signed in or not."""
    setattr(view, _ATTRIBUTE, _ANYBODY)
    return view


def before_second_factor(view: View) -> View:
    """Let the view be called by somebody whose second factor has not been asked yet: it is where that is done."""
    setattr(view, _HALF_OPEN, True)
    return view


def roles_of(view: object) -> frozenset[Role] | None:
    """The roles that a view names; empty: anybody; None: it says nothing."""
    found: frozenset[Role] | None = getattr(view, _ATTRIBUTE, None)
    return found


def person_or_none() -> Person | None:
    """The signed-in person, or None."""
    found: Person | None = g.get("person")
    return found


def signed_in_or_none() -> SignedIn | None:
    """The session in which this request is, or None."""
    found: SignedIn | None = g.get("signed_in")
    return found


def session_token() -> str:
    """The token of this browser's session; empty where it has none."""
    token = session.get(TOKEN)
    return token if isinstance(token, str) else ""


def person() -> Person:
    """The signed-in person; only to be asked in views that are not public."""
    found: Person = g.person
    return found


def _guard() -> Response | None:
    token = session_token()
    found = (
        sessions.find_signed_in(read(), clock(), token, request.remote_addr, hours=config().session_hours)
        if token
        else None
    )
    g.signed_in, g.person = found, found.person if found else None
    if request.endpoint is None:
        return None  # no such page: the 404 page answers
    roles = roles_of(current_app.view_functions[request.endpoint])
    if roles is None:
        raise Forbidden(f"{request.endpoint} names no role")
    if roles == _ANYBODY:
        return None
    if g.person is None:
        here = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(f"{url_for('auth.sign_in')}?next={quote(here)}")
    g.person.require_role(*roles)
    if _wants_second_factor(found) and not hasattr(current_app.view_functions[request.endpoint], _HALF_OPEN):
        here = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(f"{url_for('second_factor.ask')}?next={quote(here)}")
    return None


def _wants_second_factor(found: SignedIn | None) -> bool:
    """Whether this session has to show a second factor first: whoever has one, and the office where it is required.

    Asked here and not where people sign in, so that no way in goes past it: password, link, invitation or reset.
    """
    if found is None or found.second_factor_passed:
        return False
    return found.second_factor_on or (config().second_factor and found.person.role in STAFF)


def check_routes(app: Flask) -> None:
    """Refuse to start while a view does not say who may call it.

    Raises:
        Misconfigured: naming each such view.
    """
    silent = sorted(name for name, view in app.view_functions.items() if roles_of(view) is None)
    if silent:
        raise Misconfigured(f"these views do not say who may call them: {', '.join(silent)}")


def init_access(app: Flask) -> None:
    """Guard every request of ``app``."""
    app.view_functions["static"] = public(app.view_functions["static"])
    app.before_request(_guard)
