"""Chromium as the end-to-end tests use it: Debian's own, and nothing beyond the loopback can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.browser import LAUNCH_ARGUMENTS, program

WIDE = (1280, 900)
PHONE = (360, 740)
PATIENCE_MS = 15_000
#: by how many pixels a page is wider than its window
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser once; every test opens contexts of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(LAUNCH_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser,
    base_url: str | None = None,
    *,
    size: tuple[int, int] = WIDE,
    locale: str = "ko-KR",
    script: bool = True,
) -> BrowserContext:
    """A fresh visitor in Seoul: no cookies, a window of that size, that language; without scripts where asked."""
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        timezone_id="Asia/Seoul",
        java_script_enabled=script,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def faultless(page: Page) -> None:
    """Nothing for axe to find, and nothing wider than the window."""
    assert not Axe().run(page).response["violations"], page.url
    assert page.evaluate(TOO_WIDE) == 0, page.url
