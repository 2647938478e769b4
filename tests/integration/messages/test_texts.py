"""Text messages on their way: a provider that checks the signature, and every way in which it can fail."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.outbox import Job
from booking.models.workplaces import WorkplaceContact
from booking.notify.catalogue import Kind
from booking.notify.senders import http
from booking.notify.senders.base import Stage
from booking.notify.senders.choice import Senders
from booking.notify.senders.http import phone_digits
from booking.notify.senders.solapi import SolapiSender, stage
from booking.services.delivery import sweep_messages
from booking.services.links import resolve
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway


def text(post: Post, number: int = 1) -> MessageId:
    return next(each for each in post.write(number=number) if post.message(each).channel is Channel.SMS)


def test_a_text_arrives_from_the_registered_number_and_nowhere_else(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    assert post.deliver(number) is MessageStatus.SENT
    [arrived] = texts.store.texts()
    assert (arrived.recipient, arrived.sender, arrived.kind) == ("01000000001", "0200000000", "SMS")
    assert arrived.text == "[구로진로]개봉중 1-3반 6/12(금) 13:30 일터 5곳 체험이 확정되었습니다."
    message = post.message(number)
    assert (arrived.ref, arrived.message_id) == (str(message.ref), message.provider_ref)
    assert message.body == arrived.text


def test_two_messages_to_one_number_are_two(post: Post, texts: FaultyGateway) -> None:
    for number in (1, 2):
        assert post.deliver(text(post, number)) is MessageStatus.SENT
    assert len(texts.refs()) == 2


def test_a_wrong_key_sends_nothing_and_waits_for_somebody_to_mend_it(post: Post, texts: FaultyGateway) -> None:
    wrong = replace(texts.account, api_secret="wrong")
    post.senders = Senders(email=None, sms=(SolapiSender(wrong, post.clock),))
    number = text(post)
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.message(number).last_error == "solapi http 403 SignatureDoesNotMatch"
    assert texts.refs() == []


def test_too_many_requests_waits(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    texts.faults.append("429")
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.deliver(number) is MessageStatus.CREATED
    assert texts.attempts == 1
    post.time_passes()
    assert post.deliver(number) is MessageStatus.SENT
    assert len(texts.refs()) == 1


def test_a_refusal_is_shown_with_the_providers_code(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    texts.faults.append("refuse")
    assert post.deliver(number) is MessageStatus.FAILED
    assert post.message(number).last_error == "solapi http 400 InvalidNumber"


def test_a_number_that_is_no_mobile_is_refused_before_it_leaves(post: Post, texts: FaultyGateway) -> None:
    with post.sessions() as session, transaction(session):
        session.merge(post.teacher).phone = "02-0000-0009"
    number = text(post)
    assert post.deliver(number) is MessageStatus.FAILED
    assert texts.attempts == 0


@pytest.mark.parametrize("fault", ["500_after", "drop_after", "hang_after"])
def test_accepted_but_not_said_so_is_looked_up_and_not_sent_again(
    post: Post, texts: FaultyGateway, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "STEP_SECONDS", 0.5)
    post.senders = Senders(email=None, sms=(SolapiSender(texts.account, post.clock),))
    number = text(post)
    texts.faults.append(fault)
    assert post.deliver(number) is MessageStatus.UNKNOWN
    assert post.deliver(number) is MessageStatus.UNKNOWN, "a request may still be on its way"
    post.time_passes()
    assert post.deliver(number) is MessageStatus.SENT
    assert texts.attempts == 1
    assert texts.refs() == [str(post.message(number).ref)]
    assert post.message(number).provider_ref == texts.store.texts()[0].message_id


def test_not_accepted_and_not_said_so_is_looked_up_and_sent(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    texts.faults.append("500")
    assert post.deliver(number) is MessageStatus.UNKNOWN
    post.time_passes()
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.deliver(number) is MessageStatus.SENT
    assert len(texts.refs()) == 1


def test_a_provider_that_cannot_be_asked_is_asked_again_and_then_a_person_decides(
    post: Post, texts: FaultyGateway
) -> None:
    number = text(post)
    texts.faults.append("drop_after")
    texts.listing_faults.extend(["503"] * 100)
    assert post.deliver(number) is MessageStatus.UNKNOWN
    for _ in range(100):
        post.time_passes()
        assert post.deliver(number) is MessageStatus.UNKNOWN
    assert post.message(number).settled_at is not None
    assert len(texts.refs()) == 1


def test_the_sweep_finds_what_was_left_lying(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    texts.faults.append("drop_after")
    post.deliver(number)
    with post.sessions() as session, transaction(session):
        session.execute(sa.delete(Job))
    post.time_passes()
    with post.sessions() as session, transaction(session):
        assert sweep_messages(session) == 2
        assert sweep_messages(session) == 0, "each has its job now"
    assert ("send_message", number) in post.open_jobs()


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("010-0000-0001", "01000000001"),
        ("+82 10-0000-0001", "01000000001"),
        ("010 0000 0001", "01000000001"),
        ("02-0000-0000", None),
        ("", None),
        ("010-0000-000", "0100000000"),
        ("전화", None),
    ],
)
def test_numbers_as_people_write_them(written: str, digits: str | None) -> None:
    assert phone_digits(written) == digits


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2000", Stage.ON_ITS_WAY),
        ("3000", Stage.ON_ITS_WAY),
        ("4000", Stage.DELIVERED),
        ("3040", Stage.BOUNCED),
        ("1062", Stage.BOUNCED),
        ("", Stage.ON_ITS_WAY),
    ],
)
def test_what_the_providers_codes_mean(code: str, expected: Stage) -> None:
    assert stage(code) is expected


def test_a_workplace_without_email_answers_on_the_link_in_a_long_text_message(post: Post, texts: FaultyGateway) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(WorkplaceContact).values(email=None))
    [number] = post.write(Kind.WORKPLACE_ASK)
    assert post.deliver(number) is MessageStatus.SENT
    [arrived] = texts.store.texts()
    assert arrived.kind == "LMS"
    link = re.search(r" http\S*/a/([A-Za-z0-9_-]{43})$", arrived.text)
    assert link is not None
    with post.sessions() as session:
        assert resolve(session, link[1]).notice.id == post.notice.id
    # what is kept of it lets nobody in
    assert link[1] not in (post.message(number).body or "")
    assert "/a/…" in (post.message(number).body or "")


def test_where_there_is_an_email_the_text_message_is_short_and_holds_no_link(post: Post, texts: FaultyGateway) -> None:
    number = next(one for one in post.write(Kind.WORKPLACE_ASK) if post.message(one).channel is Channel.SMS)
    assert post.deliver(number) is MessageStatus.SENT
    [arrived] = texts.store.texts()
    assert arrived.kind == "SMS"
    assert "http" not in arrived.text
