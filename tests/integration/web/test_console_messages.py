"""The pages of messages: found by person, kind and visit; read, edited, settled; and the sender numbers."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.history import AccessEntry
from booking.models.messages import Message
from booking.models.people import User
from booking.models.sending import ProviderRest, SenderNumber
from booking.models.visits import Visit
from tests.support.factory import NOW
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    site.publish()
    return site.signed_in("coordinator@demo.example.kr")


def one(site: Site, channel: Channel = Channel.SMS, **values: object) -> Message:
    """A message to a teacher, changed as told."""
    site.session.rollback()
    wanted = sa.select(Message).where(Message.user_id.is_not(None), Message.channel == channel).order_by(Message.id)
    message = site.session.scalars(wanted.limit(1)).one()
    for name, value in values.items():
        setattr(message, name, value)
    site.session.commit()
    return message


def status(site: Site, number: int) -> MessageStatus:
    site.session.rollback()
    site.session.expire_all()
    return site.session.get_one(Message, number).status


def test_messages_are_found_by_person_kind_and_visit(site: Site, desk: FlaskClient) -> None:
    message = one(site)
    reader = site.session.get_one(User, message.user_id)
    total = site.session.scalar(sa.select(sa.func.count()).where(Message.user_id == reader.id))
    whole = desk.get(f"/console/messages?box=all&user={reader.id}")
    assert f"알림 {total}건" in words(whole)
    assert f"알림: {reader.name}" in words(whole)
    assert reader.phone is not None
    assert reader.phone not in whole.text
    assert f"알림 {total}건" in words(desk.get(f"/console/messages?box=all&name={reader.name[:2]}"))
    assert "여기에 알림이 없습니다" in words(desk.get("/console/messages?box=all&name=%25"))
    visit = site.session.scalars(sa.select(Visit).limit(1)).one()
    of_visit = words(desk.get(f"/console/messages?box=all&visit={visit.id}&kind=allocation_proposed"))
    assert "배정 결과 안내" in of_visit
    for nonsense in ("user=0", "user=99999999999999999999", "workplace=x", "visit=-1", "box=x&page=-3&kind=%00"):
        assert desk.get(f"/console/messages?{nonsense}").status_code == 200


def test_a_message_says_where_it_stands_and_why_in_plain_words(site: Site, desk: FlaskClient) -> None:
    message = one(site, status=MessageStatus.BOUNCED, last_error="nhn 3003", body="[구로진로]안내", provider="nhn")
    page = desk.get(f"/console/messages/{message.id}")
    text = words(page)
    assert "없는 번호이거나 번호가 잘못되었습니다" in text
    assert "NHN Cloud" in text
    assert "[구로진로]안내" in text
    reader = site.session.get_one(User, message.user_id)
    assert reader.phone is not None
    assert reader.phone not in page.text
    assert reader.phone in desk.post(f"/console/messages/{message.id}/contact").text
    site.session.rollback()
    entry = site.session.scalars(sa.select(AccessEntry)).one()
    assert (entry.action, entry.subject_type, entry.subject_id) == ("reveal_contact", "user", reader.id)
    assert desk.get("/console/messages/99999999999999999999").status_code == 404


def test_the_editor_measures_refuses_and_sends(site: Site, desk: FlaskClient) -> None:
    message = one(site, status=MessageStatus.FAILED, last_error="sms_characters")
    address = f"/console/messages/{message.id}/edit"
    assert "SMS " in words(desk.get(address)) or "LMS " in words(desk.get(address))
    measured = desk.post(address, data={"text": "똠 안내" + "가" * 43, "do": "measure"})
    assert measured.status_code == 200
    assert "LMS 93/2000" in words(measured)
    assert "받는 전화에 따라 깨질 수 있는 글자: 똠" in words(measured)
    assert status(site, message.id) is MessageStatus.FAILED
    refused = desk.post(address, data={"text": "안내 😀", "do": "send"})
    assert refused.status_code == 422
    assert "문자로 보낼 수 없는 글자: 😀" in words(refused)
    assert 'href="#text"' in refused.text
    sent = desk.post(address, data={"text": "안내드립니다.", "do": "send"})
    assert (sent.status_code, sent.location) == (303, f"/console/messages/{message.id}")
    assert status(site, message.id) is MessageStatus.CREATED
    assert desk.get(address).status_code == 303, "it waits: there is nothing to edit any more"
    assert desk.post(address, data={"text": "다시", "do": "send"}).status_code == 409


def test_unreached_people_stand_on_the_call_list_until_told(site: Site, desk: FlaskClient) -> None:
    message = one(
        site, kind="visit_cancelled", status=MessageStatus.FAILED, last_error="no_address", subject="visit:999"
    )
    page = words(desk.get("/console/calls"))
    assert "알림이 어느 길로도 닿지 않은 분" in page
    assert "연락처가 없습니다" in page
    answer = desk.post(f"/console/messages/{message.id}/told", data={"back": "/console/calls"})
    assert (answer.status_code, answer.location) == (303, "/console/calls")
    assert status(site, message.id) is MessageStatus.TOLD
    assert "닿지 않은 분" not in words(desk.get("/console/calls"))
    assert "전화로 알림" in words(desk.get("/console/messages?box=told"))


def test_urgent_ones_that_wait_for_the_morning_are_let_through_with_one_press(site: Site, desk: FlaskClient) -> None:
    message = one(site, kind="visit_cancelled", last_error="quiet_hours_urgent")
    assert "급한 알림 1건이 아침을 기다립니다" in words(desk.get("/console/messages?box=queue"))
    assert desk.post("/console/messages/let-through").status_code == 303
    site.session.rollback()
    site.session.expire_all()
    assert site.session.get_one(Message, message.id).disturb
    assert "아침을 기다립니다" not in words(desk.get("/console/messages?box=queue"))


def test_a_provider_that_rests_is_told(site: Site, desk: FlaskClient) -> None:
    site.session.add(
        ProviderRest(provider="solapi", troubles=3, rests=1, until=NOW, since=NOW, last_error="solapi http 429")
    )
    site.session.commit()
    page = words(desk.get("/console/messages"))
    assert "SOLAPI: 문제가 있어 다른 문자 회사로" in page
    assert "바빠서 받지 않았습니다" in page


NUMBER = {
    "number": "02-0000-0001", "holder": "구로구청", "registered_on": "2027-01-04", "expires_on": "2027-12-31",
    "evidence": "서류함 2번",
}  # fmt: skip


def test_numbers_are_entered_changed_and_removed(site: Site, desk: FlaskClient) -> None:
    address = "/console/settings/sender-numbers"
    assert desk.post(address, data=NUMBER).status_code == 303
    assert "0200000001 구로구청 서류함 2번" in words(desk.get(address))
    assert "쓸 수 있음" in words(desk.get(address))
    assert desk.post(address, data={**NUMBER, "number": "0200000001", "expires_on": "2027-02-01"}).status_code == 303
    assert "기한 지남" in words(desk.get(address))
    assert 'value="0200000001"' in desk.get(f"{address}?number=0200000001").text
    assert desk.post(f"{address}/0200000001/remove").status_code == 303
    assert "0200000001" not in words(desk.get(address))
    assert desk.post(f"{address}/0200000001/remove").status_code == 404
    admin = site.signed_in("admin@demo.example.kr")
    assert "발신번호 지움" in words(admin.get("/console/audit"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": "0505-000-0000"}, "number"),
        ({"number": ""}, "number"),
        ({"holder": " "}, "holder"),
        ({"registered_on": "2030-01-01"}, "registered_on"),
        ({"registered_on": "어제"}, "registered_on"),
        ({"expires_on": "2026-12-31"}, "expires_on"),
        ({"evidence": ""}, "evidence"),
    ],
)
def test_what_is_wrong_with_a_number_is_named(
    site: Site, desk: FlaskClient, changed: dict[str, str], field: str
) -> None:
    refused = desk.post("/console/settings/sender-numbers", data={**NUMBER, **changed})
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    site.session.rollback()
    assert site.session.get(SenderNumber, "0200000001") is None


def test_quiet_hours_and_the_daily_limit_are_settings_of_the_centre(site: Site, desk: FlaskClient) -> None:
    from booking.models.terms import Centre
    from tests.integration.web.test_settings import form

    assert (
        desk.post("/console/settings", data=form(desk, quiet_from="21", quiet_until="7", daily_limit="6")).status_code
        == 303
    )
    site.session.rollback()
    site.session.expire_all()
    centre = site.session.get_one(Centre, 1)
    assert (centre.quiet_from, centre.quiet_until, centre.daily_limit) == (21, 7, 6)
    for wrong, field in (
        ({"quiet_from": "24"}, "quiet_from"),
        ({"quiet_until": ""}, "quiet_until"),
        ({"quiet_until": "21"}, "quiet_until"),
        ({"daily_limit": "0"}, "daily_limit"),
    ):
        refused = desk.post("/console/settings", data=form(desk, **wrong))
        assert refused.status_code == 422
        assert f'href="#{field}"' in refused.text
