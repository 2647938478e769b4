"""What a person does about a message that did not arrive: again, in other words, by telephone, at night."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.clock import SEOUL
from booking.db import transaction
from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidForm
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel, Role
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.notify.catalogue import Kind
from booking.queries.unreached import unreached
from booking.services import settling
from booking.services.composing import LINK_MARK
from booking.services.receipts import Event, take_receipts
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer

S = MessageStatus


def both(post: Post, kind: Kind = Kind.VISIT_CONFIRMED, number: int = 1) -> tuple[MessageId, MessageId]:
    """The e-mail and the text message of one word."""
    found = {post.message(each).channel: each for each in post.write(kind, number=number)}
    return found[Channel.EMAIL], found[Channel.SMS]


def bounce(post: Post, number: MessageId) -> Event:
    message = post.message(number)
    event = Event("solapi", f"E-{number}", str(message.ref), message.provider_ref, "3040")
    with post.sessions() as session, transaction(session):
        take_receipts(session, [event])
    return event


def reword(post: Post, number: MessageId, text: str, subject: str = "") -> None:
    with post.sessions() as session, transaction(session):
        settling.send_in_own_words(session, post.somebody(), number, subject=subject, text=text)


def test_one_that_bounced_is_sent_again_under_another_reference(post: Post, texts: FaultyGateway) -> None:
    _, sms = both(post)
    post.deliver(sms)
    old = bounce(post, sms)
    assert post.message(sms).status is S.BOUNCED
    with post.sessions() as session, transaction(session):
        settling.send_again(session, post.somebody(), sms)
    assert str(post.message(sms).ref) != old.ref
    assert post.deliver(sms) is S.SENT
    with post.sessions() as session, transaction(session):  # the old receipt once more, as a new event
        take_receipts(session, [Event("solapi", "again", old.ref, old.provider_ref, "3040")])
    assert post.message(sms).status is S.SENT
    assert len(set(texts.refs())) == 2


def test_a_text_that_a_carrier_cannot_carry_is_mended_and_leaves(post: Post, texts: FaultyGateway) -> None:
    _, sms = both(post)
    with post.sessions() as session, transaction(session):
        session.get_one(Message, sms).facts = {**session.get_one(Message, sms).facts, "school_sms": "개봉중😀"}
    assert post.deliver(sms) is S.FAILED
    assert post.message(sms).last_error == "sms_characters"
    reword(post, sms, "[구로진로]개봉중 1-3반 방문이 확정되었습니다.\r\n감사합니다.")
    assert post.deliver(sms) is S.SENT
    [arrived] = texts.store.texts()
    assert arrived.text == post.message(sms).body == "[구로진로]개봉중 1-3반 방문이 확정되었습니다.\n감사합니다."


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "required"), ("감사합니다 😀", "sms_characters"), ("가" * 1001, "sms_too_long")],
)
def test_a_text_that_cannot_be_sent_is_refused_and_nothing_changes(post: Post, text: str, reason: str) -> None:
    _, sms = both(post)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(status=S.FAILED))
    with pytest.raises(InvalidForm) as refused:
        reword(post, sms, text)
    assert [fault.reason for fault in refused.value.faults] == [reason]
    assert post.message(sms).status is S.FAILED


def test_an_email_in_own_words_keeps_its_link_and_its_calendar(post: Post, mail: MailServer) -> None:
    email, _ = both(post, Kind.WORKPLACE_ASK)
    mail.faults.append("550")
    assert post.deliver(email) is S.FAILED
    with post.sessions() as session:
        subject, text = settling.words_of(session, post.config, session.get_one(Message, email))
    assert LINK_MARK in text
    with pytest.raises(InvalidForm) as refused:
        reword(post, email, text.replace(LINK_MARK, ""), subject)
    assert refused.value.faults[0].reason == "link_missing"
    reword(post, email, f"<b>급히</b> 여쭙니다.\n\n{LINK_MARK}", "  급히   여쭙니다 ")
    assert post.deliver(email) is S.SENT
    [arrived] = mail.taken
    assert arrived["subject"] == "급히 여쭙니다"
    token = arrived["text"].partition("/a/")[2].strip()
    assert len(token) == 43
    assert f"/a/{token}" in arrived["html"]
    assert "<b>" not in arrived["html"]
    assert arrived["attachments"]
    body = post.message(email).body
    assert body is not None
    assert token not in body


def test_told_by_telephone_settles_both_channels_and_nothing_is_sent_any_more(post: Post, mail: MailServer) -> None:
    email, sms = both(post)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == email).values(status=S.FAILED))
        session.execute(sa.update(Message).where(Message.id == sms).values(status=S.UNKNOWN))
    with post.sessions() as session, transaction(session):
        assert settling.settle_by_telephone(session, post.somebody(), email) == 2
    post.time_passes()
    assert {post.deliver(email), post.deliver(sms)} == {S.TOLD}
    assert mail.taken == []
    with post.sessions() as session, pytest.raises(IllegalTransition):
        settling.settle_by_telephone(session, post.somebody(), email)
    with post.sessions() as session:
        assert session.scalars(sa.select(HistoryEntry.action)).all() == ["message_told"]


def test_one_that_has_arrived_is_not_told_again(post: Post, mail: MailServer) -> None:
    email, sms = both(post)
    post.deliver(email)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == sms).values(status=S.FAILED))
        settling.settle_by_telephone(session, post.somebody(), sms)
    assert (post.message(email).status, post.message(sms).status) == (S.SENT, S.TOLD)


def test_who_was_reached_by_no_way_is_on_the_list_until_told(post: Post) -> None:
    def listed() -> list[MessageId]:
        with post.sessions() as session:
            return [message.id for message, _ in unreached(session)]

    email, sms = both(post)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == email).values(status=S.FAILED))
    assert listed() == [], "the text message is still under way"
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id == sms).values(status=S.BOUNCED))
    assert listed() == [min(email, sms)], "once, though two messages were lost"
    newer = post.write(version=2)
    assert listed() == [], "a newer word is on its way"
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id.in_(newer)).values(status=S.FAILED))
    assert listed() == [min(newer)]
    with post.sessions() as session, transaction(session):
        settling.settle_by_telephone(session, post.somebody(), newer[0])
    assert listed() == []


def test_a_question_to_a_workplace_is_on_the_other_list(post: Post) -> None:
    numbers = post.write(Kind.WORKPLACE_ASK)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(Message).where(Message.id.in_(numbers)).values(status=S.FAILED))
        assert unreached(session) == []


def test_urgent_ones_leave_at_night_when_a_person_says_so_and_the_others_do_not(post: Post, mail: MailServer) -> None:
    with post.sessions() as session:
        hour = session.scalars(sa.select(sa.func.now())).one().astimezone(SEOUL).hour
    post.set_centre(quiet_from=(hour - 1) % 24, quiet_until=(hour + 3) % 24)
    urgent, _ = both(post, Kind.VISIT_CANCELLED, 1)
    routine, _ = both(post, Kind.VISIT_CONFIRMED, 2)
    assert {post.deliver(urgent), post.deliver(routine)} == {S.CREATED}
    with post.sessions() as session, transaction(session):
        assert settling.let_through(session, post.somebody()) == 1
    assert post.deliver(urgent) is S.SENT
    assert post.deliver(routine) is S.CREATED
    assert post.message(routine).available_at > dt.datetime.now(dt.UTC)
    with post.sessions() as session:
        assert settling.let_through(session, post.somebody()) == 0


def test_what_waits_already_is_not_sent_twice(post: Post) -> None:
    email, _ = both(post)
    with post.sessions() as session, pytest.raises(Conflict):
        settling.send_in_own_words(session, post.somebody(), email, subject="안내", text="안내드립니다.")


@pytest.mark.parametrize("role", [Role.TEACHER, Role.OFFICER])
def test_only_the_office_does_any_of_it(post: Post, role: Role) -> None:
    email, _ = both(post)
    with post.sessions() as session:
        for act in (settling.send_again, settling.settle_by_telephone):
            with pytest.raises(Forbidden):
                act(session, post.somebody(role), email)
        with pytest.raises(Forbidden):
            settling.send_in_own_words(session, post.somebody(role), email, subject="", text="")
        with pytest.raises(Forbidden):
            settling.let_through(session, post.somebody(role))
