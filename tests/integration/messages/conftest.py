"""Messages in this process alone: a real mail server and a real provider, and no broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.support.messaging import Post, post_office
from tests.support.peers import FaultyGateway, MailServer


@pytest.fixture
def post(sessions: sessionmaker[Session], database_url: str, mail: MailServer, texts: FaultyGateway) -> Iterator[Post]:
    office = post_office(sessions, database_url, mail, texts)
    yield office
    office.senders.close()
