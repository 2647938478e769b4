"""알림톡 in a real browser with real workers: approved, sent, read on the telephone, and answered from there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR
from tests.e2e.test_main_path import Visitor, one, publish, solve, wait_for
from tests.support.browsing import PHONE, faultless
from tests.support.factory import small_document
from tests.support.service import Service, running_service

LIST = "/console/alimtalk"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on two visits of the small term."""
    document = small_document()
    document["visits"] = document["visits"][:2]
    term = tmp_path_factory.mktemp("alimtalk") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


def approve(page: Page, kind: str) -> None:
    """Hand the suggested text in under the code that the demo's KakaoTalk has approved it under."""
    page.goto(f"{LIST}/{kind}/ko")
    code = page.get_by_role("main").locator(".notice code").inner_text()
    page.get_by_label("템플릿 코드").fill(code)
    page.get_by_label("심사").select_option(label="승인")
    page.get_by_role("button", name="저장").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("이제 이 알림은 알림톡으로 나가고")


@pytest.mark.timeout(240)
def test_approved_texts_reach_kakaotalk_and_are_answered_from_there(visitor: Visitor, behind: Session) -> None:
    page = visitor(COORDINATOR)
    page.goto(LIST)
    faultless(page)
    page.get_by_role("link", name="준비하기 일터 방문 요청 한국어").click()
    page.get_by_label("글", exact=True).fill("체험 #{일터} #{모름}")
    page.get_by_role("button", name="미리 보기").click()
    expect(page.locator(".talk-text")).to_have_text("체험 구로소방서 #{모름}")
    faultless(page)
    page.get_by_label("템플릿 코드").fill("KA01TP0000")
    page.get_by_role("button", name="저장").click()
    expect(page.get_by_role("alert")).to_contain_text("모르는 #{이름}이 들어 있습니다")
    faultless(page)
    for kind in ("workplace_ask", "allocation_proposed"):
        approve(page, kind)
    expect(page.locator(".kpi div").first).to_contain_text("2")

    publish(page, solve(page))
    texts = "SELECT count(*) FROM message WHERE channel = 'sms' AND status = 'delivered' AND sent_as = :form"
    wait_for("messages in KakaoTalk", lambda: one(behind, texts, form="ATA") > 1)
    wait_for(
        "every text message",
        lambda: one(behind, "SELECT count(*) FROM message WHERE channel = 'sms' AND status <> 'delivered'") == 0,
    )
    doubled = "SELECT count(*) FROM message WHERE channel = 'sms' AND attempts > 1"
    assert one(behind, doubled) == 0

    page.goto("/console/messages?box=delivered&channel=sms&kind=workplace_ask")
    page.locator("tbody th a").first.click()
    expect(page.get_by_text("나간 모양")).to_be_visible()
    expect(page.locator("pre.letter").first).to_contain_text("[체험 요청]")
    faultless(page)

    phone = visitor(size=PHONE)
    phone.goto("/demo/inbox")
    faultless(phone)
    asked = phone.locator(".talk-text", has_text="[체험 요청]").first
    link = re.search(r"http://\S+/a/[\w-]{43}", asked.inner_text())
    assert link
    phone.goto(link[0])
    phone.get_by_role("button", name=re.compile("네, (모두 )?맞이하겠습니다")).click()
    accepted = "SELECT count(*) FROM visit_group WHERE status = 'accepted'"
    wait_for("the answer", lambda: one(behind, accepted) > 0)

    small = visitor(COORDINATOR, size=PHONE)
    for path in (LIST, f"{LIST}/workplace_ask/ko", f"{LIST}/visit_confirmed/en?lang=en"):
        small.goto(path)
        faultless(small)
