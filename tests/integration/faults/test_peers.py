"""Mail servers and providers at their worst: grey, full, late, not there, asking for time; then tried again."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.notify.senders import smtp_lines
from booking.notify.senders.choice import senders_of
from tests.support.faults import sound
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer
from tools.children import free_port

WAITING, SENT = MessageStatus.CREATED, MessageStatus.SENT
FAILED, UNKNOWN = MessageStatus.FAILED, MessageStatus.UNKNOWN


def one(post: Post, channel: Channel) -> MessageId:
    return next(number for number in post.write() if post.message(number).channel is channel)


class OneBadReply:
    """A mail server that answers the first RCPT or DATA with ``reply`` and everything later as it should."""

    def __init__(self, at: str, reply: str) -> None:
        self._at, self._reply = at, reply
        self.taken = self.attempts = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        if self._at == "RCPT" and self.attempts == 1:
            return self._reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        if self._at == "DATA" and self.attempts == 1:
            return self._reply
        self.taken += 1
        return "250 2.0.0 OK"


@contextmanager
def serving(post: Post, peer: OneBadReply) -> Iterator[None]:
    """The peer in the place of the mail server."""
    assert post.config.smtp is not None
    own = replace(post.config.smtp, port=free_port())
    controller = Controller(peer, hostname=own.host, port=own.port)
    controller.start()
    post.config = replace(post.config, smtp=own)
    post.senders = senders_of(post.config, post.clock)
    try:
        yield
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("at", "reply"),
    [
        ("RCPT", "450 4.2.0 greylisted, come back later"),
        ("RCPT", "451 4.7.1 greylisted, come back later"),
        ("DATA", "421 4.3.2 shutting down"),
        ("DATA", "452 4.3.1 no room for now"),
    ],
)
def test_a_refusal_for_now_is_one_mail_in_the_end(post: Post, at: str, reply: str) -> None:
    peer = OneBadReply(at, reply)
    with serving(post, peer):
        number = one(post, Channel.EMAIL)
        assert post.deliver(number) is WAITING
        assert post.deliver(number) is WAITING, "not before its time"
        assert peer.attempts == 1
        post.time_passes()
        assert post.deliver(number) is SENT
    assert (peer.attempts, peer.taken) == (2, 1)
    sound(post.sessions)


@pytest.mark.parametrize(
    ("at", "reply"),
    [("RCPT", "550 5.1.1 no such user"), ("DATA", "552 5.2.2 mailbox full"), ("DATA", "554 5.7.1 spam")],
)
def test_a_refusal_for_good_is_in_sight_and_never_tried_again(post: Post, at: str, reply: str) -> None:
    peer = OneBadReply(at, reply)
    with serving(post, peer):
        number = one(post, Channel.EMAIL)
        assert post.deliver(number) is FAILED
        post.time_passes()
        assert post.deliver(number) is FAILED
    assert post.message(number).settled_at is not None
    assert (peer.attempts, peer.taken) == (1, 0)
    sound(post.sessions)


def test_a_yes_that_comes_later_than_anybody_waits_is_unknown_and_not_sent_again(
    post: Post, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_lines, "STEP_SECONDS", 1.0)
    given_up = threading.Event()

    def wait() -> None:
        given_up.wait(30)

    mail.on_body = wait
    number = one(post, Channel.EMAIL)
    assert post.deliver(number) is UNKNOWN
    given_up.set()
    post.time_passes()
    assert post.deliver(number) is UNKNOWN
    assert len(mail.taken) == 1
    sound(post.sessions)


def test_a_provider_that_asks_for_time_is_not_pressed(post: Post, texts: FaultyGateway) -> None:
    number = one(post, Channel.SMS)
    texts.faults.append("429")
    for _ in range(5):
        assert post.deliver(number) is WAITING
    assert texts.attempts == 1
    post.time_passes()
    assert post.deliver(number) is SENT
    assert texts.refs() == [str(post.message(number).ref)]
    sound(post.sessions)


@pytest.mark.parametrize(("fault", "waits"), [("429", 30), ("429_later", 900)])
def test_a_provider_that_names_a_time_is_left_alone_until_then(
    post: Post, texts: FaultyGateway, fault: str, waits: int
) -> None:
    number = one(post, Channel.SMS)
    texts.faults.append(fault)
    assert post.deliver(number) is WAITING
    with post.sessions() as session:
        left = session.scalar(
            sa.select(sa.func.extract("epoch", Message.available_at - sa.func.now())).where(Message.id == number)
        )
    assert left is not None
    assert waits - 20 < left <= waits
    post.time_passes(dt.timedelta(seconds=waits - 20))
    assert post.deliver(number) is WAITING
    assert texts.attempts == 1
    post.time_passes(dt.timedelta(seconds=40))
    assert post.deliver(number) is SENT
    sound(post.sessions)


@pytest.mark.parametrize("fault", ["500_after", "drop_after"])
def test_what_was_taken_without_a_word_is_looked_up_and_sent_once(post: Post, texts: FaultyGateway, fault: str) -> None:
    number = one(post, Channel.SMS)
    texts.faults.append(fault)
    assert post.deliver(number) is UNKNOWN
    assert post.deliver(number) is UNKNOWN, "not before a request could have come through"
    post.time_passes()
    assert post.deliver(number) in {SENT, MessageStatus.DELIVERED}
    assert texts.refs() == [str(post.message(number).ref)]
    sound(post.sessions)
