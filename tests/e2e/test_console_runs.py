"""Runs side by side, in a real browser with a real worker: named, compared, looked at from all sides, chosen among."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import accessible, tab_to
from tests.e2e.test_main_path import publish, solve
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

COORDINATOR = "coordinator@demo.example.kr"
FOUND_MS = 150_000
VIEWS = ("/days", "/schools", "/workplaces", "/difference", "/alternatives")

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term, so that a search takes seconds."""
    term = tmp_path_factory.mktemp("runs") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


def named_by_keyboard(page: Page, run: str, name: str) -> None:
    """Give a draft a name, as somebody without a mouse does."""
    page.goto(run)
    tab_to(page, "#name")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


@pytest.mark.timeout(400)
def test_drafts_are_compared_and_an_alternative_is_published(
    service: Service, visitor: Visitor, behind: Session
) -> None:
    page, phone = visitor(COORDINATOR), visitor(COORDINATOR, size=PHONE)
    first, second = solve(page), solve(page)
    named_by_keyboard(page, first, "봄 안")

    page.goto("/console/runs/compare")
    for box in page.locator("input[name=run]").all()[:2]:
        box.check()
    page.locator("main form .btn--primary").first.click()
    expect(page.get_by_role("main")).to_contain_text("봄 안")
    compared = page.url

    page.goto(f"{second}/alternatives")
    page.locator("form[action$='/alternatives'] button").click()
    page.wait_for_url(re.compile(r"/runs/\d+"))
    chosen = page.locator("form[action*='/alternatives/'] button")
    for _ in range(60):
        page.goto(f"{second}/alternatives")
        if chosen.count():
            break
        page.wait_for_timeout(FOUND_MS / 60)
    found = chosen.count()
    assert found >= 1
    accessible(phone, [compared.partition("?")[0], *(f"{second}{view}" for view in VIEWS), "/console/runs", second])

    runs = "SELECT count(*) FROM allocation_run WHERE kind = 'term'"
    before = behind.execute(sa.text(runs)).scalar_one()
    chosen.first.click()
    page.wait_for_url(re.compile(r"/console/runs/\d+$"))
    behind.expire_all()
    assert behind.execute(sa.text(runs)).scalar_one() == before + 1
    alternative = page.url
    publish(page, alternative)
    expect(page.get_by_role("main")).to_contain_text("게시")
    page.goto(f"{first}/difference")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout
