"""Coming in by e-mail: one use, one purpose, the database's clock, and nothing told of who has an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from booking.demo.people import PASSWORD
from booking.domain.topics import Topic
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.people import OneTimeLink, Throttle, User, WebSession
from booking.notify.catalogue import Kind
from booking.services.entry import ASK_LIMIT
from tests.support.entry import NEW_PASSWORD, mailed_path, messages_to, user_of
from tests.support.pages import Site, form_token, words

TEACHER, UNKNOWN = "t001@school.example.kr", "nobody@school.example.kr"
ASKING = [("/sign-in/link", Kind.SIGN_IN_LINK), ("/reset", Kind.PASSWORD_RESET)]


def asked(site: Site, address: str, email: str) -> TestResponse:
    return site.visitor().post(address, data={"email": email})


def path_of(site: Site, address: str, kind: Kind, email: str = TEACHER) -> str:
    assert asked(site, address, email).status_code == 303
    return mailed_path(site, email, kind)


def rows(site: Site, table: type) -> list[tuple[object, ...]]:
    site.session.rollback()
    return [tuple(row) for row in site.session.execute(sa.select(*sa.inspect(table).columns)).all()]


@pytest.mark.parametrize(("address", "kind"), ASKING)
def test_an_unknown_address_is_answered_as_a_known_one(site: Site, address: str, kind: Kind) -> None:
    pages, keys = [], []
    for email in (TEACHER, UNKNOWN):
        answer = asked(site, address, email)
        pages.append((answer.status_code, answer.location, words(site.visitor().get(answer.location))))
        keys.append(sorted((str(row[0]).partition(":")[0], str(row[1])) for row in rows(site, Throttle)))
        site.session.execute(sa.delete(Throttle))
        site.session.commit()
        assert rows(site, OneTimeLink) == [], "a link is made when it is written, not when it is asked for"
    assert pages[0] == pages[1]
    assert keys[0] == keys[1]
    assert [row.kind for row in messages_to(site, TEACHER, kind)] == [kind.value]
    sending = [job for job in rows(site, Job) if Topic.SEND_MESSAGE in job]
    assert len(rows(site, Message)) == len(sending) == 1
    assert UNKNOWN not in str(rows(site, Throttle))


@pytest.mark.parametrize(("address", "kind"), ASKING)
def test_an_account_that_is_off_gets_nothing(site: Site, address: str, kind: Kind) -> None:
    site.session.execute(sa.update(User).where(User.email == TEACHER).values(active=False))
    site.session.commit()
    assert asked(site, address, TEACHER).status_code == 303
    assert messages_to(site, TEACHER, kind) == []


@pytest.mark.parametrize(("address", "kind"), ASKING)
def test_asking_is_throttled_for_everybody_alike(site: Site, address: str, kind: Kind) -> None:
    for email in (TEACHER, UNKNOWN):
        for _ in range(ASK_LIMIT):
            assert asked(site, address, email).status_code == 303
        closed = asked(site, address, f" {email.upper()}")
        assert closed.status_code == 429
        assert "15분 뒤에" in words(closed)
    assert len(messages_to(site, TEACHER, kind)) == ASK_LIMIT


def test_what_is_no_address_is_named(site: Site) -> None:
    answer = asked(site, "/reset", "<script>")
    assert answer.status_code == 422
    assert "전자우편 주소의 모양이 아닙니다" in words(answer)
    assert "<script>" not in answer.text.replace("<script src", "")


def test_a_link_signs_in_once(site: Site) -> None:
    path = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    client = site.visitor()
    page = client.get(path)
    assert page.status_code == 200
    assert "t0***@school.example.kr" in words(page)
    assert client.get("/teacher").status_code == 302, "looking at it signs nobody in"
    entered = client.post(path)
    assert (entered.status_code, entered.location) == (303, "/")
    assert client.get("/teacher").status_code == 200
    replayed = site.visitor()
    assert replayed.post(path).status_code == 410
    assert replayed.get("/teacher").status_code == 302
    assert "이미 쓴 링크입니다" in words(replayed.get(path))


def test_opening_a_link_changes_nothing_however_often_a_scanner_does_it(site: Site) -> None:
    paths = [path_of(site, address, kind) for address, kind in ASKING]
    tables = (OneTimeLink, WebSession, User, Throttle, Message)
    before = [rows(site, table) for table in tables]
    for path in paths:
        for method in ("GET", "HEAD", "GET"):
            assert site.visitor().open(path, method=method).status_code == 200
    assert [rows(site, table) for table in tables] == before


def test_using_one_closes_the_others_of_its_purpose_and_no_more(site: Site) -> None:
    older = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    newer = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    reset = path_of(site, "/reset", Kind.PASSWORD_RESET)
    assert site.visitor().post(newer).status_code == 303
    assert site.visitor().post(older).status_code == 410
    assert site.visitor().get(reset).status_code == 200


def test_a_link_serves_one_purpose(site: Site) -> None:
    token = path_of(site, "/reset", Kind.PASSWORD_RESET).rpartition("/")[2]
    for path in (f"/sign-in/link/{token}", f"/invitation/{token}"):
        assert site.visitor().get(path).status_code == 404
        assert site.visitor().post(path, data={"name": "x", "password": NEW_PASSWORD}).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "가" * 43, "%00" * 43, "..%2F" + "A" * 40])
@pytest.mark.parametrize("path", ["/sign-in/link/", "/reset/", "/invitation/"])
def test_a_forged_one_says_so_kindly(site: Site, path: str, token: str) -> None:
    for method in ("GET", "POST"):
        answer = site.visitor().open(path + token, method=method, data={"password": NEW_PASSWORD})
        assert answer.status_code == 404
        assert site.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 0


@pytest.mark.parametrize(("address", "kind"), ASKING)
def test_it_expires_by_the_databases_clock(site: Site, address: str, kind: Kind) -> None:
    path = path_of(site, address, kind)
    site.small.clock.advance(dt.timedelta(days=30))
    assert site.visitor().get(path).status_code == 200, "the application's clock has no say"
    site.session.execute(sa.update(OneTimeLink).values(expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    site.session.commit()
    for method in ("GET", "POST"):
        answer = site.visitor().open(path, method=method, data={"password": NEW_PASSWORD})
        assert answer.status_code == 410
        assert "기한이 지난 링크입니다" in words(answer)


def test_a_link_of_somebody_who_is_switched_off_meanwhile_opens_nothing(site: Site) -> None:
    path = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    site.session.execute(sa.update(User).where(User.email == TEACHER).values(active=False))
    site.session.commit()
    assert site.visitor().post(path).status_code == 410


def test_only_the_hash_is_stored(site: Site) -> None:
    token = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK).rpartition("/")[2]
    [link] = rows(site, OneTimeLink)
    assert token not in str(link)
    assert len(link[0]) == 32  # type: ignore[arg-type]


def test_the_pages_of_links_keep_their_address_to_themselves(site: Site) -> None:
    headers = site.visitor().get(path_of(site, "/reset", Kind.PASSWORD_RESET)).headers
    assert headers["Referrer-Policy"] == "strict-origin"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Cache-Control"] == "no-store"


def test_nobody_signs_a_visitor_in_behind_the_back(site: Site) -> None:
    path = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    site.app.config["WTF_CSRF_ENABLED"] = True
    client = site.visitor()
    assert client.post(path).status_code == 400
    token = form_token(client.get(path))
    assert client.post(path, data={"csrf_token": token}).status_code == 303


def test_over_tls_the_form_still_passes_its_guard(site: Site) -> None:
    """The guard asks where a form came from: a page that sent no referrer at all would lock everybody out."""
    path = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    site.app.config.update(WTF_CSRF_ENABLED=True, WTF_CSRF_SSL_STRICT=True)
    client = site.visitor()
    page = client.get(path, base_url="https://localhost")
    sent = client.post(
        path,
        data={"csrf_token": form_token(page)},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/"},
    )
    assert sent.status_code == 303


def test_a_new_password_ends_every_session_and_signs_nobody_in(site: Site) -> None:
    inside = site.signed_in(TEACHER)
    signs_in = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    path = path_of(site, "/reset", Kind.PASSWORD_RESET)
    client = site.visitor()
    weak = client.post(path, data={"password": "12345678"})
    assert weak.status_code == 422
    assert "너무 쉽게 짐작할 수 있는" in words(weak)
    done = client.post(path, data={"password": NEW_PASSWORD})
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert "비밀번호를 바꾸었습니다" in words(client.get("/sign-in"))
    assert client.get("/teacher").status_code == 302
    assert inside.get("/teacher").status_code == 302
    assert site.visitor().post(signs_in).status_code == 410, "asked for with the old password"
    assert site.visitor().post(path, data={"password": NEW_PASSWORD}).status_code == 410
    assert site.visitor().post("/sign-in", data={"email": TEACHER, "password": PASSWORD}).status_code == 422
    assert site.visitor().post("/sign-in", data={"email": TEACHER, "password": NEW_PASSWORD}).status_code == 303


def test_a_reset_opens_a_throttle_that_somebody_else_has_closed(site: Site) -> None:
    for _ in range(9):
        site.visitor().post("/sign-in", data={"email": TEACHER, "password": "wrong"})
    path = path_of(site, "/reset", Kind.PASSWORD_RESET)
    site.visitor().post(path, data={"password": NEW_PASSWORD})
    assert site.visitor().post("/sign-in", data={"email": TEACHER, "password": NEW_PASSWORD}).status_code == 303


def test_of_two_at_once_one_comes_in(site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = path_of(site, "/sign-in/link", Kind.SIGN_IN_LINK)
    post: Callable[[int], int] = lambda _: site.visitor().post(path).status_code  # noqa: E731
    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(post, range(6)))
    assert answers == [303, 410, 410, 410, 410, 410]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_speak_both_languages(site: Site, language: str) -> None:
    client = site.visitor(language)
    expected = {"ko": "링크로 로그인", "en": "Sign in with a link"}[language]
    assert expected in words(client.get("/sign-in"))
    assert expected in words(client.get("/sign-in/link"))
    assert client.get("/reset?sent=1").status_code == 200
    assert user_of(site, TEACHER).active
