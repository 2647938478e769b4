"""A drill in a browser, with a real worker: asked for by keyboard on a phone, watched, read, found outdated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import SOLVED_MS, publish, solve
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
#: what a drill must leave as it is
PLAN = "SELECT count(*), sum(pupils), (SELECT count(*) FROM message) FROM visit_group"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term, where everybody wants the same morning."""
    term = tmp_path_factory.mktemp("drill") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}") as running:
        yield running


@pytest.mark.timeout(240)
def test_a_week_is_rehearsed_and_nothing_moves(service: Service, visitor: Visitor, behind: Session) -> None:
    desk = visitor(COORDINATOR)
    publish(desk, solve(desk))
    before = behind.execute(sa.text(PLAN)).one()

    phone = visitor(COORDINATOR, size=PHONE)
    phone.goto("/console/drills")
    phone.locator("#losses").fill("0")
    phone.locator("#losses").press("Enter")
    expect(phone.locator(".errors")).to_be_focused()
    phone.locator("#span").select_option("week")
    phone.locator("#losses").fill("3")
    tab_to(phone, "main form .btn--primary")
    phone.keyboard.press("Enter")
    expect(phone.locator("#result caption").first).to_contain_text("일터 3곳이 빠지면", timeout=SOLVED_MS)
    expect(phone.get_by_role("table", name="못 가게 될 수 있는 방문")).to_be_visible()
    assert behind.execute(sa.text(PLAN)).one() == before
    accessible(phone, ["/console/drills"])

    number = behind.execute(sa.text("SELECT max(id) FROM plan_drill")).scalar_one()
    # a visit is called off: the drill belongs to another plan than the one that stands now
    desk.goto("/console/visits")
    day = behind.execute(
        sa.text("SELECT min(s.date) FROM visit v JOIN slot s ON s.id = v.slot_id WHERE v.status <> 'cancelled'")
    ).scalar_one()
    desk.goto(f"/console/called-off?date={day}&blocks=all")
    desk.get_by_label("까닭").select_option("weather")
    desk.get_by_label("되돌릴 수 없음을 압니다").check()
    desk.get_by_role("button", name="취소하고 알리기").click()
    expect(desk.get_by_role("status")).to_contain_text("취소했습니다")
    desk.goto(f"/console/drills/{number}")
    expect(desk.get_by_text("연습한 뒤 계획이 바뀌었습니다.")).to_be_visible()
    assert service.flask("audit").returncode == 0
