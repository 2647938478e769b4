"""Text messages by the second provider: its secret key, its answers, its listings, its signed receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import SystemClock
from booking.domain.ids import MessageId
from booking.domain.sms import SmsKind
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.notify.senders.base import Sighting, Sms, Stage, Verdict
from booking.notify.senders.nhn import NhnSender, stage
from tests.support.messaging import Post, post_office
from tests.support.nhn import NhnGateway, nhn_gateway
from tests.support.peers import SENDER_NUMBER
from tests.support.website import website


@pytest.fixture
def nhn() -> Iterator[NhnGateway]:
    with nhn_gateway(SENDER_NUMBER) as gateway:
        yield gateway


@pytest.fixture
def alone(sessions: sessionmaker[Session], database_url: str, nhn: NhnGateway) -> Iterator[Post]:
    """An office whose only provider of text messages is this one."""
    office = post_office(sessions, database_url, None, None, nhn=nhn)
    yield office
    office.senders.close()


def sender(nhn: NhnGateway, **changes: str) -> NhnSender:
    return NhnSender(replace(nhn.account, **changes), SystemClock())


def parcel(text: str = "[구로진로]안내드립니다.", kind: SmsKind = SmsKind.SMS, ref: UUID | None = None) -> Sms:
    return Sms(ref or uuid4(), "010-0000-0001", text, kind, "센터")


def text(post: Post, number: int = 1) -> MessageId:
    return next(each for each in post.write(number=number) if post.message(each).channel is Channel.SMS)


def test_a_short_and_a_long_message_go_their_own_ways(nhn: NhnGateway) -> None:
    short, long = parcel(), parcel("가" * 60, SmsKind.LMS)
    assert [sender(nhn).send(one).verdict for one in (short, long)] == [Verdict.ACCEPTED] * 2
    assert [(one.path, one.title) for one in nhn.taken] == [("sender/sms", ""), ("sender/mms", "센터")]
    assert [(one.to, one.number, one.ref) for one in nhn.taken] == [
        ("01000000001", "0200000000", str(short.ref)),
        ("01000000001", "0200000000", str(long.ref)),
    ]


@pytest.mark.parametrize(
    ("fault", "verdict", "code"),
    [
        ("429", Verdict.NOT_NOW, "nhn http 429"),
        ("401", Verdict.NOT_NOW, "nhn http 401"),
        ("400", Verdict.REFUSED, "nhn http 400"),
        ("500", Verdict.UNCERTAIN, "nhn http 500"),
        ("500_after", Verdict.UNCERTAIN, "nhn http 502"),
        ("drop_after", Verdict.UNCERTAIN, "nhn RemoteProtocolError"),
        ("-1008", Verdict.NOT_NOW, "nhn -1008"),
        ("-2312", Verdict.NOT_NOW, "nhn -2312"),
        ("-2023", Verdict.REFUSED, "nhn -2023"),
        ("-2019", Verdict.REFUSED, "nhn -2019"),
        ("-9999", Verdict.UNCERTAIN, "nhn -9999"),
    ],
)
def test_what_its_answers_mean(nhn: NhnGateway, fault: str, verdict: Verdict, code: str) -> None:
    nhn.faults.append(fault)
    outcome = sender(nhn).send(parcel())
    assert (outcome.verdict, outcome.code) == (verdict, code)


def test_a_wrong_secret_sends_nothing(nhn: NhnGateway) -> None:
    assert sender(nhn, secret_key="another").send(parcel()).verdict is Verdict.NOT_NOW
    assert sender(nhn, app_key="another").send(parcel()).code == "nhn -1000"
    assert nhn.taken == []


def test_a_provider_that_is_not_there_has_certainly_taken_nothing(nhn: NhnGateway) -> None:
    outcome = sender(nhn, url="http://127.0.0.1:1").send(parcel())
    assert (outcome.verdict, outcome.code) == (Verdict.NOT_NOW, "nhn ConnectError")


@pytest.mark.parametrize("kind", list(SmsKind))
def test_a_message_is_found_by_our_own_reference(nhn: NhnGateway, kind: SmsKind) -> None:
    mine, other = parcel(kind=kind), parcel()
    ours = sender(nhn)
    ours.send(other)
    assert ours.look_up(mine.ref, mine.to, SystemClock().now()).sighting is Sighting.NOT_THERE
    sent = ours.send(mine)
    found = ours.look_up(mine.ref, mine.to, SystemClock().now())
    assert (found.sighting, found.provider_ref, found.code) == (Sighting.THERE, sent.provider_ref, "")
    nhn.taken[1].status, nhn.taken[1].code = "3", "1000"
    assert stage(ours.look_up(mine.ref, mine.to, SystemClock().now()).code) is Stage.DELIVERED
    nhn.listing_faults.append("503")
    assert ours.look_up(mine.ref, mine.to, SystemClock().now()).sighting is Sighting.NO_ANSWER


def test_accepted_but_not_said_so_is_looked_up_and_not_sent_again(alone: Post, nhn: NhnGateway) -> None:
    number = text(alone)
    nhn.faults.append("drop_after")
    assert alone.deliver(number) is MessageStatus.UNKNOWN
    alone.time_passes()
    assert alone.deliver(number) is MessageStatus.SENT
    assert nhn.attempts == 1


@pytest.fixture
def web(alone: Post) -> Iterator[FlaskClient]:
    with website(alone.config) as app:
        yield app.test_client()


def hooks(alone: Post, number: MessageId, code: str = "1000", **changes: Any) -> dict[str, Any]:
    request_id, _, sequence = (alone.message(number).provider_ref or "/").partition("/")
    hook = {
        "hookId": f"hook-{code}", "requestId": request_id, "recipientSeq": int(sequence),
        "messageStatus": "COMPLETED" if code == "1000" else "FAILED", "resultCode": code,
        "recipientGroupingKey": str(alone.message(number).ref),
    }  # fmt: skip
    return {
        "hooksId": "1", "productName": "SMS", "appKey": alone.config.nhn.app_key if alone.config.nhn else "",
        "event": "MESSAGE_RESULT_UPDATE", "hooks": [{**hook, **changes}],
    }  # fmt: skip


SIGNED = {"X-Toast-Webhook-Signature": "signature-0000000000"}


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("1000", MessageStatus.DELIVERED, None), ("3003", MessageStatus.BOUNCED, "nhn 3003")],
)
def test_a_signed_receipt_is_applied_once(
    alone: Post, web: FlaskClient, code: str, status: MessageStatus, error: str | None
) -> None:
    number = text(alone)
    alone.deliver(number)
    body = hooks(alone, number, code)
    assert [web.post("/receipts/nhn", json=body, headers=SIGNED).get_json() for _ in range(2)] == [
        {"taken": 1, "new": 1},
        {"taken": 1, "new": 0},
    ]
    assert (alone.message(number).status, alone.message(number).last_error) == (status, error)


def test_a_receipt_is_known_by_either_of_its_names(alone: Post, web: FlaskClient) -> None:
    first, second = text(alone, 1), text(alone, 2)
    for number, changes in ((first, {"recipientGroupingKey": None}), (second, {"requestId": None, "hookId": "other"})):
        alone.deliver(number)
        web.post("/receipts/nhn", json=hooks(alone, number, **changes), headers=SIGNED)
        assert alone.message(number).status is MessageStatus.DELIVERED


@pytest.mark.parametrize("signature", ["", "another", "signature-000000000"])
def test_a_receipt_without_the_signature_finds_nothing_here(alone: Post, web: FlaskClient, signature: str) -> None:
    number = text(alone)
    alone.deliver(number)
    answer = web.post("/receipts/nhn", json=hooks(alone, number), headers={"X-Toast-Webhook-Signature": signature})
    assert answer.status_code == 404
    assert alone.message(number).status is MessageStatus.SENT


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({"appKey": "another", "event": "MESSAGE_RESULT_UPDATE", "hooks": []}, 400),
        ({"appKey": "app-0000000000", "event": "MESSAGE_RESULT_UPDATE", "hooks": 3}, 400),
        ({"appKey": "app-0000000000", "event": "UNSUBSCRIBE", "hooks": [{"hookId": "h", "recipientNo": "0"}]}, 200),
        ({"appKey": "app-0000000000", "event": "MESSAGE_RESULT_UPDATE", "hooks": [1, None, {}, {"hookId": 3}]}, 200),
    ],
)
def test_what_is_no_receipt_changes_nothing(web: FlaskClient, body: Any, status: int) -> None:
    answer = web.post("/receipts/nhn", json=body, headers=SIGNED)
    assert answer.status_code == status
    assert status != 200 or answer.get_json() == {"taken": 0, "new": 0}


def test_receipts_from_elsewhere_find_nothing_where_the_networks_are_named(alone: Post) -> None:
    from ipaddress import ip_network

    number = text(alone)
    alone.deliver(number)
    body = hooks(alone, number)
    for source, status in (("192.0.2.0/24", 404), ("127.0.0.0/8", 200)):
        with website(replace(alone.config, receipt_sources=(ip_network(source),))) as app:
            assert app.test_client().post("/receipts/nhn", json=body, headers=SIGNED).status_code == status
