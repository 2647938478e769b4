"""What ends its workers three times is closed, and what it was about is shown to a person."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.services.abandoned import WORKER_DIED, sweep
from booking.services.outbox import MAX_ATTEMPTS, begin, claim_due
from tests.support.messaging import Post


def poisoned(post: Post, status: MessageStatus) -> MessageId:
    """A text message whose job was begun three times and never ended, left in a state by the last worker."""
    number = next(each for each in post.write() if post.message(each).channel is Channel.SMS)
    with post.sessions() as session, transaction(session):
        session.execute(sa.delete(Job).where(Job.subject_id != number))
    for _ in range(MAX_ATTEMPTS):
        with post.sessions() as session, transaction(session):
            [job] = claim_due(session, 10)
            assert begin(session, job.id) is not None
        post.time_passes()
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == number).values(status=status))
    return number


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (MessageStatus.CREATED, MessageStatus.FAILED),
        (MessageStatus.SENDING, MessageStatus.UNKNOWN),
        (MessageStatus.UNKNOWN, MessageStatus.UNKNOWN),
        (MessageStatus.DELIVERED, MessageStatus.DELIVERED),
    ],
)
def test_a_poisoned_message_is_shown_by_what_may_have_become_of_it(
    post: Post, left: MessageStatus, shown: MessageStatus
) -> None:
    number = poisoned(post, left)
    with post.sessions() as session, transaction(session):
        sweep(session, post.clock)
    message = post.message(number)
    assert message.status is shown
    if left is not MessageStatus.DELIVERED:
        assert (message.last_error, message.settled_at is not None) == (WORKER_DIED, True)
    assert ("send_message", number) not in post.open_jobs()


def test_a_sweep_with_nothing_to_do_changes_nothing(post: Post) -> None:
    post.write()
    before = post.open_jobs()
    with post.sessions() as session, transaction(session):
        assert sweep(session, post.clock) == 0
    assert post.open_jobs() == before
