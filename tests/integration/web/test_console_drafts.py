"""Drafts on the console: named, kept and compared; the sides of a result; alternatives; weeks; the weekly run."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.db import make_sessions
from booking.domain.ids import RunId
from booking.models.runs import AllocationRun
from booking.models.workplaces import Workplace
from booking.services.alternatives import survey_run
from booking.services.heartbeats import record_heartbeat
from booking.services.weekly import start_weekly_run
from scheduler.frontier import frontier
from scheduler.limits import Limits
from tests.support.console import active, run_of, solve
from tests.support.pages import Site, words

VIEWS = ("days", "schools", "workplaces", "difference", "alternatives")


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


def draft(site: Site, desk: FlaskClient, **form: Any) -> RunId:
    assert desk.post("/console/runs", data=form).status_code == 303
    return solve(site)


def move(site: Site, desk: FlaskClient, run: RunId, code: str, slot: int | str) -> None:
    form = {"slot": slot, "version": run_of(site, run).version, "reason": "학교에서 전화로 부탁했습니다."}
    answer = desk.post(f"/console/runs/{run}/requests/{site.request(code).id}", data=form)
    assert answer.status_code == 303, words(answer)


def survey(site: Site) -> None:
    """Do the waiting search as a worker would, in this process."""

    def here(**given: Any) -> Limits:
        return Limits(seconds=given["seconds"], seed=given["seed"], workers=0)

    survey_run(make_sessions(site.engine), site.small.clock, site.small.config, active(site), frontier, here)


def compared(desk: FlaskClient, *runs: RunId) -> str:
    return words(desk.get("/console/runs/compare?" + "&".join(f"run={run}" for run in runs)))


def test_a_draft_gets_a_name_that_stands_everywhere(site: Site, desk: FlaskClient) -> None:
    run = draft(site, desk)
    place = f"/console/runs/{run}"
    answer = desk.post(f"{place}/name", data={"name": "고르게 먼저", "before": ""}, follow_redirects=True)
    assert "이름을 저장했습니다" in words(answer)
    for path in (place, "/console/runs", "/console", *(f"{place}/{view}" for view in VIEWS)):
        assert "고르게 먼저" in words(desk.get(path)), path
    assert "남겨 둠" in words(desk.get("/console/runs"))
    assert desk.post(f"{place}/name", data={"name": "나중", "before": ""}).status_code == 409
    refused = desk.post(f"{place}/name", data={"name": "가" * 61, "before": "고르게 먼저"}, follow_redirects=True)
    assert "너무 깁니다" in words(refused)
    assert run_of(site, run).name == "고르게 먼저"


def test_a_draft_is_kept_and_let_go(site: Site, desk: FlaskClient) -> None:
    run = draft(site, desk)
    assert "남겨 두었습니다" in words(desk.post(f"/console/runs/{run}/keep", data={"kept": "1"}, follow_redirects=True))
    assert run_of(site, run).kept
    desk.post(f"/console/runs/{run}/keep", data={"kept": "0"})
    assert not run_of(site, run).kept
    desk.post(f"/console/runs/{run}/discard")
    assert desk.post(f"/console/runs/{run}/keep", data={"kept": "1"}).status_code == 409


def test_two_drafts_stand_side_by_side_with_what_differs(site: Site, desk: FlaskClient) -> None:
    one, other = draft(site, desk), draft(site, desk, crowding_price="level")
    move(site, desk, other, "V0002", "none")
    move(site, desk, other, "V0000", site.small.slots()[4].id)
    text = compared(desk, one, other)
    assert f"배정안 {one}" in text
    assert f"배정안 {other}" in text
    assert "시간이 다른 방문 2건" in text
    assert "가람중 1-1" in text
    assert "다르게 받는 학교 2곳" in text
    assert "가장 불리한 학교" in text
    page = desk.get(f"/console/runs/compare?run={one}&run={other}").text
    assert f"/console/runs/{one}/publish" in page
    assert f"/console/runs/{other}/publish" in page
    assert "style=" not in page


def test_a_comparison_of_one_or_of_what_is_no_draft_offers_the_choice(site: Site, desk: FlaskClient) -> None:
    one = draft(site, desk)
    assert "견줄 안이 아직 둘이 되지 않습니다" in compared(desk, one)
    other = draft(site, desk)
    desk.post(f"/console/runs/{other}/discard", follow_redirects=True)
    third = draft(site, desk)
    text = compared(desk, one, other)
    assert "두 개에서 네 개까지" in text
    assert f"배정안 {third}" in text
    assert f"배정안 {other}" not in text


def test_of_five_only_four_are_compared_and_that_is_said(site: Site, desk: FlaskClient) -> None:
    runs = []
    for _ in range(5):
        runs.append(draft(site, desk))
        desk.post(f"/console/runs/{runs[-1]}/keep", data={"kept": "1"})
    text = compared(desk, *runs)
    assert "한 번에 4개까지" in text
    assert "안 4개" in text


def test_the_sides_of_a_result(site: Site, desk: FlaskClient) -> None:
    place = f"/console/runs/{draft(site, desk)}"
    days = desk.get(f"{place}/days")
    assert "희망대로라면 가장 붐비는 날 120명" in words(days)
    assert "heat-5" in days.text
    schools = words(desk.get(f"{place}/schools"))
    assert "학교 3곳 불리한 순" in schools
    assert schools.index("다솜중 2 40") < schools.index("가람중 2 40"), "who is worst off stands first"
    by_name = words(desk.get(f"{place}/schools?sort=name"))
    assert by_name.index("가람중 2 40") < by_name.index("다솜중 2 40")
    assert "불리한 순" in words(desk.get(f"{place}/schools?sort=nonsense"))
    places = words(desk.get(f"{place}/workplaces"))
    assert "일터 8곳" in places
    difference = words(desk.get(f"{place}/difference"))
    assert "아직 게시된 계획이 없어" in difference
    assert "달라지는 방문 6건" in difference


def test_a_workplace_at_its_limit_is_marked_and_a_sleeping_one_too(site: Site, desk: FlaskClient) -> None:
    site.session.execute(sa.update(Workplace).where(Workplace.code == "W0").values(visits_per_term=1))
    site.session.commit()
    place = f"/console/runs/{draft(site, desk)}/workplaces"
    assert "일터 1곳" in words(desk.get(f"{place}?burden=full"))
    assert "일터 0 " in words(desk.get(f"{place}?burden=full"))
    everybody = re.findall(r"모두 (\d+)", words(desk.get(place)))
    assert everybody == ["8"]


def test_the_difference_names_what_moves_and_who_is_told(site: Site, desk: FlaskClient) -> None:
    first = draft(site, desk)
    desk.post(f"/console/runs/{first}/publish", data={"version": run_of(site, first).version})
    run = draft(site, desk)
    place = f"/console/runs/{run}/difference"
    assert "게시된 계획과 다른 곳이 없습니다" in words(desk.get(place))
    move(site, desk, run, "V0002", "none")
    move(site, desk, run, "V0000", site.small.slots()[4].id)
    text = words(desk.get(place))
    assert "달라지는 방문 2건" in text
    assert "3/15(월) 오전 → 3/17(수) 오전" in text
    assert "알려야 할 학교 2곳 가람중 1 나래중 1" in text
    assert re.search(r"알려야 할 일터 [4-9]곳 일터", text)
    assert "달라지는 방문 1건" in words(desk.get(f"{place}?kind=cancelled"))
    assert "다른 곳이 없습니다" in words(desk.get(f"{place}?kind=new"))


def test_alternatives_are_looked_for_drawn_and_chosen(site: Site, desk: FlaskClient) -> None:
    run = draft(site, desk)
    place = f"/console/runs/{run}/alternatives"
    assert "아직 찾지 않았습니다" in words(desk.get(place))
    watching = desk.post(place, follow_redirects=True)
    assert "다른 대안" in words(watching)
    assert "다른 대안을 찾고 있습니다" in words(desk.get(place))
    survey(site)
    found = desk.get(place)
    assert "frontier-svg" in found.text
    assert "대안 1" in words(found)
    address = re.search(r'action="(/console/runs/\d+/alternatives/1)"', found.text)
    assert address is not None
    chosen = desk.post(address[1], follow_redirects=True)
    assert "고른 대안을 배정안으로 만들었습니다" in words(chosen)
    assert "다른 대안에서 고름" in words(chosen)
    assert "만든 안 보기" in words(desk.get(place))
    assert desk.post(address[1]).status_code == 303
    search = run_of(site, run_of(site, RunId(run + 2)).source_id or run)
    assert desk.get(f"/console/runs/{search.id}").location == place
    assert desk.get(f"/console/runs/{search.id}/days").status_code == 404
    assert desk.post(f"/console/runs/{search.id}/alternatives").status_code == 404


def test_a_search_that_was_stopped_before_it_began_says_so(site: Site, desk: FlaskClient) -> None:
    run = draft(site, desk)
    place = f"/console/runs/{run}/alternatives"
    desk.post(place)
    desk.post(f"/console/runs/{active(site)}/cancel")
    text = words(desk.get(place))
    assert "하나도 찾기 전에 멈추었습니다" in text
    assert "다시 찾기" in text


def test_changed_requests_are_told_and_solved_again_with_the_same_settings(site: Site, desk: FlaskClient) -> None:
    run = draft(site, desk, crowding_price="level")
    place, asked = f"/console/runs/{run}/freshness", {"HX-Request": "true"}
    assert words(desk.get(place, headers=asked)) == ""
    request = site.request("V0000")
    request.pupils = 19
    site.session.commit()
    told = desk.get(place, headers=asked)
    assert "신청이나 일터가 바뀌었습니다" in words(told)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', told.text))
    desk.post("/console/runs", data=fields)
    assert run_of(site, active(site)).policy == {"crowding_price": 40.0}
    assert desk.get(place).location.endswith(f"/runs/{run}/publish?checked=1"), "without a script the preview says so"


def test_weeks_in_play_are_offered_once_there_is_a_plan(site: Site, desk: FlaskClient) -> None:
    assert "다시 짤 주" not in words(desk.get("/console/runs"))
    site.publish()
    assert "다시 짤 주" in words(desk.get("/console/runs"))
    refused = desk.post("/console/runs", data={"scope": "weeks"})
    assert refused.status_code == 422
    assert "다시 짤 주를 하나 이상" in words(refused)
    run = draft(site, desk, scope="weeks", weeks=["2027-W12"])
    assert run_of(site, run).weeks == ["2027-W12"]
    assert "3/22(월) – 3/26(금)" in words(desk.get(f"/console/runs/{run}"))
    assert "1주만" in words(desk.get("/console/runs"))


def test_the_weekly_run_is_set_told_and_left_out(site: Site, desk: FlaskClient) -> None:
    assert "꺼짐" in words(desk.get("/console/runs"))
    setting = {"weekly_day": "1", "weekly_hour": "6", "before": "off"}
    assert "다음 실행: 2월 23일 (화) 06:00" in words(desk.post("/console/weekly", data=setting, follow_redirects=True))
    assert "다음 자동 배정: 2월 23일 (화) 06:00" in words(desk.get("/console"))
    assert desk.post("/console/weekly", data={**setting, "weekly_day": "3"}).status_code == 409
    wrong = desk.post("/console/weekly", data={**setting, "weekly_hour": "x", "before": "1-6"}, follow_redirects=True)
    assert "요일과 시각을 목록에서" in words(wrong)
    desk.post("/console/runs")
    site.session.rollback()
    site.small.clock.moment += dt.timedelta(days=1)
    assert start_weekly_run(site.session, site.small.clock, site.small.config) is None
    site.session.commit()
    desk = site.signed_in("coordinator@demo.example.kr")
    assert "이번 주 자동 배정을 건너뛰었습니다" in words(desk.get("/console"))
    off = {"weekly_day": "off", "weekly_hour": "6", "before": "1-6"}
    assert "매주 자동 실행을 껐습니다" in words(desk.post("/console/weekly", data=off, follow_redirects=True))


def test_home_says_that_the_service_has_started_a_run(site: Site, desk: FlaskClient) -> None:
    desk.post("/console/weekly", data={"weekly_day": "1", "weekly_hour": "6", "before": "off"})
    site.session.rollback()
    site.small.clock.moment += dt.timedelta(days=1)
    assert start_weekly_run(site.session, site.small.clock, site.small.config) is not None
    site.session.commit()
    solve(site)
    desk = site.signed_in("coordinator@demo.example.kr")
    assert "자동으로 실행했습니다" in words(desk.get("/console"))
    assert "자동" in words(desk.get("/console/runs"))


def test_a_worker_that_is_gone_silent_or_back_is_told(site: Site, desk: FlaskClient) -> None:
    place = desk.post("/console/runs").location
    assert "배정을 계산하는 프로그램이 돌고 있지 않습니다" in words(desk.get(place))
    record_heartbeat(site.session, "worker-allocation", broker_ok=True)
    site.session.commit()
    assert "돌고 있지 않습니다" not in words(desk.get(place))
    ago = sa.func.now() - sa.text("interval '1 second'")
    run = sa.update(AllocationRun).where(AllocationRun.id == active(site))
    site.session.execute(run.values(status="solving", attempts=1, lease_until=ago))
    site.session.commit()
    assert "계산하던 프로그램이 답하지 않습니다" in words(desk.get(place))
    later = sa.func.now() + sa.text("interval '1 minute'")
    site.session.execute(run.values(attempts=2, lease_until=later))
    site.session.commit()
    assert "2번째로 다시 풀고 있습니다" in words(desk.get(place))
