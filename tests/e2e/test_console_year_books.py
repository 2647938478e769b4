"""The small books in a browser: the press, volunteers' hours, targets and budget, by keyboard, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.conftest import scalars
from tests.e2e.test_console_office import ADMINISTRATOR
from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.support.browsing import PHONE

Visitor = Callable[..., Page]
OFFICER = "officer@demo.example.kr"


@pytest.mark.timeout(240)
def test_press_volunteers_and_the_years_money_are_kept(visitor: Visitor, behind: Session) -> None:
    desk = visitor(COORDINATOR)
    desk.goto("/console/press?period=2018")
    expect(desk.get_by_role("table", name="언론보도 5건")).to_be_visible()
    tab_to(desk, "#outlet")
    desk.keyboard.press("Enter")
    expect(desk.locator(".errors")).to_be_focused()
    desk.locator("#date").fill("2018-03-20")
    desk.locator("#outlet").fill("마을신문")
    desk.locator("#outlet").press("Enter")
    expect(desk.get_by_role("table", name="언론보도 6건")).to_contain_text("마을신문")
    assert scalars(behind, "SELECT count(*) FROM press_item WHERE outlet = '마을신문'") == [1]

    phone = visitor(COORDINATOR, size=PHONE)
    phone.goto("/console/volunteers?period=2018")
    phone.locator("#date").fill("2018-03-21")
    phone.locator("#group").fill("마을 활동가 모임")
    phone.locator("#volunteers").fill("4")
    phone.locator("#hours").fill("6.5")
    phone.locator("#hours").press("Enter")
    expect(phone.get_by_role("status")).to_be_visible()
    assert scalars(
        behind, "SELECT sum(hours)::text FROM volunteer_work WHERE date BETWEEN '2018-03-20' AND '2018-03-21'"
    ) == ["34.0"]

    keeper = visitor(ADMINISTRATOR)
    keeper.goto("/console/targets/2018")
    keeper.locator("#target").fill("0")
    keeper.locator("#target").press("Enter")
    expect(keeper.locator(".errors")).to_be_focused()
    keeper.locator("#target").fill("6500")
    keeper.locator("#target").press("Enter")
    expect(keeper.get_by_role("row", name="2018").first).to_contain_text("6,500")
    keeper.goto("/console/targets/2018")
    keeper.locator("#target").fill("6000")
    keeper.locator("#target").press("Enter")
    expect(keeper.get_by_role("row", name="2018").first).to_contain_text("6,000")

    accessible(desk, ["/console/press?period=2018", "/console/volunteers?period=2018", "/console/targets/2018"])
    accessible(phone, ["/console/targets"])
    officer = visitor(OFFICER)
    officer.goto("/console/targets")
    expect(officer.get_by_role("row", name="2018").first).to_contain_text("6,000")
    expect(officer.locator("main a[href$='/console/targets/2018']")).to_have_count(0)
    assert officer.goto("/console/press").status == 403  # type: ignore[union-attr]
