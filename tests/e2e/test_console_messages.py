"""Messages in a real browser: held without a sender number, let go with one; what cannot leave settled by telephone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR
from tests.e2e.test_main_path import Visitor, one, publish, solve, wait_for
from tests.support.browsing import PHONE, faultless
from tests.support.factory import small_document
from tests.support.service import Service, running_service

NUMBERS = "/console/settings/sender-numbers"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on two visits of the small term; one workplace has a telephone that takes no SMS."""
    document = small_document()
    document["visits"] = document["visits"][:2]
    for visit in document["visits"]:
        visit["pupils"] = 12
    term = tmp_path_factory.mktemp("messages") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        engine = sa.create_engine(running.database_url)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE workplace_contact SET phone = '02-0000-0009', email = NULL"))
        engine.dispose()
        yield running


@pytest.mark.timeout(240)
def test_held_let_go_and_settled(visitor: Visitor, behind: Session) -> None:
    page = visitor(COORDINATOR)
    page.goto(NUMBERS)
    expect(page.get_by_role("row", name="0200000000")).to_contain_text("쓸 수 있음")
    faultless(page)
    page.get_by_role("button", name="지우기 0200000000").click()
    expect(page.get_by_role("status").first).to_contain_text("등록되지 않은 발신번호: 0200000000")

    publish(page, solve(page))
    held = "SELECT count(*) FROM message WHERE last_error = 'sender_unregistered'"
    wait_for("text messages that are held", lambda: one(behind, held) > 0)
    page.goto("/console/messages?box=queue&channel=sms")
    expect(page.get_by_text("발신번호가 설정에 등록되어 있지 않아 기다립니다.").first).to_be_visible()
    faultless(page)

    page.goto(NUMBERS)
    expect(page.get_by_label("번호", exact=True)).to_have_value("0200000000")
    page.get_by_label("누구의 번호").fill("구로구청")
    page.get_by_label("등록한 날").fill("2026-01-02")
    page.get_by_label("서류를 둔 곳").fill("서류함 2번")
    page.get_by_role("button", name="저장").click()
    expect(page.get_by_text("기다리던 문자가 나갑니다.")).to_be_visible()

    # to schools they leave; a workplace's telephone takes none
    settled = "SELECT count(*) FROM message WHERE channel = 'sms' AND status = :status"
    for box in ("delivered", "failed"):
        wait_for(f"text messages that are {box}", lambda box=box: one(behind, settled, status=box) > 0)  # type: ignore[misc]
    page.goto("/console/messages?box=delivered&channel=sms")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.goto("/console/messages?box=failed&channel=sms")
    page.locator("tbody th a").first.click()
    expect(page.get_by_text("휴대전화 번호가 아니어서")).to_be_visible()
    faultless(page)

    page.get_by_role("link", name="고쳐서 다시 보내기").click()
    page.get_by_label("글", exact=True).fill("가" * 46)
    page.get_by_role("button", name="길이 재기").click()
    expect(page.get_by_text("LMS 92/2000")).to_be_visible()
    page.get_by_label("글", exact=True).fill("안내드립니다 😀")
    page.get_by_role("button", name="이 글로 보내기").click()
    expect(page.get_by_role("alert")).to_contain_text("문자로 보낼 수 없는 글자")
    faultless(page)
    page.get_by_role("link", name="그만두기").click()
    address = page.url

    small = visitor(COORDINATOR, size=PHONE)
    for path in (address, "/console/messages?box=all", NUMBERS, "/console/calls", "/console/settings"):
        small.goto(path)
        faultless(small)
    small.goto(address)
    small.get_by_role("button", name="전화로 알렸습니다").click()
    expect(small.get_by_role("heading", level=1)).to_contain_text("전화로 알림")
    expect(small.get_by_role("button", name="전화로 알렸습니다")).to_have_count(0)
