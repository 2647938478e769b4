"""One's own account: details, password, devices, and a session that is extended up to its limit."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.demo.people import ACCOUNTS, PASSWORD
from booking.models.history import HistoryEntry
from booking.models.people import WebSession
from tests.support.entry import NEW_PASSWORD, user_of
from tests.support.pages import Site, words

COORDINATOR, TEACHER = "coordinator@demo.example.kr", "t001@school.example.kr"
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.role)
def test_everybody_has_the_page(site: Site, account: object) -> None:
    role = getattr(account, "role")  # noqa: B009 - a parametrised object
    email = TEACHER if role == "teacher" else getattr(account, "email")  # noqa: B009
    client = site.signed_in(email)
    for language in ("ko", "en"):
        page = client.get(f"/account?lang={language}")
        assert page.status_code == 200
        assert email in words(page)


def test_own_details_are_tidied_up_and_the_language_is_that_of_messages(site: Site) -> None:
    client = site.signed_in(TEACHER)
    saved = client.post("/account", data={"name": " 김  하늘 ", "phone": "01000000123", "language": "en"})
    assert saved.status_code == 303
    user = user_of(site, TEACHER)
    assert (user.name, user.phone, user.language.value) == ("김 하늘", "010-0000-0123", "en")
    assert '<html lang="en">' in client.get("/account").text
    entry = site.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "profile_changed")).one()
    assert entry.detail == {"fields": "language, name, phone"}


def test_a_refused_detail_is_named_and_nothing_is_lost(site: Site) -> None:
    client = site.signed_in(TEACHER)
    before = user_of(site, TEACHER).name
    answer = client.post(
        "/account", data={"name": "", "phone": "<b>12</b>", "role": "administrator", "email": "x@y.kr"}
    )
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert 'href="#phone"' in answer.text
    assert "&lt;b&gt;12&lt;/b&gt;" in answer.text
    user = user_of(site, TEACHER)
    assert (user.name, user.role.value) == (before, "teacher")


def test_the_old_password_is_asked_for_and_the_other_browsers_go_out(site: Site) -> None:
    here, there = site.signed_in(TEACHER), site.signed_in(TEACHER)
    wrong = here.post("/account/password", data={"old_password": "wrong-one", "password": NEW_PASSWORD})
    assert wrong.status_code == 422
    assert "지금 쓰시는 비밀번호와 다릅니다" in words(wrong)
    empty = here.post("/account/password", data={})
    assert 'href="#old_password"' in empty.text
    done = here.post("/account/password", data={"old_password": PASSWORD, "password": NEW_PASSWORD})
    assert done.status_code == 303
    assert here.get("/teacher").status_code == 200
    assert there.get("/teacher").status_code == 302
    assert site.visitor().post("/sign-in", data={"email": TEACHER, "password": NEW_PASSWORD}).status_code == 303


def test_whoever_finds_a_browser_open_cannot_guess_for_ever(site: Site) -> None:
    client = site.signed_in(TEACHER)
    data = {"old_password": "wrong-one", "password": NEW_PASSWORD}
    answers = [client.post("/account/password", data=data).status_code for _ in range(9)]
    assert answers == [422] * 8 + [429]


def test_signing_out_everywhere_ends_every_session(site: Site) -> None:
    here, there, other = site.signed_in(TEACHER), site.signed_in(TEACHER), site.signed_in(COORDINATOR)
    assert "지금 이 기기" in words(here.get("/account"))
    assert here.get("/account").text.count("접속 주소") == 2
    assert here.post("/account/sign-out-everywhere").location == "/sign-in"
    assert "모든 기기에서 로그아웃했습니다" in words(here.get("/sign-in"))
    for client in (here, there):
        assert client.get("/teacher").status_code == 302
    assert other.get("/console").status_code == 200


def test_a_session_is_extended_by_its_owner_alone_and_to_twelve_hours_at_most(site: Site) -> None:
    client, clock = site.signed_in(TEACHER), site.small.clock
    began = clock.now()
    clock.advance(7 * HOUR)
    client.get("/teacher")
    assert client.get("/session").json == {"seconds": 3600, "extendable": True, "ends": "17:00"}
    told = client.post("/session/extend", headers={"Accept": "application/json"})
    assert told.json == {"seconds": 5 * 3600, "extendable": False, "ends": "21:00"}
    again = client.post("/session/extend", data={"next": "/teacher"})
    assert (again.status_code, again.location) == (303, "/teacher")
    site.session.rollback()
    assert site.session.scalars(sa.select(WebSession.expires_at)).one() == began + 12 * HOUR
    assert "12시간까지만" in words(client.get("/account"))
    clock.advance(5 * HOUR)
    assert client.get("/teacher").status_code == 302
    assert client.get("/session").status_code == 302
    assert client.post("/session/extend").status_code == 302, "what is over stays over"
    assert site.visitor().post("/session/extend").location.startswith("/sign-in")


def test_using_it_does_not_extend_a_session(site: Site) -> None:
    client, clock = site.signed_in(TEACHER), site.small.clock
    for _ in range(8):
        assert client.get("/teacher").status_code == 200
        clock.advance(HOUR)
    assert client.get("/teacher").status_code == 302


def test_every_page_says_until_when_and_carries_the_warning(site: Site) -> None:
    for client, path in ((site.signed_in(TEACHER), "/teacher"), (site.signed_in(COORDINATOR), "/console")):
        page = client.get(path)
        assert "<b data-session-end>17:00</b>" in page.text
        assert 'data-left="28800"' in page.text
        assert 'data-warn="300"' in page.text
    assert "session.js" not in site.visitor().get("/sign-in").text
