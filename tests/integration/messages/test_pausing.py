"""While sending is paused nothing leaves; a person lets it go kind by kind, and each message leaves once or never."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.errors import Forbidden
from booking.domain.ids import MessageId
from booking.domain.person import Person
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel, Language, Role
from booking.models.history import HistoryEntry
from booking.models.terms import Centre
from booking.notify.catalogue import Kind
from booking.queries.pausing import waiting
from booking.services import pausing
from booking.services.pausing import PAUSED
from tests.support.messaging import Post
from tests.support.peers import MailServer


def somebody(post: Post, role: Role = Role.COORDINATOR) -> Person:
    return Person(user_id=post.teacher.id, name="한가람", role=role, language=Language.KO, school_ids=())


def pause(post: Post) -> None:
    with post.sessions() as session, transaction(session):
        pausing.pause(session, pausing.RESTORE)


def resume(post: Post, *withdrawn: Kind) -> tuple[int, int]:
    with post.sessions() as session, transaction(session):
        return pausing.resume(session, somebody(post), withdrawn=withdrawn)


def mails(post: Post, kind: Kind, number: int = 1) -> MessageId:
    return next(found for found in post.write(kind, number=number) if post.message(found).channel is Channel.EMAIL)


def test_nothing_leaves_until_it_is_resumed_and_then_once(post: Post, mail: MailServer) -> None:
    number = mails(post, Kind.VISIT_CONFIRMED)
    pause(post)
    for _ in range(3):
        assert post.deliver(number) is MessageStatus.CREATED
        post.time_passes()
    assert post.message(number).last_error == PAUSED
    assert mail.taken == []

    assert resume(post) == (1, 0)
    for _ in range(2):
        assert post.deliver(number) is MessageStatus.SENT
    assert len(mail.taken) == 1


def test_a_kind_that_has_left_already_is_taken_back(post: Post, mail: MailServer) -> None:
    told, other = mails(post, Kind.VISIT_CONFIRMED), mails(post, Kind.VISIT_CANCELLED, 2)
    pause(post)
    post.deliver(told)
    post.deliver(other)

    let_go, taken_back = resume(post, Kind.VISIT_CONFIRMED)

    assert (let_go, taken_back > 0) == (1, True)
    assert post.deliver(told) is MessageStatus.WITHDRAWN
    assert post.deliver(other) is MessageStatus.SENT
    assert len(mail.taken) == 1


def test_who_asks_to_come_in_after_the_pause_gets_the_link(post: Post, mail: MailServer) -> None:
    before = mails(post, Kind.SIGN_IN_LINK, 1)
    pause(post)
    after = mails(post, Kind.SIGN_IN_LINK, 2)
    assert post.deliver(before) is MessageStatus.CREATED
    assert post.deliver(after) is MessageStatus.SENT


def test_it_is_counted_by_kind_and_kept_in_the_history(post: Post) -> None:
    number = mails(post, Kind.VISIT_CONFIRMED)
    pause(post)
    pause(post)
    post.deliver(number)
    with post.sessions() as session:
        [row] = [row for row in waiting(session) if row.kind == Kind.VISIT_CONFIRMED]
        assert row.due >= 1
    resume(post)
    assert resume(post) == (0, 0)
    with post.sessions() as session:
        actions = session.scalars(
            sa.select(HistoryEntry.action).where(HistoryEntry.action.like("sending%")).order_by(HistoryEntry.id)
        ).all()
        assert actions == ["sending_paused", "sending_resumed"]
        assert session.get_one(Centre, 1).sending_paused_at is None


@pytest.mark.parametrize("role", [Role.TEACHER, Role.OFFICER])
def test_only_the_office_pauses_and_resumes(post: Post, role: Role) -> None:
    with post.sessions() as session:
        with pytest.raises(Forbidden):
            pausing.pause_by_hand(session, somebody(post, role))
        with pytest.raises(Forbidden):
            pausing.resume(session, somebody(post, role))
