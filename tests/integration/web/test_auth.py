"""The door: sign in, sign out, the language, and where each of them leads."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.demo.people import ACCOUNTS, PASSWORD
from booking.models.people import User
from booking.services.accounts import SIGN_IN_LIMIT
from tests.support.pages import Site, form_token, words

COORDINATOR = "coordinator@demo.example.kr"


def test_whoever_is_not_signed_in_is_led_to_the_door_and_back(site: Site) -> None:
    client = site.visitor()
    refused = client.get("/teacher?school=1")
    assert refused.status_code == 302
    assert refused.location == "/sign-in?next=/teacher%3Fschool%3D1"
    page = client.get(refused.location)
    assert 'name="next" value="/teacher?school=1"' in page.text
    entered = client.post(
        "/sign-in",
        data={"email": " T001@school.example.kr ", "password": PASSWORD, "next": "/teacher/requests/new"},
    )
    assert entered.status_code == 303
    assert entered.location == "/teacher/requests/new"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)",
     "/\t/evil.example", "/a\r\nSet-Cookie: x=1", "", "evil", "///evil.example", " /teacher"],
)  # fmt: skip
def test_the_way_back_never_leaves_the_service(site: Site, target: str) -> None:
    answer = site.visitor().post("/sign-in", data={"email": COORDINATOR, "password": PASSWORD, "next": target})
    assert answer.status_code == 303
    assert answer.location == "/"


def test_a_wrong_password_says_no_more_than_that_and_keeps_the_address(site: Site) -> None:
    for email in (COORDINATOR, "nobody@demo.example.kr"):
        answer = site.visitor().post("/sign-in", data={"email": email, "password": "wrong-password"})
        assert answer.status_code == 422
        assert "전자우편 주소나 비밀번호가 맞지 않습니다." in words(answer)
        assert f'value="{email}"' in answer.text
        assert "wrong-password" not in answer.text


def test_empty_fields_are_named_in_a_summary_that_takes_the_focus(site: Site) -> None:
    answer = site.visitor().post("/sign-in", data={"email": "", "password": ""})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'href="#password"' in answer.text
    assert "data-focus" in answer.text
    assert "<title>오류: 로그인" in answer.text


def test_the_throttle_closes_for_everybody_who_tries_and_tells_how_long(site: Site) -> None:
    client = site.visitor()
    for _ in range(SIGN_IN_LIMIT):
        assert client.post("/sign-in", data={"email": COORDINATOR, "password": "x"}).status_code == 422
    closed = client.post("/sign-in", data={"email": COORDINATOR, "password": PASSWORD})
    assert closed.status_code == 429
    assert 0 < int(closed.headers["Retry-After"]) <= 600
    assert "10분 뒤에" in words(closed)
    assert client.post("/sign-in", data={"email": "admin@demo.example.kr", "password": PASSWORD}).status_code == 303


def test_the_cookie_holds_nothing_but_the_token_and_the_language(site: Site) -> None:
    client = site.visitor()
    with client.session_transaction() as cookie:
        cookie["left_behind"] = "by somebody else"
        cookie["language"] = "en"
    client.post("/sign-in", data={"email": COORDINATOR, "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert set(cookie) - {"_permanent", "csrf_token"} == {"token", "language"}


def test_signing_out_ends_the_session_even_for_a_copied_cookie(site: Site) -> None:
    client = site.signed_in(COORDINATOR)
    stolen = client.get_cookie("ilteo")
    assert stolen is not None
    assert client.post("/sign-out").status_code == 303
    thief = site.visitor()
    thief.set_cookie("ilteo", stolen.value)
    assert thief.get("/").location == "/sign-in"


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.role)
def test_everybody_is_led_to_their_own_pages(site: Site, account: object) -> None:
    homes = {
        "teacher": "/teacher",
        "coordinator": "/console",
        "administrator": "/console",
        "officer": "/console/figures",
    }
    email, role = getattr(account, "email"), getattr(account, "role")  # noqa: B009 - a parametrised object
    if role == "teacher":
        email = "t001@school.example.kr"
    client = site.signed_in(email)
    assert client.get("/").location == homes[role]
    assert client.get("/sign-in").location == "/"


def test_the_language_is_kept_in_the_cookie_and_in_the_account(site: Site) -> None:
    client = site.signed_in(COORDINATOR)
    answer = client.post("/language", data={"language": "en", "next": "/sign-in?x=1"})
    assert answer.location == "/sign-in?x=1"
    site.session.rollback()
    user = site.session.scalars(sa.select(User).where(User.email == COORDINATOR)).one()
    assert user.language == "en"
    assert '<html lang="en">' in client.get("/nowhere").text
    assert client.post("/language", data={"language": "xx", "next": "//evil.example"}).location == "/"
    assert '<html lang="en">' in client.get("/nowhere").text


def test_the_browser_chooses_until_somebody_does(site: Site) -> None:
    assert '<html lang="en">' in site.visitor("en-GB,en;q=0.9").get("/sign-in").text
    assert '<html lang="ko">' in site.visitor("fr").get("/sign-in").text
    assert '<html lang="en">' in site.visitor("ko").get("/sign-in?lang=en").text


def test_forms_are_guarded_against_forgery(site: Site) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = True
    client = site.visitor()
    forged = client.post("/sign-in", data={"email": COORDINATOR, "password": PASSWORD})
    assert forged.status_code == 400
    assert "화면이 너무 오래 열려 있었습니다" in words(forged)
    token = form_token(client.get("/sign-in"))
    entered = client.post("/sign-in", data={"email": COORDINATOR, "password": PASSWORD, "csrf_token": token})
    assert entered.status_code == 303


def test_the_demo_shows_its_accounts_and_other_installations_do_not(site: Site) -> None:
    assert PASSWORD in site.visitor().get("/sign-in").text
    from dataclasses import replace

    site.app.extensions["ilteo.config"] = replace(site.app.extensions["ilteo.config"], demo=False)
    assert PASSWORD not in site.visitor().get("/sign-in").text
