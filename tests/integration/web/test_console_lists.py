"""Messages, the register and the audit: masked until clicked, the click logged, nothing sent twice by mistake."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import MessageStatus
from booking.models.history import AccessEntry
from booking.models.messages import Message
from booking.models.workplaces import Workplace, WorkplaceContact
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def contact(site: Site) -> WorkplaceContact:
    site.session.rollback()
    return site.session.scalars(sa.select(WorkplaceContact).order_by(WorkplaceContact.workplace_id).limit(1)).one()


def test_a_contact_is_masked_until_a_click_that_is_logged(site: Site, desk: FlaskClient) -> None:
    known = contact(site)
    place = f"/console/workplaces/{known.workplace_id}"
    masked = desk.get(place).text
    assert known.phone is not None
    assert known.email is not None
    assert known.phone not in masked
    assert known.email not in masked
    assert "010-****-" in masked
    shown = desk.post(f"{place}/contact").text
    assert known.phone in shown
    assert known.email in shown
    assert known.phone not in desk.get(place).text
    site.session.rollback()
    entry = site.session.scalars(sa.select(AccessEntry)).one()
    assert (entry.action, entry.subject_type, entry.subject_id) == ("reveal_contact", "workplace", known.workplace_id)
    admin = site.signed_in("admin@demo.example.kr")
    assert "연락처 전체 보기" in words(admin.get("/console/audit?log=access"))


def test_the_register_is_found_by_name(site: Site, desk: FlaskClient) -> None:
    assert "일터 8곳" in words(desk.get("/console/workplaces"))
    assert "일터 4곳" in words(desk.get("/console/workplaces?field=arts"))
    assert "조건에 맞는 일터가 없습니다" in words(desk.get("/console/workplaces?status=ended"))
    text = words(desk.get("/console/search?q=나래"))
    assert "나래중" in text
    assert "들어간 일터나 학교, 사람, 신청이 없습니다" in words(desk.get("/console/search?q=%25"))
    assert "일터 7" in words(desk.get("/console/search?q=일터 7"))


def test_schools_show_what_they_got(site: Site, desk: FlaskClient) -> None:
    site.publish()
    text = words(desk.get("/console/schools"))
    assert "가람중 중학교 2건 40명 40명 100%" in text


def test_messages_lie_in_their_boxes_with_masked_addresses(site: Site, desk: FlaskClient) -> None:
    site.publish()
    site.session.execute(sa.update(Message).where(Message.id == 1).values(status=MessageStatus.UNKNOWN))
    site.session.execute(sa.update(Message).where(Message.id == 2).values(status=MessageStatus.DELIVERED))
    site.session.commit()
    page = desk.get("/console/messages")
    text = words(page)
    assert "전화로 확인하고" in text
    assert "알림 1건" in text
    everything = desk.get("/console/messages?box=all").text
    addresses = site.session.scalars(sa.text("SELECT email FROM workplace_contact WHERE email IS NOT NULL")).all()
    assert addresses
    assert not any(address in everything for address in addresses)
    assert "알림 1건" in words(desk.get("/console/messages?box=delivered"))
    assert "여기에 알림이 없습니다" in words(desk.get("/console/messages?box=failed"))
    assert "다시 보내기" not in words(desk.get("/console/messages?box=delivered"))


def test_a_message_of_unknown_fate_is_sent_again_on_a_persons_word_only(site: Site, desk: FlaskClient) -> None:
    site.publish()
    site.session.execute(sa.update(Message).where(Message.id == 1).values(status=MessageStatus.UNKNOWN))
    site.session.execute(sa.update(Message).where(Message.id == 2).values(status=MessageStatus.DELIVERED))
    site.session.commit()
    answer = desk.post("/console/messages/1/send-again", data={"back": "/console/messages?box=unknown"})
    assert (answer.status_code, answer.location) == (303, "/console/messages?box=unknown")
    assert desk.post("/console/messages/1/send-again").status_code == 409
    assert desk.post("/console/messages/2/send-again").status_code == 409
    site.session.rollback()
    site.session.expire_all()
    assert site.session.get_one(Message, 1).status is MessageStatus.CREATED
    admin = site.signed_in("admin@demo.example.kr")
    assert "알림 다시 보냄" in words(admin.get("/console/audit?subject=message&id=1"))


def test_requests_without_a_place_and_open_offers_have_their_lists(site: Site, desk: FlaskClient) -> None:
    assert "접수 6" in words(desk.get("/console/requests?status=submitted"))
    assert "이 상태의 신청이 없습니다" in words(desk.get("/console/requests?status=unserved"))
    assert "답을 기다리는 제안이 없습니다" in words(desk.get("/console/offers"))


def test_an_expired_check_is_said_in_words(site: Site, desk: FlaskClient) -> None:
    place = site.session.scalars(sa.select(Workplace).order_by(Workplace.id)).first()
    assert place is not None
    place.safety_valid_until = site.small.clock.moment.date().replace(year=2020)
    site.session.commit()
    assert "지남" in words(desk.get(f"/console/workplaces/{place.id}"))
