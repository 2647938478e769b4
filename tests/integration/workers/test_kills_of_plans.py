"""Killed while a plan is solved, and while one is published: what stands is whole, and the second try does it once."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import SystemClock, seoul_date
from booking.config import Config, load_config
from booking.db import transaction
from booking.demo.load import load_demo
from booking.demo.people import PASSWORD
from booking.domain.ids import RunId
from booking.domain.person import Person
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Language, Role
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.people import User
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal
from booking.models.terms import Term
from booking.models.visits import Visit
from booking.services.allocations import start_run
from booking.services.audit import run_audit
from scheduler.instance import Instance
from scheduler.samples import sample_bytes
from tests.support.factory import SmallTerm
from tests.support.processes import RELAY, Processes, processes, worker
from tests.support.servers import settings
from tools.children import free_port

SOLVER = worker("allocation", "--pool", "solo")
COORDINATOR = "coordinator@demo.example.kr"
#: a person sees within so many seconds that a run has ended
SEEN_SECONDS = 60


@pytest.fixture
def config(database_url: str, redis_url: str) -> Config:
    return load_config(settings(database_url, redis_url))


def status(sessions: sessionmaker[Session], run: RunId) -> RunStatus:
    with sessions() as session:
        return session.get_one(AllocationRun, run).status


def count(sessions: sessionmaker[Session], *what: type) -> list[int]:
    with sessions() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in what]


def whole(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        return run_audit(session, SystemClock().now()) == []


@pytest.fixture
def guro(sessions: sessionmaker[Session], config: Config) -> RunId:
    """The Guro term with a run that waits for its worker."""
    with sessions() as session, transaction(session):
        load_demo(session, SystemClock(), Instance.from_json(sample_bytes("guro-2018-spring")), current=True)
        user = session.scalars(sa.select(User).where(User.role == Role.COORDINATOR)).one()
        person = Person(user.id, user.name, user.role, Language.KO)
        return start_run(session, SystemClock(), config, person).id


def test_a_solver_that_is_killed_leaves_nothing_and_another_takes_the_run_up(
    guro: RunId, sessions: sessionmaker[Session], config: Config, tmp_path: Path
) -> None:
    with processes(config, tmp_path) as started:
        started.start("relay", RELAY)
        started.start("solver", SOLVER)

        def at_it() -> bool:
            with sessions() as session:
                run = session.get_one(AllocationRun, guro)
                return run.status is RunStatus.SOLVING and bool(run.progress)

        started.until(at_it)
        started.kill("solver")
        assert status(sessions, guro) is RunStatus.SOLVING
        assert count(sessions, Proposal, Message) == [0, 0]
        assert whole(sessions)

        with sessions() as session, transaction(session):  # as if the leases of the dead had run out
            session.execute(sa.update(AllocationRun).values(lease_until=sa.func.now()))
            session.execute(sa.update(Job).values(lease_until=sa.func.now()))
        started.start("solver-again", SOLVER)
        started.until(lambda: status(sessions, guro) is RunStatus.PROPOSED)

        with sessions() as session:
            run = session.get_one(AllocationRun, guro)
            assert run.attempts == 2
            asked = sa.select(sa.func.count()).select_from(Request).where(Request.term_id == run.term_id)
            assert count(sessions, Proposal) == [session.scalar(asked)]
        assert whole(sessions)


def children_of(process: int) -> list[int]:
    """The solver's own processes."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [int(one) for one in found if b"scheduler.child" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_a_solvers_child_that_is_killed_ends_the_run_in_sight_and_the_next_one_is_solved(
    guro: RunId, sessions: sessionmaker[Session], config: Config, tmp_path: Path
) -> None:
    with processes(config, tmp_path) as started:
        started.start("relay", RELAY)
        solver = started.start("solver", SOLVER)
        started.until(lambda: status(sessions, guro) is RunStatus.SOLVING and bool(children_of(solver)))
        for child in children_of(solver):
            os.kill(child, signal.SIGKILL)
        begun = time.monotonic()
        started.until(lambda: status(sessions, guro) is not RunStatus.SOLVING)
        assert time.monotonic() - begun < SEEN_SECONDS

        assert status(sessions, guro) is RunStatus.FAILED
        with sessions() as session:
            assert "child process ended" in (session.get_one(AllocationRun, guro).error or "")
        assert count(sessions, Proposal, Message) == [0, 0]
        assert whole(sessions)

        with sessions() as session, transaction(session):
            user = session.scalars(sa.select(User).where(User.role == Role.COORDINATOR)).one()
            again = start_run(session, SystemClock(), config, Person(user.id, user.name, user.role, Language.KO)).id
        started.until(lambda: status(sessions, again) is RunStatus.PROPOSED)
        assert whole(sessions)


class Office:
    """A coordinator at a web server of the test's own."""

    def __init__(self, started: Processes, run: RunId) -> None:
        self.started = started
        self.run = run
        self.name = ""
        self.client = httpx.Client()

    def open(self, name: str) -> None:
        """Start a web server and sign in."""
        port = free_port()
        web = ("-m", "gunicorn", "booking.wsgi:app", "--bind", f"127.0.0.1:{port}", "--threads", "2")
        self.started.start(name, (*web, "--no-control-socket"))
        self.name = name
        self.client.close()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self.started.until(self._answers)
        form = {"email": COORDINATOR, "password": PASSWORD, "csrf_token": self._token("/sign-in")}
        assert self.client.post("/sign-in", data=form).status_code == 303

    def _answers(self) -> bool:
        try:
            return self.client.get("/health/live").status_code == 200
        except httpx.HTTPError:
            return False

    def _token(self, page: str) -> str:
        text = self.client.get(page).text
        return text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def publish(self) -> int:
        """Press the button on the page of the preview."""
        page = f"/console/runs/{self.run}/publish"
        text = self.client.get(page).raise_for_status().text
        version = text.split('name="version" value="', 1)[1].split('"', 1)[0]
        form = {"version": version, "csrf_token": self._token(page)}
        return self.client.post(page, data=form).status_code


@pytest.fixture
def office(sessions: sessionmaker[Session], config: Config, tmp_path: Path) -> Iterator[Office]:
    """A proposed plan of the small term, and a coordinator before it."""
    with sessions() as session:
        run = SmallTerm(session).propose().id
        # the server goes by the real clock: requests have been taken since yesterday
        session.execute(sa.update(Term).values(opens_on=seoul_date(SystemClock().now()) - dt.timedelta(days=1)))
        session.commit()
    with processes(config, tmp_path, SECOND_FACTOR="0") as started:
        found = Office(started, run)
        found.open("web")
        yield found
        found.client.close()


#: where publishing stands still: before its first row, between its rows, and at the last
MOMENTS = ("visit", "visit_group", "workplace_notice", "message", "job", "history_entry")


@pytest.mark.parametrize("table", MOMENTS)
def test_a_web_server_that_is_killed_publishes_nothing_and_the_second_press_publishes_once(
    office: Office, sessions: sessionmaker[Session], database_url: str, table: str
) -> None:
    url = database_url.replace("+psycopg", "")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url) as blocker, psycopg.connect(url, autocommit=True) as watcher:

        def held() -> int:
            found = watcher.execute(waiting).fetchone()
            return found[0] if found else 0

        blocker.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        pressed = threading.Thread(target=_gone, args=(office,))
        pressed.start()
        office.started.until(lambda: held() > 0)
        office.started.kill(office.name)
        blocker.rollback()
        pressed.join()
        office.started.until(lambda: held() == 0)

    assert count(sessions, Visit, Message) == [0, 0]
    assert status(sessions, office.run) is RunStatus.PROPOSED
    assert whole(sessions)

    office.open("web-again")
    assert office.publish() == 303
    assert status(sessions, office.run) is RunStatus.PUBLISHED
    with sessions() as session:
        told = session.execute(sa.select(Message.user_id, Message.workplace_id, Message.subject, Message.channel)).all()
    assert len(told) == len(set(told)) > 0
    assert whole(sessions)


def _gone(office: Office) -> None:
    """Press, and find the server gone."""
    with pytest.raises(httpx.HTTPError):
        office.publish()
