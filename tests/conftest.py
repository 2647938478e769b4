"""What every test may ask for. Nothing starts until a test asks: `tests/unit` alone needs no server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.sockets import close_sockets

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from tests.support.servers import Database
    from tests.support.service import Service
    from tools.valkey import Valkey

TESTS = Path(__file__).parent

# a machine that is busy with something else draws slowly: that is no fault of what is tested
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


def _kind(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


@pytest.fixture(autouse=True)
def closed_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests reach nothing at all, the others nothing beyond this machine."""
    close_sockets(monkeypatch, even_here=_kind(request.node) == "unit")


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """One PostgreSQL for the session, its template database migrated from empty."""
    from tests.support.servers import database as start

    with start() as running:
        yield running


@pytest.fixture
def database_url(database: Database) -> Iterator[str]:
    """A database of this test's own, for tests that commit or use several connections."""
    name = database.clone()
    yield database.server.url(name)
    database.server.drop(name)


@pytest.fixture(scope="session")
def shared_engine(database: Database) -> Iterator[Engine]:
    """An engine on one database that stays empty, because nothing in it is ever committed."""
    from booking.db import make_engine

    name = database.clone()
    engine = make_engine(database.server.url(name))
    yield engine
    engine.dispose()
    database.server.drop(name)


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session whose commits are savepoints: everything that the test wrote is gone after it."""
    from sqlalchemy.orm import Session

    with shared_engine.connect() as connection:
        outer = connection.begin()
        try:
            with Session(
                bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
            ) as in_savepoint:
                yield in_savepoint
        finally:
            outer.rollback()


@pytest.fixture(scope="session")
def broker() -> Iterator[Valkey]:
    """One broker for the session."""
    from tests.support.servers import broker as start

    with start() as running:
        yield running


@pytest.fixture
def redis_url(broker: Valkey) -> str:
    """The address of the broker, emptied for this test."""
    with broker.client() as client:
        client.flushall()
    return broker.url


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """The application on a database of this test's own."""
    from booking.app import create_app
    from booking.config import load_config
    from booking.web.database import db
    from tests.support.servers import settings

    application = create_app(load_config(settings(database_url)))
    application.config["TESTING"] = True
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor of the application without a browser."""
    return app.test_client()


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The complete service in real processes on a free port, with the demo term."""
    from tests.support.service import running_service

    with running_service() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    from tests.support.browsing import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    """A page of a fresh visitor of the service."""
    from tests.support.browsing import new_context

    context = new_context(browser, service.url)
    yield context.new_page()
    context.close()
