"""An announcement in a browser: agreed to by its reader, switched on, written, scheduled, received, and ended."""

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
READERS = (
    "SELECT DISTINCT u.email FROM message m JOIN app_user u ON u.id = m.user_id WHERE m.subject LIKE 'announcement:%'"
)
MESSAGES = "SELECT status FROM message WHERE subject = (SELECT 'announcement:' || max(id) FROM announcement)"


@pytest.mark.timeout(240)
def test_who_agrees_gets_it_and_who_stops_gets_no_more(visitor: Visitor, behind: Session) -> None:
    # somebody whom no other test of this service signs in as
    email = str(scalars(behind, "SELECT max(email) FROM app_user WHERE email LIKE 't0%' AND active")[0])
    teacher = visitor(email, size=PHONE)
    teacher.goto("/account")
    box = teacher.locator("form[action='/account/announcements'] input[name='wanted']")
    expect(box).not_to_be_checked()
    box.check()
    teacher.locator("form[action='/account/announcements'] .btn").click()
    expect(box).to_be_checked()

    keeper = visitor(ADMINISTRATOR)
    keeper.goto("/console/announcements")
    expect(keeper.get_by_text("상시 안내가 꺼져 있습니다.")).to_be_visible()
    keeper.get_by_label("상시 안내를 보냅니다").check()
    keeper.locator("form[action$='/announcements/switch'] .btn").click()
    expect(keeper.get_by_role("status")).to_contain_text("저장했습니다.")
    accessible(keeper, ["/console/announcements", "/console/announcements/consents?q=0001"])

    desk = visitor(COORDINATOR)
    desk.goto("/console/announcements/new")
    tab_to(desk, "#subject")
    desk.keyboard.press("Enter")
    expect(desk.locator(".errors")).to_be_focused()
    desk.locator("#subject").fill("여름 진로캠프")
    desk.locator("#text").fill("7/24(금) 진로캠프 신청을 받습니다.")
    desk.get_by_label("문자").check()
    desk.locator("main form .btn--primary").first.click()
    expect(desk.get_by_text("[구로진로]7/24(금) 진로캠프 신청을 받습니다.")).to_be_visible()
    address = desk.url
    accessible(desk, ["/console/announcements/new", address])
    desk.goto(address)
    desk.get_by_role("button", name="나에게 보내 보기").click()
    expect(desk.get_by_role("status")).to_contain_text("나에게만")
    desk.get_by_role("button", name="1명에게 보내기").click()
    expect(desk.get_by_role("status")).to_contain_text("예약했습니다.")

    # what a worker has written to whoever has agreed, at whatever time of day this runs
    for _ in range(120):
        desk.goto(address)
        if desk.get_by_role("table", name="어떻게 되었나").count():
            break
        desk.wait_for_timeout(1000)
    expect(desk.get_by_role("table", name="어떻게 되었나")).to_be_visible()
    assert scalars(behind, MESSAGES)
    assert scalars(behind, READERS) == [email]

    teacher.goto("/account")
    box.uncheck()
    teacher.locator("form[action='/account/announcements'] .btn").click()
    expect(box).not_to_be_checked()
    desk.goto(address)
    expect(desk.get_by_text("받는 분")).to_be_visible()
    expect(desk.locator(".facts").first).to_contain_text("0명")
