"""Every page of a teacher, as the application lists them: accessible, light, narrow enough, from this host alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from booking.app import create_app
from booking.config import load_config
from tests.support.browsing import PHONE, TOO_WIDE, WIDE
from tests.support.servers import settings
from tests.support.service import Service

TEACHER = "teacher@demo.example.kr"
MOST_BYTES = 150_000
MINE = "school_id = (SELECT p.school_id FROM teacher_post p JOIN app_user u ON u.id = p.user_id WHERE u.email = :email)"

#: what stands for a number in an address: a row of the teacher's own school that has as much as possible to show
ROWS = {
    "request_id": f"""
        SELECT r.id FROM request r LEFT JOIN visit v ON v.request_id = r.id AND v.status <> 'cancelled'
         WHERE r.{MINE} AND r.status <> 'withdrawn' ORDER BY v.id IS NULL, r.id LIMIT 1""",
    "import_id": f"SELECT id FROM school_import WHERE {MINE} AND kind = 'calendar' ORDER BY id LIMIT 1",
    "draft_id": f"""
        SELECT id FROM request_draft WHERE {MINE} ORDER BY jsonb_array_length(content->'requested') DESC, id LIMIT 1""",
    "session_id": "SELECT session_id FROM session_opening WHERE 'middle' = ANY (levels) ORDER BY session_id LIMIT 1",
    "bundle_id": f"SELECT b.id FROM bundle b WHERE b.{MINE} ORDER BY b.id LIMIT 1",
}
#: files to download, and places that send the visitor on
NO_PAGES = (".ics",)


def rules() -> list[Rule]:
    """The addresses that a teacher can open."""
    app = create_app(load_config(settings("postgresql+psycopg://nobody@/nothing?host=/nowhere")))
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("teacher.") and "GET" in (rule.methods or ()) and not rule.rule.endswith(NO_PAGES)
    ]
    return sorted(found, key=lambda rule: rule.rule)


def address(rule: Rule, behind: Session) -> str:
    """Where the page is, with a row of the teacher's own school."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        assert name in ROWS, f"{rule.rule}: say in ROWS what stands for {name}"
        found = behind.execute(sa.text(ROWS[name]), {"email": TEACHER}).scalar()
        assert found is not None, f"{rule.rule}: there is no row for {name}"
        values[name] = found
    _, path = rule.build(values) or ("", "")
    assert path, rule.rule
    return path


@pytest.fixture
def arranged(behind: Session, visitor: Callable[..., Page], service: Service) -> Page:
    """The teacher, signed in, with an import that waits to be looked at and a request ready to be sent."""
    page = visitor(TEACHER)
    page.goto("/teacher/requests/new")
    page.locator("input[name=class]").first.check()
    page.locator("main form:has(input[name=class]) .btn--primary").click()
    page.locator("input[name=field]").first.check()
    page.locator("main form .btn--primary").click()
    page.locator(".slot .pick").first.click()
    page.locator("main form .btn--primary[name=go]").click()
    page.wait_for_url("**/check")
    day = behind.execute(sa.text("SELECT max(date) FROM slot")).scalar_one()
    page.goto("/teacher/school/calendar")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "calendar.csv",
            "mimeType": "text/csv",
            "buffer": f"학교,학년,시작일,종료일,구분,내용\n개봉중,2,{day},{day},시험,1차 지필평가\n".encode(),
        }
    )
    page.locator("form:has(input[type=file]) button").last.click()
    page.wait_for_url("**/imports/*")
    return page


def in_language(where: str, language: str) -> str:
    """The address with the language asked for."""
    return f"{where}{'&' if '?' in where else '?'}lang={language}"


class Wire:
    """What came over the wire for a page, as if for the first time; fonts left out."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self.hosts: set[str] = set()
        self._fonts: set[str] = set()
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.requestWillBeSent", self._asked)
        network.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        self.hosts.add(urlsplit(event["request"]["url"]).netloc)
        if event.get("type") == "Font" or ".woff2" in event["request"]["url"]:
            self._fonts.add(event["requestId"])

    def _came(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._fonts:
            self.bytes += int(event["encodedDataLength"])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_accessible_light_and_narrow(
    service: Service, arranged: Page, behind: Session, language: str
) -> None:
    page, axe, faults = arranged, Axe(), []
    wire = Wire(page)
    host = urlsplit(service.url).netloc
    for rule in rules():
        where = address(rule, behind)
        wire.bytes = 0
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        answer = page.goto(in_language(where, language))
        if "lang=" not in page.url:
            # sent on, as from a visit that does not stand yet: the page it leads to is looked at in this language
            answer = page.goto(in_language(page.url, language))
        page.wait_for_load_state("load")
        assert answer is not None
        if answer.status != 200:
            faults.append(f"{where}: {answer.status}")
            continue
        if page.locator("html").get_attribute("lang") != language or page.locator("h1").count() != 1:
            faults.append(f"{where}: not one heading, or not in {language}")
        if wire.bytes > MOST_BYTES:
            faults.append(f"{where}: {wire.bytes:,} bytes")
        faults += [
            f"{where}: {found['id']} {found['nodes'][0]['target']} {found['help']}"
            for found in axe.run(page).response["violations"]
        ]
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        wider = int(page.evaluate(TOO_WIDE))
        if wider > 0:
            faults.append(f"{where}: {wider} px wider than a phone")
    assert not faults, "\n".join(faults)
    assert wire.hosts <= {host, ""}
