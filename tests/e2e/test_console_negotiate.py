"""Negotiating in a browser with a real worker: found, chosen by keyboard, sent, answered by telephone, freed, taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import publish, solve
from tests.support.browsing import PHONE, TOO_WIDE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
#: how long the worker may take for a search of the small term
SEARCH_MS = 60_000
HELD = (
    "SELECT count(*) FROM visit_group g JOIN visit v ON v.id = g.visit_id"
    " WHERE v.status = 'proposed' AND g.status = 'proposed'"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on a small term in which not everybody fits at a date that was asked for."""
    document = small_document()
    for visit in document["visits"]:
        visit["negotiable_slots"] = []
    term = tmp_path_factory.mktemp("negotiate") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


def rows(behind: Session, query: str) -> list[tuple[object, ...]]:
    behind.expire_all()
    return [tuple(row) for row in behind.execute(sa.text(query))]


def search(page: Page) -> None:
    """Let the worker look, and wait on the page until it has."""
    page.get_by_role("button", name="에서 찾기").first.click()
    expect(page.get_by_text("찾기 마침")).to_be_visible(timeout=SEARCH_MS)
    expect(page.locator(".found-offer").first).to_be_visible()


def send_first(page: Page) -> None:
    """Choose the first offer, look, and send it: without a mouse, on a phone."""
    tab_to(page, "input[name=offer]")
    page.keyboard.press("Space")
    assert page.evaluate(TOO_WIDE) == 0
    tab_to(page, ".found-send button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="보내기 전에 보기")).to_be_visible()
    expect(page.locator(".letter").last).to_contain_text("조정")
    assert page.evaluate(TOO_WIDE) == 0
    tab_to(page, "form[action$='/send'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("조정 제안을 보냈습니다.")).to_be_visible()


def enter_call(page: Page, reply: str) -> None:
    """Enter what the school said, by keyboard."""
    page.get_by_role("link", name="답 적기·거두기").first.click()
    tab_to(page, "input[name=reply]")
    for _ in range(("accept", "decline").index(reply)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    tab_to(page, "input[name=reason]")
    page.keyboard.type("교무부장 선생님과 통화")
    page.keyboard.press("Enter")
    expect(page.get_by_text("전화로 받음")).to_be_visible()


@pytest.mark.timeout(180)
def test_a_date_is_found_asked_for_and_answered_by_telephone(
    service: Service, visitor: Visitor, behind: Session
) -> None:
    coordinator = visitor(COORDINATOR)
    publish(coordinator, solve(coordinator))
    unplaced = rows(behind, "SELECT code FROM request WHERE status = 'unserved'")
    assert unplaced, "the term has room for everybody"

    desk = visitor(COORDINATOR, size=PHONE)
    desk.goto("/console/offers")
    search(desk)
    accessible(desk, ["/console/offers"])
    desk.goto("/console/offers")
    assert rows(behind, "SELECT count(*) FROM message WHERE kind = 'shift_offer'") == [(0,)]
    send_first(desk)
    assert rows(behind, "SELECT count(*) > 0 FROM message WHERE kind = 'shift_offer'") == [(True,)]
    assert rows(behind, HELD) != [(0,)]
    number = desk.get_by_role("link", name="답 적기·거두기").first.get_attribute("href")
    assert number is not None
    accessible(desk, ["/console/offers/held", number])

    desk.goto("/console/offers")
    enter_call(desk, "decline")
    assert rows(behind, HELD) == [(0,)]

    desk.goto("/console/offers")
    search(desk)
    send_first(desk)
    enter_call(desk, "accept")
    agreed = rows(
        behind,
        "SELECT v.status, o.by_telephone, u.email FROM offer o JOIN visit v ON v.request_id = o.request_id"
        " AND v.slot_id = o.slot_id JOIN app_user u ON u.id = o.answered_by_id WHERE o.status = 'accepted'",
    )
    assert set(agreed) == {("published", True, COORDINATOR)}
    desk.get_by_role("link", name="학교 기록").click()
    expect(desk.get_by_role("heading", name="양보 점수 기록").or_(desk.get_by_text("양보 점수 기록"))).to_be_visible()
    accessible(desk, ["/console/offers/history", desk.url.split("?")[0]])
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout
