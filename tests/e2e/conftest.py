"""What the browser tests share: signing in, and looking behind the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from booking.db import make_engine, make_sessions
from booking.demo.people import PASSWORD
from tests.support.browsing import WIDE, new_context
from tests.support.service import Service, running_service


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The complete service on the Guro term; notices leave at once instead of after two minutes."""
    with running_service(environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Opens pages of fresh visitors: of nobody, or of whoever is named by the e-mail address."""
    contexts = []

    def open_page(email: str = "", *, size: tuple[int, int] = WIDE, locale: str = "ko-KR") -> Page:
        context = new_context(browser, service.url, size=size, locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script failed on {page.url}: {error}"))
        if email:
            page.goto("/sign-in")
            page.locator("#email").fill(email)
            page.locator("#password").fill(PASSWORD)
            page.locator("#password").press("Enter")
            page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def behind(service: Service) -> Iterator[Session]:
    """A session on the service's own database, for reading."""
    engine = make_engine(service.database_url, isolation_level="AUTOCOMMIT")
    with make_sessions(engine)() as session:
        yield session
    engine.dispose()


def scalars(session: Session, query: str, **values: object) -> list[object]:
    """The first column of a query's rows."""
    return list(session.execute(sa.text(query), values).scalars())
