"""Workplaces and coaches on their telephones, in a real browser against real processes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_main_path import everything_left, newest_link, one, publish, solve, wait_for
from tests.support.browsing import PHONE, TOO_WIDE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

COORDINATOR = "coordinator@demo.example.kr"
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
#: a repair is proposed, or applied, within so many seconds of the answer; generous, because machines are shared
REPAIRED_SECONDS = 60

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on a small term whose schools have too few adults."""
    document = small_document()
    for school in document["schools"]:
        school["own_chaperones_per_slot"] = 3
    for visit in document["visits"]:
        # there is room for everybody at a date that was asked for: nothing is held when the plan is published
        visit["requested_slots"].append(document["slots"][6]["id"])
        visit["negotiable_slots"] = []
    term = tmp_path_factory.mktemp("answers") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


def link_to(page: Page, address: str, path: str) -> str:
    """The private link in the newest mail to an address, whatever it is about."""
    page.goto(f"/demo/inbox?to={address}")
    page.locator("a.mail").first.click()
    found = re.search(rf"https?://[^/\s]+(/{path}/[A-Za-z0-9_-]{{43}})", page.locator(".mail-text").inner_text())
    assert found
    return found[1]


def sound(page: Page, address: str) -> None:
    """Nothing for axe to find with everything unfolded, in both languages, and nothing wider than a telephone."""
    for language in ("en", "ko"):
        page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
        page.evaluate(OPEN_ALL)
        found = Axe().run(page).response["violations"]
        assert not found, f"{address} {language}: {[(one['id'], one['nodes'][0]['target']) for one in found]}"
        assert page.evaluate(TOO_WIDE) == 0, f"{address} {language} is wider than a telephone"


def a_workplace(behind: Session) -> tuple[str, str, int]:
    """The address of a workplace's contact, a day that it is asked about, and a group of that day."""
    row = behind.execute(
        sa.text(
            "SELECT c.email, s.date, g.id FROM visit_group g JOIN slot s ON s.id = g.slot_id"
            " JOIN workplace_contact c ON c.workplace_id = g.workplace_id"
            " JOIN workplace w ON w.id = g.workplace_id"
            " WHERE g.status = 'asked' AND g.pupils > w.min_group ORDER BY g.pupils DESC, g.id LIMIT 1"
        )
    ).one()
    return row[0], f"{row[1].month}월 {row[1].day}일", row[2]


@pytest.mark.timeout(600)
def test_workplaces_and_coaches_answer_on_their_telephones(service: Service, visitor: Visitor, behind: Session) -> None:
    office = visitor(COORDINATOR)
    office.goto("/console/settings")
    office.get_by_label("재배정을 저절로 적용하기").check()
    office.get_by_role("button", name="저장").click()
    expect(office.get_by_text("저장했습니다.")).to_be_visible()
    run = solve(office)
    publish(office, run)
    everything_left(behind)

    email, day, group = a_workplace(behind)
    phone = visitor(size=PHONE)
    address = urlsplit(newest_link(phone, email, day)).path
    for page in ("", "/days", "/details", "/calendar", "/done?what=time"):
        sound(phone, address + page)

    fewer_are_welcomed_and_the_rest_repaired(phone, behind, address, group)
    a_wish_reaches_the_office(phone, office, address)
    a_rest_says_first_whom_it_costs(phone, behind, address)
    a_coach_answers(phone, office, behind)

    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout


def fewer_are_welcomed_and_the_rest_repaired(page: Page, behind: Session, address: str, group: int) -> None:
    """One pupil too many: the place is kept for the others, and the repair applies itself."""
    page.goto(address)
    page.locator("summary", has_text="인원을 줄이거나 시간을 바꾸고 싶어요").click()
    page.locator(f"#pupils-{group}").select_option(index=0)
    page.locator(f"form:has(#pupils-{group}) button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("고맙습니다")
    mended = "SELECT count(*) FROM allocation_run WHERE kind = 'repair' AND status IN ('proposed', 'published')"
    wait_for("the repair", lambda: one(behind, mended) >= 1, REPAIRED_SECONDS)
    assert one(behind, "SELECT count(*) FROM group_limit") == 1


def a_wish_reaches_the_office(page: Page, office: Page, address: str) -> None:
    page.goto(address)
    page.locator("summary", has_text="전화로 이야기하고 싶어요").click()
    page.get_by_label("전할 말씀").fill("세 시 뒤에 부탁드립니다")
    page.get_by_role("button", name="전화해 주세요").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("곧 전화드리겠습니다")
    office.goto("/console/calls")
    expect(office.get_by_text("전화를 부탁한 일터가 1곳 있습니다.")).to_be_visible()
    office.goto("/console/workplace-notes")
    expect(office.get_by_text("세 시 뒤에 부탁드립니다")).to_be_visible()
    sound(office, "/console/workplace-notes")
    office.get_by_role("button", name=re.compile("처리했습니다")).first.click()
    expect(office.get_by_text("처리한 것으로 옮겼습니다.")).to_be_visible()


def a_rest_says_first_whom_it_costs(page: Page, behind: Session, address: str) -> None:
    last = behind.execute(
        sa.text("SELECT max(date) FROM slot WHERE term_id = (SELECT id FROM term WHERE is_current)")
    ).scalar_one()
    page.goto(f"{address}/days")
    page.get_by_label("언제까지 쉬시나요?").fill(last.isoformat())
    page.get_by_role("button", name="이날까지 쉬기").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("그날 오기로 한 학생이 있습니다.")
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="아니요, 그대로 맞이하겠습니다").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("이번 학기에 언제 쉬시나요?")
    assert one(behind, "SELECT count(*) FROM workplace_note WHERE kind = 'paused'") == 0


def a_coach_answers(page: Page, office: Page, behind: Session) -> None:
    """Asked when the plan was published, because the centre lets it; a no brings in the next."""
    office.goto("/console/dispatches")
    sound(office, "/console/dispatches")
    dispatch = behind.execute(
        sa.text(
            "SELECT c.email, d.id FROM coach_dispatch d JOIN coach c ON c.id = d.coach_id"
            " WHERE d.status = 'asked' ORDER BY d.id LIMIT 1"
        )
    ).one()
    address = link_to(page, dispatch[0], "c")
    sound(page, address)
    page.goto(address)
    page.locator("summary", has_text="이번에는 어렵습니다").click()
    page.get_by_role("button", name="어렵다고 알리기").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("알려 주셔서 고맙습니다")
    office.goto("/console/dispatches")
    expect(office.get_by_role("main")).to_contain_text("어렵다고 함")

    def next_one() -> sa.Row[str, int] | None:
        behind.rollback()
        return behind.execute(
            sa.text(
                "SELECT c.email, d.id FROM coach_dispatch d JOIN coach c ON c.id = d.coach_id"
                " JOIN coach_dispatch o ON (o.slot_id, o.school_id) = (d.slot_id, d.school_id)"
                " WHERE o.id = :o AND d.id > :o AND d.status = 'asked' ORDER BY d.id LIMIT 1"
            ),
            {"o": dispatch[1]},
        ).one_or_none()

    wait_for("the next coach", lambda: next_one() is not None, REPAIRED_SECONDS)
    everything_left(behind)
    follower = next_one()
    assert follower
    assert follower[0] != dispatch[0]
    page.goto(link_to(page, follower[0], "c"))
    yes = page.get_by_role("button", name="네, 함께 가겠습니다")
    yes.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("함께해 주셔서 고맙습니다")
    page.reload()
    expect(page.get_by_text("함께 가신다고 답하셨습니다")).to_be_visible()
    office.reload()
    expect(office.get_by_role("main")).to_contain_text("함께 가기로 함")
