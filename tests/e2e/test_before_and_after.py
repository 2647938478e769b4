"""A class's visit on a phone, with real processes: checks, arrival, figures, a reminder, changes and their repair."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from booking.clock import SystemClock, seoul_date
from booking.db import make_engine, make_sessions, transaction
from booking.demo.people import PASSWORD
from booking.models.terms import Term
from tests.support.browsing import PHONE, TOO_WIDE, new_context
from tests.support.factory import SmallTerm, small_document
from tests.support.service import Service, running_service
from tests.support.visits import confirmed

#: teachers of the small term's first two schools
FIRST, SECOND = "t001@school.example.kr", "t002@school.example.kr"
COORDINATOR = "coordinator@demo.example.kr"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def small_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own on the small term: other tests count what stands in the big one."""
    term = tmp_path_factory.mktemp("term") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term} --as-is", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


@pytest.fixture
def behind(small_service: Service) -> Iterator[Session]:
    """A session on the service's own database."""
    engine = make_engine(small_service.database_url)
    with make_sessions(engine)() as session:
        yield session
    engine.dispose()


@pytest.fixture
def phone(browser: Browser, small_service: Service) -> Iterator[Callable[[str], Page]]:
    """Opens a page, 360 px wide, in which somebody is signed in."""
    contexts = []

    def open_page(email: str) -> Page:
        context = new_context(browser, small_service.url, size=PHONE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script failed on {page.url}: {error}"))
        page.goto("/sign-in")
        page.locator("#email").fill(email)
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def arranged(behind: Session) -> dict[str, int]:
    """A published plan with the first school's visits today; time itself cannot be moved in real processes."""
    today = seoul_date(SystemClock().now())
    with transaction(behind):
        small = SmallTerm(behind, term=behind.scalars(sa.select(Term)).one(), now=SystemClock().now())
        small.publish()
        for code in ("V0000", "V0001", "V0002", "V0003"):
            confirmed(small, code)
        slot = small.visit("V0000").slot
        assert small.visit("V0001").slot_id == slot.id
        slot.date = today
        return {code: small.request(code).id for code in ("V0000", "V0001", "V0002", "V0003")}


def move(behind: Session, request: int, days: int) -> None:
    """Let the day of a visit be so many days ago."""
    behind.rollback()
    behind.execute(
        sa.text("UPDATE slot SET date = :d WHERE id = (SELECT slot_id FROM visit WHERE request_id = :r)"),
        {"d": seoul_date(SystemClock().now()) - dt.timedelta(days=days), "r": request},
    )
    behind.commit()


def one(behind: Session, query: str, **values: object) -> object:
    behind.rollback()
    return behind.execute(sa.text(query), values).scalar()


def until(what: str, true: Callable[[], bool]) -> None:
    last_moment = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < last_moment, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.2)


def fits(page: Page) -> None:
    assert page.evaluate(TOO_WIDE) <= 0, f"{page.url} scrolls sideways"


@pytest.mark.timeout(300)
def test_a_visit_from_the_first_check_to_the_last_figure(
    small_service: Service, behind: Session, phone: Callable[[str], Page]
) -> None:
    requests = arranged(behind)
    teacher = phone(FIRST)
    on_the_day(teacher, behind, requests["V0000"])
    figures(teacher, behind, requests["V0000"])

    move(behind, requests["V0001"], 9)
    office = phone(COORDINATOR)
    missing(office, behind, requests["V0001"])

    other = phone(SECOND)
    grown(other, office, behind, requests["V0002"])
    called_off(other, office, behind, requests["V0003"])

    audit = small_service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout


def on_the_day(page: Page, behind: Session, request: int) -> None:
    """From the overview to the visit: ticks, what to know, arrived, a telephone."""
    page.goto(f"/teacher/requests/{request}")
    page.get_by_role("link", name=re.compile("방문 준비와 결과")).click()
    page.wait_for_url(f"**/requests/{request}/visit")
    fits(page)
    for text in ("학부모 동의 확인", "안전교육 실시"):
        page.get_by_role("button", name=re.compile(f"^확인했습니다.*{text}")).click()
        expect(page.get_by_role("button", name=re.compile(f"^확인 거두기.*{text}"))).to_be_visible()
    page.locator(".brief summary").first.click()
    expect(page.locator(".brief .lines").first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("급할 때"))).to_have_attribute("href", "tel:02-0000-0000")

    page.get_by_role("button", name=re.compile("^도착했습니다")).first.click()
    expect(page.get_by_text(re.compile(r"\d\d:\d\d 도착"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^되돌리기")).click()
    expect(page.get_by_text(re.compile(r"\d\d:\d\d 도착"))).to_have_count(0)
    page.get_by_role("button", name=re.compile("^도착했습니다")).first.click()
    expect(page.get_by_text(re.compile(r"\d\d:\d\d 도착"))).to_be_visible()

    page.get_by_role("button", name=re.compile("^전화 보기")).first.click()
    expect(page.locator(".contact a")).to_have_attribute("href", re.compile("^tel:010-0000"))
    assert one(behind, "SELECT count(*) FROM access_entry WHERE action = 'reveal_contact'") == 1
    fits(page)


def figures(page: Page, behind: Session, request: int) -> None:
    """A slip is named and loses nothing; then everything is saved, corrected, and answered."""
    page.goto(f"/teacher/requests/{request}/visit")
    first = page.locator("input[name^=attended-]").first
    planned = int(first.input_value())
    page.locator("textarea[name^=remark-]").first.fill("즐거웠습니다")
    first.fill("10000")
    page.get_by_role("button", name="온 인원 저장").click()
    expect(page.locator(".errors")).to_be_focused()
    expect(page.locator("textarea[name^=remark-]").first).to_have_value("즐거웠습니다")
    page.locator("input[name^=attended-]").first.fill(str(planned - 1))
    page.get_by_role("button", name="온 인원 저장").click()
    expect(page.locator("#after .chip")).to_have_text("온 인원 19명")
    assert one(behind, "SELECT status FROM request WHERE id = :r", r=request) == "served"

    page.locator("input[name='q-overall-5']").fill("25")
    page.get_by_role("button", name="만족도 저장").click()
    expect(page.locator(".errors")).to_contain_text("온 학생보다 많을 수 없습니다")
    page.locator("input[name='q-overall-5']").fill("19")
    page.get_by_role("button", name="만족도 저장").click()
    expect(page.locator(".notice--ok")).to_contain_text("만족도를 저장했습니다")
    page.locator("input[name^=attended-]").first.fill(str(planned))
    page.get_by_role("button", name="온 인원 고치기").click()
    expect(page.locator("#after .chip")).to_have_text("온 인원 20명")
    fits(page)


def missing(page: Page, behind: Session, request: int) -> None:
    """The centre sees what is missing, reminds once, and writes down what the school says on the telephone."""
    page.goto("/console")
    page.get_by_role("link", name=re.compile("실적 미입력")).click()
    expect(page.get_by_text("기한 2일 지남")).to_be_visible()
    fits(page)
    page.get_by_role("button", name=re.compile("^지금 다시 부탁하기")).click()
    expect(page.get_by_text(re.compile("다시 부탁한 때"))).to_be_visible()
    assert one(behind, "SELECT count(*) FROM message WHERE kind = 'attendance_reminder'") == 2
    page.get_by_role("link", name=re.compile("^전화로 받아 적기")).click()
    page.wait_for_url(f"**/console/attendance/{request}")
    fits(page)
    page.get_by_role("button", name="온 인원 저장").click()
    expect(page.get_by_role("heading", name="학생 만족도")).to_be_visible()
    reporter = (
        "SELECT DISTINCT u.role FROM attendance a JOIN visit_group g ON g.id = a.group_id"
        " JOIN visit v ON v.id = g.visit_id JOIN app_user u ON u.id = a.reported_by_id WHERE v.request_id = :r"
    )
    assert one(behind, reporter, r=request) == "coordinator"


def grown(teacher: Page, office: Page, behind: Session, request: int) -> None:
    """A class grows: reported, applied with one click, repaired by the worker, published; few are told."""
    teacher.goto(f"/teacher/requests/{request}/visit")
    teacher.locator("summary", has_text="학급 인원이 바뀌었습니다").click()
    teacher.locator("#pupils").fill("22")
    teacher.locator("[id='reason-size']").fill("전학생이 왔습니다")
    teacher.locator("form:has(#pupils) button").click()
    expect(teacher.get_by_text("센터 확인 전")).to_be_visible()
    fits(teacher)

    # at night the reminder asked for above waits for the morning
    due = "SELECT count(*) FROM message WHERE status = 'created' AND available_at <= now()"
    until("the messages of before", lambda: one(behind, due) == 0)
    newest = one(behind, "SELECT max(id) FROM message")
    office.goto("/console")
    office.get_by_role("link", name=re.compile("학교가 알린 변경 .*보기")).click()
    office.wait_for_url("**/console/changes")
    fits(office)
    office.get_by_role("button", name="반영하고 재배정 요청").click()
    expect(office.locator(".notice--ok")).to_contain_text("재배정을 요청했습니다")
    repaired = "SELECT id FROM allocation_run WHERE kind = 'repair' AND status = 'proposed'"
    until("the repair", lambda: one(behind, repaired) is not None)
    run = one(behind, repaired)
    office.goto(f"/console/runs/{run}/publish")
    office.get_by_role("button", name=re.compile("게시")).last.click()
    office.wait_for_url(re.compile(r"/console/runs/\d+$"))
    whole = (
        "SELECT sum(g.pupils) FROM visit_group g JOIN visit v ON v.id = g.visit_id"
        " WHERE v.request_id = :r AND g.status IN ('asked', 'accepted')"
    )
    assert one(behind, whole, r=request) == 22
    told = "SELECT count(DISTINCT workplace_id) FROM message WHERE id > :n AND workplace_id IS NOT NULL"
    assert one(behind, told, n=newest) in (1, 2)
    assert one(
        behind, "SELECT count(DISTINCT user_id) FROM message WHERE id > :n AND kind = 'change_answered'", n=newest
    )


def called_off(teacher: Page, office: Page, behind: Session, request: int) -> None:
    """A visit is off: asked for, applied, its places freed, its request waiting for another date."""
    teacher.goto(f"/teacher/requests/{request}/visit")
    teacher.locator("summary", has_text="방문을 취소해야 합니다").click()
    teacher.get_by_text("다른 날을 찾아 주세요").click()
    teacher.locator("[id='reason-cancel']").fill("체육대회와 겹칩니다")
    teacher.get_by_role("button", name="취소를 요청하기").click()
    expect(teacher.get_by_text("센터 확인 전")).to_be_visible()
    office.goto("/console/changes")
    office.get_by_role("button", name="방문 취소하기").click()
    expect(office.locator(".notice--ok")).to_contain_text("방문을 취소했습니다")
    assert one(behind, "SELECT status FROM request WHERE id = :r", r=request) == "submitted"
    teacher.goto(f"/teacher/requests/{request}")
    expect(teacher.get_by_role("main")).to_contain_text("아직 정해진 날이 없습니다")
