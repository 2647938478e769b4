"""What has to have happened before the pages can be photographed, done in the browser as people would do it.

A plan is published and another waits, a request and a calendar are half entered, a workplace, a coach and a newcomer
have their mail, and the workplace has left word. Returns what addresses need: numbers of rows, and the private links
from the demo's inbox.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

SOLVED_MS = 180_000
MAIL_SECONDS = 120
NEWCOMER = "newcomer@school.example.kr"
_LINK = re.compile(r"https?://[^/\s]+(/(?:a|c|invitation)/[A-Za-z0-9_-]{43})")


def arrange(office: Page, teacher: Page) -> dict[str, str]:
    """Bring a fresh demo to the middle of its term; each value is named after the place it takes in an address."""
    found = {"draft": _draft(teacher), "import": _import(teacher)}
    found["published"] = _solve(office)
    office.goto(f"/console/runs/{found['published']}/publish")
    office.locator("main form .btn--primary").last.click()
    office.wait_for_url(re.compile(r"/console/runs/\d+$"))
    found["run"] = _solve(office, choose="input[name=crowding_price][value=level]")
    found["report"] = _report(office)
    found["invitation"] = _invite(office)
    found["workplace"] = _mailed(office, "", "/a/")
    found["coach"] = _send_coaches(office)
    _leave_word(office, found["workplace"])
    teacher.goto("/teacher")
    found["request"] = _number(teacher, "main a[href*='/teacher/requests/']:not([href*='new'])", r"/requests/(\d+)")
    return found


def _draft(page: Page) -> str:
    """A request with classes, kinds of work and a date, ready to be sent; returns its number."""
    page.goto("/teacher/requests/new")
    page.locator("input[name=class]").first.check()
    page.locator("main form:has(input[name=class]) .btn--primary").click()
    page.locator("input[name=field]").first.check()
    page.locator("main form .btn--primary").click()
    page.locator(".slot .pick").first.click()
    page.locator("main form .btn--primary[name=go]").click()
    page.wait_for_url("**/check")
    return _in(page.url, r"/new/(\d+)/")


def _import(page: Page) -> str:
    """A calendar that waits to be looked at; returns its number."""
    page.goto("/teacher/school/calendar")
    last = page.locator("#first").get_attribute("max") or "2027-06-01"
    rows = f"학교,학년,시작일,종료일,구분,내용\n개봉중,2,{last},,시험,1차 지필평가\n개봉중,1,{last},,행사,체험 주간\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "calendar.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.locator("form:has(input[type=file]) button").last.click()
    page.wait_for_url("**/imports/*")
    return _in(page.url, r"/imports/(\d+)")


def _solve(page: Page, choose: str = "") -> str:
    """Start a run, with one choice where asked, and wait for its plan; returns its number."""
    page.goto("/console/runs")
    if choose:
        page.locator(choose).check()
    page.locator("form[action$='/console/runs'] .btn--primary").click()
    page.wait_for_url("**/console/runs/*")
    page.locator("a[href$='/publish']").first.wait_for(timeout=SOLVED_MS)
    return _in(page.url, r"/runs/(\d+)")


def _report(page: Page) -> str:
    """A quarter's report with some texts, begun and not yet handed in; returns its number."""
    page.goto("/console/reports")
    page.locator("main form .btn--primary").click()
    page.wait_for_url(re.compile(r"/console/reports/\d+$"))
    number = _in(page.url, r"/reports/(\d+)")
    page.locator("#milestones").fill("2026.11 : 학부모 진로코치단 양성 99명\n2026.12 : 진로체험관련 일터발굴 244개")
    page.locator("form[action$='/texts/results'] .btn").click()
    page.wait_for_url("**#part-results")
    return number


def _invite(page: Page) -> str:
    """Invite somebody; returns the path of the mailed link."""
    page.goto("/console/people/invite")
    page.locator("#email").fill(NEWCOMER)
    page.locator("#name").fill("문새벽")
    page.locator("#school").select_option(index=1)
    page.locator("#title").fill("진로전담교사")
    page.locator("main form .btn--primary").click()
    page.wait_for_url(re.compile(r"/console/people/\d+$"))
    return _mailed(page, NEWCOMER, "/invitation/")


def _send_coaches(page: Page) -> str:
    """Ask the coaches who are suggested; returns the path of the first one's link."""
    page.goto("/console/dispatches")
    page.locator("main form:has(input[name=chosen]) .btn--primary").click()
    page.wait_for_url("**/console/dispatches")
    return _mailed(page, "c001@coach.example.kr", "/c/")


def _leave_word(page: Page, address: str) -> None:
    """A workplace asks to be called and proposes another time."""
    page.goto(address)
    for name in ("time", "call"):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        form = page.locator(f"form[action*='/{name}']").first
        if name == "time":
            form.locator("select").select_option(index=3)
        form.locator("button").click()
        page.wait_for_url("**/done?**")


def _mailed(page: Page, recipient: str, wanted: str) -> str:
    """Wait for a mail with a private link; returns the path of the link."""

    def look() -> str:
        page.goto(f"/demo/inbox?to={recipient}")
        addresses = [link.get_attribute("href") or "" for link in page.locator("a.mail").all()[:5]]
        for address in addresses:
            page.goto(address)
            for path in _LINK.findall(page.locator(".mail-text").inner_text()):
                if path.startswith(wanted):
                    return str(path)
        return ""

    return _wait_for(look)


def _wait_for(look: Callable[[], str]) -> str:
    last_moment = time.monotonic() + MAIL_SECONDS
    while not (found := look()):
        if time.monotonic() > last_moment:
            raise TimeoutError(f"no mail came within {MAIL_SECONDS} s")
        time.sleep(1)
    return found


def _number(page: Page, selector: str, pattern: str) -> str:
    return _in(page.locator(selector).first.get_attribute("href") or "", pattern)


def _in(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise LookupError(f"no {pattern} in {text}")
    return found[1]
