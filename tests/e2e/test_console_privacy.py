"""Personal data in a browser: found masked, shown for a purpose, erased for a reason; the notice for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.conftest import scalars
from tests.e2e.test_console_office import ADMINISTRATOR
from tests.e2e.test_follow import accessible, tab_to
from tests.support.browsing import PHONE

Visitor = Callable[..., Page]
NAME, NUMBER = "하늬 코치", "010-0000-7788"


@pytest.mark.timeout(180)
def test_a_coach_who_has_left_is_shown_and_erased(visitor: Visitor, behind: Session) -> None:
    keeper = visitor(ADMINISTRATOR)
    keeper.goto("/console/coaches/new")
    keeper.locator("#name").fill(NAME)
    keeper.locator("#phone").fill(NUMBER)
    keeper.locator("#training_valid_until").fill("2030-01-01")
    keeper.locator("main form .btn--primary").click()
    expect(keeper.get_by_role("status").first).to_be_visible()
    number = scalars(behind, "SELECT max(id) FROM coach")[0]

    # found by a part of the number, masked
    keeper.goto("/console/privacy")
    keeper.locator("#q").fill("0000-7788")
    keeper.locator("#q").press("Enter")
    link = keeper.locator(f"a[href$='/console/privacy/coach/{number}']")
    expect(link).to_be_visible()
    expect(keeper.get_by_text(NUMBER)).to_have_count(0)
    accessible(keeper, ["/console/privacy", "/console/privacy?q=코치"])
    keeper.goto(f"/console/privacy/coach/{number}")
    expect(keeper.get_by_text("그만둔 날을 먼저 적어 주세요")).to_be_visible()

    # shown for a purpose, by keyboard
    tab_to(keeper, "#purpose")
    keeper.keyboard.press("Enter")
    expect(keeper.locator(".errors")).to_be_focused()
    keeper.locator("#purpose").fill("본인의 열람 요구")
    keeper.locator("#purpose").press("Enter")
    expect(keeper.get_by_text(NUMBER)).to_be_visible()
    look = "SELECT purpose FROM access_entry WHERE action = 'show_person' AND subject_id = :id"
    assert scalars(behind, look, id=number) == ["본인의 열람 요구"]

    # once it is said that the coach has stopped, the data can go
    keeper.goto(f"/console/coaches/{number}")
    keeper.locator("#ended_on").fill("2020-01-01")
    keeper.locator("main form .btn--primary").first.click()
    phone = visitor(ADMINISTRATOR, size=PHONE)
    phone.goto(f"/console/privacy/coach/{number}")
    accessible(phone, [f"/console/privacy/coach/{number}"])
    phone.locator("#reason").fill("본인의 삭제 요구")
    phone.get_by_role("button", name="지우기").click()
    expect(phone.locator(".errors")).to_be_focused()
    phone.get_by_label("되돌릴 수 없음을 압니다").check()
    phone.get_by_role("button", name="지우기").click()
    expect(phone.get_by_role("status")).to_contain_text("지웠습니다.")
    expect(phone.get_by_role("table", name="파기대장")).to_contain_text("본인의 삭제 요구")
    assert scalars(behind, "SELECT name FROM coach WHERE id = :id", id=number) == [f"#{number}"]
    assert NUMBER not in str(scalars(behind, "SELECT to_jsonb(c)::text FROM coach c"))

    nobody = visitor(locale="en-US")
    nobody.goto("/sign-in")
    nobody.get_by_role("link", name="Privacy notice").click()
    expect(nobody.get_by_role("heading", level=1)).to_have_text("Privacy notice")
    accessible(nobody, ["/privacy"])
