"""Denied by default: every view names who may call it, and everybody else is turned away on every address."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from booking.config import Misconfigured
from booking.domain.vocabulary import Role
from booking.web.access import check_routes, roles_of
from tests.support.pages import Site

VALUES = {"int": "1", "string": "A" * 43, "path": "app.css", "default": "x"}


def address(rule: Rule) -> str:
    """An address that the rule answers."""
    built = rule.build(
        {
            name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "A" * 43
            for name in rule.arguments
        }
    )
    assert built is not None
    return str(built[1])


def protected(app: Flask) -> list[tuple[str, str, frozenset[Role]]]:
    """Method, address and roles of every view that is not public."""
    found = []
    for rule in app.url_map.iter_rules():
        roles = roles_of(app.view_functions[rule.endpoint])
        assert roles is not None, rule.endpoint
        if roles:
            methods = (rule.methods or set()) - {"OPTIONS", "HEAD"}
            found += [(method, address(rule), roles) for method in sorted(methods)]
    return found


def test_nobody_without_a_session_gets_past_the_door(site: Site) -> None:
    client = site.visitor()
    for method, path, _ in protected(site.app):
        answer = client.open(path, method=method)
        assert answer.status_code == 302, (method, path)
        assert answer.location.startswith("/sign-in?next="), (method, path)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_wherever_it_is_not_named(site: Site, role: Role) -> None:
    name = {Role.ADMINISTRATOR: "admin"}.get(role, role.value)
    client = site.teacher("S0") if role is Role.TEACHER else site.signed_in(f"{name}@demo.example.kr")
    refused = [(method, path) for method, path, roles in protected(site.app) if role not in roles]
    assert refused
    for method, path in refused:
        assert client.open(path, method=method).status_code == 403, (method, path)


def test_a_view_that_names_nobody_keeps_the_service_from_starting(app: Flask) -> None:
    app.view_functions["silent"] = lambda: "hello"
    with pytest.raises(Misconfigured, match="silent"):
        check_routes(app)


def test_every_answer_carries_its_guards(site: Site) -> None:
    for path in ("/sign-in", "/nowhere", f"/a/{'A' * 43}"):
        headers = site.visitor().get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_an_account_that_is_switched_off_is_out_at_once(site: Site) -> None:
    import sqlalchemy as sa

    client = site.teacher("S0")
    assert client.get("/teacher").status_code == 200
    site.session.execute(sa.text("UPDATE app_user SET active = false"))
    site.session.commit()
    assert client.get("/teacher").status_code == 302
