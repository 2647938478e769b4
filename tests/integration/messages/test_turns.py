"""Messages to one person leave in the order in which they were written, and what is no longer true does not leave."""

from __future__ import annotations

import threading
import time
from collections import deque

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.notify.catalogue import Kind
from booking.services import delivery
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer


def texts_of(post: Post, count: int) -> list[MessageId]:
    written = [number for n in range(1, count + 1) for number in post.write(number=n)]
    return [number for number in written if post.message(number).channel is Channel.SMS]


def refs(post: Post, numbers: list[MessageId]) -> list[str]:
    return [str(post.message(number).ref) for number in numbers]


def test_a_later_one_waits_until_the_earlier_one_has_left(post: Post, texts: FaultyGateway) -> None:
    first, second = texts_of(post, 2)
    assert post.deliver(second) is MessageStatus.CREATED
    assert post.deliver(first) is MessageStatus.SENT
    assert post.deliver(second) is MessageStatus.SENT
    assert texts.refs() == refs(post, [first, second])


def test_the_one_that_left_wakes_the_next(post: Post, texts: FaultyGateway) -> None:
    first, second = texts_of(post, 2)
    with post.sessions() as session, transaction(session):  # as the worker leaves it that found its turn not come
        later = sa.func.now() + sa.text("interval '5 seconds'")
        session.execute(sa.update(Job).where(Job.subject_id == second).values(available_at=later))
    post.deliver(first)
    with post.sessions() as session:
        due = session.scalars(sa.select(Job.available_at <= sa.func.now()).where(Job.subject_id == second)).one()
    assert due


def test_one_that_was_put_off_holds_nobody_up(post: Post, texts: FaultyGateway) -> None:
    first, second = texts_of(post, 2)
    texts.faults.append("429")
    assert post.deliver(first) is MessageStatus.CREATED
    assert post.deliver(second) is MessageStatus.SENT


def test_one_that_a_slow_database_held_up_keeps_its_place(
    post: Post, texts: FaultyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "START_SECONDS", 0.3)
    first, second = texts_of(post, 2)
    states = []
    slow = threading.Thread(target=lambda: states.append(post.deliver(first)))
    with post.sessions() as session, transaction(session):
        session.execute(sa.select(Message.id).where(Message.id == first).with_for_update())
        slow.start()
        time.sleep(0.8)
    slow.join()
    message = post.message(first)
    assert (states, message.attempts, message.last_error) == ([MessageStatus.CREATED], 0, "slow_start")
    assert texts.refs() == []
    assert post.deliver(second) is MessageStatus.CREATED, "the earlier one is still the next"
    assert post.deliver(first) is MessageStatus.SENT
    assert post.deliver(second) is MessageStatus.SENT
    assert texts.refs() == refs(post, [first, second])


def test_other_channels_and_other_people_do_not_wait(post: Post, mail: MailServer) -> None:
    [_, _] = texts_of(post, 2)
    numbers = post.write(number=9)
    email = next(number for number in numbers if post.message(number).channel is Channel.EMAIL)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.channel == Channel.EMAIL, Message.id != email).values(
            status=MessageStatus.WITHDRAWN))  # fmt: skip
    assert post.deliver(email) is MessageStatus.SENT
    place = next(n for n in post.write(Kind.WORKPLACE_ASK) if post.message(n).channel is Channel.SMS)
    assert post.deliver(place) is MessageStatus.SENT


def test_many_hands_keep_the_order(post: Post, texts: FaultyGateway) -> None:
    numbers = texts_of(post, 12)
    todo: deque[MessageId] = deque(reversed(numbers))

    def work() -> None:
        while True:
            try:
                number = todo.popleft()
            except IndexError:
                return
            if post.deliver(number) is not MessageStatus.SENT:
                todo.append(number)

    hands = [threading.Thread(target=work) for _ in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert texts.refs() == refs(post, numbers)


@pytest.mark.parametrize("later", [Kind.VISIT_CONFIRMED, Kind.VISIT_CANCELLED])
def test_what_a_newer_version_has_replaced_does_not_leave(post: Post, texts: FaultyGateway, later: Kind) -> None:
    old = _sms_first(post, post.write(Kind.VISIT_CONFIRMED, version=1))[0]
    new = _sms_first(post, post.write(later, version=2))[0]
    assert post.deliver(old) is MessageStatus.WITHDRAWN
    assert post.deliver(new) is MessageStatus.SENT
    assert texts.refs() == refs(post, [new])


def test_a_newer_one_that_was_taken_back_replaces_nothing(post: Post, texts: FaultyGateway) -> None:
    old, _ = (_sms_first(post, post.write(version=version))[0] for version in (1, 2))
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.version == 2).values(status=MessageStatus.WITHDRAWN))
    assert post.deliver(old) is MessageStatus.SENT


def test_of_unknown_fate_and_never_arrived_it_is_not_sent_when_it_is_no_longer_true(
    post: Post, texts: FaultyGateway
) -> None:
    """The look-up says that it did not arrive; meanwhile the visit has moved."""
    old = _sms_first(post, post.write(version=1))[0]
    texts.faults.append("500")
    assert post.deliver(old) is MessageStatus.UNKNOWN
    post.write(version=2)
    post.time_passes()
    assert post.deliver(old) is MessageStatus.CREATED
    assert post.deliver(old) is MessageStatus.WITHDRAWN
    assert texts.refs() == []


def test_two_links_of_different_kinds_do_not_replace_each_other(post: Post, mail: MailServer) -> None:
    """They share the account as their subject, and say different things."""
    with post.sessions() as session, transaction(session):
        for number in post.write(Kind.INVITATION, version=1) + post.write(Kind.PASSWORD_RESET, version=2):
            session.get_one(Message, number).subject = "user:1"
    with post.sessions() as session:
        first = session.scalars(sa.select(Message.id).where(Message.kind == Kind.INVITATION)).one()
    assert post.deliver(first) is not MessageStatus.WITHDRAWN


def _sms_first(post: Post, numbers: list[MessageId]) -> list[MessageId]:
    return sorted(numbers, key=lambda number: post.message(number).channel is not Channel.SMS)
