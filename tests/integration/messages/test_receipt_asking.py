"""Receipts that have not come are asked for, on a table of waits, and end what a webhook would have ended."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.retries import RECEIPT_WAITS
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.services.receipt_asking import ask_for_receipts
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer


def sent(post: Post) -> MessageId:
    number = next(each for each in post.write() if post.message(each).channel is Channel.SMS)
    assert post.deliver(number) is MessageStatus.SENT
    return number


def ask(post: Post) -> int:
    return ask_for_receipts(post.sessions, post.senders)


def carrier_says(texts: FaultyGateway, code: str) -> None:
    texts.store.set_code(texts.store.texts()[0].message_id, code)


@pytest.mark.parametrize(("code", "status"), [("4000", MessageStatus.DELIVERED), ("3040", MessageStatus.BOUNCED)])
def test_a_receipt_that_did_not_come_is_fetched(
    post: Post, texts: FaultyGateway, code: str, status: MessageStatus
) -> None:
    number = sent(post)
    carrier_says(texts, code)
    assert ask(post) == 0, "a receipt has ten minutes to come by itself"
    post.time_passes(RECEIPT_WAITS[0])
    assert ask(post) == 1
    message = post.message(number)
    assert (message.status, message.ask_at) == (status, None)
    assert ask(post) == 0


def test_while_it_is_under_way_it_is_asked_for_again_until_the_table_ends(post: Post, texts: FaultyGateway) -> None:
    number = sent(post)
    carrier_says(texts, "3000")
    asked = 0
    while post.message(number).ask_at is not None:
        post.time_passes(dt.timedelta(hours=12))
        assert ask(post) == 0
        asked += 1
    assert dt.timedelta(hours=80) <= asked * dt.timedelta(hours=12) <= dt.timedelta(hours=96)
    assert post.message(number).status is MessageStatus.SENT


def test_a_provider_that_does_not_answer_is_asked_later(post: Post, texts: FaultyGateway) -> None:
    number = sent(post)
    carrier_says(texts, "4000")
    texts.listing_faults.append("503")
    post.time_passes(RECEIPT_WAITS[0])
    assert ask(post) == 0
    post.time_passes(RECEIPT_WAITS[1])
    assert ask(post) == 1
    assert post.message(number).status is MessageStatus.DELIVERED


def test_an_email_has_nobody_to_be_asked(post: Post, mail: MailServer) -> None:
    number = next(each for each in post.write() if post.message(each).channel is Channel.EMAIL)
    post.deliver(number)
    assert post.message(number).ask_at is None


def test_one_that_was_settled_meanwhile_is_left_alone(post: Post, texts: FaultyGateway) -> None:
    number = sent(post)
    carrier_says(texts, "4000")
    post.time_passes(RECEIPT_WAITS[0])
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == number).values(status=MessageStatus.BOUNCED))
    assert ask(post) == 0
    assert post.message(number).status is MessageStatus.BOUNCED
    assert post.message(number).ask_at is None
