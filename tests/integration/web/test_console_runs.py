"""A run from the button to the result: knobs, progress, leaving and coming back, cancelling, and what went wrong."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from booking.domain.states import RunStatus
from tests.support.console import BROKEN, active, run_of, solve
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


def start(desk: FlaskClient, **form: str) -> str:
    answer = desk.post("/console/runs", data=form)
    assert answer.status_code == 303, words(answer)
    return answer.location


def test_home_shows_the_term_as_wished_and_what_waits(desk: FlaskClient) -> None:
    text = words(desk.get("/console"))
    assert "6 배정을 기다리는 신청" in text
    assert "학교가 희망한 대로" in text
    assert "3월 15일 (월)" in text
    assert "배정 실행" in text


def test_a_run_with_the_usual_knobs_overrides_nothing(site: Site, desk: FlaskClient) -> None:
    start(desk)
    assert run_of(site, active(site)).policy == {}


def test_the_knobs_become_prices(site: Site, desk: FlaskClient) -> None:
    start(desk, crowding_price="level", change_cost="own", change_cost_own="7,5")
    assert run_of(site, active(site)).policy == {"crowding_price": 40.0, "change_cost": 7.5}


@pytest.mark.parametrize(
    ("number", "sentence"), [("much", "숫자로"), ("-1", "범위"), ("1001", "범위"), ("nan", "범위")]
)
def test_a_number_that_is_none_is_refused_beside_its_field(desk: FlaskClient, number: str, sentence: str) -> None:
    answer = desk.post("/console/runs", data={"crowding_price": "own", "crowding_price_own": number})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'id="crowding_price_own-error"' in answer.text


def test_a_second_start_leads_to_the_run_that_is_there(desk: FlaskClient) -> None:
    first = start(desk)
    assert start(desk) == first


def test_progress_is_a_fragment_until_the_run_ends_and_then_the_page_loads_anew(site: Site, desk: FlaskClient) -> None:
    place = start(desk)
    fragment = desk.get(f"{place}/progress", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert 'hx-trigger="every 1s"' in fragment.text
    assert 'http-equiv="refresh"' in desk.get(place).text
    solve(site)
    done = desk.get(f"{place}/progress", headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    assert desk.get(f"{place}/progress").status_code == 302


def test_the_result_says_what_became_of_everybody(site: Site, desk: FlaskClient) -> None:
    place = start(desk)
    solve(site)
    page = desk.get(place)
    text = words(page)
    assert "검토할 안" in text
    assert "120명 모두 배정" in text
    assert "1지망을 드리지 못한 학급" in text
    assert "자리" in text
    assert "학교별 결과" in text
    assert "게시 미리보기" in text
    assert "<caption" in page.text
    assert "style=" not in page.text


def test_a_queued_run_is_cancelled_at_once_and_says_so(site: Site, desk: FlaskClient) -> None:
    place = start(desk)
    desk.post(f"{place}/cancel")
    assert "계산을 시작하기 전에 멈추었습니다" in words(desk.get(place))
    assert start(desk) != place


def test_a_failed_run_says_why_and_what_to_do(site: Site, desk: FlaskClient) -> None:
    place = start(desk)
    run_id = solve(site, BROKEN)
    assert run_of(site, run_id).status is RunStatus.FAILED
    text = words(desk.get(place))
    assert "계산을 마치지 못했습니다" in text
    assert "다시 실행" in text


def test_a_plan_is_discarded_once_and_twice_alike(site: Site, desk: FlaskClient) -> None:
    place = start(desk)
    run_id = solve(site)
    for _ in range(2):
        assert desk.post(f"{place}/discard").status_code == 303
    assert run_of(site, run_id).status is RunStatus.DISCARDED
    assert "버린 안" in words(desk.get("/console/runs"))


def test_a_closed_term_takes_no_run(site: Site, desk: FlaskClient) -> None:
    site.small.term.leftovers_on = site.small.term.confirmation_on
    site.small.clock.moment = site.small.clock.moment.replace(year=2028)
    site.session.commit()
    desk = site.signed_in("coordinator@demo.example.kr")
    assert "배정을 실행하지 않습니다" in words(desk.get("/console/runs"))
    assert desk.post("/console/runs").status_code == 409
