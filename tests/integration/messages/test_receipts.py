"""Receipts: stored once, applied in any order, joined when they come too early."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message, Receipt
from booking.notify.senders.solapi import SolapiSender
from booking.services.receipts import Event, apply_left_over, take_receipts
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway
from tests.support.website import website

PATH = "/receipts/solapi/hook-0000000000"


@pytest.fixture
def web(post: Post) -> Iterator[FlaskClient]:
    with website(post.config) as app:
        yield app.test_client()


def text(post: Post) -> MessageId:
    return next(each for each in post.write() if post.message(each).channel is Channel.SMS)


def event(post: Post, number: MessageId, code: str, event_id: str = "") -> Event:
    message = post.message(number)
    return Event("solapi", event_id or f"E-{code}", str(message.ref), message.provider_ref, code)


def payload(**changes: Any) -> dict[str, Any]:
    data = {"messageId": "M1", "statusCode": "4000", "customFields": {"ref": str(uuid4())}}
    return {"eventDataId": changes.pop("eventDataId", "E1"), "data": {**data, **changes}, "retryCount": 0}


def take(post: Post, *events: Event) -> int:
    with post.sessions() as session, transaction(session):
        return take_receipts(session, events)


def stored(post: Post) -> list[Receipt]:
    with post.sessions() as session:
        return list(session.scalars(sa.select(Receipt).order_by(Receipt.event_id)))


def test_delivered(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    post.deliver(number)
    assert take(post, event(post, number, "4000")) == 1
    message = post.message(number)
    assert message.status is MessageStatus.DELIVERED
    assert message.settled_at is not None


def test_bounced_with_the_providers_code(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    post.deliver(number)
    take(post, event(post, number, "3040"))
    assert post.message(number).status is MessageStatus.BOUNCED
    assert post.message(number).last_error == "solapi 3040"


def test_the_same_event_five_times_is_one(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    post.deliver(number)
    again = event(post, number, "4000")
    assert [take(post, again) for _ in range(5)] == [1, 0, 0, 0, 0]
    assert len(stored(post)) == 1


@pytest.mark.parametrize("order", list(permutations(["2000", "3000", "4000"])))
def test_any_order_ends_at_delivered(post: Post, texts: FaultyGateway, order: tuple[str, ...]) -> None:
    number = text(post)
    post.deliver(number)
    for code in order:
        take(post, event(post, number, code))
    assert post.message(number).status is MessageStatus.DELIVERED


def test_the_first_final_one_stands(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    post.deliver(number)
    take(post, event(post, number, "4000"))
    take(post, event(post, number, "3040"))
    assert post.message(number).status is MessageStatus.DELIVERED
    assert all(receipt.applied_at for receipt in stored(post))


def test_a_receipt_during_the_hand_over_waits_and_is_joined(
    post: Post, texts: FaultyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = text(post)
    send = SolapiSender.send

    def send_and_hear(self: Any, parcel: Any) -> Any:
        outcome = send(self, parcel)
        take(post, Event("solapi", "E1", str(parcel.ref), outcome.provider_ref, "4000"))
        assert post.message(number).status is MessageStatus.SENDING
        return outcome

    monkeypatch.setattr(SolapiSender, "send", send_and_hear)
    assert post.deliver(number) is MessageStatus.DELIVERED
    assert stored(post)[0].applied_at is not None


def test_a_receipt_settles_what_was_unknown_and_nothing_is_sent_again(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    texts.faults.append("drop_after")
    assert post.deliver(number) is MessageStatus.UNKNOWN
    take(post, event(post, number, "4000"))
    assert post.message(number).status is MessageStatus.DELIVERED
    post.time_passes()
    assert post.deliver(number) is MessageStatus.DELIVERED
    assert len(texts.refs()) == 1


def test_a_late_receipt_stops_what_was_about_to_be_sent_again(post: Post, texts: FaultyGateway) -> None:
    """The look-up said no, the request came through after all: its receipt is the proof."""
    number = text(post)
    texts.faults.append("500")
    post.deliver(number)
    post.time_passes()
    assert post.deliver(number) is MessageStatus.CREATED
    take(post, event(post, number, "4000"))
    assert post.deliver(number) is MessageStatus.DELIVERED
    assert texts.refs() == []


def test_what_is_left_over_is_joined_by_the_sweep(post: Post, texts: FaultyGateway) -> None:
    number = text(post)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(status=MessageStatus.SENDING))
    take(post, event(post, number, "4000"))
    assert post.message(number).status is MessageStatus.SENDING
    with post.sessions() as session, transaction(session):
        assert apply_left_over(session) == 0
        session.execute(sa.update(Message).values(status=MessageStatus.SENT))
        assert apply_left_over(session) == 1
    assert post.message(number).status is MessageStatus.DELIVERED


def test_an_unknown_ref_is_kept(post: Post) -> None:
    assert take(post, Event("solapi", "E1", str(uuid4()), "M-unknown", "4000")) == 1
    assert stored(post)[0].applied_at is None


def test_over_http(post: Post, texts: FaultyGateway, web: FlaskClient) -> None:
    number = text(post)
    post.deliver(number)
    message = post.message(number)
    body = [payload(messageId=message.provider_ref, customFields={"ref": str(message.ref)})]
    answer = web.post(PATH, json=body)
    assert (answer.status_code, answer.get_json()) == (200, {"taken": 1, "new": 1})
    assert web.post(PATH, json=body).get_json() == {"taken": 1, "new": 0}
    assert post.message(number).status is MessageStatus.DELIVERED


@pytest.mark.parametrize("secret", ["wrong", "hook-000000000", "HOOK-0000000000", "%00", "훅"])
def test_a_forged_address_changes_nothing(post: Post, web: FlaskClient, secret: str) -> None:
    answer = web.post(f"/receipts/solapi/{secret}", json=[payload()])
    assert answer.status_code == 404
    assert stored(post) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"[", 400),
        (b"\xff\xfe", 400),
        (b"[]", 200),
        (b"[1, null, {}]", 200),
        (json.dumps([payload(statusCode=None)]).encode(), 200),
        (json.dumps([payload(eventDataId="a\x00b")]).encode(), 200),
        (json.dumps([payload(eventDataId="x" * 5000)]).encode(), 200),
        (json.dumps([payload(customFields=[1], messageId={"a": 1}, eventDataId="")]).encode(), 200),
        (b"[" + b" " * 600_000 + b"]", 413),
        (b"[" * 100_000, 400),
    ],
)
def test_bad_bodies_are_refused_or_skipped_and_store_nothing(
    post: Post, web: FlaskClient, body: bytes, status: int
) -> None:
    assert web.post(PATH, data=body, content_type="application/json").status_code == status
    assert stored(post) == []


def test_one_bad_entry_does_not_cost_the_good_ones(post: Post, web: FlaskClient) -> None:
    answer = web.post(PATH, json=[{}, payload(eventDataId="E9", customFields=None)])
    assert answer.get_json() == {"taken": 1, "new": 1}


def test_reading_the_address_is_not_allowed(web: FlaskClient) -> None:
    assert web.get(PATH).status_code == 405


def test_a_burst_in_any_order_with_repetitions_loses_none(post: Post, texts: FaultyGateway) -> None:
    numbers = [each for n in range(30) for each in post.write(number=n) if post.message(each).channel is Channel.SMS]
    for number in numbers:
        post.deliver(number)
    events = [
        event(post, number, code, f"E-{number}-{code}") for number in numbers for code in ("2000", "3000", "4000")
    ] * 2
    random.Random(7).shuffle(events)
    for first in range(0, len(events), 20):
        take(post, *events[first : first + 20])
    with post.sessions() as session:
        statuses = session.scalars(sa.select(Message.status).where(Message.id.in_(numbers))).all()
    assert set(statuses) == {MessageStatus.DELIVERED}
    assert len(stored(post)) == len(numbers) * 3


def test_receipts_and_recording_at_once_lose_none(
    post: Post, texts: FaultyGateway, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt races with our own commit; whoever comes second joins the two."""
    from threading import Thread

    send = SolapiSender.send
    racers: list[Thread] = []

    def send_and_race(self: Any, parcel: Any) -> Any:
        outcome = send(self, parcel)
        told = Event("solapi", f"E-{parcel.ref}", str(parcel.ref), outcome.provider_ref, "4000")
        racers.append(Thread(target=take, args=(post, told)))
        racers[-1].start()
        return outcome

    monkeypatch.setattr(SolapiSender, "send", send_and_race)
    numbers = [each for n in range(40) for each in post.write(number=n) if post.message(each).channel is Channel.SMS]
    for number in numbers:
        post.deliver(number)
    for racer in racers:
        racer.join()
    with sessions() as session:
        left = session.scalars(sa.select(Message.status).where(Message.id.in_(numbers))).all()
    assert set(left) == {MessageStatus.DELIVERED}
