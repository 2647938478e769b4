"""A session opened by the office, filled by schools, and its waiting list moving, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.conftest import scalars
from tests.e2e.test_follow import COORDINATOR
from tests.support.browsing import PHONE, faultless

Visitor = Callable[..., Page]
TEACHER = "teacher@demo.example.kr"
#: somebody who speaks for another school of the same level than that teacher
OTHER = """
    SELECT u.email FROM app_user u JOIN teacher_post p ON p.user_id = u.id JOIN school s ON s.id = p.school_id
     WHERE p.until IS NULL AND s.level = (SELECT level FROM school WHERE id = (
            SELECT school_id FROM teacher_post WHERE user_id = (SELECT id FROM app_user WHERE email = :email)))
       AND u.email <> :email ORDER BY u.id LIMIT 1
"""


def register(page: Page, label: str, pupils: str) -> None:
    """Fill the form from the keyboard and send it."""
    page.locator("#label").fill(label)
    page.locator("#grade").select_option("1")
    page.locator("#grade").press("Tab")
    page.keyboard.type(pupils)
    page.keyboard.press("Enter")


@pytest.mark.timeout(180)
def test_a_session_is_opened_filled_waited_for_and_answered(visitor: Visitor, behind: Session) -> None:
    office = visitor(COORDINATOR)
    office.goto("/console/sessions/new")
    office.locator("#programme").select_option(label="강연형·대화형")
    office.locator("#topic").fill("게임 개발자와의 대화")
    date = str(scalars(behind, "SELECT (now() AT TIME ZONE 'Asia/Seoul')::date + 30")[0])
    office.locator("#date").fill(date)
    office.locator("#planned-0").fill("0")
    office.locator("#planned-0").press("Enter")
    office.get_by_role("link", name="신청 받기").click()
    office.locator("#places").fill("30")
    office.get_by_role("button", name="신청 열기").click()
    expect(office.get_by_role("alert")).to_contain_text("받을 수 있는 학교급을 하나 이상 골라 주세요")
    faultless(office)
    office.get_by_role("checkbox", name="중학교").check()
    # the usual beginning is nine o'clock today, which may be still to come
    office.locator("#opens_on").fill(str(scalars(behind, "SELECT current_date - 3")[0]))
    office.get_by_role("button", name="신청 열기").click()
    expect(office.get_by_role("status")).to_contain_text("저장했습니다")
    faultless(office)

    first = visitor(TEACHER)
    first.goto("/teacher/programmes")
    faultless(first)
    first.get_by_role("link", name="게임 개발자와의 대화", exact=True).click()
    register(first, "1-3", "31")
    expect(first.get_by_role("alert")).to_contain_text("이 회차에서 받는 범위를 벗어났습니다")
    expect(first.locator("#pupils")).to_have_value("31")
    faultless(first)
    first.locator("#pupils").fill("28")
    first.locator("#pupils").press("Enter")
    expect(first.get_by_role("status")).to_contain_text("등록되었습니다")
    expect(first.locator("main")).to_contain_text("남은 자리 2명, 모두 30명")

    phone = visitor(str(scalars(behind, OTHER, email=TEACHER)[0]), size=PHONE)
    phone.goto("/teacher/programmes")
    faultless(phone)
    phone.get_by_role("link", name="게임 개발자와의 대화", exact=True).click()
    register(phone, "1-1", "20")
    expect(phone.get_by_role("status")).to_contain_text("대기 명단에 올렸습니다")
    expect(phone.locator(".party")).to_contain_text("20명 자리를 기다립니다. 앞에 기다리는 학급이 없습니다.")
    faultless(phone)

    first.reload()
    first.locator("summary", has_text="신청 취소").press("Enter")
    first.get_by_role("button", name="신청을 취소합니다").press("Enter")
    expect(first.get_by_role("status")).to_contain_text("신청을 취소했습니다")

    phone.goto("/teacher")
    expect(phone.locator("main")).to_contain_text("프로그램 자리 제안 1건이 답을 기다립니다.")
    phone.get_by_role("link", name="답하러 가기").first.click()
    phone.get_by_role("link", name=re.compile("답하기")).click()
    phone.get_by_role("button", name="English").click()
    expect(phone.locator(".party")).to_contain_text("Places for 20 pupils are held for you.")
    faultless(phone)
    phone.get_by_role("button", name="Take the places").press("Enter")
    expect(phone.get_by_role("status")).to_contain_text("You are registered")
    faultless(phone)

    office.reload()
    expect(office.get_by_role("table").first).to_contain_text("1-1")
    office.get_by_role("link", name=re.compile("고치기")).first.click()
    faultless(office)
    office.locator("#reason").fill("강당을 쓸 수 없게 됨")
    office.locator("#reason").press("Enter")
    expect(office.get_by_role("status")).to_contain_text("신청을 뺐습니다")
    office.get_by_role("button", name="English").click()
    faultless(office)
    for page in (office, phone):
        # the language is the person's, and others come after this test
        page.get_by_role("button", name="한국어").click()
        expect(page.get_by_role("button", name="English")).to_be_visible()
    kinds = scalars(
        behind,
        "SELECT kind FROM message WHERE kind LIKE 'session_%' AND channel = 'email' AND user_id ="
        " (SELECT id FROM app_user WHERE email = :email) ORDER BY id",
        email=str(scalars(behind, OTHER, email=TEACHER)[0]),
    )
    assert kinds == ["session_waiting", "session_offer", "session_registered", "session_removed"]
