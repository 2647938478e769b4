"""E-mails on their way: a real server, and every way in which it can fail."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import icalendar
import pytest

from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.notify.catalogue import Kind
from booking.notify.senders.choice import Senders
from booking.services import delivery
from booking.services.claiming import GONE_SILENT
from booking.services.holding import NOT_CONFIGURED
from booking.services.links import resolve
from tests.support.messaging import Post, post_office
from tests.support.peers import MailServer


def email(post: Post, kind: Kind = Kind.VISIT_CONFIRMED) -> MessageId:
    return next(number for number in post.write(kind) if post.message(number).channel is Channel.EMAIL)


def test_an_email_arrives_with_its_texts_and_its_calendar_entry(post: Post, mail: MailServer) -> None:
    number = email(post)
    assert post.deliver(number) is MessageStatus.SENT
    [arrived] = mail.taken
    message = post.message(number)
    assert arrived["to"] == ["teacher@example.kr"]
    assert arrived["message_id"].startswith(str(message.ref))
    assert arrived["subject"] == "[구로진로] 개봉중학교 1-3반 6월 12일 (금) 일터체험이 확정되었습니다"
    assert arrived["sender"] == "구로구 청소년 진로직업체험지원센터 <no-reply@ilteo.example.kr>"
    assert "개봉중학교" in arrived["text"]
    assert "<html" in arrived["html"]
    invited, attached = arrived["attachments"]
    assert invited["method"] == attached["method"] == "REQUEST"
    assert icalendar.Calendar.from_ical(attached["content"])["METHOD"] == "REQUEST"
    assert message.sent_at is not None
    assert message.body is not None
    assert "개봉중학교" in message.body


def test_a_message_is_sent_once_however_often_it_is_asked_for(post: Post, mail: MailServer) -> None:
    number = email(post)
    threads = [threading.Thread(target=post.deliver, args=(number,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post.time_passes()
    post.deliver(number)
    assert len(mail.taken) == 1
    assert post.message(number).status is MessageStatus.SENT


@pytest.mark.parametrize("fault", ["451", "421"])
def test_a_refusal_for_now_is_tried_again_later(post: Post, mail: MailServer, fault: str) -> None:
    number = email(post)
    mail.faults.append(fault)
    assert post.deliver(number) is MessageStatus.CREATED
    message = post.message(number)
    assert message.last_error is not None
    assert message.last_error.startswith(f"smtp {fault} 4.")
    assert "example.kr" not in message.last_error
    assert post.deliver(number) is MessageStatus.CREATED, "not before its time"
    post.time_passes()
    assert post.deliver(number) is MessageStatus.SENT
    assert len(mail.taken) == 1


def test_a_refusal_for_good_is_shown_and_never_tried_again(post: Post, mail: MailServer) -> None:
    number = email(post)
    mail.faults.append("550")
    assert post.deliver(number) is MessageStatus.FAILED
    post.time_passes()
    assert post.deliver(number) is MessageStatus.FAILED
    assert (len(mail.taken), mail.attempts) == (0, 1)
    assert post.message(number).last_error == "smtp 550 5.7.1"


def test_a_line_cut_after_the_final_dot_is_unknown_and_never_sent_again(post: Post, mail: MailServer) -> None:
    number = email(post)
    mail.faults.append("drop")
    assert post.deliver(number) is MessageStatus.UNKNOWN
    for _ in range(3):
        post.time_passes()
        assert post.deliver(number) is MessageStatus.UNKNOWN
    assert len(mail.taken) == 1
    assert post.message(number).settled_at is not None


def test_a_server_that_is_not_there_costs_nothing_but_time(post: Post, mail: MailServer) -> None:
    number = email(post)
    closed = replace(mail.settings, port=1)
    post.senders = Senders(email=type(post.senders.email)(closed, post.clock), sms=())  # type: ignore[misc, call-arg]
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.message(number).last_error == "smtp ConnectionRefusedError"


def test_temporary_refusals_end_after_the_table_of_waits(post: Post, mail: MailServer) -> None:
    number = email(post)
    mail.faults.extend(["451"] * 20)
    seen = []
    for _ in range(12):
        seen.append(post.deliver(number))
        post.time_passes()
        post.time_passes()
        for _ in range(10):
            post.time_passes()
    assert seen[-1] is MessageStatus.FAILED
    assert mail.attempts == 7


def test_a_channel_that_is_not_set_up_keeps_its_messages(post: Post) -> None:
    number = email(post)
    post.senders = Senders(email=None, sms=())
    assert post.deliver(number) is MessageStatus.CREATED
    assert post.message(number).last_error == NOT_CONFIGURED
    assert ("send_message", number) in post.open_jobs()


def test_a_crash_between_sending_and_recording_is_unknown(
    post: Post, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = email(post)

    def crash(*_arguments: Any, **_options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "record_outcome", crash)
        with pytest.raises(KeyboardInterrupt):
            post.deliver(number)
    assert post.message(number).status is MessageStatus.SENDING
    assert post.deliver(number) is MessageStatus.SENDING, "its lease is not over"
    post.time_passes()
    assert post.deliver(number) is MessageStatus.UNKNOWN
    assert post.message(number).last_error == GONE_SILENT
    assert len(mail.taken) == 1


def test_a_missing_fact_fails_visibly_and_nothing_leaves(post: Post, mail: MailServer) -> None:
    number = email(post)
    with post.sessions() as session:
        session.get_one(Message, number).facts = {}
        session.commit()
    assert post.deliver(number) is MessageStatus.FAILED
    assert post.message(number).last_error == "facts"
    assert mail.attempts == 0


def test_the_private_link_opens_the_notice_and_is_blotted_out_in_what_is_stored(post: Post, mail: MailServer) -> None:
    number = email(post, Kind.WORKPLACE_ASK)
    assert post.deliver(number) is MessageStatus.SENT
    [arrived] = mail.taken
    token = arrived["text"].partition("/a/")[2].split()[0]
    assert token in arrived["html"]
    with post.sessions() as session:
        assert resolve(session, token).notice_id == post.notice.id
    body = post.message(number).body
    assert body is not None
    assert token not in body
    assert "/a/…" in body


def test_names_with_line_breaks_cannot_add_headers(post: Post, mail: MailServer) -> None:
    number = email(post)
    with post.sessions() as session:
        message = session.get_one(Message, number)
        message.facts = {**message.facts, "school": "개봉중\r\nBcc: x@example.kr"}
        session.commit()
    assert post.deliver(number) is MessageStatus.SENT
    [arrived] = mail.taken
    assert arrived["to"] == ["teacher@example.kr"]


def test_an_address_that_is_none_fails_for_good(sessions: Any, database_url: str, mail: MailServer) -> None:
    post = post_office(sessions, database_url, mail, None)
    with post.sessions() as session:
        session.merge(post.teacher).email = "no address"
        session.commit()
    number = email(post)
    assert post.deliver(number) is MessageStatus.FAILED
    assert mail.attempts == 0
