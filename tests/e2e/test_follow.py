"""Following, in a real browser: offers from the command line, answered by keyboard on a phone; sheet, tags, feed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_main_path import publish, solve
from tests.support.browsing import PHONE, TOO_WIDE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

COORDINATOR = "coordinator@demo.example.kr"
#: the teachers of the small term's schools, in the order of their codes
FIRST, SECOND = "t001@school.example.kr", "t002@school.example.kr"


#: the demo has a term before it as well
THIS_TERM = "term_id = (SELECT id FROM term WHERE is_current)"

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term, so that its plan is nobody else's."""
    document = small_document()
    for visit in document["visits"]:
        # there is room for everybody at a date that was asked for: nothing is held when the plan is published
        visit["requested_slots"].append(document["slots"][6]["id"])
        visit["negotiable_slots"] = []
    term = tmp_path_factory.mktemp("follow") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


def visits(behind: Session) -> dict[str, tuple[int, str]]:
    """Request number and slot code of every published visit, by the code of its request."""
    behind.expire_all()
    rows = behind.execute(
        sa.text(
            "SELECT r.code, r.id, s.code FROM visit v JOIN request r ON r.id = v.request_id"
            " JOIN slot s ON s.id = v.slot_id WHERE v.status = 'published'"
        )
    )
    return {code: (request, slot) for code, request, slot in rows}


def send_offers(service: Service, behind: Session, folder: Path) -> dict[str, str]:
    """Ask two schools for another date; returns the slot that each visit is asked for."""
    slots = list(behind.execute(sa.text(f"SELECT code FROM slot WHERE {THIS_TERM} ORDER BY date, block")).scalars())
    asked = {"V0000": slots[-3], "V0002": slots[-6]}
    side = {"pupils": 0, "price_here": 8.2, "price_there": 1.1, "yielded": 15.0}
    lines = [
        {
            "kind": "level",
            "school": f"S{number}",
            "visits": [code],
            "slot": slot,
            "unplaced_pupils": 0,
            "date_stage": 90.0,
            "pupils_gained": 0,
            "date_stage_gained": 40.4,
            "for_school": side,
            "solved": True,
        }
        for number, (code, slot) in enumerate(asked.items())
    ]
    file = folder / "offers.json"
    file.write_text(json.dumps(lines), encoding="utf-8")
    until = behind.execute(sa.text(f"SELECT min(date) - 3 FROM slot WHERE {THIS_TERM}")).scalar_one()
    said = service.flask("offers", "send", str(file), "--until", until.isoformat())
    assert "2 schools asked about 2 visits" in said.stdout, said.stdout + said.stderr
    return asked


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reached {selector} on {page.url}")


def counter_by_keyboard(page: Page, behind: Session) -> str:
    """Propose the second date of the list; returns its slot code."""
    page.goto("/teacher")
    expect(page.get_by_text("혼잡 비용이 40 줄어듭니다.")).to_be_visible()
    page.evaluate("document.fonts.ready")
    assert page.evaluate(TOO_WIDE) == 0
    tab_to(page, ".offer summary")
    assert page.locator(":focus").inner_text() == "다른 날을 제안하겠습니다"
    page.keyboard.press("Enter")
    tab_to(page, "select[name=counter]")
    assert page.locator("select[name=counter] optgroup").count() >= 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("select[name=counter]").input_value()
    assert page.evaluate(TOO_WIDE) == 0
    tab_to(page, "input[name=reason]")
    page.keyboard.type("체육대회 다음 날이 좋습니다")
    tab_to(page, "button[value=counter]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("다시 여쭙지 않습니다.")).to_be_visible()
    assert page.locator(".offer").count() == 0
    expect(page.get_by_role("main")).to_contain_text("다음 배정에서 찾아봅니다.")
    return str(behind.execute(sa.text("SELECT code FROM slot WHERE id = :id"), {"id": int(chosen)}).scalar_one())


def accessible(page: Page, addresses: Iterable[str]) -> None:
    """Nothing for axe to find, in both languages, with everything unfolded, and nothing wider than a phone."""
    axe, faults = Axe(), []
    for address, language in product(addresses, ("en", "ko")):
        page.goto(f"{address}?lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        faults += [
            f"{address} {language}: {found['id']} {found['nodes'][0]['target']} {found['help']}"
            for found in axe.run(page).response["violations"]
        ]
        if page.evaluate(TOO_WIDE) > 0:
            faults.append(f"{address} {language}: wider than a phone")
    assert not faults, "\n".join(faults)


def tags_that_go_nowhere(page: Page, request: int) -> None:
    """Names become tags; nothing leaves the browser while they do, and a reload knows nothing of them."""
    page.goto(f"/teacher/requests/{request}/name-tags")
    page.wait_for_load_state("networkidle")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url))
    page.locator("#tag-names").click()
    page.keyboard.type("가나다\n라마바\n<b>사</b>\n")
    page.locator("#tag-group").select_option("order")
    tags = page.locator(".tag")
    expect(tags).to_have_count(3)
    assert tags.nth(2).locator("b").inner_text() == "<b>사</b>"
    assert tags.nth(0).locator(".tag-place").inner_text().startswith("1. ")
    page.emulate_media(media="print")
    expect(page.locator(".tag-form")).to_be_hidden()
    expect(tags.first).to_be_visible()
    page.emulate_media(media="screen")
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    assert "가나다" not in page.evaluate(stored)
    assert sent == []
    page.reload()
    expect(page.locator("#tag-names")).to_have_value("")
    expect(tags).to_have_count(0)
    assert not [url for url in sent if "%EA%B0%80" in url or "가나다" in url]


def the_calendar(page: Page) -> str:
    """Make the address and fetch it as a calendar program would, without the cookie."""
    page.goto("/teacher/feed")
    page.get_by_role("button", name="구독 주소 만들기").click()
    address = page.locator("#address").input_value()
    assert re.search(r"/feeds/[A-Za-z0-9_-]{43}\.ics$", address)
    browser = page.context.browser
    assert browser is not None
    stranger = browser.new_context()
    answer = stranger.request.get(address)
    assert answer.ok
    text = answer.text()
    assert stranger.request.get(address, headers={"If-None-Match": answer.headers["etag"]}).status == 304
    stranger.close()
    return text


@pytest.mark.timeout(180)
def test_a_school_follows_its_requests(service: Service, visitor: Visitor, behind: Session, tmp_path: Path) -> None:
    coordinator = visitor(COORDINATOR)
    publish(coordinator, solve(coordinator))
    before = visits(behind)
    assert {"V0000", "V0002"} <= before.keys()
    asked = send_offers(service, behind, tmp_path)

    phone = visitor(FIRST, size=PHONE)
    # the other pages are tried with all of a teacher's pages; an offer that waits, and this address, are only here
    accessible(phone, ["/teacher", "/teacher/feed"])
    proposed = counter_by_keyboard(phone, behind)
    assert visits(behind)["V0000"] == before["V0000"]
    coordinator.goto("/console/offers")
    expect(coordinator.locator(".countered")).to_contain_text("체육대회 다음 날이 좋습니다")
    wishes = "SELECT s.code FROM request_slot w JOIN slot s ON s.id = w.slot_id WHERE w.request_id = :id"
    assert proposed in behind.execute(sa.text(wishes), {"id": before["V0000"][0]}).scalars().all()

    teacher = visitor(SECOND)
    teacher.goto("/teacher")
    teacher.get_by_role("button", name="이날로 하겠습니다").click()
    expect(teacher.get_by_text("일터에 확인을 요청합니다.")).to_be_visible()
    request, slot = visits(behind)["V0002"]
    assert slot == asked["V0002"]
    teacher.get_by_role("link", name="뜻과 기록 보기").click()
    expect(teacher.get_by_role("table")).to_contain_text("1-1반")

    teacher.goto(f"/teacher/requests/{request}")
    expect(teacher.get_by_text(re.compile(r"학교에서 \d\d:\d\d쯤(부터)? 출발"))).to_be_visible()
    teacher.get_by_role("link", name="인쇄용 안내").first.click()
    expect(teacher.get_by_role("img", name=re.compile("학교와 일터의 위치"))).to_be_visible()
    assert teacher.locator(".places-mark").count() == teacher.locator(".sheet-table tbody tr").count() > 0
    tags_that_go_nowhere(teacher, request)

    text = the_calendar(teacher)
    assert f"UID:visit-{request}@" in text
    assert text.count("BEGIN:VEVENT") == 2
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout
