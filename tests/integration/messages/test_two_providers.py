"""Two providers: the second takes over when the first fails or is slow, and gives back; nothing leaves twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.sending import ProviderRest
from booking.services import resting
from tests.support.messaging import Post, post_office
from tests.support.nhn import NhnGateway, nhn_gateway
from tests.support.peers import SENDER_NUMBER, FaultyGateway


@dataclass
class Two:
    """An office with a first and a second provider."""

    post: Post
    first: FaultyGateway
    second: NhnGateway
    written: int = 0

    def send(self) -> MessageStatus:
        """Write a text message and take it up once."""
        return self.post.deliver(self.write())

    def write(self) -> MessageId:
        self.written += 1
        numbers = self.post.write(number=self.written)
        return next(number for number in numbers if self.post.message(number).channel is Channel.SMS)

    def taken(self) -> tuple[int, int]:
        """How many messages each of the two has accepted."""
        return len(self.first.refs()), len(self.second.taken)

    def rest(self) -> ProviderRest | None:
        with self.post.sessions() as session:
            return session.get(ProviderRest, "solapi")

    def rest_ends(self) -> None:
        """Let the time of a rest go by."""
        with self.post.sessions() as session, transaction(session):
            session.execute(sa.update(ProviderRest).values(until=sa.func.now() - dt.timedelta(seconds=1)))

    def spoil_first(self, fault: str = "429", times: int = 3) -> None:
        """Let the first provider fail until it rests."""
        self.first.faults.extend([fault] * times)
        for _ in range(times):
            self.send()


@pytest.fixture
def two(sessions: sessionmaker[Session], database_url: str, texts: FaultyGateway) -> Iterator[Two]:
    with nhn_gateway(SENDER_NUMBER) as second:
        office = post_office(sessions, database_url, None, texts, nhn=second)
        yield Two(office, texts, second)
        office.senders.close()


def test_while_all_is_well_the_first_takes_everything(two: Two) -> None:
    assert [two.send() for _ in range(3)] == [MessageStatus.SENT] * 3
    assert two.taken() == (3, 0)
    assert two.rest() is None


def test_after_three_troubles_in_a_row_the_second_takes_over(two: Two) -> None:
    two.spoil_first()
    assert [two.send() for _ in range(3)] == [MessageStatus.SENT] * 3
    assert two.taken() == (0, 3)
    # what the first had refused leaves by the second when its wait is over
    two.post.time_passes()
    for number in range(1, 4):
        waiting = [n for n, status in _texts(two.post).items() if status is MessageStatus.CREATED]
        assert len(waiting) == 4 - number
        assert two.post.deliver(waiting[0]) is MessageStatus.SENT
    assert two.taken() == (0, 6)


def test_two_troubles_and_a_success_are_nothing(two: Two) -> None:
    two.spoil_first(times=2)
    assert two.send() is MessageStatus.SENT
    two.spoil_first(times=2)
    assert two.send() is MessageStatus.SENT
    assert two.taken() == (2, 0)


def test_a_provider_that_is_slow_is_relieved_as_well(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "SLOW", dt.timedelta(0))
    assert [two.send() for _ in range(3)] == [MessageStatus.SENT] * 3
    monkeypatch.undo()
    assert two.send() is MessageStatus.SENT
    assert two.taken() == (3, 1)
    rest = two.rest()
    assert rest is not None
    assert rest.last_error == "solapi slow"


def test_when_its_rest_is_over_one_message_tries_and_everything_goes_back(two: Two) -> None:
    two.spoil_first()
    two.send()
    two.rest_ends()
    assert two.send() is MessageStatus.SENT
    assert two.rest() is None
    assert two.send() is MessageStatus.SENT
    assert two.taken() == (2, 1)


def test_a_trial_that_fails_makes_the_next_rest_longer(two: Two) -> None:
    two.spoil_first()
    first = two.rest()
    two.rest_ends()
    two.first.faults.append("429")
    assert two.send() is MessageStatus.CREATED
    second = two.rest()
    assert first is not None
    assert second is not None
    assert first.until is not None
    assert second.until is not None
    assert second.rests == 2
    assert second.until - first.until > dt.timedelta(seconds=50), "twice as long as the first"
    assert two.send() is MessageStatus.SENT
    assert two.taken() == (0, 1)


def test_only_one_message_is_the_trial(two: Two) -> None:
    """While one tries, the others still go by the second."""
    two.spoil_first()
    two.rest_ends()
    inside: list[MessageStatus] = []
    accept = two.first.accept

    def accept_and_send_another(body: object) -> object:
        if not inside:
            inside.append(two.send())
        return accept(body)

    two.first.accept = accept_and_send_another  # type: ignore[assignment, method-assign]
    # another person's, or it would wait for its turn
    number = two.write()
    with two.post.sessions() as session, transaction(session):
        session.execute(
            sa.text("UPDATE message SET user_id = NULL, workplace_id = :place WHERE id = :number"),
            {"place": two.post.workplace.id, "number": number},
        )
    assert two.post.deliver(number) is MessageStatus.SENT
    assert inside == [MessageStatus.SENT]
    assert two.taken() == (1, 1)


@pytest.mark.parametrize("fault", ["drop_after", "500_after"])
def test_what_the_first_may_have_taken_is_never_given_to_the_second(two: Two, fault: str) -> None:
    numbers = []
    two.first.faults.extend([fault] * 3)
    for _ in range(3):
        numbers.append(two.write())
        assert two.post.deliver(numbers[-1]) is MessageStatus.UNKNOWN
    assert two.send() is MessageStatus.SENT
    assert two.taken() == (3, 1), "the first has them, and rests"
    two.post.time_passes(dt.timedelta(minutes=2))
    assert {two.post.deliver(number) for number in numbers} <= {MessageStatus.SENT, MessageStatus.DELIVERED}
    assert two.taken() == (3, 1)
    assert {two.post.message(number).provider for number in numbers} == {"solapi"}


def test_after_a_crash_the_provider_that_was_asked_is_the_one_that_is_looked_at(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    from booking.services import delivery

    two.spoil_first()
    number = two.write()

    def crash(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "record_outcome", crash)
        with pytest.raises(KeyboardInterrupt):
            two.post.deliver(number)
    assert two.taken() == (0, 1)
    two.post.time_passes()
    # found unknown, then looked up: at the second, though the first is well again
    two.rest_ends()
    assert two.post.deliver(number) is MessageStatus.SENT
    assert two.taken() == (0, 1)


def test_where_both_rest_the_waits_are_those_of_the_first(two: Two) -> None:
    two.spoil_first()
    two.second.faults.extend(["429"] * 3)
    for _ in range(3):
        assert two.send() is MessageStatus.CREATED
    two.first.faults.append("429")
    assert two.send() is MessageStatus.CREATED
    assert two.first.attempts == 4


def test_what_is_known_of_a_provider_is_shared_by_all_workers(two: Two) -> None:
    """Another process knows at once: it is in the database."""
    two.spoil_first()
    from booking.notify.senders.choice import senders_of

    two.post.senders.close()
    two.post.senders = senders_of(two.post.config, two.post.clock)
    assert two.send() is MessageStatus.SENT
    assert two.taken() == (0, 1)


def _texts(post: Post) -> dict[MessageId, MessageStatus]:
    from booking.models.messages import Message

    with post.sessions() as session:
        rows = session.execute(
            sa.select(Message.id, Message.status).where(Message.channel == Channel.SMS).order_by(Message.id)
        )
        return dict(rows.all())
