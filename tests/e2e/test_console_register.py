"""The register in a real browser, by keyboard and on a phone: a closure that costs a visit, and its repair."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import publish, solve, wait_for
from tests.support.browsing import PHONE, faultless
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
GROUP = (
    "SELECT g.workplace_id, s.date, s.block, g.id FROM visit_group g JOIN slot s ON s.id = g.slot_id"
    " JOIN workplace w ON w.id = g.workplace_id WHERE g.status = 'asked' AND w.groups_per_slot = 1"
    " ORDER BY s.date, s.block, g.id LIMIT 1"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term, with room left for a repair."""
    document = small_document()
    document["visits"] = document["visits"][:2]
    for visit in document["visits"]:
        visit["pupils"] = 12
        visit["negotiable_slots"] = []
    term = tmp_path_factory.mktemp("register") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


def close_by_keyboard(page: Page, date: str, block: str) -> None:
    """Open the form of closed days, fill it and send it without a mouse."""
    tab_to(page, "details.more > summary")
    page.keyboard.press("Enter")
    page.locator("#first").fill(date)  # the parts of a date field come in the browser's own order
    tab_to(page, f"input[name=blocks][value={block}]")
    page.keyboard.press("Space")
    tab_to(page, "input[name=reason]")
    page.keyboard.type("재고 조사")
    page.keyboard.press("Enter")


@pytest.mark.timeout(180)
def test_a_closure_is_agreed_to_and_repaired(service: Service, visitor: Visitor, behind: Session) -> None:
    desk = visitor(COORDINATOR)
    publish(desk, solve(desk))
    place, day, block, group = behind.execute(sa.text(GROUP)).one()

    phone = visitor(COORDINATOR, size=PHONE)
    phone.goto(f"/console/workplaces/{place}")
    close_by_keyboard(phone, day.isoformat(), block)
    expect(phone.get_by_role("heading", name="저장하기 전에")).to_be_visible()
    faultless(phone)
    status = "SELECT status FROM visit_group WHERE id = :id"
    assert behind.execute(sa.text(status), {"id": group}).scalar_one() == "asked"
    tab_to(phone, "main form button.btn--primary")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("자리를 다시 찾기 시작했습니다")).to_be_visible()
    assert behind.execute(sa.text(status), {"id": group}).scalar_one() == "declined"

    repaired = "SELECT count(*) FROM allocation_run WHERE kind = 'repair' AND status = 'proposed'"
    wait_for("the repair", lambda: behind.execute(sa.text(repaired)).scalar_one() == 1)
    moved = (
        "SELECT count(*) FROM proposal p JOIN proposal_group g ON g.proposal_id = p.id JOIN slot s ON s.id = p.slot_id"
        " JOIN allocation_run r ON r.id = p.run_id WHERE r.kind = 'repair' AND g.workplace_id = :place"
        " AND s.date = :day AND s.block = :block"
    )
    assert behind.execute(sa.text(moved), {"place": place, "day": day, "block": block}).scalar_one() == 0

    desk.goto("/console/workplaces?sort=-size")
    desk.locator("input[name=id]").first.check()
    desk.get_by_role("button", name="고른 일터 한꺼번에 바꾸기").click()
    faultless(desk)
    desk.locator("#change").select_option("visits_per_term")
    desk.locator("#visits_per_term").fill("30")
    desk.get_by_role("button", name="무엇이 바뀌는지 보기").click()
    faultless(desk)
    expect(desk.get_by_text("없음 → 30").or_(desk.get_by_text("한 학기에 받는 모둠: 30"))).to_be_visible()
    desk.get_by_role("button", name="저장", exact=True).click()
    expect(desk.get_by_text("일터 1곳을 바꿨습니다.")).to_be_visible()
    assert behind.execute(sa.text("SELECT count(*) FROM workplace WHERE visits_per_term = 30")).scalar_one() == 1
    assert service.flask("audit").returncode == 0


@pytest.mark.timeout(180)
def test_the_registers_pages_leave_nothing_for_axe(service: Service, visitor: Visitor, behind: Session) -> None:
    place = behind.execute(sa.text("SELECT min(id) FROM workplace")).scalar_one()
    phone = visitor(COORDINATOR, size=PHONE)

    accessible(
        phone,
        [
            "/console/workplaces",
            f"/console/workplaces/{place}",
            f"/console/workplaces/{place}/edit",
            "/console/workplaces/new",
            "/console/coaches",
            "/console/coaches/1",
            "/console/schools/1",
        ],
    )
