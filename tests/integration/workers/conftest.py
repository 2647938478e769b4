"""Real processes between a real database, a real broker, a real mail server and a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from booking.db import make_engine, make_sessions
from tests.support.messaging import Post, post_office
from tests.support.peers import FaultyGateway, MailServer, mail_server, text_gateway
from tests.support.processes import Processes, processes


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[FaultyGateway]:
    with text_gateway(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def post(database_url: str, redis_url: str, mail: MailServer, texts: FaultyGateway) -> Iterator[Post]:
    engine = make_engine(database_url)
    office = post_office(make_sessions(engine), database_url, mail, texts, redis_url)
    yield office
    office.senders.close()
    engine.dispose()


@pytest.fixture
def started(post: Post, tmp_path: Path) -> Iterator[Processes]:
    with processes(post.config, tmp_path) as running:
        yield running
