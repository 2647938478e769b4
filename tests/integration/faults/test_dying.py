"""What dies for good: a task that takes its worker along each time, the database's server, a pool that a fork took."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.config import Config, load_config
from booking.db import make_engine, make_sessions, transaction
from booking.domain.ids import MessageId, RunId
from booking.domain.states import MessageStatus, RunStatus
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.runs import AllocationRun, Proposal
from booking.services.allocations import start_run
from booking.services.outbox import MAX_ATTEMPTS
from tests.support.factory import SmallTerm
from tests.support.faults import sound, trials
from tests.support.messaging import post_office
from tests.support.peers import FaultyGateway, MailServer
from tests.support.processes import RELAY, processes, worker
from tests.support.servers import migrate, settings
from tools import paths, postgres

SOLVER = worker("allocation", "--pool", "solo")
MESSAGES = worker("messages", "--concurrency", "2")


@pytest.fixture
def config(database_url: str, redis_url: str) -> Config:
    return replace(load_config(settings(database_url, redis_url)), solver_seconds=20)


def waiting_run(sessions: sessionmaker[Session], config: Config) -> tuple[SmallTerm, RunId]:
    """The small term with a run that waits for its worker."""
    with sessions() as session:
        small = SmallTerm(session)
        run = start_run(session, small.clock, config, small.coordinator).id
        session.commit()
        return small, run


def test_a_task_that_ends_its_worker_each_time_is_closed_after_the_third_and_the_next_is_done(
    sessions: sessionmaker[Session], config: Config, tmp_path: Path
) -> None:
    small, run = waiting_run(sessions, config)

    def stands(which: RunId, status: RunStatus) -> bool:
        with sessions() as session:
            return session.get_one(AllocationRun, which).status is status

    def begun(times: int) -> bool:
        with sessions() as session:
            job = session.scalars(sa.select(Job).where(Job.subject_id == run, Job.topic == "solve_run")).one()
            return job.attempts == times and job.begun_at is not None

    with processes(config, tmp_path) as started:
        started.start("relay", RELAY)
        for time in range(1, MAX_ATTEMPTS + 1):
            started.start(f"solver-{time}", ("-m", "tests.support.deadly", *SOLVER))
            started.until(partial(begun, time))
            started.until(partial(started.ended, f"solver-{time}"))
            assert stands(run, RunStatus.SOLVING) or stands(run, RunStatus.QUEUED)
            with sessions() as session, transaction(session):  # as if the leases of the dead had run out
                session.execute(sa.update(Job).values(lease_until=sa.func.now()))
                session.execute(sa.update(AllocationRun).values(lease_until=sa.func.now()))
        started.until(lambda: stands(run, RunStatus.FAILED))
        assert begun_in_all(sessions, run) == MAX_ATTEMPTS

        with sessions() as session, transaction(session):
            again = start_run(session, small.clock, config, small.coordinator).id
        started.start("solver", SOLVER)
        started.until(lambda: stands(again, RunStatus.PROPOSED))
    with sessions() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Proposal.run_id == run)) == 0
    sound(sessions, small.clock.now())


def begun_in_all(sessions: sessionmaker[Session], run: RunId) -> int:
    """How often the job of a run was taken up."""
    with sessions() as session:
        jobs = sa.select(sa.func.sum(Job.attempts)).where(Job.subject_id == run, Job.topic == "solve_run")
        return session.scalar(jobs) or 0


@pytest.fixture
def own_server(tmp_path: Path) -> Path:
    """A database server of the test's own that keeps what it has promised."""
    server = postgres.start(tmp_path / "pg", tmp_path / "pg.log")
    server.create("office")
    migrate(server.url("office"))
    server.stop()
    return tmp_path / "pg"


def test_a_database_that_is_killed_under_the_workers_loses_nothing_that_was_promised(
    own_server: Path, redis_url: str, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    server = postgres.start(own_server, tmp_path / "pg.log")
    engine = make_engine(server.url("office"))
    post = post_office(make_sessions(engine), server.url("office"), mail, texts, redis_url)
    promised: list[MessageId] = []
    try:
        with processes(post.config, tmp_path) as started:
            started.start("relay", RELAY)
            started.start("worker", MESSAGES)
            for turn in range(trials(2, 10)):
                for number in range(turn * 10, turn * 10 + 10):
                    promised += post.write(number=number)
                server.process.kill()
                server.process.wait()
                server = postgres.start(own_server, tmp_path / "pg.log", sockets=server.sockets)
                with post.sessions() as session:
                    there = set(session.scalars(sa.select(Message.id)))
                assert there == set(promised), "what was committed is there, and nothing else"
            settled = {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN}
            post.time_passes()
            started.until(lambda: set(post.by_status()) <= settled and len(post.by_status()) > 0)
            # what is unknown by now is an e-mail that may have left when the database died: for a person to settle
            for number in promised:
                if post.message(number).status is MessageStatus.UNKNOWN:
                    assert post.message(number).channel == "email"
        refs = Counter(texts.refs())
        assert set(refs.values()) == {1}
        assert len(refs) == len(promised) / 2
        assert set(Counter(item["message_id"] for item in mail.taken).values()) == {1}
        sound(post.sessions)
    finally:
        post.senders.close()
        engine.dispose()
        server.stop()


#: children of a fork that ask for their own number over an engine, the parent's or one of their own
FORKED = """
import os, signal, sys
import sqlalchemy as sa
from booking.db import make_engine
url, own = sys.argv[1], sys.argv[2] == "own"
engine = make_engine(url)
with engine.connect() as connection:
    connection.execute(sa.text("SELECT 1"))
children = []
for _ in range(2):
    number = os.fork()
    if number:
        children.append(number)
        continue
    # an answer that the other has taken is waited for until then
    signal.alarm(int(sys.argv[3]))
    if own:
        engine = make_engine(url)
    try:
        with engine.connect() as connection:
            for _ in range(300):
                told = connection.scalar(sa.text("SELECT CAST(:me AS int)"), {"me": os.getpid()})
                if told != os.getpid():
                    os._exit(3)
    except BaseException:
        os._exit(4)
    os._exit(0)
print(*(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in children))
"""


@pytest.mark.parametrize("whose", ["parents", "own"])
def test_a_pool_that_a_fork_took_along_mixes_answers_up_and_one_of_its_own_does_not(
    database_url: str, whose: str
) -> None:
    """The control of row 40: `workers.runtime` makes an engine for each process, by its number."""
    patience = {"parents": "10", "own": "60"}[whose]
    command = [sys.executable, "-c", FORKED, database_url, whose, patience]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=90, check=False)
    ends = done.stdout.split()
    assert len(ends) == 2, done.stderr
    assert (set(ends) == {"0"}) is (whose == "own")
