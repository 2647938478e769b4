"""An announcement on its way: by day only, to nobody who has said no meanwhile, with a link that ends it."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from booking.db import transaction
from booking.domain.announcements import ConsentBy
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.domain.whose import Whose
from booking.models.people import User
from booking.notify.catalogue import Kind
from booking.services import holding
from booking.services.consents import read_off_token, set_consent
from booking.services.messages import Draft, write_message
from tests.support.letters import NEWS
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer

Hours = pytest.MonkeyPatch


def say(post: Post, *, wanted: bool) -> None:
    with post.sessions() as session, transaction(session):
        set_consent(session, post.clock, "user:1", Whose.USER, post.teacher.id, wanted=wanted, by=ConsentBy.SELF)


@pytest.fixture
def news(post: Post, monkeypatch: Hours) -> dict[Channel, MessageId]:
    """An announcement to a teacher who has agreed, at whatever time of day the test runs."""
    monkeypatch.setattr(holding, "opens_after", lambda _moment: None)
    post.set_centre(announcing=True)
    say(post, wanted=True)
    facts = {**NEWS, "advertising": True, "number": "080-000-0000"}
    with post.sessions() as session, transaction(session):
        user = session.get_one(User, post.teacher.id)
        written = write_message(session, Draft(Kind.ANNOUNCEMENT, user, "announcement:1", 1, facts))
    return {post.message(number).channel: number for number in written}


def test_it_leaves_with_what_the_law_asks_for(
    post: Post, news: dict[Channel, MessageId], mail: MailServer, texts: FaultyGateway
) -> None:
    assert post.deliver(news[Channel.SMS]) is MessageStatus.SENT
    assert post.deliver(news[Channel.EMAIL]) is MessageStatus.SENT
    body = post.message(news[Channel.SMS]).body or ""
    assert body.startswith("(광고)[구로진로]")
    assert body.endswith("\n무료수신거부 080-000-0000")
    letter = post.message(news[Channel.EMAIL]).body or ""
    assert letter.startswith("(광고) [구로진로]")
    # the link is blotted out in what is kept, and whole in what has left
    assert "/announcements/off/…" in letter
    raw = mail.taken[-1]["raw"].decode("ascii")
    link = re.search(r"^List-Unsubscribe: <\S*/announcements/off/(\S+)>\r$", raw, re.M)
    assert link is not None
    assert read_off_token(post.config.secret_key, link[1]) == (Whose.USER, post.teacher.id)
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_who_has_said_no_meanwhile_gets_nothing(
    post: Post, news: dict[Channel, MessageId], mail: MailServer, texts: FaultyGateway
) -> None:
    say(post, wanted=False)
    for number in news.values():
        assert post.deliver(number) is MessageStatus.WITHDRAWN
    assert texts.attempts == 0


def test_nobody_gets_any_once_announcements_are_switched_off(
    post: Post, news: dict[Channel, MessageId], mail: MailServer, texts: FaultyGateway
) -> None:
    post.set_centre(announcing=False)
    assert post.deliver(news[Channel.SMS]) is MessageStatus.WITHDRAWN
    assert texts.attempts == 0


def test_it_waits_for_the_morning_whatever_the_quiet_hours_are(
    post: Post, news: dict[Channel, MessageId], texts: FaultyGateway, mail: MailServer, monkeypatch: Hours
) -> None:
    morning = post.clock.now() + dt.timedelta(hours=9)
    monkeypatch.setattr(holding, "opens_after", lambda _moment: morning)
    assert post.deliver(news[Channel.SMS]) is MessageStatus.CREATED
    waiting = post.message(news[Channel.SMS])
    assert waiting.last_error == holding.ANNOUNCEMENT_HOURS
    assert waiting.available_at == morning
    assert texts.attempts == 0
    # what has to be told is not held up by it
    other = next(one for one in post.write() if post.message(one).channel is Channel.SMS)
    assert post.deliver(other) is MessageStatus.SENT
