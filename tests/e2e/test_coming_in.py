"""Coming in, in a real browser: the invitation, the links, the lock, the warning before a session ends, all devices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from booking.db import make_engine, make_sessions
from tests.e2e.test_main_path import wait_for
from tests.support.browsing import PHONE, TOO_WIDE
from tests.support.service import Service

COORDINATOR = "coordinator@demo.example.kr"
COLLEAGUE = "colleague@school.example.kr"
PASSWORD, SECOND_PASSWORD = "blue kettle walks", "green lantern sings"
#: wrong passwords until the door stays shut for a while
FEW = 12
SEEN_MS = 15_000

Visitor = Callable[..., Page]


@pytest.fixture
def the_clock(service: Service) -> Iterator[Session]:
    """Somebody who can bring the end of a session nearer."""
    engine = make_engine(service.database_url, isolation_level="AUTOCOMMIT")
    with make_sessions(engine)() as session:
        yield session
    engine.dispose()


def mails(behind: Session, address: str) -> int:
    behind.expire_all()
    found = behind.execute(
        sa.text(
            "SELECT count(*) FROM message m JOIN app_user u ON u.id = m.user_id"
            " WHERE u.email = :address AND m.status IN ('sent', 'delivered')"
        ),
        {"address": address},
    )
    return int(found.scalar() or 0)


def newest_link(page: Page, behind: Session, path: str, so_far: int) -> str:
    """Wait for the next mail to the colleague and return its link."""
    wait_for(f"a mail with {path}", lambda: mails(behind, COLLEAGUE) > so_far)
    page.goto(f"/demo/inbox?to={COLLEAGUE}")
    page.locator("a.mail").first.click()
    found = re.search(rf"https?://\S+{path}[A-Za-z0-9_-]{{43}}", page.locator(".mail-text").inner_text())
    assert found, page.locator(".mail-text").inner_text()
    return found.group()


def accessible(page: Page) -> None:
    """What is on the page now: nothing for axe to find, in both languages where it can be asked for again."""
    found = Axe().run(page).response["violations"]
    assert not found, [(page.url, one["id"], one["nodes"][0]["target"]) for one in found]
    assert page.evaluate(TOO_WIDE) <= 0, page.url


def invited(office: Page, behind: Session) -> str:
    """The coordinator invites a colleague of a school that has a teacher already; returns the link of the mail."""
    office.goto("/console/people")
    office.get_by_role("link", name="초대하기", exact=True).first.click()
    office.get_by_role("button", name="초대 보내기").click()
    expect(office.locator(".errors")).to_be_focused()
    accessible(office)
    office.get_by_label("전자우편").fill(COLLEAGUE)
    office.get_by_label("이름").fill("문새벽")
    office.get_by_label("학교", exact=True).select_option(label="경인고")
    office.get_by_label("직함").fill("진로전담교사")
    office.get_by_role("button", name="초대 보내기").click()
    expect(office.get_by_role("heading", level=1)).to_contain_text("문새벽")
    return newest_link(office, behind, "/invitation/", 0)


def accepted(page: Page, link: str) -> None:
    """Look twice (which changes nothing), choose a password that is too short, then one that is not."""
    page.goto(link)
    page.goto(link)
    accessible(page)
    expect(page.get_by_role("main")).to_contain_text("경인고")
    page.get_by_label("비밀번호").fill("short")
    page.keyboard.press("Enter")
    expect(page.locator(".errors")).to_be_focused()
    expect(page.get_by_label("이름")).to_have_value("문새벽")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/invitation/" not in address)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("링크")
    assert page.locator("input[name=password]").count() == 0


def sign_in(page: Page, password: str) -> None:
    page.goto("/sign-in")
    page.locator("#email").fill(COLLEAGUE)
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")


def ends_in(clock: Session, span: str) -> None:
    """Let the colleague's sessions end so soon."""
    clock.execute(
        sa.text(
            "UPDATE web_session SET expires_at = now() + CAST(:span AS interval) WHERE ended_at IS NULL AND user_id ="
            " (SELECT id FROM app_user WHERE email = :address)"
        ),
        {"span": span, "address": COLLEAGUE},
    )


def warned_and_extended(page: Page, clock: Session) -> None:
    """Five minutes before its end the session warns, by keyboard it goes on, and what was typed is still there."""
    ends_in(clock, "5 minutes 8 seconds")
    page.goto("/teacher/school")
    page.locator("#label").fill("9-9")
    warning = page.get_by_role("dialog")
    expect(warning).to_be_visible(timeout=SEEN_MS)
    expect(warning).to_contain_text("곧 로그아웃됩니다")
    accessible(page)
    assert page.evaluate("document.activeElement.textContent").strip() == "계속하기"
    page.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    expect(page.locator("#label")).to_have_value("9-9")
    left = "SELECT max(expires_at) > now() + interval '1 hour' FROM web_session w JOIN app_user u ON u.id = w.user_id"
    assert clock.execute(sa.text(f"{left} WHERE u.email = :a AND ended_at IS NULL"), {"a": COLLEAGUE}).scalar()


def over_and_told(page: Page, clock: Session) -> None:
    """Who puts the warning off is told over the page when the session is over; what was typed can still be read."""
    ends_in(clock, "15 seconds")
    page.goto("/teacher/school")
    warning = page.get_by_role("dialog")
    warning.get_by_role("button", name="나중에").click()
    page.locator("#label").fill("8-8")
    expect(warning).to_contain_text("로그아웃되었습니다", timeout=2 * SEEN_MS)
    warning.get_by_role("button", name="닫기").click()
    expect(page.locator("#label")).to_have_value("8-8")


@pytest.mark.timeout(300)
def test_a_colleague_comes_in_and_leaves_every_device(
    service: Service, visitor: Visitor, behind: Session, the_clock: Session
) -> None:
    phone, laptop, office = visitor(size=PHONE), visitor(), visitor(COORDINATOR)
    accepted(phone, invited(office, behind))
    sign_in(phone, PASSWORD)
    phone.wait_for_url("**/teacher")
    expect(phone.get_by_role("main")).to_contain_text("경인고")

    # the second device comes in by a link; opening it signs nobody in, pressing the button does, and only once
    laptop.goto("/sign-in/link?lang=en")
    accessible(laptop)
    laptop.locator("#email").fill(COLLEAGUE)
    laptop.keyboard.press("Enter")
    link = newest_link(office, behind, "/sign-in/link/", mails(behind, COLLEAGUE))
    laptop.goto(link)
    accessible(laptop)
    laptop.goto("/teacher")
    assert "/sign-in" in laptop.url
    laptop.goto(link)
    laptop.locator("main form .btn--primary").click()
    laptop.wait_for_url("**/teacher")
    stranger = visitor()
    stranger.goto(link)
    assert stranger.locator("main form").count() == 0

    warned_and_extended(laptop, the_clock)
    for language in ("en", "ko"):
        laptop.goto(f"/account?lang={language}")
        accessible(laptop)
    expect(laptop.locator(".devices li")).to_have_count(2)
    laptop.get_by_role("button", name="모든 기기에서 로그아웃").click()
    laptop.wait_for_url("**/sign-in**")
    phone.goto("/teacher")
    assert "/sign-in" in phone.url

    sign_in(phone, PASSWORD)
    phone.wait_for_url("**/teacher")
    over_and_told(phone, the_clock)

    locked_then_reset(laptop, office, behind)
    audit = service.flask("audit", check=False)
    assert audit.returncode == 0, audit.stdout


def locked_then_reset(page: Page, office: Page, behind: Session) -> None:
    """Wrong passwords shut the door and say for how long, even to the right one; a mailed link opens it with a new."""
    for _ in range(FEW):
        sign_in(page, "not this one")
        if page.get_by_text(re.compile(r"\d+분")).count():
            break
    else:
        raise AssertionError(f"{FEW} wrong passwords and no lock")
    accessible(page)
    sign_in(page, PASSWORD)
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"\d+분"))
    sent = mails(behind, COLLEAGUE)
    page.goto("/reset")
    accessible(page)
    page.locator("#email").fill(COLLEAGUE)
    page.keyboard.press("Enter")
    page.goto(newest_link(office, behind, "/reset/", sent))
    accessible(page)
    page.locator("#password").fill(SECOND_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/reset/" not in address)
    if "/teacher" not in page.url:
        sign_in(page, SECOND_PASSWORD)
    page.wait_for_url("**/teacher")
