"""Following a request: offers with what they gain, answered in three ways; the same for nobody else's school."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import OfferStatus, RequestStatus
from booking.models.history import HistoryEntry
from booking.models.offers import Offer
from booking.models.runs import Proposal
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
    assert "학교가 다른 날을 제안함 1건" in desk
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
    assert client.post("/teacher/offers", data={"offer": offer.id}).status_code == 400
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


# ---------------------------------------------------------------------------------------------------- the day itself
def test_a_request_says_when_to_leave_and_who_comes_along(site: Site) -> None:
    site.publish()
    site.session.execute(sa.text("UPDATE workplace SET prepares = '앞치마', address = '구로구 체험로 1'"))
    site.session.commit()
    request = site.request("V0000")
    visit = site.small.visit("V0000")
    page = words(site.teacher("S0").get(f"/teacher/requests/{request.id}"))
    assert "학교에서 08:" in page
    assert "쯤부터 출발" in page or "쯤 출발" in page
    assert page.count("앞치마") == len(visit.groups)
    assert "구로구 체험로 1" in page
    # both classes of the school go out then: 2 + 2 chaperones, and the school has four
    assert "이 학급에 필요한 인솔자 어른 2명" in page
    assert "같은 시간에 나가는 우리 학교 2학급 모두 어른 4명 학교 인솔자 어른 4명 센터 진로코치 어른 0명" in page


def test_coaches_come_where_the_school_has_too_few_adults(site: Site) -> None:
    site.publish()
    site.session.execute(sa.text("UPDATE school SET own_chaperones_per_slot = 1"))
    site.session.commit()
    page = words(site.teacher("S0").get(f"/teacher/requests/{site.request('V0000').id}"))
    assert "학교 인솔자 어른 1명 센터 진로코치 어른 3명" in page


def test_the_sheet_has_every_group_and_the_same_numbers_on_its_map(site: Site) -> None:
    site.publish()
    visit = site.small.visit("V0000")
    page = site.teacher("S0").get(f"/teacher/requests/{visit.request_id}/sheet")
    text = words(page)
    for group in visit.groups:
        assert group.workplace.name in text
    assert page.text.count('class="places-mark"') == len(visit.groups) == page.text.count('class="sheet-number"')
    assert f'aria-describedby="places-{visit.request_id}"' in page.text
    assert f'id="places-{visit.request_id}"' in page.text
    assert " style=" not in page.text
    assert "아직 답하지 않은 일터가 있습니다." in text


def test_a_grade_and_a_bundle_are_printed_in_one_go(site: Site) -> None:
    offer = offered(site)
    client = site.teacher("S0")
    sheets = client.get("/teacher/sheets?grade=1")
    assert sheets.text.count('<article class="sheet"') == 2
    assert "A4 2장입니다." in words(sheets)
    assert "<article" not in client.get("/teacher/sheets?grade=3").text
    assert client.get(f"/teacher/sheets?school={site.school_id('S1')}").status_code == 404
    assert "<article" not in client.get(f"/teacher/sheets?bundle={offer.request.bundle_id}").text
    bundle = site.teacher("S2")
    # a date that is only offered is no date yet
    assert "<article" not in bundle.get(f"/teacher/sheets?bundle={offer.request.bundle_id}").text
    bundle.post("/teacher/offers", data={"offer": offer.id, "answer": "accept"})
    assert bundle.get(f"/teacher/sheets?bundle={offer.request.bundle_id}").text.count("<article") == 2


def test_name_tags_have_nowhere_to_send_a_name(site: Site) -> None:
    site.publish()
    request = site.request("V0000")
    page = site.teacher("S0").get(f"/teacher/requests/{request.id}/name-tags")
    main = page.text[page.text.index("<main") : page.text.index("</main>")]
    assert "<form" not in main
    assert " name=" not in main
    assert "<noscript>" in main
    assert "어디에도 보내거나 저장하지 않으며" in words(page)
    for visit_group in site.small.visit("V0000").groups:
        assert visit_group.workplace.name in words(page)


def test_of_another_school_there_is_nothing_to_follow(site: Site) -> None:
    site.publish()
    request = site.request("V0000")
    stranger = site.teacher("S1")
    for path in ("", "/sheet", "/name-tags"):
        assert stranger.get(f"/teacher/requests/{request.id}{path}").status_code == 404, path
    assert stranger.get(f"/teacher/credit?school={site.school_id('S0')}").status_code == 404
    assert stranger.get(f"/teacher/sheets?school={site.school_id('S0')}").status_code == 404


def test_without_a_date_there_is_no_sheet(site: Site) -> None:
    client = site.teacher("S0")
    request = site.request("V0000")
    assert client.get(f"/teacher/requests/{request.id}").status_code == 200
    for path in (f"requests/{request.id}/sheet", "sheets"):
        page = client.get(f"/teacher/{path}")
        assert page.status_code == 200
        assert "아직 정해진 날이 없어 인쇄할 것이 없습니다." in words(page)
    tags = words(client.get(f"/teacher/requests/{request.id}/name-tags"))
    assert "날짜와 일터가 정해지면 가는 곳도 적을 수 있습니다." in tags


# ---------------------------------------------------------------------------------------------------- credit, remedies
def test_credit_is_told_with_its_history(site: Site) -> None:
    offer = offered(site)
    client = site.teacher("S2")
    assert "아직 얻은 점수가 없습니다." in words(client.get("/teacher/credit"))
    client.post("/teacher/offers", data={"offer": offer.id, "answer": "accept"})
    page = words(client.get("/teacher/credit"))
    assert "지금 점수 1 " in page
    assert "1-1반, 1-2반 3월 19일 (금) 오전 +1 1" in page
    assert "양보 점수 1 뜻과 기록 보기" in words(client.get("/teacher"))
    assert "아직 얻은 점수가 없습니다." in words(site.teacher("S0").get("/teacher/credit"))


def test_a_credit_of_before_the_classes_were_noted_is_shown_as_well(site: Site) -> None:
    school = site.school_id("S0")
    site.session.add(
        HistoryEntry(
            actor="user:1",
            action="credited",
            subject_type="school",
            subject_id=school,
            detail={"credit": 0.5, "now": 0.5},
        )
    )
    site.session.commit()
    assert "– – +0.5 0.5" in words(site.teacher("S0").get("/teacher/credit"))


def test_what_would_help_stands_under_the_reason(site: Site) -> None:
    site.publish()
    request = site.request("V0004")
    offer = site.session.scalars(sa.select(Offer).where(Offer.request_id == request.id)).one()
    site.teacher("S2").post("/teacher/offers", data={"offer": offer.id, "answer": "decline"})
    remedy = {
        "slots": {"V0004": "2027-03-24/AM", "V0005": "2027-03-24/AM"},
        "changes": [{"code": "accept_slot", "slot": "2027-03-24/AM", "visits": ["V0004", "V0005"]}],
        "effort": 1,
        "date_stage": 3.0,
    }
    why = {"code": "seats_taken", "slot": "2027-03-15/AM", "visits": 2, "load": 40, "free_seats": 8, "rank": 0}
    site.session.execute(sa.update(Proposal).where(Proposal.request_id == request.id).values(why=why, remedy=remedy))
    site.session.commit()
    client = site.teacher("S2")
    sentence = "3월 24일 (수) 오전: 이때도 괜찮으시면 바로 배정할 수 있습니다."
    assert sentence in words(client.get("/teacher"))
    page = client.get(f"/teacher/requests/{request.id}")
    assert sentence in words(page)
    assert f'href="/teacher/requests/{request.id}/edit">신청을 고쳐' in page.text
