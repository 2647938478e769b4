"""A sandbox in a browser, with a real worker: a run and its publication in a copy, and nothing anywhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import SENT_SECONDS, publish, solve
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
#: what a sandbox must leave as it is
REAL = """
    SELECT (SELECT count(*) FROM allocation_run), (SELECT count(*) FROM message), (SELECT count(*) FROM visit),
           (SELECT sum(id * seat * pupils) FROM visit_group), (SELECT sum(fairness_credit) FROM school)"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term."""
    term = tmp_path_factory.mktemp("sandbox") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


@pytest.mark.timeout(300)
def test_anything_is_tried_and_nothing_happens(service: Service, visitor: Visitor, behind: Session) -> None:
    desk, colleague = visitor(COORDINATOR), visitor(COORDINATOR)
    publish(desk, solve(desk))
    before = behind.execute(sa.text(REAL)).one()

    desk.goto("/console/sandboxes")
    desk.get_by_label("이름", exact=True).fill("금요일을 비우면")
    tab_to(desk, "main form .btn--primary")
    desk.keyboard.press("Enter")
    banner = desk.locator(".sandbox-strip")
    expect(banner).to_contain_text("금요일을 비우면")
    run = solve(desk)
    expect(banner).to_be_visible()
    desk.goto(run + "/publish/messages")
    expect(banner).to_be_visible()
    # written by the worker of the sandbox
    expect(desk.get_by_text("에 써 본 것입니다.")).to_be_visible(timeout=SENT_SECONDS * 1000)
    publish(desk, run)
    desk.goto("/console/messages")
    expect(banner).to_be_visible()
    assert behind.execute(sa.text(REAL)).one() == before

    colleague.goto("/console/runs")
    expect(colleague.locator(".sandbox-strip")).to_have_count(0)
    expect(colleague.locator("main")).not_to_contain_text("배정안 2")
    colleague.goto("/console/sandboxes")
    colleague.get_by_role("link", name="금요일을 비우면 실제와 견주기").click()
    expect(colleague.get_by_role("table", name="지표")).to_contain_text("연습장")

    phone = visitor(COORDINATOR, size=PHONE)
    number = behind.execute(sa.text("SELECT max(id) FROM sandbox")).scalar_one()
    accessible(phone, ["/console/sandboxes", f"/console/sandboxes/{number}/compare"])
    phone.goto("/console/sandboxes")
    phone.get_by_role("button", name="금요일을 비우면 들어가기").click()
    expect(phone.locator(".sandbox-strip")).to_be_visible()
    accessible(phone, ["/console", "/console/sandboxes"])

    desk.goto("/console/sandboxes")
    desk.get_by_role("button", name="금요일을 비우면 치우기").click()
    expect(desk.get_by_text("연습장을 치웠습니다.")).to_be_visible()
    expect(desk.locator(".sandbox-strip")).to_have_count(0)
    phone.get_by_role("link", name=re.compile("^배정")).first.click()
    expect(phone.get_by_text("치워져 나왔습니다")).to_be_visible()
    expect(phone.locator(".sandbox-strip")).to_have_count(0)
    assert behind.execute(sa.text(REAL)).one() == before
    assert behind.execute(sa.text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'sandbox%'")).scalar_one() == 0
    assert service.flask("audit").returncode == 0
