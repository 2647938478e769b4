"""A quarter's report in a browser: begun, written beside its figures, handed in, read by the district, corrected."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docx import Document
from hwpx.tools.package_validator import validate_editor_open_safety
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from booking.demo.report import MILESTONES
from tests.e2e.conftest import scalars
from tests.e2e.test_console_office import ADMINISTRATOR
from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import one
from tests.support.browsing import PHONE, TOO_WIDE
from tests.support.factory import small_document
from tests.support.images import MAKER, photograph
from tests.support.report_2018 import PRESS
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
OFFICER = "officer@demo.example.kr"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term."""
    term = tmp_path_factory.mktemp("reports") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}") as running:
        yield running


def saved(page: Page, group: str) -> None:
    """Save the texts of one part, and see the word about it."""
    page.locator(f"form[action$='/texts/{group}']").get_by_role("button", name="저장").click()
    expect(page.get_by_role("status").filter(has_text="저장했습니다.")).to_be_visible()


def file_of(page: Page, name: str) -> bytes:
    """Download the report in a format."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    path = waiting.value.path()
    return Path(path).read_bytes()


@pytest.mark.timeout(240)
def test_a_report_from_its_first_line_to_its_correction(visitor: Visitor, behind: Session, service: Service) -> None:
    desk = visitor(COORDINATOR)
    desk.goto("/console/figures")
    desk.get_by_role("navigation", name="이 메뉴의 페이지").get_by_role("link", name="분기 보고").click()
    expect(desk.get_by_text("아직 보고가 없습니다.")).to_be_visible()
    desk.get_by_role("button", name="보고 시작").click()
    expect(desk.get_by_text("향후계획: 아직 적지 않았습니다.")).to_be_visible()
    address = desk.url
    path = address.removeprefix(service.url)

    # by keyboard: from what is missing to its field, and saved
    desk.get_by_role("link", name="향후계획: 아직 적지 않았습니다.").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#plans")).to_be_focused()
    desk.keyboard.type("=1+1 널리 알린다")
    tab_to(desk, "form[action$='/texts/plans'] .btn")
    desk.keyboard.press("Enter")
    expect(desk.locator("#part-plans")).to_contain_text("=1+1 널리 알린다")

    desk.locator("#milestones").fill("언젠가 연수")
    desk.locator("form[action$='/texts/results']").get_by_role("button", name="저장").click()
    expect(desk.locator(".errors")).to_be_focused()
    expect(desk.locator(".errors")).to_contain_text("1번째 줄 「언젠가 연수」")
    desk.locator("#milestones").fill(MILESTONES)
    saved(desk, "results")
    desk.locator("#press").fill(PRESS)
    saved(desk, "communication")
    expect(desk.locator("#part-communication")).to_contain_text("마루신문 (18.03.09)")
    expect(desk.locator("#part-results")).to_contain_text("2017.12 : 진로체험관련 일터발굴 244개")

    desk.locator("#picture").set_input_files(
        {"name": "opening.jpg", "mimeType": "image/jpeg", "buffer": photograph(size=(3000, 2000))}
    )
    desk.locator("#caption").fill("드림캐쳐단 발대식")
    desk.get_by_role("button", name="사진 넣기").click()
    expect(desk.get_by_text("찍은 곳과 때 같은 정보는 지웠습니다.")).to_be_visible()
    (content,) = scalars(behind, "SELECT content FROM quarterly_report_picture")
    assert isinstance(content, bytes)
    assert MAKER.encode() not in content

    # somebody else has the same page open and is told, nothing is overwritten
    other = visitor(ADMINISTRATOR)
    other.goto(address)
    desk.locator("#problems").fill("한 날에 몰립니다")
    saved(desk, "problems")
    other.locator("#problems").fill("다른 글")
    other.locator("form[action$='/texts/problems']").get_by_role("button", name="저장").click()
    expect(other.get_by_text("지금 저장된 글: 한 날에 몰립니다")).to_be_visible()
    expect(other.locator("#problems")).to_have_value("다른 글")
    assert scalars(behind, "SELECT text FROM quarterly_report_text WHERE section = 'problems'") == ["한 날에 몰립니다"]

    word = Document(io.BytesIO(file_of(desk, "워드")))
    assert "- =1+1 널리 알린다" in [paragraph.text for paragraph in word.paragraphs]
    assert load_workbook(io.BytesIO(file_of(desk, "엑셀")))["계획·건의"]["B4"].value == "'=1+1 널리 알린다"
    assert validate_editor_open_safety(file_of(desk, "한글")).reopen_ok

    officer = visitor(OFFICER)
    officer.goto("/console/reports")
    officer.get_by_role("button", name="English").click()
    expect(officer.get_by_text("No report has been made final yet.")).to_be_visible()
    phone = visitor(COORDINATOR, size=PHONE)
    accessible(phone, ["/console/reports", path, f"{path}/print"])

    desk.get_by_role("button", name="확정하기").click()
    expect(desk.locator(".errors")).to_be_focused()
    desk.get_by_label("빠졌거나 맞지 않는 것을 알고 확정합니다").check()
    desk.get_by_role("button", name="확정하기").click()
    expect(desk.get_by_text("이 판은 이제 바뀌지 않습니다.")).to_be_visible()

    officer.reload()
    officer.get_by_role("rowheader").get_by_role("link").click()
    expect(officer.locator("#part-plans")).to_contain_text("=1+1 널리 알린다")
    expect(officer.locator("main form")).to_have_count(0)
    assert validate_editor_open_safety(file_of(officer, "Hangul")).reopen_ok
    officer.get_by_role("link", name="Print, PDF").click()
    officer.wait_for_url("**/print")
    officer.emulate_media(media="print")
    expect(officer.get_by_role("link", name="Back to the report")).to_be_hidden()
    assert officer.evaluate(TOO_WIDE) == 0
    assert officer.pdf(prefer_css_page_size=True).startswith(b"%PDF-")

    other.locator("form[action$='/texts/problems']").get_by_role("button", name="저장").click()
    expect(other.get_by_text("그사이 다른 분이 이 보고를 확정했습니다.")).to_be_visible()

    desk.get_by_label("정정 사유").fill("계획을 바로잡음")
    desk.get_by_role("button", name="정정판 만들기").click()
    desk.locator("#plans").fill("더 널리 알린다")
    saved(desk, "plans")
    desk.get_by_text("앞 판과 다른 줄 2개").click()
    expect(desk.locator(".report-come")).to_contain_text("더 널리 알린다")
    accessible(phone, [desk.url.removeprefix(service.url).partition("#")[0], path])
    assert one(behind, "SELECT count(*) FROM quarterly_report WHERE status = 'final'") == 1
    assert service.flask("audit").returncode == 0
