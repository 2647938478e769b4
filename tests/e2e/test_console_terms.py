"""The next term is set up and turned to, in a browser: seen before it is done, by keyboard and on a phone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
CURRENT = "SELECT name FROM term WHERE is_current"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term: nothing is planned, so nothing stands in the way."""
    term = tmp_path_factory.mktemp("terms") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}") as running:
        yield running


@pytest.mark.timeout(180)
def test_the_next_term_is_set_up_and_turned_to(service: Service, visitor: Visitor, behind: Session) -> None:
    before = behind.execute(sa.text(CURRENT)).scalar_one()
    desk = visitor(COORDINATOR)
    desk.goto("/console/terms")
    desk.get_by_role("link", name="다음 학기 만들기").click()
    name = desk.get_by_label("이름", exact=True).input_value()
    last = desk.locator("#last_day").input_value()
    desk.locator("#last_day").fill("2031-01-01")
    desk.get_by_role("button", name="만들기").click()
    expect(desk.locator(".errors")).to_be_focused()
    expect(desk.locator(".errors")).to_contain_text("200일까지")
    desk.locator("#last_day").fill(last)
    desk.get_by_role("button", name="만들기").click()
    expect(desk.get_by_role("row", name=name)).to_contain_text("준비 중")
    number = behind.execute(sa.text("SELECT id FROM term WHERE name = :name"), {"name": name}).scalar_one()

    phone = visitor(COORDINATOR, size=PHONE)
    accessible(phone, ["/console/terms", "/console/terms/new", f"/console/terms/{number}/start"])
    phone.goto("/console/terms")
    phone.get_by_role("row", name=name).get_by_role("link", name="이 학기로 넘기기").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("학기 넘기기")
    tab_to(phone, "main form button")
    phone.keyboard.press("Enter")
    expect(phone.locator(".errors")).to_be_focused()
    assert behind.execute(sa.text(CURRENT)).scalar_one() == before
    tab_to(phone, "input[name=understood]")
    phone.keyboard.press("Space")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("학기를 넘겼습니다.")).to_be_visible()
    assert behind.execute(sa.text(CURRENT)).scalar_one() == name

    desk.goto("/console/terms")
    expect(desk.get_by_role("row", name=name)).to_contain_text("지금 학기")
    expect(desk.get_by_role("link", name="이 학기로 넘기기")).to_have_count(0)
    assert service.flask("audit").returncode == 0
