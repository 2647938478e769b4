"""Publishing interrupted at every statement, and pressed by two at once: all of it, or nothing."""

from __future__ import annotations

import threading

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import make_engine, make_sessions, transaction
from booking.domain.errors import BookingError
from booking.domain.ids import RunId
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.models.visits import Visit, VisitGroup
from booking.services.publishing import publish
from tests.support.factory import SmallTerm
from tests.support.faults import count, fingerprint, sample, sound, trials


class Cut:
    """Ends the database's process of a connection before its ``at``-th statement; 0 is never."""

    def __init__(self, engine: sa.Engine, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self.at = self.seen = 0
        sa.event.listen(engine, "before_cursor_execute", self._statement)
        sa.event.listen(engine, "commit", self._step)

    def _statement(self, connection: sa.Connection, *_rest: object) -> None:
        self._step(connection)

    def _step(self, connection: sa.Connection) -> None:
        self.seen += 1
        if self.seen == self.at:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            with psycopg.connect(self._url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> tuple[SmallTerm, RunId]:
    with sessions() as session, transaction(session):
        term = SmallTerm(session)
        return term, term.propose().id


def version_of(session: Session, run: RunId) -> int:
    """The version that the page shows."""
    return session.scalars(sa.select(AllocationRun.version).where(AllocationRun.id == run)).one()


def press(sessions: sessionmaker[Session], small: SmallTerm, run: RunId) -> None:
    with sessions() as session, transaction(session):
        publish(session, small.clock, small.config, small.coordinator, run, version_of(session, run))


def statements(database_url: str, small: SmallTerm, run: RunId) -> int:
    """How many statements publishing has, its commit included; measured and taken back."""
    engine = make_engine(database_url)
    cut = Cut(engine, database_url)
    with make_sessions(engine)() as session:
        publish(session, small.clock, small.config, small.coordinator, run, version_of(session, run))
        session.flush()
        session.rollback()
    engine.dispose()
    return cut.seen + 1


def test_publishing_cut_at_any_statement_leaves_everything_as_it_was(
    small: tuple[SmallTerm, RunId], sessions: sessionmaker[Session], database_url: str
) -> None:
    term, run = small
    before = fingerprint(sessions)
    last = statements(database_url, term, run)
    engine = make_engine(database_url)
    cut, cuttable = Cut(engine, database_url), make_sessions(engine)
    for moment in sample(range(1, last + 1), 8):
        cut.at, cut.seen = moment, 0
        with pytest.raises(sa.exc.OperationalError):
            press(cuttable, term, run)
        assert fingerprint(sessions) == before, f"cut at statement {moment} of {last}"
    cut.at = 0
    press(cuttable, term, run)
    engine.dispose()
    published = count(sessions, Visit, VisitGroup, Message)
    assert all(published)
    press(sessions, term, run)
    assert count(sessions, Visit, VisitGroup, Message) == published
    sound(sessions, term.clock.now())


def test_without_the_transaction_the_cut_shows(
    small: tuple[SmallTerm, RunId], sessions: sessionmaker[Session], database_url: str
) -> None:
    """The control: each statement its own transaction, and the fault is there to be seen."""
    term, run = small
    last = statements(database_url, term, run)
    before = fingerprint(sessions)
    engine = make_engine(database_url, isolation_level="AUTOCOMMIT")
    cut = Cut(engine, database_url)
    cut.at = last - 3
    with pytest.raises(sa.exc.DBAPIError):
        press(make_sessions(engine), term, run)
    engine.dispose()
    assert fingerprint(sessions) != before


def test_many_who_press_at_once_publish_once(
    small: tuple[SmallTerm, RunId], sessions: sessionmaker[Session], database_url: str
) -> None:
    term, run = small
    presses = trials(10, 50)
    engine = make_engine(database_url, pool_size=presses)
    ready = threading.Barrier(presses)
    faults: list[BaseException] = []

    def hand() -> None:
        ready.wait()
        try:
            press(make_sessions(engine), term, run)
        except (BookingError, sa.exc.DBAPIError) as error:
            faults.append(error)

    hands = [threading.Thread(target=hand) for _ in range(presses)]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    engine.dispose()
    assert faults == []
    with sessions() as session:
        told = session.execute(sa.select(Message.user_id, Message.workplace_id, Message.subject, Message.channel)).all()
        asked = session.scalars(sa.select(Visit.request_id)).all()
    assert len(told) == len(set(told)) > 0
    assert len(asked) == len(set(asked)) > 0
    sound(sessions, term.clock.now())
