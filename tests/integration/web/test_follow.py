"""Following a request: offers with what they gain, answered in three ways; the same for nobody else's school."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import OfferStatus, RequestStatus
from booking.models.offers import Offer
from booking.models.visits import Visit
from tests.support.pages import Site, words

OTHER = "2027-03-25/PM"


def offered(site: Site) -> Offer:
    """An offer to the bundle of the third school, with what it gains."""
    site.publish()
    offers = site.session.scalars(sa.select(Offer).order_by(Offer.id)).all()
    for offer in offers:
        offer.gains = {"pupils_gained": 40, "date_stage_gained": 312.4, "for_school": {"pupils": 40}}
    site.session.commit()
    return offers[0]


def counter(client: FlaskClient, offer: Offer, slot: object) -> tuple[int, str]:
    answer = client.post(
        "/teacher/offers", data={"offer": offer.id, "answer": "counter", "counter": slot, "reason": "체육대회"}
    )
    return answer.status_code, words(answer)


def test_the_card_says_what_everybody_gains_and_offers_free_dates(site: Site) -> None:
    offer = offered(site)
    client = site.teacher("S2")
    page = client.get("/teacher")
    text = words(page)
    assert "미배정 40명, 이날이면 자리를 얻습니다." in text
    assert "자리를 얻지 못하는 학생이 40명 줄어듭니다." in text
    assert "혼잡 비용이 312 줄어듭니다." in text
    assert f'<option value="{site.small.slot(OTHER).id}">3월 25일 (목) 오후 · 0% 여유' in page.text
    # neither the date that is offered, nor those that were asked for
    for code in ("2027-03-19/AM", "2027-03-15/AM", "2027-03-17/AM"):
        assert f'<option value="{site.small.slot(code).id}"' not in page.text
    assert f'id="offer-{offer.id}"' in page.text


def test_another_date_is_proposed_and_both_sides_see_it(site: Site) -> None:
    offer = offered(site)
    client = site.teacher("S2")
    assert counter(client, offer, site.small.slot(OTHER).id)[0] == 303
    page = words(client.get("/teacher"))
    assert "어떠신가요?" not in page
    assert "제안하신 날 3월 25일 (목) 오후 · 다음 배정에서 찾아봅니다." in page
    assert site.request("V0004").status is RequestStatus.UNSERVED
    desk = words(site.signed_in("coordinator@demo.example.kr").get("/console/offers"))
    assert "학교가 다른 날을 제안함 2건" in desk
    assert "3월 19일 (금) 오전 → 3월 25일 (목) 오후" in desk
    assert "체육대회" in desk


def test_a_date_that_cannot_be_proposed_leads_back_to_its_card(site: Site) -> None:
    offer = offered(site)
    client = site.teacher("S2")
    for slot, sentence in (("", "대신 갈 수 있는 날을 골라 주세요."), (offer.slot_id, "여쭌 날과 같은 날입니다.")):
        status, text = counter(client, offer, slot)
        assert status == 422
        assert sentence in text
    assert (
        "체육대회"
        in client.post(
            "/teacher/offers", data={"offer": offer.id, "answer": "counter", "counter": "x", "reason": "체육대회"}
        ).text
    )
    site.session.rollback()
    assert {row.status for row in site.session.scalars(sa.select(Offer))} == {OfferStatus.SENT}
    assert counter(site.teacher("S1"), offer, site.small.slot(OTHER).id)[0] == 404


def test_a_move_for_which_the_room_is_gone_is_told_and_put_away(site: Site) -> None:
    site.publish()
    visit = site.small.visit("V0000")
    offer = Offer(
        request_id=visit.request_id,
        slot_id=site.small.slot(OTHER).id,
        run_id=visit.run_id,
        status=OfferStatus.SENT,
        answer_by=site.small.clock.now().date(),
    )
    site.session.add(offer)
    site.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code <> 'W0'"))
    site.session.commit()
    before = visit.slot_id
    client = site.teacher("S0")
    assert "지금 정해진 날" in words(client.get("/teacher"))

    answer = client.post("/teacher/offers", data={"offer": offer.id, "answer": "accept"})

    assert answer.status_code == 409
    assert "그사이 이날의 자리가 없어졌습니다" in words(answer)
    site.session.rollback()
    site.session.expire_all()
    assert site.session.get_one(Offer, offer.id).status is OfferStatus.WITHDRAWN
    assert site.session.get_one(Visit, visit.id).slot_id == before
