"""Messages are written once per recipient, kind, version and channel, and taken back while they have not left."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.errors import Conflict, IllegalTransition, NotFound
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.notify.catalogue import Kind
from booking.services.messages import NO_ADDRESS, Draft, withdraw_messages, write_message
from booking.services.settling import send_again
from tests.support.letters import visit
from tests.support.messaging import Post


def test_one_message_for_each_channel_and_a_job_for_each(post: Post) -> None:
    numbers = post.write()
    assert {post.message(number).channel for number in numbers} == {Channel.EMAIL, Channel.SMS}
    assert post.open_jobs() == [("send_message", number) for number in numbers]


def test_the_same_version_is_written_once_and_a_new_one_again(post: Post) -> None:
    assert len(post.write()) == 2
    assert post.write() == []
    assert len(post.write(version=2)) == 2


def test_kinds_without_a_text_message_go_by_email_alone(post: Post) -> None:
    [number] = post.write(Kind.SHIFT_AGREED)
    assert post.message(number).channel is Channel.EMAIL


def test_a_channel_without_an_address_is_left_out(post: Post) -> None:
    with post.sessions() as session, transaction(session):
        session.merge(post.teacher).phone = None
    post.teacher.phone = None
    [number] = post.write()
    assert post.message(number).channel is Channel.EMAIL


def test_who_cannot_be_reached_at_all_is_shown_to_a_person(post: Post) -> None:
    with post.sessions() as session, transaction(session):
        place = session.merge(post.workplace)
        session.delete(place.contact)
    with post.sessions() as session, transaction(session):
        place = session.get_one(type(post.workplace), post.workplace.id)
        [number] = write_message(session, Draft(Kind.WORKPLACE_ASK, place, "notice:1", 1, {}))
    message = post.message(number)
    assert (message.status, message.last_error) == (MessageStatus.FAILED, NO_ADDRESS)
    assert post.open_jobs() == []


def test_a_message_for_later_waits(post: Post) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)
    with post.sessions() as session, transaction(session):
        draft = Draft(Kind.SHIFT_AGREED, session.merge(post.teacher), "visit:1", 1, visit(), later)
        [number] = write_message(session, draft)
    assert post.deliver(number) is MessageStatus.CREATED


def test_older_versions_that_have_not_left_are_withdrawn(post: Post) -> None:
    old, left = post.write()
    post.deliver(left)
    new = post.write(version=2)
    with post.sessions() as session, transaction(session):
        assert withdraw_messages(session, "visit:1", below_version=2) == 1
    assert post.message(old).status is MessageStatus.WITHDRAWN
    assert post.message(left).status is MessageStatus.SENT
    assert post.deliver(old) is MessageStatus.WITHDRAWN
    assert {post.message(number).status for number in new} == {MessageStatus.CREATED}


def test_the_database_itself_refuses_a_second_one(post: Post) -> None:
    numbers = post.write()
    columns = ("user_id", "kind", "channel", "subject", "version", "language", "facts")
    with post.sessions() as session:
        first = session.get_one(Message, numbers[0])
        session.add(Message(**{name: getattr(first, name) for name in columns}))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()


def test_a_person_may_send_again_what_failed_and_nothing_that_has_left(post: Post) -> None:
    failed, sent = post.write()
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == failed).values(status=MessageStatus.FAILED))
    post.deliver(sent)
    with post.sessions() as session, transaction(session):
        send_again(session, post.somebody(), failed)
    assert post.deliver(failed) is MessageStatus.SENT
    with post.sessions() as session:
        with pytest.raises(IllegalTransition):
            send_again(session, post.somebody(), sent)
        with pytest.raises(NotFound):
            send_again(session, post.somebody(), MessageId(0))
    [waiting, _] = post.write(number=2)
    with post.sessions() as session, pytest.raises(Conflict):
        send_again(session, post.somebody(), waiting)
