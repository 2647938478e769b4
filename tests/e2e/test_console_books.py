"""The books in a real browser: many sessions by keyboard, a correction, a freeze, and what the officer sees of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_follow import COORDINATOR
from tests.support.browsing import PHONE, faultless

OFFICER = "officer@demo.example.kr"
Visitor = Callable[..., Page]


def line(page: Page, at: int, kind: str, topic: str, date: str, came: str) -> None:
    """Fill a line of quick entry from the keyboard; the parts of a date field come in the browser's own order."""
    page.locator(f"#programme-{at}").select_option(label=kind)
    page.locator(f"#programme-{at}").press("Tab")
    page.keyboard.type(topic)
    page.locator(f"#date-{at}").fill(date)
    page.locator(f"#attended-{at}").focus()
    page.keyboard.type(came)


@pytest.mark.timeout(240)
def test_entered_corrected_frozen_and_read(visitor: Visitor) -> None:
    desk = visitor(COORDINATOR)
    desk.goto("/console/sessions/many")
    faultless(desk)
    line(desk, 0, "강연형·대화형", "대학생 특강", "2018-05-10", "41")
    line(desk, 1, "진로교사 협의회", "5월 협의회", "2018-05-11", "x")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("숫자로 적어 주세요")
    expect(desk.locator("#topic-0")).to_have_value("대학생 특강")
    faultless(desk)
    desk.locator("#attended-1").fill("9")
    desk.locator("#attended-1").press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("회차 2건을 적었습니다")

    phone = visitor(COORDINATOR, size=PHONE)
    phone.goto("/console/sessions?period=2018-2")
    faultless(phone)
    phone.get_by_role("link", name="대학생 특강").click()
    expect(phone.get_by_role("heading", name="장부에 적힌 것")).to_be_visible()
    phone.locator("#attended-0").fill("39")
    phone.locator("#reason").fill("출석부 확인")
    phone.locator("#reason").press("Enter")
    expect(phone.locator(".events")).to_contain_text("참석 −2")
    faultless(phone)

    desk.goto("/console/ledger/quarters?year=2018")
    card = desk.locator("section", has=desk.get_by_role("heading", name="2018년 2분기"))
    card.locator("summary").press("Enter")
    card.get_by_role("checkbox").check()
    card.get_by_role("button", name="마감").click()
    expect(desk.get_by_role("status")).to_contain_text("분기를 마감했습니다")
    expect(card.locator(".proof")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    faultless(desk)

    officer = visitor(OFFICER)
    officer.goto("/console/ledger?period=2018-2")
    officer.get_by_role("button", name="English").click()
    expect(officer.get_by_role("heading", name="The books")).to_contain_text("Frozen quarter")
    faultless(officer)
    officer.get_by_role("row", name="Lectures and dialogues").get_by_role("link").click()
    expect(officer.get_by_role("heading", name="Entries")).to_be_visible()
    expect(officer.get_by_role("table")).to_contain_text("Correction: 출석부 확인")
    expect(officer.locator("dl.kpi")).to_contain_text("39")
    expect(officer.locator("main form")).to_have_count(0)
    faultless(officer)
