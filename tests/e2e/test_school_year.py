"""The year of a school, in a real browser: pasted classes, a faster colleague, the national calendar, bad input."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from booking.demo.people import PASSWORD
from tests.e2e.test_follow import THIS_TERM
from tests.e2e.test_main_path import wait_for
from tests.support.browsing import PHONE, TOO_WIDE, new_context
from tests.support.neis import KEY, OpenData, event, open_data
from tests.support.service import Service, running_service

TEACHER = "teacher@demo.example.kr"
HUGE = 50_000_000

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def national() -> Iterator[OpenData]:
    """The national system, on the loopback."""
    with open_data() as known:
        yield known


@pytest.fixture(scope="module")
def service(national: OpenData) -> Iterator[Service]:
    """A service of this file's own, whose centre has a key for the national system."""
    with running_service(environment={"NEIS_KEY": KEY, "NEIS_URL": national.url}) as running:
        yield running


def one(behind: Session, query: str) -> object:
    behind.expire_all()
    return behind.execute(sa.text(query)).scalar()


def a_day(behind: Session) -> dt.date:
    """A Wednesday in the middle of the term."""
    day = one(
        behind,
        f"SELECT date FROM slot WHERE {THIS_TERM} AND extract(isodow FROM date) = 3 ORDER BY date OFFSET 9 LIMIT 1",
    )
    assert isinstance(day, dt.date)
    return day


def paste(page: Page, text: str) -> None:
    page.goto("/teacher/school")
    page.get_by_label("학급과 인원").fill(text)
    page.get_by_role("button", name="어떻게 읽히는지 보기").click()


def fits(page: Page) -> None:
    assert page.evaluate(TOO_WIDE) <= 0, page.url


def test_classes_are_pasted_and_a_slower_colleague_is_told(visitor: Visitor, behind: Session) -> None:
    phone, desk = visitor(TEACHER, size=PHONE), visitor(TEACHER)
    before = one(behind, "SELECT count(*) FROM school_class")

    paste(phone, "3-21 24\n3-22 =SUM(A1:A9)\n3-23 <script>alert(1)</script>\n3-24 10000, 3-25 0")
    faults = phone.get_by_role("table", name="알아보지 못한 곳").locator("tbody tr")
    expect(phone.locator(".errors")).to_be_focused()
    assert faults.count() >= 4
    expect(phone.get_by_label("학급과 인원")).to_have_value(re.compile("SUM"))
    fits(phone)
    assert one(behind, "SELECT count(*) FROM school_class") == before
    phone.get_by_label("학급과 인원").fill("3-21\t24\n３학년 22반 25명")
    phone.get_by_role("button", name="다시 읽기").click()
    fits(phone)
    assert one(behind, "SELECT count(*) FROM school_class") == before, "nothing is stored before it was looked at"
    phone.get_by_role("button", name="이대로 저장").click()
    expect(phone.get_by_label("3-21반 학생 수")).to_have_value("24")
    assert one(behind, "SELECT sum(pupils) FROM school_class WHERE label IN ('3-21', '3-22')") == 49

    # both look at the table; the phone saves first
    desk.goto("/teacher/school")
    number = one(behind, "SELECT id FROM school_class WHERE label = '3-21'")
    phone.locator(f"#pupils-{number}").fill("26")
    phone.get_by_role("button", name="학급 저장").click()
    expect(phone.get_by_text("1개 학급을 고쳤습니다.")).to_be_visible()
    desk.locator(f"#pupils-{number}").fill("27")
    desk.get_by_role("button", name="학급 저장").click()
    expect(desk.get_by_role("alert")).to_contain_text("그사이 다른 분이 먼저 고쳤습니다.")
    expect(desk.locator(f"#pupils-{number}")).to_have_value("27")
    expect(desk.get_by_role("main")).to_contain_text("지금 저장된 인원 26명")
    assert one(behind, f"SELECT pupils FROM school_class WHERE id = {number}") == 26
    desk.get_by_role("button", name="학급 저장").click()
    expect(desk.get_by_text("1개 학급을 고쳤습니다.")).to_be_visible()
    assert one(behind, f"SELECT pupils FROM school_class WHERE id = {number}") == 27

    for wrong in ("0", "10000", "많음", ""):
        phone.goto("/teacher/school")
        field = phone.locator(f"#pupils-{number}")
        field.evaluate("(box, text) => { box.removeAttribute('maxlength'); box.value = text; }", wrong)
        phone.get_by_role("button", name="학급 저장").click()
        expect(phone.locator(".errors")).to_be_focused()
        expect(phone.locator(f"#pupils-{number}")).to_have_attribute("aria-invalid", "true")
        fits(phone)
    assert one(behind, f"SELECT pupils FROM school_class WHERE id = {number}") == 27


def test_a_paste_that_is_far_too_large_is_refused_in_words(visitor: Visitor, behind: Session) -> None:
    page = visitor(TEACHER)
    page.goto("/teacher/school")
    token = page.locator("input[name=csrf_token]").first.input_value()
    before = one(behind, "SELECT count(*) FROM school_class")
    answer = page.request.post(
        "/teacher/school/paste",
        form={"csrf_token": token, "text": "1-1 24, " * (HUGE // 8)},
        headers={"Referer": page.url},
    )
    assert answer.status == 413
    assert "보내신 내용이 너무 큽니다" in answer.text()
    assert one(behind, "SELECT count(*) FROM school_class") == before
    paste(page, "1-1 24, " * 2600)
    expect(page.locator(".errors")).to_be_focused()


def test_the_national_calendar_blocks_a_day(
    visitor: Visitor, behind: Session, national: OpenData, service: Service
) -> None:
    page = visitor(TEACHER, size=PHONE)
    day = a_day(behind)
    school = str(one(behind, "SELECT name FROM school WHERE code = 'S00'"))
    national.rows = {
        "schoolInfo": [
            {"ATPT_OFCDC_SC_CODE": "B10", "SD_SCHUL_CODE": f"70000{n:02}", "SCHUL_NM": name, "ORG_RDNMA": place}
            for n, (name, place) in enumerate([(school, "서울특별시 구로구"), (school + "학교", "다른 곳")], 1)
        ],
        "SchoolSchedule": [
            event(f"{day:%Y%m%d}", "1차 지필평가", "YYY***"),
            event(f"{day + dt.timedelta(days=1):%Y%m%d}", "현장체험학습", "NYN***"),
        ],
    }
    for code, body in (("ERROR-290", None), ("", b"<html>busy</html>"), ("", b'{"SchoolSchedule": [1, null]}')):
        national.code, national.body = code, body
        page.goto("/teacher/school/calendar")
        page.get_by_role("button", name="NEIS에서 가져오기").click()
        page.wait_for_url("**/imports/*")
        expect(page.get_by_role("main")).to_contain_text("바뀐 것은 없습니다.", timeout=60_000)
        expect(page.get_by_role("heading", level=1)).to_contain_text("가져오지 못함")
        fits(page)
    national.code, national.body = "", None
    page.goto("/teacher/school")
    page.locator("details:has(#neis_code) summary").click()
    page.locator("#neis_office").fill("B10")
    page.locator("#neis_code").fill("7000001")
    page.get_by_role("button", name="코드 저장").click()
    page.get_by_role("button", name="NEIS에서 가져오기").click()
    page.wait_for_url("**/imports/*")
    apply = page.get_by_role("button", name="이대로 반영하기")
    expect(apply).to_be_visible(timeout=60_000)
    expect(page.get_by_role("main")).to_contain_text("1차 지필평가")
    fits(page)
    assert one(behind, "SELECT count(*) FROM school_day WHERE name = '1차 지필평가'") == 0
    apply.click()
    expect(page.get_by_role("main")).to_contain_text("현장체험학습")
    fits(page)
    wait_for("the day to be stored", lambda: one(behind, f"SELECT count(*) FROM school_day WHERE date = '{day}'") == 1)

    # the wizard says why nobody of this school goes out on that day
    page.goto("/teacher/requests/new")
    page.locator("input[name=class]").first.check()
    page.locator("main form:has(input[name=class]) .btn--primary").click()
    page.locator("input[name=field]").first.check()
    page.locator("main form .btn--primary").click()
    blocked = page.locator(".slot--why", has_text="1차 지필평가")
    expect(blocked.first).to_be_visible()
    assert blocked.first.locator("select").count() == 0
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout


def test_days_outside_the_term_and_turned_round_are_refused_beside_the_field(
    browser: Browser, service: Service, behind: Session
) -> None:
    # without scripts: the server alone has to say it
    context = new_context(browser, service.url, script=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("#email").fill(TEACHER)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/teacher")
    before = one(behind, "SELECT count(*) FROM school_day")
    day = a_day(behind)
    for first, last in (("1999-01-01", ""), (day.isoformat(), (day - dt.timedelta(days=2)).isoformat()), ("", "")):
        page.goto("/teacher/school/calendar")
        page.locator("#name").fill("학교 행사 <b>")
        page.locator("#first").fill(first)
        page.locator("#last").fill(last)
        page.locator("#entry button").click()
        expect(page.locator(".errors")).to_be_visible()
        expect(page.locator("#name")).to_have_value("학교 행사 <b>")
    assert one(behind, "SELECT count(*) FROM school_day") == before
    page.goto("/teacher/school/calendar")
    page.locator("input[type=file]").set_input_files(
        {"name": "calendar.csv", "mimeType": "text/csv", "buffer": b"PK\x03\x04 a spreadsheet"}
    )
    page.locator("form:has(input[type=file]) button").click()
    expect(page.locator(".errors")).to_contain_text("CSV")
    context.close()
