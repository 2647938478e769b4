"""Asking for a visit in a real browser: by keyboard alone, without a script, and with nothing lost on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy.orm import Session

from booking.demo.people import PASSWORD
from tests.support.browsing import PHONE, new_context
from tests.support.service import Service, running_service

TEACHER = "teacher@demo.example.kr"
#: tab stops that a step may have before the one that is looked for
FARTHEST = 80

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service of this file's own: its days are as crowded as the requests make them, nothing is placed yet."""
    with running_service() as running:
        yield running


def one(behind: Session, query: str) -> int:
    behind.expire_all()
    return int(behind.execute(sa.text(query)).scalar() or 0)


def requests(behind: Session) -> int:
    return one(behind, "SELECT count(*) FROM request")


def tab_to(page: Page, target: Locator) -> None:
    """Go on with the tab key until the focus is there, as somebody does who has no mouse."""
    for _ in range(FARTHEST):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{FARTHEST} tab stops do not lead to {target}")


def press_on(page: Page, target: Locator, key: str) -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def to_the_dates(page: Page, behind: Session) -> int:
    """The first two steps with the mouse; returns the draft's number."""
    page.goto("/teacher/requests/new")
    page.locator("input[name=class]").nth(2).check()
    page.get_by_role("button", name="다음: 직업 분야").click()
    page.locator("input[name=field]").nth(1).check()
    page.get_by_role("button", name="다음: 날짜").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("언제 가면 좋을까요?")
    return one(behind, "SELECT max(id) FROM request_draft")


def stored_dates(behind: Session, draft: int) -> list[int]:
    behind.expire_all()
    query = sa.text("SELECT content FROM request_draft WHERE id = :draft")
    content = behind.execute(query, {"draft": draft}).scalar_one()
    return list(content["requested"])


def picks(page: Page) -> Locator:
    return page.locator(".slot .pick")


@pytest.mark.timeout(240)
def test_by_keyboard_alone_from_the_sign_in_to_the_end(visitor: Visitor, behind: Session) -> None:
    before = requests(behind)
    page = visitor()
    page.goto("/sign-in?next=/teacher/requests/new")
    tab_to(page, page.locator("#email"))
    page.keyboard.type(TEACHER)
    tab_to(page, page.locator("#password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/teacher/requests/new")
    press_on(page, page.locator("input[name=class]").nth(0), "Space")
    press_on(page, page.locator("input[name=class]").nth(1), "Space")
    press_on(page, page.locator("input[name=together]"), "Space")
    press_on(page, page.get_by_role("button", name="다음: 직업 분야"), "Enter")
    page.wait_for_url("**/fields")
    press_on(page, page.locator("input[name=field]").nth(0), "Space")
    press_on(page, page.get_by_role("button", name="다음: 날짜"), "Enter")
    page.wait_for_url("**/dates")
    for number in (4, 7, 9):
        press_on(page, picks(page).nth(number), "Space")
    chosen = page.locator("#ranks li b").all_inner_texts()
    assert len(chosen) == 3
    # the second becomes the first by its arrow; the focus stays with it
    press_on(page, page.locator(".skip-in").nth(1), "Enter")
    press_on(page, page.locator("#ranks li").nth(1).locator("[data-key=up]"), "Enter")
    assert page.locator("#ranks li b").all_inner_texts() == [chosen[1], chosen[0], chosen[2]]
    assert page.evaluate("document.activeElement.closest('[data-slot]').querySelector('b').textContent") == chosen[1]
    expect(page.locator("#said")).to_have_text(re.compile("1지망$"))
    press_on(page, page.get_by_role("button", name="다음: 확인"), "Enter")
    page.wait_for_url("**/check")
    expect(page.locator(".rank li").first).to_contain_text(chosen[1])
    press_on(page, page.get_by_role("button", name=re.compile("신청하기")), "Enter")
    page.wait_for_url(re.compile(r"/teacher\?"))
    assert requests(behind) == before + 2


@pytest.mark.timeout(240)
def test_without_a_script_on_a_phone(browser: Browser, service: Service, behind: Session) -> None:
    before = requests(behind)
    context = new_context(browser, service.url, size=PHONE, script=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("#email").fill(TEACHER)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    draft = to_the_dates(page, behind)
    full = page.locator("td .slot--full")
    expect(full.first.locator(".near")).to_contain_text("%")
    choices = page.locator("td select")
    choices.nth(12).select_option("2")
    choices.nth(15).select_option("may")
    page.get_by_role("button", name="저장하고 나중에").click()
    expect(page.locator(".drafts-card")).to_contain_text("희망 1 · 가능 1")
    page.get_by_role("link", name="이어서 쓰기").first.click()
    assert len(stored_dates(behind, draft)) == 1
    expect(page.locator("td select").nth(15)).to_have_value("may")
    page.locator("td select").nth(17).select_option("3")
    page.get_by_role("button", name="다음: 확인").click()
    expect(page.locator(".rank li")).to_have_count(3)
    page.get_by_role("button", name=re.compile("신청하기")).click()
    expect(page.get_by_text("1개 학급을 신청했습니다.")).to_be_visible()
    assert requests(behind) == before + 1
    context.close()


@pytest.mark.timeout(240)
def test_a_closed_tab_and_a_lost_connection_lose_nothing(visitor: Visitor, behind: Session) -> None:
    page = visitor(TEACHER)
    draft = to_the_dates(page, behind)
    picks(page).nth(3).click()
    expect(page.locator("#draft-said")).to_contain_text("저장했습니다")
    assert len(stored_dates(behind, draft)) == 1
    # closed at once after a choice: what is on its way still arrives
    picks(page).nth(5).click()
    page.close()
    again = page.context.new_page()
    again.goto(f"/teacher/requests/new/{draft}/dates")
    expect(again.locator("#ranks li")).to_have_count(2)
    # the connection is lost: said calmly, kept on this device, offered when the page is opened again
    again.context.set_offline(True)
    picks(again).nth(8).click()
    expect(again.locator("#draft-said")).to_contain_text("이 기기에 적어 두었고")
    lost = again.locator("#ranks li b").nth(2).inner_text()
    again.close()
    assert len(stored_dates(behind, draft)) == 2
    page.context.set_offline(False)
    back = page.context.new_page()
    back.goto(f"/teacher/requests/new/{draft}/dates")
    expect(back.locator("#draft-back")).to_contain_text(lost)
    back.get_by_role("button", name="되살리기").click()
    expect(back.locator("#ranks li")).to_have_count(3)
    expect(back.locator("#draft-said")).to_contain_text("저장했습니다")
    assert len(stored_dates(behind, draft)) == 3
    # back online by itself
    back.context.set_offline(True)
    picks(back).nth(11).click()
    expect(back.locator("#draft-said")).to_contain_text("이 기기에 적어 두었고")
    back.context.set_offline(False)
    expect(back.locator("#draft-said")).to_contain_text("저장했습니다")
    assert len(stored_dates(behind, draft)) == 4


@pytest.mark.timeout(240)
def test_a_rank_is_dragged_and_a_second_tab_is_told(visitor: Visitor, behind: Session) -> None:
    page = visitor(TEACHER)
    draft = to_the_dates(page, behind)
    other = page.context.new_page()
    other.goto(page.url)
    for number in (3, 6, 9):
        picks(page).nth(number).click()
    names = page.locator("#ranks li b").all_inner_texts()
    grip, last = page.locator(".grip").nth(0), page.locator("#ranks li").nth(2)
    last.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), last.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 20, end["y"] + end["height"] - 4, steps=6)
    page.mouse.up()
    assert page.locator("#ranks li b").all_inner_texts() == [names[1], names[2], names[0]]
    expect(page.locator("#draft-said")).to_contain_text("저장했습니다")
    assert len(stored_dates(behind, draft)) == 3
    picks(other).nth(20).click()
    expect(other.locator("#draft-said")).to_contain_text("그사이 고쳤습니다")
    other.get_by_role("button", name="다음: 확인").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("그사이 다른 분이 먼저 고쳤습니다")
    expect(other.locator("tr.differs")).to_have_count(1)
    other.get_by_role("link", name="저장된 내용을 그대로 둡니다").click()
    expect(other.locator(".rank li")).to_have_count(3)
