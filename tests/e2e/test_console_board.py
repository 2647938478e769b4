"""The board in a real browser: dragged, by keyboard, swapped, split, excluded, undone; and two people at one visit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import solve
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
WHY = "학교에서 전화로 부탁했습니다."
#: a slot of the first week that every school would have to be asked for
ASKED = 7


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term, with a slot at which everybody has room."""
    document = small_document()
    for visit in document["visits"]:
        visit["negotiable_slots"].append(document["slots"][ASKED]["id"])
    term = tmp_path_factory.mktemp("board") / "small.json"
    term.write_text(json.dumps(document), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}") as running:
        yield running


@pytest.fixture(scope="module")
def plan(service: Service) -> dict[str, str]:
    """Where the tests of this file work: filled by the first that solves a plan."""
    return {}


@pytest.fixture
def board(plan: dict[str, str], visitor: Visitor) -> tuple[Page, str]:
    """A coordinator's page and the address of the board of a plan that was just proposed."""
    desk = visitor(COORDINATOR)
    if "run" not in plan:
        plan["run"] = solve(desk)
    return desk, f"{plan['run']}/board"


def slots_here(page: Page, label: str, attribute: str) -> list[str]:
    """The slots of the week on the page that a visit names: those it wishes, or those its school would be asked for."""
    named = (visit(page, label).get_attribute(attribute) or "").split()
    shown = {cell.get_attribute("data-drop") for cell in page.locator(".board [data-drop]").all()}
    return [slot for slot in named if slot in shown]


def visit(page: Page, label: str) -> Locator:
    """The visit of a class on the board or its shelf."""
    return page.locator(f"[data-visit][data-name='{label}']").first


def save(page: Page, why: str = WHY) -> None:
    """Give the reason and save what is looked at."""
    page.get_by_label(re.compile("^까닭")).fill(why)
    page.get_by_role("button", name="이대로 저장").click()
    expect(page.locator("#preview")).to_have_count(0)


def lines(page: Page) -> Locator:
    """The journal, newest first."""
    return page.locator("#journal .journal > li")


def request_of(page: Page, label: str) -> int:
    """The number of the request behind a visit of the board."""
    return int((visit(page, label).get_attribute("data-visit") or "").rpartition("/")[2])


def where(behind: Session, request: int) -> int | None:
    """The slot that a request has in the newest plan."""
    newest = sa.text("SELECT slot_id FROM proposal WHERE request_id = :r ORDER BY run_id DESC LIMIT 1")
    found = behind.execute(newest, {"r": request}).scalar_one()
    return None if found is None else int(found)


@pytest.mark.timeout(240)
def test_a_visit_is_dragged_and_the_change_undone_and_done_again(board: tuple[Page, str], behind: Session) -> None:
    page, address = board
    page.goto(address)
    label = page.locator(".board [data-visit]").first.get_attribute("data-name") or ""
    request = request_of(page, label)
    before = where(behind, request)
    target = int(next(slot for slot in slots_here(page, label, "data-asks") if slot != str(before)))
    visit(page, label).drag_to(page.locator(f".board tr:has([data-name='{label}']) [data-drop='{target}']"))
    page.wait_for_url(re.compile(r"/requests/\d+\?.*#preview"))
    expect(page.get_by_role("heading", name=re.compile("→"))).to_be_visible()
    assert where(behind, request) == before, "looking saves nothing"
    save(page)
    page.wait_for_url(re.compile(r"/board"))
    assert where(behind, request) == target
    expect(lines(page).first).to_contain_text(WHY)
    page.get_by_role("button", name=re.compile("^되돌리기")).click()
    expect(page.get_by_text("되돌려짐")).to_be_visible()
    assert where(behind, request) == before
    page.get_by_role("button", name=re.compile("^다시 하기")).click()
    expect(page.get_by_role("button", name=re.compile("^다시 하기"))).to_have_count(0)
    assert where(behind, request) == target


@pytest.mark.timeout(240)
def test_without_a_mouse_a_hard_rule_says_what_would_have_to_give(board: tuple[Page, str], behind: Session) -> None:
    page, address = board
    page.goto(address)
    label = page.locator(".board [data-visit]").first.get_attribute("data-name") or ""
    request = request_of(page, label)
    before, version = where(behind, request), "SELECT max(version) FROM allocation_run"
    standing = behind.execute(sa.text(version)).scalar_one()
    tab_to(page, f"[data-name='{label}']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=label)).to_be_visible()
    expect(page.locator("#dialog-slot")).to_be_focused()
    values = [option.get_attribute("value") or "" for option in page.locator("#dialog-slot option").all()]
    named = {"none", str(before), *slots_here(page, label, "data-asks"), *slots_here(page, label, "data-wishes")}
    page.locator("#dialog-slot").select_option(next(value for value in values if value not in named))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#preview"))
    expect(page.locator("#preview-title")).to_be_visible()
    expect(page.get_by_text("규칙에 어긋남")).to_be_visible()
    expect(page.get_by_text("되게 하려면")).to_be_visible()
    expect(page.get_by_role("button", name="이대로 저장")).to_have_count(0)
    page.get_by_role("link", name="그대로 두기").first.click()
    page.wait_for_url(re.compile(r"/board"))
    assert (where(behind, request), behind.execute(sa.text(version)).scalar_one()) == (before, standing)
    page.get_by_role("searchbox", name="학교·학급").focus()
    page.keyboard.type("다솜")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("school="))
    for name in page.locator(".board [data-visit]").all():
        expect(name).to_have_attribute("data-name", re.compile("^다솜"))


@pytest.mark.timeout(240)
def test_swap_split_and_exclude_are_looked_at_before_they_are_saved(board: tuple[Page, str], behind: Session) -> None:
    page, address = board
    page.goto(address)
    label = page.locator(".board [data-visit]").first.get_attribute("data-name") or ""
    ways = visit(page, label).get_attribute("data-visit") or ""

    page.goto(f"{ways}/groups")
    filled = [field for field in page.locator(".split input[inputmode]").all() if field.input_value() not in {"", "0"}]
    pupils = int(filled[0].input_value())
    filled[0].fill(str(pupils + 1))
    page.get_by_role("button", name="미리 보기").first.click()
    expect(page.get_by_text("규칙에 어긋남").or_(page.get_by_role("alert")).first).to_be_visible()
    expect(page.get_by_role("button", name="이대로 저장")).to_have_count(0)

    page.goto(f"{ways}/exclude")
    page.get_by_role("link", name=re.compile("빼기 미리 보기$")).first.click()
    save(page)
    page.goto(f"{ways}/exclude")
    expect(page.get_by_role("heading", name="뺀 일터 1곳")).to_be_visible()
    page.get_by_role("button", name="다시 허용").click()
    expect(page.get_by_role("heading", name="뺀 일터 1곳")).to_have_count(0)

    page.goto(f"{ways}/swap")
    page.get_by_role("searchbox", name="학교·학급").fill("중")
    page.get_by_role("button", name="찾기").click()
    page.get_by_role("link", name=re.compile("미리 보기$")).first.click()
    expect(page.locator("#preview-title")).to_be_visible()


@pytest.mark.timeout(240)
def test_of_two_people_at_one_visit_the_second_is_told(
    board: tuple[Page, str], visitor: Visitor, behind: Session
) -> None:
    page, address = board
    page.goto(address)
    ways = page.locator(".board [data-visit]").first.get_attribute("data-visit") or ""
    other = visitor(COORDINATOR)
    for one in (page, other):
        one.goto(f"{ways}?slot=none#preview")
        one.get_by_label(re.compile("^까닭")).fill(WHY)
    page.get_by_role("button", name="이대로 저장").click()
    page.wait_for_url(re.compile(r"/board|/requests/"))
    journal = "SELECT count(*) FROM hand_change"
    made = behind.execute(sa.text(journal)).scalar_one()
    other.get_by_role("button", name="이대로 저장").click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("그사이")
    assert behind.execute(sa.text(journal)).scalar_one() == made


@pytest.mark.timeout(240)
def test_the_boards_pages_leave_nothing_for_axe(board: tuple[Page, str], visitor: Visitor, service: Service) -> None:
    page, address = board
    page.goto(address)
    ways = page.locator(".board [data-visit]").first.get_attribute("data-visit") or ""
    accessible(
        visitor(COORDINATOR, size=PHONE),
        [address, f"{address}?view=workplace", f"{address}?view=term", ways, *(f"{ways}/{w}" for w in WAYS)],
    )
    assert service.flask("audit").returncode == 0


WAYS = ("swap", "groups", "exclude")
