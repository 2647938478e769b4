"""The demo's own servers and its page: what was sent arrives, and receipts come back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from booking.config import Misconfigured, Smtp
from booking.db import transaction
from booking.demo.kakaotalk import CHANNEL, template_code
from booking.demo.loopback import on_loopback
from booking.demo.servers import serve
from booking.demo.store import Store, store_path
from booking.domain.alimtalk import TemplateState
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel, Language
from booking.models.sending import AlimtalkTemplate
from booking.notify.alimtalk import suggestion
from booking.notify.catalogue import Kind
from booking.notify.senders.choice import senders_of
from tests.support.messaging import Post
from tests.support.peers import account
from tests.support.website import website
from tools.children import free_port, port_is_free


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ILTEO_DEMO_STORE", str(tmp_path / "demo" / "inbox.sqlite3"))
    return Store(store_path())


@pytest.fixture
def demo(post: Post, store: Store) -> Iterator[FlaskClient]:
    """The web server and the demo's servers, all listening."""
    port = free_port()
    post.config = replace(
        post.config,
        base_url=f"http://127.0.0.1:{port}",
        smtp=Smtp("127.0.0.1", free_port()),
        solapi=replace(account(), channel=CHANNEL),
    )
    post.senders = senders_of(post.config, post.clock)
    smtp, solapi = post.config.smtp, post.config.solapi
    assert smtp is not None
    assert solapi is not None
    with website(post.config) as app:
        web = make_server("127.0.0.1", port, app, threaded=True)
        stop = threading.Event()
        threads = [
            threading.Thread(target=web.serve_forever),
            threading.Thread(target=serve, args=(post.config, store, stop)),
        ]
        for thread in threads:
            thread.start()
        while port_is_free(smtp.port) or port_is_free(int(solapi.url.rpartition(":")[2])):
            stop.wait(0.05)
        yield app.test_client()
        web.shutdown()
        stop.set()
        for thread in threads:
            thread.join()
        web.server_close()


def test_what_was_sent_is_seen_and_its_receipt_comes_back(post: Post, demo: FlaskClient, store: Store) -> None:
    numbers = post.write(Kind.WORKPLACE_ASK)
    for number in numbers:
        assert post.deliver(number) is MessageStatus.SENT
    while MessageStatus.DELIVERED not in post.by_status():
        threading.Event().wait(0.1)
    page = demo.get("/demo/inbox").get_data(as_text=True)
    assert "host@example.kr" in page
    assert "01000000002" in page
    assert "메일 확인해 주시면 감사합니다" in page
    only = demo.get("/demo/inbox?to=01000000002").get_data(as_text=True)
    assert "일터체험이 가능하신지" not in only
    [mail] = store.mails()
    link = mail.text.partition("/a/")[2].split()[0]
    shown = demo.get(f"/demo/mail/{mail.id}").get_data(as_text=True)
    assert f"/a/{link}" in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown


def test_an_alimtalk_is_shown_as_kakaotalk_shows_it(post: Post, demo: FlaskClient, store: Store) -> None:
    kind = Kind.VISIT_CONFIRMED
    with post.sessions() as session, transaction(session):
        code, body = template_code(kind, Language.KO), suggestion(kind, Language.KO)
        session.add(
            AlimtalkTemplate(kind=kind, language=Language.KO, code=code, body=body, state=TemplateState.APPROVED)
        )
    shown = []
    for number, phone in ((1, "010-0000-0001"), (2, "010-0000-0009")):
        with post.sessions() as session, transaction(session):
            session.merge(post.teacher).phone = phone
        [text] = [one for one in post.write(kind, number=number) if post.message(one).channel is Channel.SMS]
        assert post.deliver(text) is MessageStatus.SENT
        while post.message(text).status is not MessageStatus.DELIVERED:
            threading.Event().wait(0.1)
        shown.append(post.message(text).sent_as)
    assert shown == ["ATA", "SMS"]
    page = demo.get("/demo/inbox").get_data(as_text=True)
    assert "알림톡 도착" in page
    assert "▶ 학급: 개봉중학교 1-3반 (24명)" in page
    assert "SMS (알림톡 대신)" in page
    assert "카카오톡 없음" in page


def test_an_inbox_of_an_older_demo_still_opens(store: Store, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    with closing(sqlite3.connect(store_path())) as db:
        db.execute(
            "CREATE TABLE sms (id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT (datetime('now')), recipient TEXT NOT"
            " NULL, sender TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE,"
            " ref TEXT NOT NULL, code TEXT NOT NULL)"
        )
        db.execute(
            "INSERT INTO sms (recipient, sender, kind, text, message_id, ref, code)"
            " VALUES ('01000000001', '0200000000', 'SMS', 'text', 'M1', 'r', '4000')"
        )
        db.commit()
    [kept] = store.texts()
    assert (kept.text, kept.group_id, kept.instead) == ("text", "", 0)
    store.add_sms(recipient="01000000001", sender="02", kind="ATA", text="t", message_id="M2", ref="r2", group_id="G")
    assert [one.group_id for one in store.texts()] == ["G", ""]


def test_the_mail_itself_may_run_nothing_and_fetch_nothing(post: Post, demo: FlaskClient, store: Store) -> None:
    for number in post.write(Kind.WORKPLACE_ASK):
        post.deliver(number)
    [mail] = store.mails()
    answer = demo.get(f"/demo/mail/{mail.id}/body")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_blank">' in answer.get_data(as_text=True)
    calendar = demo.get(f"/demo/mail/{mail.id}/calendar/0")
    assert calendar.mimetype == "text/calendar"
    assert calendar.get_data().startswith(b"BEGIN:VCALENDAR")


@pytest.mark.parametrize("path", ["/demo/mail/99", "/demo/mail/99/body", "/demo/mail/99/calendar/0"])
def test_what_is_not_there(demo: FlaskClient, path: str) -> None:
    assert demo.get(path).status_code == 404


def test_an_empty_inbox_says_so(demo: FlaskClient) -> None:
    assert "아직 문자가 없습니다" in demo.get("/demo/inbox").get_data(as_text=True)
    assert "No text message yet" in demo.get("/demo/inbox?lang=en").get_data(as_text=True)


def test_only_this_machine_may_look(demo: FlaskClient) -> None:
    assert demo.get("/demo/inbox", environ_overrides={"REMOTE_ADDR": "203.0.113.5"}).status_code == 404


def test_without_the_demo_there_is_no_trace_of_it(post: Post) -> None:
    config = replace(post.config, demo=False)
    with website(config) as app:
        assert app.test_client().get("/demo/inbox", base_url=config.base_url).status_code == 404
    with pytest.raises(Misconfigured):
        serve(config, Store(Path("nowhere")), threading.Event())


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("203.0.113.5", False),
        ("mail.example.kr", False),
        (None, False),
    ],
)
def test_what_this_machine_is(host: str | None, here: bool) -> None:
    assert on_loopback(host) is here
