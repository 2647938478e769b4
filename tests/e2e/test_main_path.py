"""The whole Monday, in a real browser against real processes: from the requests to the confirmed visit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.support.service import Service

TEACHER = "teacher@demo.example.kr"
COORDINATOR = "coordinator@demo.example.kr"
SOLVED_MS = 180_000
SENT_SECONDS = 240

Visitor = Callable[..., Page]

#: what has not left yet; an announcement of another test waits for the morning where this one runs at night
STILL_HERE = """
    SELECT kind, channel, status, attempts, available_at - now() AS waits, left(last_error, 80) FROM message
     WHERE status IN ('created', 'sending') AND kind <> 'announcement' ORDER BY id LIMIT 20"""
#: the visit of 개봉중 with the fewest workplaces, so that answering for all of them stays short
SMALLEST = """
    SELECT v.id FROM visit v JOIN request r ON r.id = v.request_id JOIN school s ON s.id = r.school_id
      JOIN visit_group g ON g.visit_id = v.id AND g.status = 'asked'
     WHERE s.code = 'S00' AND v.status = 'published' GROUP BY v.id ORDER BY count(*), v.id LIMIT 1"""
CONTACTS = """
    SELECT c.email FROM visit_group g JOIN workplace_contact c ON c.workplace_id = g.workplace_id
     WHERE g.visit_id = :visit AND g.status = 'asked' ORDER BY g.id"""


def one(behind: Session, query: str, **values: object) -> int:
    behind.expire_all()
    return int(behind.execute(sa.text(query), values).scalar() or 0)


def wait_for(what: str, true: Callable[[], bool], seconds: float = SENT_SECONDS) -> None:
    last_moment = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < last_moment, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.5)


def still_here(behind: Session) -> list[tuple[object, ...]]:
    behind.expire_all()
    return [tuple(row) for row in behind.execute(sa.text(STILL_HERE))]


def everything_left(behind: Session) -> None:
    last_moment = time.monotonic() + SENT_SECONDS
    while waiting := still_here(behind):
        assert time.monotonic() < last_moment, f"waited {SENT_SECONDS} s, and these have not left: {waiting}"
        time.sleep(0.5)


def newest_link(page: Page, address: str, day: str) -> str:
    """The private link in the newest mail about a day that a workplace has got, read as its owner would find it."""
    page.goto(f"/demo/inbox?to={address}")
    page.locator("a.mail", has_text=day).first.click()
    text = page.locator(".mail-text").inner_text()
    found = re.search(r"https?://\S+/a/[A-Za-z0-9_-]{43}", text)
    assert found, f"no link in the newest mail to {address} about {day}:\n{text}"
    return found.group()


@pytest.mark.timeout(900)
def test_from_request_to_confirmation(service: Service, visitor: Visitor, behind: Session) -> None:
    teacher = visitor(TEACHER)
    ask_for_two_classes(teacher, behind)

    coordinator = visitor(COORDINATOR)
    take_in_a_list(coordinator, behind)
    run = solve(coordinator)
    change_by_hand(coordinator, run)
    asked = move_to_a_date_not_asked_for(coordinator, run, behind)
    read_what_will_be_sent(coordinator, run)
    publish(coordinator, run)
    assert one(behind, "SELECT count(*) FROM visit WHERE status = 'published'") > 250
    agree_to_the_date(teacher, behind, asked)
    everything_left(behind)
    assert one(behind, "SELECT count(*) FROM message WHERE status IN ('failed', 'unknown')") == 0

    visit = one(behind, SMALLEST)
    date = behind.execute(
        sa.text("SELECT s.date FROM visit v JOIN slot s ON s.id = v.slot_id WHERE v.id = :v"), {"v": visit}
    ).scalar_one()
    day = f"{date.month}월 {date.day}일"
    contacts = [str(email) for email in behind.execute(sa.text(CONTACTS), {"visit": visit}).scalars()]
    owner = visitor(size=(360, 740))
    decline(owner, contacts[0], day)

    wait_for(
        "the repair",
        lambda: one(behind, "SELECT count(*) FROM allocation_run WHERE kind = 'repair' AND status = 'proposed'") == 1,
        60,
    )
    take_the_repair(coordinator)
    everything_left(behind)

    for email in behind.execute(sa.text(CONTACTS), {"visit": visit}).scalars().all():
        accept(owner, str(email), day)
    assert behind.execute(sa.text("SELECT status FROM visit WHERE id = :v"), {"v": visit}).scalar() == "confirmed"
    everything_left(behind)

    the_teacher_sees_it(teacher, one(behind, "SELECT request_id FROM visit WHERE id = :v", v=visit))
    told = "SELECT count(*) FROM message WHERE kind = 'visit_confirmed' AND status IN ('sent', 'delivered')"
    assert one(behind, told) == 2
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout
    doubled = """
        SELECT count(*) FROM (SELECT 1 FROM message
         GROUP BY user_id, workplace_id, kind, subject, version, channel HAVING count(*) > 1) x"""
    assert one(behind, doubled) == 0


def ask_for_two_classes(page: Page, behind: Session) -> None:
    """Through the wizard: two classes that go out together, two kinds of work, two dates."""
    before = one(behind, "SELECT count(*) FROM request")
    page.goto("/teacher/requests/new")
    boxes = page.locator("input[name=class]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.locator("input[name=together]").check()
    page.get_by_role("button", name="다음: 직업 분야").click()
    page.locator("input[name=field]").nth(0).check()
    page.locator("input[name=field]").nth(3).check()
    page.get_by_role("button", name="다음: 날짜").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("언제 가면 좋을까요?")
    choices = page.locator("select[name^=slot], select[name^=s-], select[name=wish], td select")
    choices.nth(20).select_option("1")
    choices.nth(24).select_option("2")
    page.get_by_role("button", name="다음: 확인").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("이렇게 신청할까요?")
    page.get_by_role("button", name=re.compile("신청하기")).click()
    page.wait_for_url("**/teacher**")
    assert one(behind, "SELECT count(*) FROM request") == before + 2


def take_in_a_list(page: Page, behind: Session) -> None:
    """A school has sent its wishes as a table: seen row by row, then saved."""
    school, day = behind.execute(
        sa.text(
            "SELECT c.name, max(s.date) FROM school c, slot s JOIN term t ON t.id = s.term_id"
            " WHERE c.code = 'S01' AND t.is_current GROUP BY c.name"
        )
    ).one()
    before = one(behind, "SELECT count(*) FROM request")
    table = f"학교,학급,희망 분야,1지망\n{school},1-1,arts,{day} 오전\n{school},9-9,arts,{day} 오전\n"
    page.goto("/console/sheets")
    page.locator("#file-requests").set_input_files(
        {"name": "신청.csv", "mimeType": "text/csv", "buffer": table.encode("cp949")}
    )
    page.locator("section:has(#kind-requests) button").click()
    page.wait_for_url("**/sheets/uploads/*")
    expect(page.get_by_role("main")).to_contain_text("학급: ")
    assert one(behind, "SELECT count(*) FROM request") == before
    page.get_by_role("button", name=re.compile("저장")).click()
    expect(page.get_by_text("더한 줄 1개")).to_be_visible()
    assert one(behind, "SELECT count(*) FROM request") == before + 1


def move_to_a_date_not_asked_for(page: Page, run: str, behind: Session) -> int:
    """Put a class at a date that its school has to be asked for; returns the request."""
    possible = behind.execute(
        sa.text(
            "SELECT r.id, s.id FROM request r JOIN school c ON c.id = r.school_id JOIN term t ON t.id = r.term_id"
            " JOIN request_slot w ON w.request_id = r.id AND w.wish = 'negotiable' JOIN slot s ON s.id = w.slot_id"
            " WHERE t.is_current AND c.code = 'S00' AND r.bundle_id IS NULL ORDER BY r.id, s.date"
        )
    ).all()
    save = page.get_by_role("button", name="이대로 저장")
    for request, slot in possible:
        page.goto(f"{run}/requests/{request}?slot={slot}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if save.count():
            page.get_by_label(re.compile("^까닭")).fill("이날이면 다른 두 학교가 첫 희망일에 갑니다.")
            save.click()
            expect(page.get_by_text("손으로 바꿈").first).to_be_visible()
            return int(request)
    raise AssertionError("no class of the school can go at another date")


def read_what_will_be_sent(page: Page, run: str) -> None:
    """Every message can be read before it leaves, the question to the school among them."""
    page.goto(run + "/publish")
    page.get_by_role("link", name="나갈 알림 모두 읽어 보기").click()
    expect(page.get_by_role("table", name=re.compile("^알림 "))).to_be_visible(timeout=30_000)
    page.goto(run + "/publish/messages?kind=shift_offer")
    expect(page.get_by_role("row", name=re.compile("조정 제안")).first).to_be_visible()


def agree_to_the_date(page: Page, behind: Session, request: int) -> None:
    """The teacher says yes to the date; the class has its visit."""
    page.goto("/teacher")
    page.locator(".offer button[value=accept]").first.click()
    held = "SELECT count(*) FROM offer WHERE request_id = :r AND status = 'accepted'"
    wait_for("the school's yes", lambda: one(behind, held, r=request) == 1, 30)
    assert one(behind, "SELECT count(*) FROM visit WHERE request_id = :r AND status = 'published'", r=request) == 1


def solve(page: Page) -> str:
    """Press the button, watch the plan come; returns the address of the run."""
    page.goto("/console")
    page.get_by_role("button", name="배정 실행").click()
    page.wait_for_url("**/console/runs/*")
    address = page.url
    expect(page.get_by_role("link", name="게시 미리보기")).to_be_visible(timeout=SOLVED_MS)
    expect(page.locator(".kpi")).to_contain_text("미배정")
    return address


def change_by_hand(page: Page, run: str) -> None:
    """Take the best suggestion for some visit that is not bound to others, then pin it there."""
    page.goto(run + "/plan")
    links = [link.get_attribute("href") for link in page.locator("a[href*='/requests/']").all()]
    suggested = page.get_by_role("link", name=re.compile("미리 보기$"))
    for href in dict.fromkeys(link for link in links if link):
        page.goto(href)
        if suggested.count():
            break
    suggested.first.click()
    page.get_by_label(re.compile("^까닭")).fill("학교에서 전화로 부탁했습니다.")
    page.get_by_role("button", name="이대로 저장").click()
    expect(page.get_by_text("손으로 바꿈").first).to_be_visible()
    page.get_by_role("button", name="이 시간에 고정").click()
    expect(page.get_by_text("고정됨").first).to_be_visible()


def publish(page: Page, run: str) -> None:
    page.goto(run + "/publish")
    page.get_by_role("button", name=re.compile("게시")).last.click()
    page.wait_for_url(re.compile(r"/console/runs/\d+$"))
    expect(page.get_by_role("link", name="게시 미리보기")).to_have_count(0)


def decline(page: Page, address: str, day: str) -> None:
    """Look first (which changes nothing), then decline with a reason."""
    link = newest_link(page, address, day)
    page.goto(link)
    page.goto(link)
    page.locator("summary", has_text=re.compile("이번에는 (모두 )?어렵습니다")).click()
    page.get_by_label("이날은 어렵습니다").first.check()
    page.get_by_role("button", name="어렵다고 알리기").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("알려 주셔서")


def take_the_repair(page: Page) -> None:
    page.goto("/console")
    page.get_by_role("link", name=re.compile("재배정안이 나왔습니다")).click()
    page.get_by_role("link", name="게시 미리보기").click()
    page.get_by_role("button", name=re.compile("게시")).last.click()
    page.wait_for_url(re.compile(r"/console/runs/\d+$"))


def accept(page: Page, address: str, day: str) -> None:
    page.goto(newest_link(page, address, day))
    page.get_by_role("button", name=re.compile("네, (모두 )?맞이하겠습니다")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("고맙습니다")


def the_teacher_sees_it(page: Page, request: int) -> None:
    page.goto(f"/teacher/requests/{request}")
    expect(page.get_by_role("main")).to_contain_text("확정")
    calendar = page.request.get(f"/teacher/requests/{request}/visit.ics")
    assert calendar.ok
    assert "BEGIN:VEVENT" in calendar.text()
    page.goto("/teacher")
    why = page.get_by_role("main").inner_text()
    assert "2지망" in why or "3지망" in why
