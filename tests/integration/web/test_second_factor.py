"""No way in goes past the second factor where it is asked; a lost telephone has a way back, for its owner alone."""

from __future__ import annotations

import re

import pyotp
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.entry import LinkPurpose
from booking.models.history import HistoryEntry
from booking.models.people import RecoveryCode, SecondFactor, User, WebSession
from booking.services.one_time_links import issue
from tests.support.pages import Site, words

COORDINATOR, ADMINISTRATOR = "coordinator@demo.example.kr", "admin@demo.example.kr"
DOOR = "/second-factor"


def user(site: Site, email: str) -> User:
    site.session.rollback()
    return site.session.scalars(sa.select(User).where(User.email == email)).one()


def code_of(site: Site, email: str, later: int = 0) -> str:
    """What the telephone of somebody shows now, or some half minutes later."""
    secret = site.session.get_one(SecondFactor, user(site, email).id, populate_existing=True).secret
    return str(pyotp.TOTP(secret).generate_otp(int(site.small.clock.now().timestamp()) // 30 + later))


def enrol(site: Site, email: str) -> tuple[FlaskClient, list[str]]:
    """Set it up as its owner does; returns the browser and the recovery codes."""
    client = site.signed_in(email)
    assert client.get(DOOR).status_code == 200
    shown = client.post(f"{DOOR}/set-up", data={"code": code_of(site, email)})
    assert shown.status_code == 200, words(shown)
    return client, re.findall(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", shown.get_data(as_text=True))


def outside(client: FlaskClient, page: str = "/console") -> bool:
    """Whether a page only leads to the second factor."""
    answer = client.get(page)
    return answer.status_code == 302 and answer.headers["Location"].startswith(DOOR)


def test_it_is_set_up_once_and_asked_at_the_next_sign_in(site: Site) -> None:
    client, codes = enrol(site, COORDINATOR)
    assert len(codes) == 10
    assert not outside(client)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(RecoveryCode)) == 10

    again = site.signed_in(COORDINATOR)
    assert outside(again)
    assert outside(again, "/account")
    assert again.post("/console/runs").status_code == 302
    used = again.post(DOOR, data={"code": code_of(site, COORDINATOR)})
    assert used.status_code == 422, "the code with which it was set up is used up"
    assert "코드가 맞지 않습니다" in words(used)
    right = again.post(DOOR, data={"code": code_of(site, COORDINATOR, 1), "next": "/console/visits"})
    assert (right.status_code, right.headers["Location"]) == (303, "/console/visits")
    assert not outside(again)


def test_a_link_in_the_mail_does_not_go_past_it(site: Site) -> None:
    enrol(site, COORDINATOR)
    token = issue(site.session, user(site, COORDINATOR).id, LinkPurpose.SIGN_IN)
    site.session.commit()
    client = site.visitor()
    assert client.post(f"/sign-in/link/{token}").status_code == 303
    assert outside(client)


def test_a_recovery_code_opens_once(site: Site) -> None:
    _, codes = enrol(site, COORDINATOR)
    first, second = site.signed_in(COORDINATOR), site.signed_in(COORDINATOR)
    assert first.post(DOOR, data={"code": codes[0].lower()}).status_code == 303
    assert "9개 남았습니다" in words(first.get("/console"))
    assert second.post(DOOR, data={"code": codes[0]}).status_code == 422
    renewed = first.post(f"{DOOR}/codes")
    assert codes[1] not in words(renewed)
    assert second.post(DOOR, data={"code": codes[1]}).status_code == 422


def test_guessing_is_slowed_down(site: Site) -> None:
    enrol(site, COORDINATOR)
    client = site.signed_in(COORDINATOR)
    answers = [client.post(DOOR, data={"code": "000000"}).status_code for _ in range(8)]
    assert set(answers) == {422, 429}
    assert client.post(DOOR, data={"code": code_of(site, COORDINATOR, 1)}).status_code == 429


def test_setting_it_up_ends_the_other_sessions(site: Site) -> None:
    other = site.signed_in(COORDINATOR)
    assert other.get("/console").status_code == 200
    enrol(site, COORDINATOR)
    assert other.get("/console").headers["Location"].startswith("/sign-in")


def test_where_it_is_required_the_office_sets_it_up_first_and_teachers_do_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    object.__setattr__(site.app.extensions["ilteo.config"], "second_factor", True)
    try:
        assert outside(site.signed_in(COORDINATOR))
        assert outside(site.signed_in(ADMINISTRATOR))
        assert not outside(site.signed_in("officer@demo.example.kr"), "/console/figures")
        assert not outside(site.teacher("S0"), "/teacher")
    finally:
        object.__setattr__(site.app.extensions["ilteo.config"], "second_factor", False)


def test_only_another_administrator_takes_it_away(site: Site) -> None:
    enrol(site, COORDINATOR)
    number = user(site, COORDINATOR).id
    reset = f"/console/people/{number}/second-factor/reset"
    colleague = site.signed_in(COORDINATOR)
    colleague.post(DOOR, data={"code": code_of(site, COORDINATOR, 1)})
    assert colleague.post(reset).status_code == 403

    admin = site.signed_in(ADMINISTRATOR)
    assert admin.post(reset).status_code == 303
    site.session.rollback()
    assert site.session.get(SecondFactor, number) is None
    open_now = sa.select(sa.func.count()).where(WebSession.user_id == number, WebSession.ended_at.is_(None))
    assert site.session.scalar(open_now) == 0
    actions = site.session.scalars(sa.select(HistoryEntry.action).where(HistoryEntry.subject_id == number)).all()
    assert {"second_factor_on", "second_factor_reset"} <= set(actions)

    enrol(site, ADMINISTRATOR)
    own = f"/console/people/{user(site, ADMINISTRATOR).id}/second-factor/reset"
    browser = site.signed_in(ADMINISTRATOR)
    browser.post(DOOR, data={"code": code_of(site, ADMINISTRATOR, 1)})
    assert browser.post(own).status_code == 409


def test_the_secret_is_shown_until_it_is_confirmed_and_never_after(site: Site) -> None:
    client = site.signed_in(COORDINATOR)
    shown = client.get(DOOR).get_data(as_text=True)
    secret = site.session.get_one(SecondFactor, user(site, COORDINATOR).id).secret
    assert secret[:4] in shown
    assert "<svg" in shown
    client.post(f"{DOOR}/set-up", data={"code": code_of(site, COORDINATOR)})
    for page in (DOOR, "/account", f"/console/people/{user(site, COORDINATOR).id}"):
        assert secret[:8] not in client.get(page, follow_redirects=True).get_data(as_text=True).replace(" ", "")
