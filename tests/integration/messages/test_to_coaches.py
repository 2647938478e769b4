"""Messages to coaches: in their turn, no longer sent when they are no longer true, counted, edited, told, unreached."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus as S
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.notify.catalogue import Kind
from booking.queries.messages import Wanted, messages_in, same_word
from booking.queries.unreached import unreached
from booking.services import settling
from booking.services.composing import recipient_of
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer


def sms(post: Post, kind: Kind = Kind.COACH_REMINDER, *, version: int = 1, number: int = 1) -> MessageId:
    written = post.write(kind, version=version, number=number)
    return next(one for one in written if post.message(one).channel is Channel.SMS)


def both(post: Post, kind: Kind = Kind.COACH_REMINDER) -> tuple[MessageId, MessageId]:
    first, second = post.write(kind)
    return (first, second) if post.message(first).channel is Channel.EMAIL else (second, first)


def test_a_message_is_to_exactly_one(post: Post) -> None:
    number = sms(post)
    for column in ("user_id", "workplace_id"):
        other = post.teacher.id if column == "user_id" else post.workplace.id
        with pytest.raises(IntegrityError, match="one_recipient"), post.sessions() as session, transaction(session):
            session.execute(sa.update(Message).where(Message.id == number).values({column: other}))
    with pytest.raises(IntegrityError, match="one_recipient"), post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == number).values(coach_id=None))


def test_it_reaches_the_coach_over_both_channels(post: Post, mail: MailServer, texts: FaultyGateway) -> None:
    email, text = both(post)
    assert {post.deliver(email), post.deliver(text)} == {S.SENT}
    (letter,) = mail.taken
    assert letter["to"] == ["coach@example.kr"]
    assert "박바다" in (post.message(email).body or "")
    assert texts.refs() == [str(post.message(text).ref)]
    assert post.write(Kind.COACH_REMINDER) == [], "the same word is not written twice"


def test_a_later_one_waits_for_the_earlier_and_the_others_do_not(post: Post, texts: FaultyGateway) -> None:
    first, second = sms(post, number=1), sms(post, number=2)
    assert post.deliver(second) is S.CREATED
    place = next(n for n in post.write(Kind.WORKPLACE_ASK) if post.message(n).channel is Channel.SMS)
    assert post.deliver(place) is S.SENT
    assert [post.deliver(first), post.deliver(second)] == [S.SENT, S.SENT]
    assert texts.refs() == [str(post.message(n).ref) for n in (place, first, second)]


@pytest.mark.parametrize("later", [Kind.COACH_CHANGED, Kind.COACH_CANCELLED])
def test_an_outing_that_has_changed_is_not_told_as_it_was(post: Post, texts: FaultyGateway, later: Kind) -> None:
    old, new = sms(post, Kind.COACH_DISPATCHED), sms(post, later, version=2)
    assert post.deliver(old) is S.WITHDRAWN
    assert post.deliver(new) is S.SENT
    assert texts.refs() == [str(post.message(new).ref)]


def test_a_coach_is_not_written_to_more_often_than_the_centre_wants(post: Post, texts: FaultyGateway) -> None:
    post.set_centre(daily_limit=1)
    assert post.deliver(sms(post, number=1)) is S.SENT
    held = sms(post, number=2)
    assert post.deliver(held) is S.CREATED
    assert post.message(held).last_error == "daily_limit"
    assert post.deliver(sms(post, Kind.COACH_CANCELLED, number=3)) is S.SENT, "what presses is not held"
    teacher = next(n for n in post.write(Kind.VISIT_CONFIRMED) if post.message(n).channel is Channel.SMS)
    assert post.deliver(teacher) is S.SENT, "another person is counted by themselves"


def test_it_is_sent_in_other_words_and_its_telling_settles_both(post: Post, texts: FaultyGateway) -> None:
    email, text = both(post)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(status=S.FAILED))
        settling.send_in_own_words(session, post.somebody(), text, subject="", text="내일 뵙겠습니다.")
    assert post.deliver(text) is S.SENT
    assert post.message(text).body == "내일 뵙겠습니다."
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(status=S.FAILED))
        assert [one.id for one in same_word(session, session.get_one(Message, email))] == [text]
        assert settling.settle_by_telephone(session, post.somebody(), email) == 2
    assert {post.message(one).status for one in (email, text)} == {S.TOLD}


def test_a_coach_whom_nothing_reached_is_called_by_name(post: Post) -> None:
    def listed() -> list[tuple[MessageId, str]]:
        with post.sessions() as session:
            return [(message.id, name) for message, name in unreached(session)]

    email, text = both(post, Kind.COACH_CANCELLED)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == email).values(status=S.FAILED))
    assert listed() == [], "the text message is still under way"
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(status=S.BOUNCED))
    assert listed() == [(min(email, text), "박바다")]
    sms(post, Kind.COACH_CHANGED, version=2)
    assert listed() == [], "a newer word is on its way"


def test_it_is_found_by_its_coach(post: Post) -> None:
    text = sms(post)
    post.write(Kind.VISIT_CONFIRMED)
    with post.sessions() as session:
        assert recipient_of(session, session.get_one(Message, text)).name == "박바다"
        for wanted in (Wanted(coach_id=post.coach.id), Wanted(name="바다")):
            rows = messages_in(session, wanted, 1).rows
            assert {row.message.coach_id for row in rows} == {post.coach.id}
            assert {row.recipient for row in rows} == {"박바다"}
            assert {row.address for row in rows} == {"coach@example.kr", "010-0000-0003"}


def test_what_waits_behind_it_is_looked_at_at_once(post: Post, texts: FaultyGateway) -> None:
    first, second = sms(post, number=1), sms(post, number=2)
    with post.sessions() as session, transaction(session):
        later = "UPDATE job SET available_at = now() + interval '5 seconds' WHERE subject_id = :n"
        session.execute(sa.text(later), {"n": second})
    post.deliver(first)
    due = sa.text("SELECT bool_and(available_at <= now()) FROM job WHERE subject_id = :n")
    with post.sessions() as session:
        assert session.scalar(due, {"n": second})
