"""How it was, and the figures of it: a school, a workplace and paper answer; the office looks; the officer reads."""

from __future__ import annotations

import datetime as dt
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from booking.clock import SystemClock, seoul_date
from booking.db import make_engine, make_sessions, transaction
from booking.domain.ids import NoticeId
from booking.models.terms import Term
from booking.services import links
from tests.e2e.test_follow import COORDINATOR, FIRST, accessible, tab_to
from tests.support.books import held, schools
from tests.support.browsing import PHONE, faultless
from tests.support.factory import SmallTerm, small_document
from tests.support.service import Service, running_service
from tests.support.visits import confirmed

OFFICER = "officer@demo.example.kr"
Visitor = Callable[..., Page]
#: what the officer could try to change, were it not refused
POSTS = (
    "/console/satisfaction/remarks/1",
    "/console/satisfaction/questions",
    "/console/satisfaction/questions/overall/retire",
    "/console/satisfaction/sessions/1",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term."""
    term = tmp_path_factory.mktemp("figures") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term} --as-is", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


@pytest.fixture
def behind(service: Service) -> Iterator[Session]:
    """A session on the service's own database, for writing as well."""
    engine = make_engine(service.database_url)
    with make_sessions(engine)() as session:
        yield session
    engine.dispose()


def arranged(behind: Session) -> tuple[int, str, int]:
    """A plan with a visit today, a session that was held: request, a workplace's link, session."""
    today = seoul_date(SystemClock().now())
    with transaction(behind):
        small = SmallTerm(behind, term=behind.scalars(sa.select(Term)).one(), now=SystemClock().now())
        small.publish()
        visit = confirmed(small)
        behind.execute(
            sa.text("UPDATE workplace_notice SET date = :today WHERE date = :was"),
            {"today": today, "was": visit.slot.date},
        )
        visit.slot.date = today
        behind.flush()
        place = visit.groups[0].workplace_id
        found = "SELECT id, version FROM workplace_notice WHERE workplace_id = :place AND date = :today"
        number, version = behind.execute(sa.text(found), {"place": place, "today": today}).one()
        token = links.issue(behind, NoticeId(number), version)
        row = held(
            behind, small.clock, small.coordinator, today - dt.timedelta(days=1), 40, school=schools(behind)[0].id
        )
        return small.request("V0000").id, token, row.id


def unfolded(page: Page) -> None:
    """Nothing for axe to find, with everything unfolded, and nothing wider than its window."""
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    faultless(page)


@pytest.mark.timeout(400)
def test_answers_are_given_looked_at_and_read(visitor: Visitor, behind: Session, service: Service) -> None:
    request, token, number = arranged(behind)
    the_school_says(visitor(FIRST, size=PHONE), request)
    the_workplace_says(visitor(size=PHONE), token)
    desk = visitor(COORDINATOR)
    the_office_counts_paper(desk, number)
    the_office_looks(desk)
    accessible(visitor(COORDINATOR, size=PHONE), ["/console/satisfaction/remarks", "/console/satisfaction/questions"])
    officer = visitor(OFFICER)
    the_officer_reads(officer)
    the_figures_open(officer)
    nothing_can_be_changed(officer)
    accessible(visitor(OFFICER, size=PHONE), ["/console/dashboard", "/console/satisfaction"])
    on_paper_and_away(officer)
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout


def the_school_says(page: Page, request: int) -> None:
    """Who came, what they answered, and a word that says too much."""
    page.goto(f"/teacher/requests/{request}/visit")
    page.get_by_role("button", name="온 인원 저장").click()
    expect(page.locator("#after .chip")).to_contain_text("온 인원 20명")
    page.locator("input[name='q-overall-5']").fill("14")
    page.locator("input[name='q-overall-4']").fill("4")
    page.locator("#remark").fill("김가람 학생이 010-0000-1234로 고맙다고 했습니다")
    page.get_by_role("button", name="만족도 저장").click()
    expect(page.locator(".notice--ok")).to_contain_text("만족도를 저장했습니다")
    expect(page.locator("#remark")).to_have_value(re.compile("김가람"))
    unfolded(page)


def the_workplace_says(page: Page, token: str) -> None:
    """On a phone, without a mouse, in both languages: refused once, then taken."""
    for language in ("en", "ko"):
        page.goto(f"/a/{token}/opinion?lang={language}")
        unfolded(page)
    tab_to(page, "form.opinion .btn")
    page.keyboard.press("Enter")
    expect(page.locator(".errors")).to_be_focused()
    unfolded(page)
    tab_to(page, "input[name='q-host_again']")
    page.keyboard.press("Space")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator("input[name='q-host_again'][value='5']")).to_be_checked()
    tab_to(page, "#remark")
    page.keyboard.type("다음에도 오세요")
    tab_to(page, "form.opinion .btn")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="들려주셔서 고맙습니다.")).to_be_visible()
    unfolded(page)


def the_office_counts_paper(page: Page, number: int) -> None:
    """From the session to its paper."""
    page.goto(f"/console/sessions/{number}")
    page.get_by_role("link", name="종이에 적힌 답 세어 적기").click()
    page.locator("input[name='q-programme_overall-5']").fill("41")
    page.get_by_role("button", name="만족도 저장").click()
    expect(page.locator(".errors")).to_contain_text("온 학생보다 많을 수 없습니다")
    unfolded(page)
    page.locator("input[name='q-programme_overall-5']").fill("30")
    page.locator("input[name='q-programme_overall-3']").fill("5")
    page.get_by_role("button", name="만족도 저장").click()
    expect(page.get_by_role("status")).to_contain_text("만족도를 저장했습니다")


def the_office_looks(page: Page) -> None:
    """The word is warned of, shortened and shown; the other is hidden, with a reason."""
    page.goto("/console/satisfaction?period=all")
    page.get_by_role("link", name="한마디 2").click()
    card = page.locator("section.card", has_text="전화번호처럼 보이는 것")
    expect(card.locator(".notice")).to_contain_text("사람 이름처럼 보이는 것")
    unfolded(page)
    card.get_by_label("공개할 말").fill("한 학생이 고맙다고 했습니다")
    card.get_by_role("button", name="이대로 공개").click()
    expect(page.get_by_role("status")).to_contain_text("한마디를 공개했습니다")
    page.get_by_role("button", name="가리기").click()
    expect(page.locator(".errors")).to_be_focused()
    page.get_by_label("가린다면 그 까닭").fill("시험으로 적음")
    page.get_by_label("가린다면 그 까닭").press("Tab")
    page.get_by_role("button", name="가리기").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("한마디를 가렸습니다")


def the_officer_reads(page: Page) -> None:
    """Counts, means where there are enough, and only the word that was released."""
    page.goto("/console/satisfaction?period=all")
    expect(page.get_by_role("row", name="체험이 만족스러웠다").first).to_contain_text("4.78")
    expect(page.get_by_role("main")).to_contain_text("한 학생이 고맙다고 했습니다")
    expect(page.get_by_role("main")).not_to_contain_text("김가람")
    unfolded(page)
    page.get_by_role("link", name="일터", exact=True).click()
    row = page.get_by_role("row", name="다음에도 학생들을 맞이하고 싶다").first
    expect(row).to_contain_text("–")
    expect(page.get_by_role("main")).not_to_contain_text("다음에도 오세요")
    page.get_by_role("link", name="프로그램", exact=True).click()
    page.get_by_role("row", name="프로그램이 만족스러웠다").get_by_role("link").first.press("Enter")
    expect(page.get_by_role("heading", name="만족도 내역")).to_be_visible()
    expect(page.locator("dl.kpi dd").first).to_contain_text("35")
    unfolded(page)


def the_figures_open(page: Page) -> None:
    """By keyboard alone: narrowed, a number opened, its sum read, and back."""
    page.goto("/console/dashboard?period=all")
    unfolded(page)
    page.locator("#f-level").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("level=elementary"))
    page.goto("/console/dashboard?period=all")
    shown = page.locator("#choices tbody a").first
    number = shown.inner_text().split()[0]
    shown.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="학급 내역")).to_be_visible()
    expect(page.locator("dl.kpi dd").first).to_have_text(number)
    assert sum(int(text) for text in page.locator("tbody td.num span").all_inner_texts()) == int(number)
    unfolded(page)
    page.get_by_role("link", name="한눈에", exact=True).last.press("Enter")
    expect(page.get_by_role("heading", name="한눈에")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    unfolded(page)
    page.get_by_role("button", name="한국어").click()


def nothing_can_be_changed(page: Page) -> None:
    """Whatever is posted is refused, with the officer's own form token too."""
    page.goto("/console/dashboard")
    expect(page.locator("main form[method=post]")).to_have_count(0)
    for address in POSTS:
        status = page.evaluate(
            """async (address) => {
                const token = document.querySelector("input[name=csrf_token]")?.value ?? "";
                const given = {csrf_token: token, act: "show", text: "x", seen: "1", audience: "school"};
                const body = new URLSearchParams(given);
                return (await fetch(address, {method: "POST", body})).status;
            }""",
            address,
        )
        assert status == 403, address
    for address in (
        "/console/satisfaction/remarks",
        "/console/satisfaction/questions",
        "/console/satisfaction/sessions/1",
    ):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 403, address


def on_paper_and_away(page: Page) -> None:
    """Printed, every table stands beside its drawing; a drawing leaves as a file that stands by itself."""
    page.goto("/console/dashboard?period=all")
    page.emulate_media(media="print")
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("#fairness table")).to_be_visible()
    expect(page.locator("#choices .draw-svg")).to_be_visible()
    page.emulate_media(media="screen")
    with page.expect_download() as waiting:
        page.locator("#choices .draw-files a").first.press("Enter")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    drawing = ET.fromstring(text)
    assert drawing.tag.endswith("svg")
    # told apart by pattern: no two parts of the legend are filled alike
    fills = re.findall(r'fill="url\(#k-(\d)\)"', text)
    assert len(fills) == len(set(fills)) == 4
