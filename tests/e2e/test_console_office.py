"""The office's own pages in a real browser: prices tried, a day called off, sending held back, the second factor."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pyotp
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from booking.demo.people import PASSWORD
from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import SOLVED_MS, one, publish, solve
from tests.support.browsing import PHONE, new_context
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
ADMINISTRATOR = "admin@demo.example.kr"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Service]:
    """A service of this file's own on the small term, its plan published."""
    term = tmp_path_factory.mktemp("office") / "small.json"
    document = small_document()
    document["visits"] = document["visits"][:4]
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        context = new_context(browser, running.url)
        page = context.new_page()
        page.goto("/sign-in")
        page.locator("#email").fill(COORDINATOR)
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url("**/console")
        publish(page, solve(page))
        context.close()
        yield running


@pytest.mark.timeout(180)
def test_prices_are_tried_before_they_are_saved(visitor: Visitor, behind: Session) -> None:
    desk = visitor(COORDINATOR)
    desk.goto("/console/policy")
    desk.locator("#crowding_price").fill("많이")
    desk.get_by_role("button", name="바꾸면 어떻게 되는지 보기").click()
    expect(desk.locator(".errors")).to_be_focused()
    desk.locator("#crowding_price").fill("0")
    tab_to(desk, "button[name=try]")
    desk.keyboard.press("Enter")
    result = desk.get_by_role("table", name="지금 값과 새 값의 결과")
    expect(result).to_be_visible(timeout=SOLVED_MS)
    expect(desk.locator("#trial")).to_contain_text("혼잡 비용: 10 → 0")
    assert one(behind, "SELECT policy ->> 'crowding_price' FROM term WHERE is_current") == 10
    desk.get_by_role("button", name="시험한 값 저장").click()
    expect(desk.get_by_text("다음 배정부터 쓰입니다.").first).to_be_visible()
    expect(desk.locator("#crowding_price")).to_have_value("0")
    assert one(behind, "SELECT (policy ->> 'crowding_price')::float FROM term WHERE is_current") == 0


@pytest.mark.timeout(180)
def test_a_day_is_called_off_and_each_person_told_once(service: Service, visitor: Visitor, behind: Session) -> None:
    day, visits = behind.execute(
        sa.text(
            "SELECT s.date, count(*) FROM visit v JOIN slot s ON s.id = v.slot_id WHERE v.status <> 'cancelled'"
            " GROUP BY s.date ORDER BY s.date LIMIT 1"
        )
    ).one()
    phone = visitor(COORDINATOR, size=PHONE)
    phone.goto("/console/called-off")
    phone.locator("#date").fill(day.isoformat())
    phone.get_by_role("button", name="누가 걸리는지 보기").click()
    expect(phone.get_by_text(f"취소할 방문 {visits}건")).to_be_visible()
    phone.locator("#cause").select_option("weather")
    phone.locator("input[name=understood]").check()
    button = phone.get_by_role("button", name=f"방문 {visits}건 취소하고 알리기")
    button.dblclick()
    expect(phone.get_by_role("table", name="취소한 날")).to_be_visible()
    left = (
        "SELECT count(*) FROM visit v JOIN slot s ON s.id = v.slot_id WHERE s.date = :day AND v.status <> 'cancelled'"
    )
    assert behind.execute(sa.text(left), {"day": day}).scalar_one() == 0
    assert one(behind, "SELECT count(*) FROM called_off_day") == 1
    twice = (
        "SELECT count(*) FROM (SELECT FROM message WHERE kind = 'day_called_off'"
        " GROUP BY user_id, channel HAVING count(*) > 1) doubled"
    )
    assert one(behind, twice) == 0
    assert service.flask("audit").returncode == 0


@pytest.mark.timeout(180)
def test_sending_is_held_back_until_somebody_lets_it_go(visitor: Visitor, behind: Session) -> None:
    desk = visitor(COORDINATOR)
    desk.goto("/console/messages/sending")
    desk.get_by_role("button", name="지금 멈추기").click()
    expect(desk.get_by_role("button", name="알림 다시 보내기")).to_be_visible()
    assert one(behind, "SELECT sending_paused_at IS NOT NULL FROM centre") == 1
    desk.get_by_role("button", name="알림 다시 보내기").click()
    desk.wait_for_url("**/console/messages")
    assert one(behind, "SELECT sending_paused_at IS NULL FROM centre") == 1


@pytest.mark.timeout(180)
def test_a_second_factor_is_set_up_and_asked_at_the_door(visitor: Visitor, behind: Session) -> None:
    first = visitor(ADMINISTRATOR)
    first.goto("/second-factor")
    secret = behind.execute(
        sa.text("SELECT secret FROM second_factor f JOIN app_user u ON u.id = f.user_id WHERE u.email = :email"),
        {"email": ADMINISTRATOR},
    ).scalar_one()
    code = pyotp.TOTP(secret)
    field = first.locator("input[name=code]")
    field.fill("000000")
    field.press("Enter")
    expect(first.locator(".errors")).to_be_focused()
    field.fill(code.now())
    field.press("Enter")
    recovery = first.locator("code").first
    expect(recovery).to_be_visible()
    saved = recovery.inner_text()

    phone = visitor(ADMINISTRATOR, size=PHONE)
    expect(phone).to_have_url(re.compile("/second-factor"))
    phone.goto("/console/audit")
    expect(phone).to_have_url(re.compile("/second-factor"))
    phone.locator("input[name=code]").fill(saved)
    phone.locator("input[name=code]").press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("기록")


@pytest.mark.timeout(180)
def test_the_offices_pages_leave_nothing_for_axe(visitor: Visitor) -> None:
    accessible(
        visitor(COORDINATOR, size=PHONE),
        ["/console/policy", "/console/settings", "/console/called-off", "/console/messages/sending", "/console/people"],
    )
