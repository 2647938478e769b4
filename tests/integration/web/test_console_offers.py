"""The coordinator's pages of offers: choose, look, send; a call entered; taken back; what a school was ever asked."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import OfferStatus, SearchStatus, VisitStatus
from booking.models.messages import Message
from booking.models.offers import Offer, OfferSearch
from booking.models.schools import School
from booking.services.offer_finding import Finder, find_offers
from booking.services.offer_sending import send_offers
from tests.support.pages import Site, words
from tests.support.searching import BUNDLE, Answer, finder, found
from tests.support.shifts import line, published

UNTIL = "2027-03-05"


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


@pytest.fixture
def offers(site: Site) -> dict[str, int]:
    """Found offers of the bundle and of a class that stands, by the code of the request."""
    published(site.small)
    rows = found(site.small, BUNDLE, Answer(("V0000",), slot="2027-03-25/AM"))
    numbers: dict[str, int] = {offer.request.code: offer.id for offer in rows}
    site.session.commit()
    return numbers


def status(site: Site, number: int) -> OfferStatus:
    site.session.rollback()
    site.session.expire_all()
    return site.session.get_one(Offer, number).status


def sent(site: Site, desk: FlaskClient, *numbers: int) -> None:
    assert desk.post("/console/offers/send", data={"offer": list(numbers), "until": UNTIL}).status_code == 303
    assert {status(site, number) for number in numbers} == {OfferStatus.SENT}


def search(site: Site, engine: Finder) -> None:
    from booking.db import make_sessions

    number = site.session.scalars(sa.select(OfferSearch.id).order_by(OfferSearch.id.desc())).first()
    assert number is not None
    find_offers(make_sessions(site.engine), site.small.clock, site.small.config, number, engine)


def test_a_search_is_started_watched_and_stopped(site: Site, desk: FlaskClient) -> None:
    published(site.small)
    site.session.commit()
    run = site.session.execute(sa.text("SELECT id FROM allocation_run")).scalar_one()
    assert desk.get("/console/offers/search").status_code == 302
    assert desk.post(f"/console/runs/{run}/offers").status_code == 303
    page = desk.get("/console/offers")
    assert 'hx-get="/console/offers/search"' in page.text
    assert "조정 제안을 찾고 있습니다 차례 기다림" in words(page)
    assert "차례 기다림" in words(desk.get("/console/offers/search", headers={"HX-Request": "true"}))
    assert desk.post(f"/console/runs/{run}/offers").status_code == 303
    assert "이미 제안을 찾고 있어" in words(desk.get("/console/offers"))
    number = site.session.scalars(sa.select(OfferSearch.id)).one()
    assert desk.post(f"/console/offers/search/{number}/cancel").status_code == 303
    assert "찾다가 멈추었습니다" in words(desk.get("/console/offers"))
    ended = desk.get("/console/offers/search", headers={"HX-Request": "true"})
    assert (ended.text, ended.headers["HX-Refresh"]) == ("", "true")
    assert desk.post("/console/runs/99999/offers").status_code == 404
    assert desk.post("/console/offers/search/99999/cancel").status_code == 404


def test_what_a_search_brings_is_said_with_its_gains(site: Site, desk: FlaskClient) -> None:
    published(site.small)
    site.session.commit()
    run = site.session.execute(sa.text("SELECT id FROM allocation_run")).scalar_one()
    desk.post(f"/console/runs/{run}/offers")
    search(site, finder(BUNDLE, Answer(("V0000",), slot="2027-03-25/AM", pupils_gained=0)))
    text = words(desk.get("/console/offers"))
    assert "보낼 수 있는 제안 2건" in text
    assert "1-1반, 1-2반 40명 함께 감 희망 3월 15일 (월) 오전 → 3월 25일 (목) 오후" in text
    assert "미배정 40명, 이날이면 자리를 얻습니다. 모두 자리를 얻지 못하는 학생이 40명 줄어듭니다." in text
    assert "3월 15일 (월) 오전 → 3월 25일 (목) 오전 받으면 옮김" in text
    assert "3 보낼지 고를 조정 제안" in words(desk.get("/console"))
    assert desk.get("/console/offers/freshness").status_code == 302
    hx = {"HX-Request": "true"}
    assert words(desk.get("/console/offers/freshness", headers=hx)) == ""
    site.session.execute(sa.text("UPDATE workplace SET groups_per_slot = 3 WHERE code = 'W7'"))
    site.session.commit()
    assert "찾은 뒤 신청이나 일터가 바뀌었습니다" in words(desk.get("/console/offers/freshness", headers=hx))


def test_a_search_that_failed_is_told_and_can_be_started_again(site: Site, desk: FlaskClient) -> None:
    published(site.small)
    site.session.commit()
    run = site.session.execute(sa.text("SELECT id FROM allocation_run")).scalar_one()
    desk.post(f"/console/runs/{run}/offers")
    site.session.execute(sa.update(OfferSearch).values(status=SearchStatus.FAILED, error="worker_died"))
    site.session.commit()
    assert "찾던 프로그램이 세 번 멈추었습니다" in words(desk.get("/console/offers"))
    assert desk.post(f"/console/runs/{run}/offers").status_code == 303
    search(site, finder())
    assert "여쭐 만한 제안이 없습니다" in words(desk.get("/console/offers"))


def test_a_look_shows_every_message_and_sends_none(site: Site, desk: FlaskClient, offers: dict[str, int]) -> None:
    address = f"/console/offers/preview?offer={offers['V0004']}&offer={offers['V0000']}&until={UNTIL}"
    page = desk.get(address)
    text = words(page)
    assert "보낼 제안 2건" in text
    assert "나갈 알림 4통" in text
    assert "[구로진로]다솜중 체험일 조정 2건을 제안드립니다. 3/5까지 회신 부탁드립니다." in text
    assert "3월 5일 (금)까지 답을 받고" in text
    school = site.session.scalars(sa.text("SELECT email FROM app_user WHERE role = 'teacher'")).all()
    assert not any(email in page.text for email in school)
    assert status(site, offers["V0004"]) is OfferStatus.FOUND
    assert site.session.scalars(sa.select(Message.id).where(Message.kind == "shift_offer")).all() == []
    # going back, what was chosen is still chosen
    back = desk.get(f"/console/offers?offer={offers['V0004']}&until={UNTIL}").text
    assert f'value="{offers["V0004"]}" checked' in back
    assert f'value="{offers["V0000"]}" checked' not in back
    assert f'value="{UNTIL}"' in back


def test_what_is_chosen_is_sent_and_waits(site: Site, desk: FlaskClient, offers: dict[str, int]) -> None:
    sent(site, desk, offers["V0004"])
    text = words(desk.get("/console/offers"))
    assert "답을 기다리는 제안 1건" in text
    assert "3월 5일 (금) 11일 남음" in text
    assert "보낼 수 있는 제안 1건" in text
    held = words(desk.get("/console/offers/held"))
    assert "3월 25일 (목) 오후 다솜중 1-1반, 1-2반 40명" in held
    again = desk.post("/console/offers/send", data={"offer": offers["V0004"], "until": UNTIL})
    assert again.status_code == 409
    assert "그사이 보내졌거나 거두어진 제안이 있어" in words(again)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"until": UNTIL}, "보낼 제안을 하나 이상 골라 주세요."),
        ({"offer": "V0004", "until": "soon"}, "언제까지 답을 받을지 골라 주세요."),
        ({"offer": "V0004", "until": "2027-02-01"}, "지난 날입니다."),
        ({"offer": "V0004", "until": "2027-03-25"}, "더 이른 날을 골라 주세요."),
    ],
)
def test_what_is_missing_is_named_and_what_was_chosen_stays(
    site: Site, desk: FlaskClient, offers: dict[str, int], given: dict[str, str], sentence: str
) -> None:
    data = {**given, "offer": [offers[given["offer"]]] if "offer" in given else []}
    for answer in (
        desk.get("/console/offers/preview", query_string=data),
        desk.post("/console/offers/send", data=data),
    ):
        assert answer.status_code == 422
        assert sentence in words(answer)
        assert ("checked" in answer.text) == ("offer" in given)
    assert status(site, offers["V0004"]) is OfferStatus.FOUND


def test_what_no_longer_fits_is_named_on_its_row(site: Site, desk: FlaskClient, offers: dict[str, int]) -> None:
    site.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code <> 'W0'"))
    site.session.commit()
    numbers = [offers["V0004"], offers["V0000"]]
    answer = desk.post("/console/offers/send", data={"offer": numbers, "until": UNTIL})
    assert answer.status_code == 409
    assert "아무것도 보내지 않았습니다" in words(answer)
    assert answer.text.count("그날에 남은 자리가 없습니다.") == 2
    assert {status(site, number) for number in numbers} == {OfferStatus.FOUND}
    assert desk.post("/console/offers/send", data={"offer": 99999, "until": UNTIL}).status_code == 404


@pytest.mark.parametrize("reply", ["accept", "decline"])
def test_a_call_is_entered_with_who_entered_it(
    site: Site, desk: FlaskClient, offers: dict[str, int], reply: str
) -> None:
    sent(site, desk, offers["V0004"])
    page = f"/console/offers/{offers['V0004']}"
    assert "전화로 받은 답 적기" in words(desk.get(page))
    assert desk.post(f"{page}/answer", data={"reason": "x"}).status_code == 422
    assert desk.post(f"{page}/answer", data={"reply": reply, "reason": "교무부장과 통화"}).status_code == 303
    text = words(desk.get(page))
    assert "전화로 받음 · 적은 이 한가람" in text
    assert "교무부장과 통화" in text
    assert "전화로 받은 답 적기" not in text
    assert desk.post(f"{page}/answer", data={"reply": "counter"}).status_code == 422
    wanted = OfferStatus.ACCEPTED if reply == "accept" else OfferStatus.DECLINED
    assert {status(site, offers[code]) for code in ("V0004", "V0005")} == {wanted}
    assert words(desk.get("/console/offers/history")).count("전화로 받음 · 한가람") == 2
    other = "decline" if reply == "accept" else "accept"
    assert desk.post(f"{page}/answer", data={"reply": other}).status_code == 303
    assert "그사이 학교가 답했거나 기한이 지났습니다" in words(desk.get(page))
    site.session.rollback()
    school = site.session.get_one(School, site.school_id("S2"))
    record = words(desk.get(f"/console/offers/schools/{school.id}"))
    assert f"양보 점수 {school.fairness_credit:g}" in record
    assert ("자리 40명" in record) is (reply == "accept")


def test_a_date_that_the_school_names_on_the_telephone_is_taken_at_once(
    site: Site, desk: FlaskClient, offers: dict[str, int]
) -> None:
    sent(site, desk, offers["V0004"])
    page = f"/console/offers/{offers['V0004']}"
    wrong = desk.post(f"{page}/answer", data={"reply": "counter", "reason": "소풍"})
    assert wrong.status_code == 422
    assert "대신 갈 수 있는 날을 골라 주세요." in words(wrong)
    assert 'value="소풍"' in wrong.text
    slot = site.small.slot("2027-03-23/AM").id
    assert desk.post(f"{page}/answer", data={"reply": "counter", "counter": slot}).status_code == 303
    assert "3월 25일 (목) 오후 → 3월 23일 (화) 오전 자리 있음 · 일터" in words(desk.get("/console/offers"))
    assert "이날로 정하기" in words(desk.get(page))
    assert desk.post(f"{page}/take-counter").status_code == 303
    assert "학교가 제안한 날로 정했습니다" in words(desk.get(page))
    assert "이날로 정하기" not in words(desk.get(page))
    site.session.rollback()
    visit = site.small.visit("V0004")
    assert (visit.status, visit.slot.code) == (VisitStatus.PUBLISHED, "2027-03-23/AM")


def test_a_date_without_room_says_why(site: Site, desk: FlaskClient, offers: dict[str, int]) -> None:
    sent(site, desk, offers["V0004"])
    page = f"/console/offers/{offers['V0004']}"
    slot = site.small.slot("2027-03-23/AM").id
    desk.post(f"{page}/answer", data={"reply": "counter", "counter": slot})
    site.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code <> 'W0'"))
    site.session.commit()
    assert "이 인원을 나누어 보낼 수 없습니다" in words(desk.get(page))
    assert desk.post(f"{page}/take-counter").status_code == 303
    assert words(desk.get(page)).count("이 인원을 나누어 보낼 수 없습니다") == 2


def test_an_offer_is_taken_back(site: Site, desk: FlaskClient, offers: dict[str, int]) -> None:
    sent(site, desk, offers["V0004"])
    page = f"/console/offers/{offers['V0004']}"
    for _ in range(2):
        assert desk.post(f"{page}/withdraw", data={"why": "일터 사정"}).status_code == 303
    assert {status(site, offers[code]) for code in ("V0004", "V0005")} == {OfferStatus.WITHDRAWN}
    assert "잡아 둔 자리가 없습니다" in words(desk.get("/console/offers/held"))
    assert "일터 사정" in words(desk.get(page))
    teacher = words(site.teacher("S2").get("/teacher"))
    assert "어떠신가요" not in teacher
    assert desk.post("/console/offers/99999/withdraw").status_code == 404


def test_a_move_whose_room_is_gone_is_told_to_the_school_that_called(site: Site, desk: FlaskClient) -> None:
    published(site.small)
    lines = [line(site.small, "V0000", school="S0", kind="level")]
    asked = send_offers(site.session, site.small.clock, lines, site.small.clock.now().date(), "command line")
    number = asked.offers[0].id
    site.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code <> 'W0'"))
    site.session.commit()
    assert desk.post(f"/console/offers/{number}/answer", data={"reply": "accept"}).status_code == 303
    assert "자리가 없어져 제안을 거두었습니다" in words(desk.get(f"/console/offers/{number}"))
    assert status(site, number) is OfferStatus.WITHDRAWN
    kinds = site.session.scalars(sa.select(Message.channel).where(Message.kind == "shift_withdrawn")).all()
    assert {channel.value for channel in kinds} == {"email", "sms"}


def test_what_was_never_sent_is_nobodys_page_and_an_unknown_school_none(
    site: Site, desk: FlaskClient, offers: dict[str, int]
) -> None:
    assert desk.get(f"/console/offers/{offers['V0004']}").status_code == 404
    assert desk.get("/console/offers/schools/99999").status_code == 404
    assert "이 학교에 여쭌 적이 없습니다" in words(desk.get(f"/console/offers/schools/{site.school_id('S2')}"))
