"""알림톡 on its way: approved templates, the text message in its stead, and what Kakao will not have."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.demo.kakaotalk import CHANNEL, template_code
from booking.domain.alimtalk import SentAs, TemplateState
from booking.domain.ids import MessageId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel, Language
from booking.models.messages import Message
from booking.models.sending import AlimtalkTemplate
from booking.models.visits import PrivateLink
from booking.notify.alimtalk import suggestion
from booking.notify.catalogue import Kind
from booking.notify.senders.choice import senders_of
from booking.services.alimtalk import TemplateEntry, refused_templates, save_template
from booking.services.receipt_asking import ask_for_receipts
from booking.services.receipts import Event, take_receipts
from booking.services.settling import send_in_own_words
from tests.support.messaging import Post, post_office
from tests.support.nhn import nhn_gateway
from tests.support.peers import SENDER_NUMBER, FaultyGateway

SHORT = "[구로진로]개봉중 1-3반 6/12(금) 13:30 일터 5곳 체험이 확정되었습니다."


@pytest.fixture
def kakao(post: Post, texts: FaultyGateway) -> Iterator[Post]:
    """The post office of an account with a channel of KakaoTalk."""
    texts.account = replace(texts.account, channel=CHANNEL)
    post.config = replace(post.config, solapi=texts.account)
    post.senders.close()
    post.senders = senders_of(post.config, post.clock)
    yield post
    post.senders.close()


def approve(post: Post, kind: Kind, **changes: str) -> None:
    entry = {
        "code": template_code(kind, Language.KO),
        "body": suggestion(kind, Language.KO),
        "state": TemplateState.APPROVED.value,
    }
    with post.sessions() as session, transaction(session):
        save_template(session, post.somebody(), kind, Language.KO, TemplateEntry(**{**entry, **changes}))


def text(post: Post, kind: Kind = Kind.VISIT_CONFIRMED, number: int = 1) -> MessageId:
    return next(each for each in post.write(kind, number=number) if post.message(each).channel is Channel.SMS)


def move_telephone(post: Post, phone: str) -> None:
    with post.sessions() as session, transaction(session):
        session.merge(post.teacher).phone = phone


def receipts(post: Post, texts: FaultyGateway, *kinds: str) -> None:
    """Hand in the receipts of these kinds, as the provider's webhook would, in this order."""
    stored = {one.kind: one for one in texts.store.texts()}
    codes = {"ATA": "3104" if len(stored) > 1 else "4000"}
    with post.sessions() as session, transaction(session):
        for kind in kinds:
            one = stored[kind]
            event = Event(
                "solapi", f"E-{one.message_id}", one.ref, one.message_id, codes.get(kind, "4000"), SentAs(kind)
            )
            take_receipts(session, [event])


def test_an_approved_template_goes_to_kakaotalk(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    number = text(kakao)
    assert kakao.deliver(number) is MessageStatus.SENT
    [arrived] = texts.store.texts()
    assert arrived.kind == "ATA"
    assert "▶ 학급: 개봉중학교 1-3반 (24명)\n▶ 일정: 6월 12일 (금) 13:30–15:45\n▶ 일터: 5곳" in arrived.text
    message = kakao.message(number)
    assert (message.sent_as, message.body, message.substitute) == (SentAs.ALIMTALK, arrived.text, SHORT)
    receipts(kakao, texts, "ATA")
    assert kakao.message(number).status is MessageStatus.DELIVERED
    assert kakao.message(number).sent_as is SentAs.ALIMTALK


@pytest.mark.parametrize("state", [TemplateState.UNDER_REVIEW, TemplateState.REJECTED])
def test_a_template_that_is_not_approved_is_not_used(kakao: Post, texts: FaultyGateway, state: TemplateState) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED, state=state.value)
    number = text(kakao)
    assert kakao.deliver(number) is MessageStatus.SENT
    assert [(one.kind, one.text) for one in texts.store.texts()] == [("SMS", SHORT)]
    assert kakao.message(number).sent_as is SentAs.SMS


def test_without_a_channel_everything_is_a_text_message(post: Post, texts: FaultyGateway) -> None:
    approve(post, Kind.VISIT_CONFIRMED)
    assert post.deliver(text(post)) is MessageStatus.SENT
    assert [one.kind for one in texts.store.texts()] == ["SMS"]


def test_who_reads_english_has_no_korean_template(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    with kakao.sessions() as session, transaction(session):
        session.merge(kakao.teacher).language = Language.EN
    kakao.teacher.language = Language.EN
    assert kakao.deliver(text(kakao)) is MessageStatus.SENT
    [arrived] = texts.store.texts()
    assert arrived.kind == "SMS"
    assert arrived.text.startswith("[Guro Career]")


@pytest.mark.parametrize("order", [("ATA", "SMS"), ("SMS", "ATA")])
def test_a_telephone_without_kakaotalk_has_the_text_message(
    kakao: Post, texts: FaultyGateway, order: tuple[str, str]
) -> None:
    move_telephone(kakao, "010-0000-0009")
    approve(kakao, Kind.VISIT_CONFIRMED)
    number = text(kakao)
    assert kakao.deliver(number) is MessageStatus.SENT
    newest = texts.store.texts()[0]
    assert (newest.kind, newest.text) == ("SMS", SHORT)
    receipts(kakao, texts, order[0])
    first = kakao.message(number)
    if order[0] == "ATA":
        assert (first.status, first.last_error) == (MessageStatus.SENT, "solapi ata 3104")
    receipts(kakao, texts, order[1])
    message = kakao.message(number)
    assert (message.status, message.sent_as) == (MessageStatus.DELIVERED, SentAs.SMS)
    assert message.last_error is None
    assert texts.attempts == 1, "the provider itself sends the text"


def test_a_substitute_whose_receipt_names_nobody_is_found_by_asking(
    kakao: Post, texts: FaultyGateway, tmp_path: Path
) -> None:
    move_telephone(kakao, "010-0000-0009")
    approve(kakao, Kind.VISIT_CONFIRMED)
    number = text(kakao)
    kakao.deliver(number)
    instead, alimtalk = texts.store.texts()
    with closing(sqlite3.connect(tmp_path / "texts.sqlite3")) as db, db:
        db.execute("UPDATE sms SET ref = '', code = '4000' WHERE instead = 1")
    texts.store.set_code(alimtalk.message_id, "3104")
    with kakao.sessions() as session, transaction(session):
        take_receipts(session, [Event("solapi", "E-1", None, instead.message_id, "4000", SentAs.SMS)])
    assert kakao.message(number).status is MessageStatus.SENT
    kakao.time_passes()
    assert ask_for_receipts(kakao.sessions, kakao.senders) == 1
    message = kakao.message(number)
    assert (message.status, message.sent_as) == (MessageStatus.DELIVERED, SentAs.SMS)


def test_an_alimtalk_that_failed_with_nothing_in_its_stead_ends_as_undelivered(
    kakao: Post, texts: FaultyGateway
) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    number = text(kakao)
    kakao.deliver(number)
    [alimtalk] = texts.store.texts()
    texts.store.set_code(alimtalk.message_id, "3104")
    with kakao.sessions() as session, transaction(session):
        session.execute(sa.update(Message).values(ask_at=sa.func.now()))
    assert ask_for_receipts(kakao.sessions, kakao.senders) == 0, "its text may still be on the way"
    kakao.time_passes()
    assert ask_for_receipts(kakao.sessions, kakao.senders) == 1
    message = kakao.message(number)
    assert (message.status, message.last_error) == (MessageStatus.BOUNCED, "solapi 3104")


def test_a_template_that_kakao_no_longer_has_is_laid_aside_and_its_reader_told(
    kakao: Post, texts: FaultyGateway
) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED, code="KA01TP0000-withdrawn")
    first, second = text(kakao, number=1), text(kakao, number=2)
    assert kakao.deliver(first) is MessageStatus.SENT
    assert texts.attempts == 2
    assert kakao.deliver(second) is MessageStatus.SENT
    assert texts.attempts == 3, "the second message does not try it again"
    assert [one.text for one in texts.store.texts()] == [SHORT, SHORT]
    message = kakao.message(first)
    assert (message.sent_as, message.body, message.substitute) == (SentAs.SMS, SHORT, None)
    with kakao.sessions() as session:
        [refused] = refused_templates(session)
        assert refused.refused_code == "solapi 3102"
    approve(kakao, Kind.VISIT_CONFIRMED)
    assert kakao.deliver(text(kakao, number=3)) is MessageStatus.SENT
    assert texts.store.texts()[0].kind == "ATA", "saved again, it is used again"


def test_a_text_after_a_refusal_is_looked_up_past_what_was_refused(kakao: Post, texts: FaultyGateway) -> None:
    """A provider may list what it refused; what followed it under the same ref is what became of the message."""
    approve(kakao, Kind.VISIT_CONFIRMED, code="KA01TP0000-withdrawn")
    number = text(kakao)
    texts.faults.extend(["", "drop_after"])
    assert kakao.deliver(number) is MessageStatus.UNKNOWN
    ref = str(kakao.message(number).ref)
    to = {"recipient": "01000000001", "sender": "0200000000", "text": "", "ref": ref}
    texts.store.add_sms(**to, kind="ATA", message_id="M-refused", group_id="G-refused")
    texts.store.set_code("M-refused", "3102")
    kakao.time_passes()
    assert kakao.deliver(number) in {MessageStatus.SENT, MessageStatus.DELIVERED}
    message = kakao.message(number)
    assert (message.sent_as, message.last_error) == (SentAs.SMS, None)
    assert [one.kind for one in texts.store.texts()] == ["ATA", "SMS"], "it was sent once"


def test_a_template_that_was_mended_meanwhile_is_not_laid_aside(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED, code="KA01TP0000-withdrawn")
    number = text(kakao)
    texts.on_first = lambda: approve(kakao, Kind.VISIT_CONFIRMED)
    assert kakao.deliver(number) is MessageStatus.SENT
    with kakao.sessions() as session:
        assert refused_templates(session) == []


def test_a_number_that_nobody_has_fails_and_the_template_is_not_blamed(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    texts.faults.extend(["refuse", "refuse"])
    number = text(kakao)
    assert kakao.deliver(number) is MessageStatus.FAILED
    with kakao.sessions() as session:
        assert refused_templates(session) == []


@pytest.mark.parametrize("fault", ["500_after", "drop_after"])
def test_an_alimtalk_of_unknown_fate_is_looked_up_and_not_sent_again(
    kakao: Post, texts: FaultyGateway, fault: str
) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    texts.faults.append(fault)
    number = text(kakao)
    assert kakao.deliver(number) is MessageStatus.UNKNOWN
    assert texts.attempts == 1, "perhaps taken: no text message follows it"
    kakao.time_passes()
    assert kakao.deliver(number) is MessageStatus.SENT
    assert texts.attempts == 1
    assert kakao.message(number).sent_as is SentAs.ALIMTALK


def test_a_workplace_with_an_address_answers_from_kakaotalk_too(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.WORKPLACE_ASK, button="https://#{링크주소}")
    number = text(kakao, Kind.WORKPLACE_ASK)
    assert kakao.deliver(number) is MessageStatus.SENT
    [arrived] = texts.store.texts()
    [link] = re.findall(r"http://\S+/a/[\w-]{43}", arrived.text)
    message = kakao.message(number)
    assert message.body is not None
    assert message.substitute is not None
    assert link.rpartition("/")[2] not in message.body + message.substitute, "the link is stored nowhere"
    assert "메일 확인" in message.substitute, "the text in its stead carries none: the e-mail does"
    with kakao.sessions() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PrivateLink)) == 1


def test_a_persons_own_words_go_as_a_text_message(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    number = text(kakao)
    texts.faults.extend(["refuse", "refuse"])
    assert kakao.deliver(number) is MessageStatus.FAILED
    with kakao.sessions() as session, transaction(session):
        send_in_own_words(session, kakao.somebody(), number, subject="", text="일정은 전화로 안내드리겠습니다.")
    assert kakao.deliver(number) is MessageStatus.SENT
    assert [(one.kind, one.text) for one in texts.store.texts()] == [("SMS", "일정은 전화로 안내드리겠습니다.")]


def test_facts_that_do_not_fill_the_template_go_as_a_text_message(kakao: Post, texts: FaultyGateway) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    number = text(kakao)
    with kakao.sessions() as session, transaction(session):
        message = session.get_one(Message, number)
        # not among what the text message says
        message.facts = {**message.facts, "school": ""}
    assert kakao.deliver(number) is MessageStatus.SENT
    assert [(one.kind, one.text) for one in texts.store.texts()] == [("SMS", SHORT)]


def test_the_second_provider_sends_the_text(
    sessions: sessionmaker[Session], database_url: str, texts: FaultyGateway
) -> None:
    texts.account = replace(texts.account, channel=CHANNEL)
    with nhn_gateway(SENDER_NUMBER) as second:
        post = post_office(sessions, database_url, None, texts, nhn=second)
        approve(post, Kind.VISIT_CONFIRMED)
        texts.faults.extend(["429"] * 3)
        for number in (1, 2, 3):
            assert post.deliver(text(post, number=number)) is MessageStatus.CREATED
        last = text(post, number=4)
        assert post.deliver(last) is MessageStatus.SENT
        assert len(second.taken) == 1
        message = post.message(last)
        assert (message.provider, message.sent_as, message.body) == ("nhn", SentAs.SMS, SHORT)
        post.senders.close()


def test_a_template_is_one_to_a_kind_and_a_language(kakao: Post) -> None:
    approve(kakao, Kind.VISIT_CONFIRMED)
    approve(kakao, Kind.VISIT_CONFIRMED, body="확정: #{학교}")
    with kakao.sessions() as session:
        [row] = session.scalars(sa.select(AlimtalkTemplate))
        assert row.body == "확정: #{학교}"
