"""Sessions on a database of a test's own, and what stands around it: a mail server, a provider, a broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from booking.db import make_engine, make_sessions
from tests.support.messaging import Post, post_office
from tests.support.peers import FaultyGateway, MailServer, mail_server, text_gateway


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(database_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[FaultyGateway]:
    with text_gateway(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def post(
    sessions: sessionmaker[Session], database_url: str, redis_url: str, mail: MailServer, texts: FaultyGateway
) -> Iterator[Post]:
    office = post_office(sessions, database_url, mail, texts, redis_url)
    yield office
    office.senders.close()
