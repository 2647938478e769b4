"""Spreadsheets in a real browser: uploaded, mapped, seen, saved, undone; a large one by the worker; two made one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy.orm import Session

from booking.exchange.sheets import XLSX_TYPE, write_sheet
from booking.services.sheet_jobs import ROWS_AT_ONCE
from tests.e2e.test_follow import COORDINATOR, accessible
from tests.e2e.test_main_path import one
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
WORKER_MS = 60_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term."""
    term = tmp_path_factory.mktemp("sheets") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}") as running:
        yield running


def table(name: str, head: list[str], rows: list[list[object]]) -> FilePayload:
    """A workbook as a person has it on the desk."""
    return {"name": name, "mimeType": XLSX_TYPE, "buffer": write_sheet("표", head, rows)}


def choose(desk: Page, kind: str, file: FilePayload, button: str, language: str = "ko") -> None:
    """Choose a file in the card of a kind, and upload it."""
    desk.goto("/console/sheets")
    if language == "en":
        desk.get_by_role("button", name="English").click()
    card = desk.locator(f"section[aria-labelledby=kind-{kind}]")
    card.locator("input[type=file]").set_input_files(file)
    card.get_by_role("button", name=button).click()
    desk.wait_for_url("**/console/sheets/uploads/*")


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("language", "preview", "undo", "most"),
    [("ko", "올려서 미리 보기", "되돌리기", 9), ("en", "Upload and preview", "Take back", 8)],
)
def test_a_table_is_mapped_seen_saved_and_undone(
    visitor: Visitor, behind: Session, language: str, preview: str, undo: str, most: int
) -> None:
    stands = "SELECT max_group FROM workplace WHERE code = 'W0'"
    before = one(behind, stands)
    desk = visitor(COORDINATOR)
    head = [f"이름표 {most}", f"메모 {most}"]
    choose(desk, "workplaces", table("일터.xlsx", head, [["일터 0", most], ["일터 1", "많이"]]), preview, language)
    desk.locator(".sheet-columns summary").last.click()
    desk.locator("#column-name").select_option("0")
    desk.locator("#column-max_group").select_option("1")
    desk.locator("form[action$='/columns'] button").click()
    row = desk.get_by_role("row").filter(has_text=f"{before} → {most}")
    expect(row).to_be_visible()
    assert one(behind, stands) == before, "looking changes nothing"

    desk.locator("form[action$='/apply'] button").click()
    expect(desk.get_by_role("button", name=undo)).to_be_visible()
    assert one(behind, stands) == most
    desk.get_by_role("button", name=undo).click()
    expect(desk.get_by_role("button", name=undo)).to_have_count(0)
    assert one(behind, stands) == before
    if language == "en":
        # the language is the account's: the next visitor is the same person
        desk.get_by_role("button", name="한국어").click()
        expect(desk.get_by_role("button", name="English")).to_be_visible()


@pytest.mark.timeout(180)
def test_a_large_table_is_looked_at_and_saved_by_the_worker(visitor: Visitor, behind: Session) -> None:
    count = sa.text("SELECT count(*) FROM school_class WHERE label LIKE '6-%'")
    before = behind.execute(count).scalar_one()
    rows: list[list[object]] = [["가람중", f"6-{n + 1}", 20] for n in range(99)]
    rows += [["나래중", f"6-{n + 1}", 20] for n in range(ROWS_AT_ONCE)]
    desk = visitor(COORDINATOR)
    choose(
        desk, "classes", table("학급.xlsx", ["학교", "학급", "학생 수"], rows[: ROWS_AT_ONCE + 20]), "올려서 미리 보기"
    )
    save = desk.locator("form[action$='/apply'] button")
    expect(save).to_be_visible(timeout=WORKER_MS)
    save.click()
    undo = desk.get_by_role("button", name="되돌리기")
    expect(undo).to_be_visible(timeout=WORKER_MS)
    assert behind.execute(count).scalar_one() == before + ROWS_AT_ONCE + 20
    undo.click()
    expect(desk.get_by_text("되돌림", exact=True).first).to_be_visible(timeout=WORKER_MS)
    assert behind.execute(count).scalar_one() == before


@pytest.mark.timeout(180)
def test_two_entries_are_made_one_and_the_pages_are_for_everybody(visitor: Visitor, behind: Session) -> None:
    behind.execute(
        sa.text("UPDATE workplace SET name = '보기 공방', address = '서울 구로구 보기로 10' WHERE code IN ('W6', 'W7')")
    )
    six, seven = (one(behind, f"SELECT id FROM workplace WHERE code = '{code}'") for code in ("W6", "W7"))
    narrow = visitor(COORDINATOR, size=PHONE)
    accessible(narrow, ("/console/sheets", "/console/duplicates", f"/console/workplaces/{six}/merge/{seven}"))

    desk = visitor(COORDINATOR)
    desk.goto("/console/duplicates")
    desk.get_by_role("link", name="나란히 보기 보기 공방, 보기 공방").click()
    button = desk.get_by_role("button", name="한 일터로 합치기")
    button.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("한 일터로 합쳤습니다.").first).to_be_visible()
    assert one(behind, f"SELECT merged_into_id FROM workplace WHERE id = {seven}") == six
    desk.goto(f"/console/workplaces/{seven}")
    desk.wait_for_url(f"**/console/workplaces/{six}")
