"""Photographs of the pages, Korean and English, wide and narrow, into `var/screenshots`.

The demo is started on a free port with a data folder of its own, so that nobody's work is in the picture or disturbed.
A page is one row of `SHOTS`; `follow` opens the first link that fits, and `{run}`, `{draft}` and the like in an address
stand for what `tools/scenes.py` has arranged.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from booking.demo.people import ACCOUNTS
from booking.domain.vocabulary import Role
from tools import paths
from tools.browser import LAUNCH_ARGUMENTS, program
from tools.children import CannotStart, free_port
from tools.launcher import Launcher
from tools.scenes import arrange

SIZES = {"wide": (1280, 900), "phone": (360, 740)}
LANGUAGES = ("ko", "en")
PATIENCE_MS = 20_000
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Shot:
    """One page: its file name, who looks at it (nobody: a visitor), where, and which link of that page to follow."""

    name: str
    role: Role | None
    path: str
    follow: str = ""


SHOTS = (
    Shot("sign-in", None, "/sign-in"),
    Shot("sign-in-link", None, "/sign-in/link"),
    Shot("reset", None, "/reset"),
    Shot("invitation", None, "{invitation}"),
    Shot("workplace-answer", None, "{workplace}"),
    Shot("workplace-days", None, "{workplace}/days"),
    Shot("workplace-details", None, "{workplace}/details"),
    Shot("workplace-calendar", None, "{workplace}/calendar"),
    Shot("workplace-done", None, "{workplace}/done?what=call"),
    Shot("workplace-closed", None, "/a/broken"),
    Shot("coach-answer", None, "{coach}"),
    Shot("account", Role.TEACHER, "/account"),
    Shot("teacher", Role.TEACHER, "/teacher"),
    Shot("teacher-request", Role.TEACHER, "/teacher/requests/{request}"),
    Shot("teacher-edit", Role.TEACHER, "/teacher/requests/{request}/edit"),
    Shot("teacher-withdraw", Role.TEACHER, "/teacher/requests/{request}/withdraw"),
    Shot("teacher-visit", Role.TEACHER, "/teacher/requests/{request}/visit"),
    Shot("teacher-sheet", Role.TEACHER, "/teacher/requests/{request}/sheet"),
    Shot("teacher-name-tags", Role.TEACHER, "/teacher/requests/{request}/name-tags"),
    Shot("teacher-new", Role.TEACHER, "/teacher/requests/new"),
    Shot("teacher-new-fields", Role.TEACHER, "/teacher/requests/new/{draft}/fields"),
    Shot("teacher-new-dates", Role.TEACHER, "/teacher/requests/new/{draft}/dates"),
    Shot("teacher-new-check", Role.TEACHER, "/teacher/requests/new/{draft}/check"),
    Shot("teacher-school", Role.TEACHER, "/teacher/school"),
    Shot("teacher-calendar", Role.TEACHER, "/teacher/school/calendar"),
    Shot("teacher-import", Role.TEACHER, "/teacher/school/imports/{import}"),
    Shot("teacher-programmes", Role.TEACHER, "/teacher/programmes"),
    Shot("teacher-programme", Role.TEACHER, "/teacher/programmes", follow="main th a[href*='/teacher/programmes/']"),
    Shot("teacher-credit", Role.TEACHER, "/teacher/credit"),
    Shot("teacher-feed", Role.TEACHER, "/teacher/feed"),
    Shot("console", Role.COORDINATOR, "/console"),
    Shot("runs", Role.COORDINATOR, "/console/runs"),
    Shot("run", Role.COORDINATOR, "/console/runs/{run}"),
    Shot("plan", Role.COORDINATOR, "/console/runs/{run}/plan"),
    Shot("change", Role.COORDINATOR, "/console/runs/{run}/plan", follow="main a[href*='/requests/']"),
    Shot("board", Role.COORDINATOR, "/console/runs/{run}/board"),
    Shot("board-workplaces", Role.COORDINATOR, "/console/runs/{run}/board?view=workplace"),
    Shot("board-term", Role.COORDINATOR, "/console/runs/{run}/board?view=term"),
    Shot("publish", Role.COORDINATOR, "/console/runs/{run}/publish"),
    Shot("foretold", Role.COORDINATOR, "/console/runs/{run}/publish/messages"),
    Shot("compare", Role.COORDINATOR, "/console/runs/compare"),
    Shot("offers", Role.COORDINATOR, "/console/offers"),
    Shot("offers-held", Role.COORDINATOR, "/console/offers/held"),
    Shot("offers-history", Role.COORDINATOR, "/console/offers/history"),
    Shot("offers-school", Role.COORDINATOR, "/console/schools", follow="main a[href*='/console/offers/schools/']"),
    Shot("sandboxes", Role.COORDINATOR, "/console/sandboxes"),
    Shot("drills", Role.COORDINATOR, "/console/drills"),
    Shot("visits", Role.COORDINATOR, "/console/visits"),
    Shot("visit", Role.COORDINATOR, "/console/visits", follow="main a[href*='/console/visits/']"),
    Shot("answers", Role.COORDINATOR, "/console/answers"),
    Shot("called-off", Role.COORDINATOR, "/console/called-off?date=2027-05-12&blocks=all"),
    Shot("air", Role.COORDINATOR, "/console/air?date=2027-05-12&blocks=all"),
    Shot("workplace-notes", Role.COORDINATOR, "/console/workplace-notes"),
    Shot("dispatches", Role.COORDINATOR, "/console/dispatches"),
    Shot("calls", Role.COORDINATOR, "/console/calls"),
    Shot("requests", Role.COORDINATOR, "/console/requests"),
    Shot("messages", Role.COORDINATOR, "/console/messages"),
    Shot("workplaces", Role.COORDINATOR, "/console/workplaces"),
    Shot("workplace", Role.COORDINATOR, "/console/workplaces", follow="main a[href*='/console/workplaces/']"),
    Shot("workplace-new", Role.COORDINATOR, "/console/workplaces/new"),
    Shot("coaches", Role.COORDINATOR, "/console/coaches"),
    Shot("coach", Role.COORDINATOR, "/console/coaches", follow="main th a[href*='/console/coaches/']"),
    Shot("schools", Role.COORDINATOR, "/console/schools"),
    Shot("people", Role.COORDINATOR, "/console/people"),
    Shot("person", Role.COORDINATOR, "/console/people", follow="main a[href*='/console/people/']"),
    Shot("school", Role.COORDINATOR, "/console/schools", follow="main th a[href*='/console/schools/']"),
    Shot("search", Role.COORDINATOR, "/console/search?q=ㄱ"),
    Shot("changes", Role.COORDINATOR, "/console/changes"),
    Shot("attendance", Role.COORDINATOR, "/console/attendance"),
    Shot("days", Role.COORDINATOR, "/console/days"),
    Shot("sheets", Role.COORDINATOR, "/console/sheets"),
    Shot("duplicates", Role.COORDINATOR, "/console/duplicates"),
    Shot("merge", Role.COORDINATOR, "/console/workplaces/1/merge/2"),
    Shot("sending", Role.COORDINATOR, "/console/messages/sending"),
    Shot("second-factor", Role.COORDINATOR, "/second-factor"),
    Shot("settings", Role.COORDINATOR, "/console/settings"),
    Shot("policy", Role.COORDINATOR, "/console/policy"),
    Shot("terms", Role.COORDINATOR, "/console/terms"),
    Shot("term", Role.COORDINATOR, "/console/terms/new"),
    Shot("sender-numbers", Role.COORDINATOR, "/console/settings/sender-numbers"),
    Shot("message", Role.COORDINATOR, "/console/messages/1"),
    Shot("search", Role.COORDINATOR, "/console/search?q=개봉"),
    Shot("figures", Role.OFFICER, "/console/figures"),
    Shot("dashboard", Role.OFFICER, "/console/dashboard"),
    Shot("dashboard-classes", Role.OFFICER, "/console/dashboard/entries?of=classes&part=first"),
    Shot("satisfaction", Role.OFFICER, "/console/satisfaction?period=all&audience=programme"),
    Shot("satisfaction-questions", Role.COORDINATOR, "/console/satisfaction/questions"),
    Shot("remarks", Role.COORDINATOR, "/console/satisfaction/remarks"),
    Shot("ledger", Role.OFFICER, "/console/ledger?period=2018-1"),
    Shot("ledger-entries", Role.OFFICER, "/console/ledger?period=2018-1", follow="main td a[href*='/ledger/entries']"),
    Shot("quarters", Role.COORDINATOR, "/console/ledger/quarters?year=2018"),
    Shot("sessions", Role.COORDINATOR, "/console/sessions"),
    Shot("session", Role.COORDINATOR, "/console/sessions", follow="main th a[href*='/console/sessions/']"),
    Shot("registration", Role.COORDINATOR, "/console/sessions", follow="main a[href$='/registration']"),
    Shot("quick-sessions", Role.COORDINATOR, "/console/sessions/many"),
    Shot("targets", Role.COORDINATOR, "/console/targets"),
    Shot("target", Role.COORDINATOR, "/console/targets/2018"),
    Shot("mentors", Role.COORDINATOR, "/console/mentors"),
    Shot("session-workplaces", Role.COORDINATOR, "/console/sessions/1/workplaces"),
    Shot("press", Role.COORDINATOR, "/console/press?period=2018"),
    Shot("volunteers", Role.COORDINATOR, "/console/volunteers?period=2018"),
    Shot("programmes", Role.ADMINISTRATOR, "/console/programmes"),
    Shot("programme", Role.ADMINISTRATOR, "/console/programmes", follow="main th a[href*='/console/programmes/']"),
    Shot("reports", Role.COORDINATOR, "/console/reports"),
    Shot("report", Role.COORDINATOR, "/console/reports/{report}"),
    Shot("report-print", Role.COORDINATOR, "/console/reports/{report}/print"),
    Shot("audit", Role.ADMINISTRATOR, "/console/audit"),
    Shot("announcements", Role.ADMINISTRATOR, "/console/announcements"),
    Shot("announcement", Role.COORDINATOR, "/console/announcements/new"),
    Shot("consents", Role.COORDINATOR, "/console/announcements/consents?q=0001"),
    Shot("privacy", Role.ADMINISTRATOR, "/console/privacy?q=1"),
    Shot("privacy-person", Role.ADMINISTRATOR, "/console/privacy/coach/1"),
    Shot("privacy-notice", None, "/privacy"),
    Shot("inbox", None, "/demo/inbox"),
    Shot("mail", None, "/demo/inbox", follow="a.mail"),
    Shot("missing", None, "/no-such-page"),
)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo that exists only for the photographs."""
    with tempfile.TemporaryDirectory(prefix="ilteo-photo-", ignore_cleanup_errors=True) as folder:
        # what is published is told at once: the photographs do not wait two minutes for the mail
        given = {"SETTLE_SECONDS": "0", **os.environ}
        launcher = Launcher(Path(folder), free_port(), given=given, demo_term=[])
        try:
            launcher.start()
            launcher.wait_until_ready()
            yield launcher.url
        finally:
            launcher.stop()


def sign_in(page: Page, role: Role) -> None:
    """Sign in as the demo's person with that role."""
    account = next(account for account in ACCOUNTS if account.role is role)
    page.goto("/sign-in")
    page.locator("input[name=email]:not([readonly])").fill(account.email)
    page.locator("input[name=password]:not([readonly])").fill(account.password)
    page.locator("form:has(input[name=password]:not([readonly])) button").first.click()
    page.wait_for_url(lambda address: urlsplit(address).path != "/sign-in")


def in_language(path: str, language: str) -> str:
    """The address with the language asked for."""
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


def visitor(browser: Browser, base_url: str, role: Role | None, size: tuple[int, int]) -> BrowserContext:
    """A context in Seoul, signed in if a role is asked for."""
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": size[0], "height": size[1]},
        locale="ko-KR",
        timezone_id="Asia/Seoul",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    if role is not None:
        page = context.new_page()
        sign_in(page, role)
        page.close()
    return context


def open_shot(page: Page, shot: Shot, path: str, language: str) -> str:
    """Open a page and what follows from it; what is wrong with the answer, or nothing."""
    answer = page.goto(in_language(path, language))
    if shot.follow:
        link = page.locator(shot.follow).first
        address = link.get_attribute("href") if link.count() else None
        if not address:
            return f"{path} has no link {shot.follow}"
        answer = page.goto(in_language(address, language))
    if answer is None or answer.status >= SERVER_ERROR:
        return f"answered {answer.status if answer else 'nothing'}"
    return ""


def photograph(page: Page, shot: Shot, path: str, language: str, target: Path) -> str:
    """Take the whole length of a page once everything is loaded; what a person should look at, or nothing."""
    problem = open_shot(page, shot, path, language)
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=target, full_page=True)
    wider = int(page.evaluate(TOO_WIDE))
    return problem or (f"{wider} px wider than the window" if wider > 0 else "")


def arranged_for(browser: Browser, base_url: str) -> dict[str, str]:
    """What the addresses need, arranged by a coordinator and a teacher."""
    office, school = (visitor(browser, base_url, role, SIZES["wide"]) for role in (Role.COORDINATOR, Role.TEACHER))
    try:
        return arrange(office.new_page(), school.new_page())
    finally:
        office.close()
        school.close()


def take(base_url: str, folder: Path, wanted: set[str]) -> list[str]:
    """Take the wanted photographs (all, if none is named) and return a line for each that shows a fault."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if not wanted or shot.name in wanted]
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(LAUNCH_ARGUMENTS))
        arranged = arranged_for(browser, base_url) if any("{" in shot.path for shot in shots) else {}
        for (size_name, size), role in product(SIZES.items(), dict.fromkeys(shot.role for shot in shots)):
            context = visitor(browser, base_url, role, size)
            page = context.new_page()
            for shot, language in product([shot for shot in shots if shot.role is role], LANGUAGES):
                name = f"{shot.name}-{language}-{size_name}.png"
                if problem := photograph(page, shot, shot.path.format(**arranged), language, folder / name):
                    faults.append(f"{name}: {problem}")
            context.close()
        browser.close()
    return faults


def main() -> int:
    """Photograph the demo, or with `--url` a service that already runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these photographs")
    parser.add_argument("--url", help="a service that runs already")
    parser.add_argument("--folder", type=Path, default=paths.VAR / "screenshots")
    options = parser.parse_args()
    wanted = set(options.names)
    if unknown := wanted - {shot.name for shot in SHOTS}:
        parser.error(f"no such photograph: {', '.join(sorted(unknown))}")
    try:
        with nullcontext(options.url) if options.url else demo() as url:
            faults = take(url, options.folder, wanted)
    except (CannotStart, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"photographs in {options.folder}")
    for fault in faults:
        print(f"  look at {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
