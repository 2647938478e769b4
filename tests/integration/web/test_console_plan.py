"""A visit changed by hand: looked at first, refused where a rule would break, saved, pinned, nothing overwritten."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from booking.domain.ids import RunId
from booking.models.runs import Proposal
from tests.support.console import run_of, solve
from tests.support.pages import Site, words

WHY = "학교에서 전화로 부탁했습니다."


@dataclass(frozen=True)
class Desk:
    """The coordinator at a proposed plan."""

    site: Site
    browser: FlaskClient
    run: RunId

    def place(self, code: str) -> str:
        return f"/console/runs/{self.run}/requests/{self.site.request(code).id}"

    def slot(self, number: int) -> int:
        return int(self.site.small.slots()[number].id)

    def version(self) -> int:
        return run_of(self.site, self.run).version

    def proposal(self, code: str) -> Proposal:
        run = run_of(self.site, self.run)
        return next(found for found in run.proposals if found.request.code == code)


@pytest.fixture
def desk(site: Site) -> Desk:
    browser = site.signed_in("coordinator@demo.example.kr")
    browser.post("/console/runs")
    return Desk(site, browser, solve(site))


def test_the_plan_lists_everybody_and_narrows(desk: Desk) -> None:
    place = f"/console/runs/{desk.run}/plan"
    assert "방문 6건" in words(desk.browser.get(place))
    school = desk.site.school_id("S0")
    assert "방문 2건" in words(desk.browser.get(f"{place}?school={school}"))
    for narrowed, number in (("outcome=first", 2), ("outcome=later", 2), ("outcome=shifted", 2), ("only=not_first", 4)):
        assert f"방문 {number}건" in words(desk.browser.get(f"{place}?{narrowed}")), narrowed
    assert "방문 2건" in words(desk.browser.get(f"{place}?date=2027-03-15"))
    assert "조건에 맞는 방문이 없습니다" in words(desk.browser.get(f"{place}?outcome=unplaced&date=2027-03-15"))


def test_a_page_shows_the_present_place_and_ranked_suggestions(desk: Desk) -> None:
    text = words(desk.browser.get(desk.place("V0003")))
    assert "지금 배정" in text
    assert "옮길 만한 시간" in text
    assert "비용 변화" in text


def test_looking_changes_nothing_and_says_what_it_costs(desk: Desk) -> None:
    before = desk.proposal("V0003").slot_id
    page = desk.browser.get(f"{desk.place('V0003')}?slot={desk.slot(10)}")
    text = words(page)
    assert page.status_code == 200
    assert "바꿀 수 있음" in text
    assert "전체 비용" in text
    assert "이대로 저장" in text
    assert desk.proposal("V0003").slot_id == before


def test_a_slot_that_nobody_named_is_refused_in_words(desk: Desk) -> None:
    asked = desk.slot(15)
    page = desk.browser.get(f"{desk.place('V0000')}?slot={asked}")
    assert "학교가 희망하지도, 가능하다고 하지도 않은 시간입니다." in words(page)
    assert "이대로 저장" not in words(page)
    before = desk.proposal("V0000").slot_id
    answer = desk.browser.post(desk.place("V0000"), data={"slot": asked, "version": desk.version()})
    assert answer.status_code == 422
    assert "학교가 희망하지도" in words(answer)
    assert desk.proposal("V0000").slot_id == before


def test_a_class_of_a_bundle_goes_with_its_bundle(desk: Desk) -> None:
    taken = desk.proposal("V0004").slot_id
    target = desk.slot(4) if taken != desk.slot(4) else desk.slot(8)
    page = words(desk.browser.get(f"{desk.place('V0004')}?slot={target}"))
    assert "2학급이 함께 나갑니다" in page
    for name in ("다솜중 1-1", "다솜중 1-2"):
        assert name in page


def test_a_move_is_saved_and_marked(desk: Desk) -> None:
    answer = desk.browser.post(
        desk.place("V0003"), data={"slot": desk.slot(10), "version": desk.version(), "reason": WHY}
    )
    assert answer.status_code == 303
    proposal = desk.proposal("V0003")
    assert (proposal.slot_id, proposal.by_hand) == (desk.slot(10), True)
    text = words(desk.browser.get(desk.place("V0003")))
    assert "옮겼습니다" in text
    assert "손으로 바꿈" in text
    assert "손으로 바꾼 곳 1" in words(desk.browser.get(f"/console/runs/{desk.run}"))


def test_taking_out_leaves_the_class_unplaced(desk: Desk) -> None:
    answer = desk.browser.post(desk.place("V0000"), data={"slot": "none", "version": desk.version(), "reason": WHY})
    assert answer.status_code == 303
    assert desk.proposal("V0000").slot_id is None
    assert "20명" in words(desk.browser.get(f"/console/runs/{desk.run}/plan?outcome=unplaced"))


def test_the_second_of_two_is_told_and_overwrites_nothing(desk: Desk) -> None:
    seen = desk.version()
    desk.browser.post(desk.place("V0003"), data={"slot": desk.slot(10), "version": seen, "reason": WHY})
    answer = desk.browser.post(desk.place("V0001"), data={"slot": "none", "version": seen, "reason": WHY})
    assert answer.status_code == 409
    assert "다른 분이 먼저" in words(answer)
    # who, when, what and why of the other
    for word in ("한가람", "나래중 1-2", "옮김", WHY):
        assert word in words(answer), word
    assert not desk.proposal("V0001").by_hand


def test_a_reason_is_asked_for_where_a_wish_is_decided_against(desk: Desk) -> None:
    answer = desk.browser.post(desk.place("V0003"), data={"slot": desk.slot(10), "version": desk.version()})
    assert answer.status_code == 422
    text = words(answer)
    assert "까닭이 있어야 저장할 수 있습니다" in text
    assert "까닭을 알려 주세요." in text
    assert not desk.proposal("V0003").by_hand


def test_a_pin_holds_until_it_is_loosened(desk: Desk) -> None:
    place = desk.place("V0000")
    desk.browser.post(f"{place}/pin", data={"pinned": "1", "version": desk.version()})
    assert desk.site.request("V0000").pinned_slot_id == desk.proposal("V0000").slot_id
    assert "고정 풀기" in words(desk.browser.get(place))
    desk.browser.post(f"{place}/pin", data={"pinned": "0", "version": desk.version()})
    assert desk.site.request("V0000").pinned_slot_id is None


def test_nonsense_in_a_form_is_refused(desk: Desk) -> None:
    assert desk.browser.get(f"{desk.place('V0000')}?slot=later").status_code == 422
    assert desk.browser.get(f"{desk.place('V0000')}?slot=999999").status_code == 404
    assert desk.browser.post(desk.place("V0000"), data={}).status_code == 422
