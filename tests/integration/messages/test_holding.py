"""What keeps a due message in the house: an unregistered number, the night, a day with messages enough."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.clock import SEOUL
from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.models.sending import SenderNumber
from booking.notify.catalogue import Kind
from booking.services.sender_numbers import NumberEntry, save_number
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer

TODAY = sa.cast(sa.func.timezone("Asia/Seoul", sa.func.now()), sa.Date)


def one(post: Post, channel: Channel, kind: Kind = Kind.VISIT_CONFIRMED, number: int = 1) -> MessageId:
    return next(found for found in post.write(kind, number=number) if post.message(found).channel is channel)


def change_number(post: Post, **values: object) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(SenderNumber).values(**values))


def hour(post: Post) -> int:
    """The hour in Seoul by the clock that decides: the database's."""
    with post.sessions() as session:
        return session.scalars(sa.select(sa.func.now())).one().astimezone(SEOUL).hour


def make_quiet(post: Post) -> None:
    """Quiet hours that began an hour ago and last for two more, whatever the hour is."""
    post.set_centre(quiet_from=(hour(post) - 1) % 24, quiet_until=(hour(post) + 3) % 24)


def make_loud(post: Post) -> None:
    """Quiet hours of another time of day."""
    post.set_centre(quiet_from=(hour(post) + 3) % 24, quiet_until=(hour(post) - 1) % 24)


def test_nothing_leaves_from_a_number_that_is_not_registered(post: Post, texts: FaultyGateway) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.delete(SenderNumber))
    number = one(post, Channel.SMS)
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.message(number).last_error == "sender_unregistered"
    assert texts.attempts == 0
    entry = NumberEntry("02-0000-0000", "구로구", "2026-01-02", "", "서류함 2번")
    with post.sessions() as session, transaction(session):
        save_number(session, post.clock, post.somebody(), entry)
    assert post.deliver(number) is MessageStatus.SENT, "what waited for it is looked at again at once"


@pytest.mark.parametrize(("days", "leaves"), [(-1, False), (0, True), (1, True)])
def test_nothing_leaves_from_a_number_that_has_expired(
    post: Post, texts: FaultyGateway, days: int, leaves: bool
) -> None:
    change_number(post, expires_on=TODAY + days)
    number = one(post, Channel.SMS)
    assert post.deliver(number) is (MessageStatus.SENT if leaves else MessageStatus.CREATED)
    assert post.message(number).last_error == (None if leaves else "sender_expired")
    assert texts.attempts == int(leaves)


def test_an_email_leaves_from_no_number(post: Post, mail: MailServer) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.delete(SenderNumber))
    assert post.deliver(one(post, Channel.EMAIL)) is MessageStatus.SENT


@pytest.mark.parametrize("channel", list(Channel))
def test_what_can_wait_waits_for_the_morning(post: Post, texts: FaultyGateway, channel: Channel) -> None:
    make_quiet(post)
    number = one(post, channel)
    assert post.deliver(number) is MessageStatus.CREATED
    message = post.message(number)
    assert message.last_error == "quiet_hours"
    leaves = message.available_at.astimezone(SEOUL)
    assert (leaves.hour, leaves.minute) == ((hour(post) + 3) % 24, 0)
    assert ("send_message", number) in post.open_jobs()
    make_loud(post)
    post.time_passes(dt.timedelta(hours=4))
    assert post.deliver(number) is MessageStatus.SENT


def test_outside_the_quiet_hours_everything_leaves(post: Post, mail: MailServer) -> None:
    make_loud(post)
    assert post.deliver(one(post, Channel.EMAIL)) is MessageStatus.SENT


def test_an_urgent_one_waits_for_a_persons_yes(post: Post, mail: MailServer) -> None:
    make_quiet(post)
    number = one(post, Channel.EMAIL, Kind.VISIT_CANCELLED)
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.message(number).last_error == "quiet_hours_urgent"
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(disturb=True, available_at=sa.func.now()))
    assert post.deliver(number) is MessageStatus.SENT


def test_who_is_at_the_door_gets_the_link_at_night(post: Post, mail: MailServer) -> None:
    make_quiet(post)
    post.set_centre(daily_limit=1)
    assert [post.deliver(one(post, Channel.EMAIL, Kind.SIGN_IN_LINK, n)) for n in (1, 2)] == [MessageStatus.SENT] * 2


def test_nobody_is_written_to_more_often_than_the_centre_wants(post: Post, texts: FaultyGateway) -> None:
    post.set_centre(daily_limit=2)
    numbers = [one(post, Channel.SMS, number=n) for n in (1, 2, 3)]
    assert [post.deliver(number) for number in numbers] == [
        MessageStatus.SENT,
        MessageStatus.SENT,
        MessageStatus.CREATED,
    ]
    held = post.message(numbers[2])
    assert held.last_error == "daily_limit"
    with post.sessions() as session:
        tomorrow = session.scalars(sa.select(TODAY + 1)).one()
    assert held.available_at.astimezone(SEOUL).date() == tomorrow
    # another channel and another person are counted by themselves, and what presses is not held
    assert post.deliver(MessageId(numbers[0] - 1)) is MessageStatus.SENT, "the e-mail beside the first"
    assert post.deliver(one(post, Channel.SMS, Kind.WORKPLACE_ASK)) is MessageStatus.SENT
    # by the next day the two of yesterday no longer count
    post.time_passes(dt.timedelta(days=2))
    assert post.deliver(numbers[2]) is MessageStatus.SENT


def test_what_presses_is_not_held_by_the_limit(post: Post, texts: FaultyGateway) -> None:
    post.set_centre(daily_limit=1)
    assert post.deliver(one(post, Channel.SMS, number=1)) is MessageStatus.SENT
    assert post.deliver(one(post, Channel.SMS, Kind.VISIT_CANCELLED, 2)) is MessageStatus.SENT
