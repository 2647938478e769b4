"""Clocks and schedules: a worker or a web server whose clock is two hours wrong, and a beat that was started twice."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import SEOUL, FixedClock, SystemClock, seoul_date
from booking.config import Config, load_config
from booking.db import transaction
from booking.domain.ids import NoticeId
from booking.domain.states import MessageStatus
from booking.domain.topics import Queue
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.models.visits import PrivateLink
from booking.notify.catalogue import Kind
from booking.services.links import issue
from booking.services.weekly import set_weekly
from tests.support.factory import SmallTerm
from tests.support.faults import sound
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway
from tests.support.processes import RELAY, environment, processes, worker
from tests.support.servers import settings
from tools import paths
from tools.children import free_port

WORKER = worker("messages", "--pool", "solo")
TWO_HOURS = 7200
WRONG = pytest.mark.parametrize("seconds", [TWO_HOURS, -TWO_HOURS], ids=["ahead", "behind"])


def shifted(seconds: int, command: tuple[str, ...]) -> tuple[str, ...]:
    """The same command with a clock of its own."""
    return ("-m", "tests.support.shifted", str(seconds), *command)


def test_a_moved_clock_is_moved(tmp_path: Path) -> None:
    """The control: without it the tests below would show nothing."""
    (tmp_path / "now.py").write_text("import datetime, time\nprint(time.time(), datetime.datetime.now().timestamp())")
    command = [sys.executable, *shifted(TWO_HOURS, ("-m", "now"))]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(paths.ROOT), str(tmp_path)])}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    for told in done.stdout.split():
        assert abs(float(told) - time.time() - TWO_HOURS) < 600


@WRONG
def test_a_worker_whose_clock_is_wrong_steals_nothing_and_sends_once(
    post: Post, tmp_path: Path, texts: FaultyGateway, seconds: int
) -> None:
    # to another reader than the rest: to one reader an earlier message leaves first
    held = post.write(Kind.WORKPLACE_ASK)
    with post.sessions() as session, transaction(session):
        # somebody else is at it, by the database's clock for half an hour more
        session.execute(
            sa.update(Message)
            .where(Message.id.in_(held))
            .values(
                status=MessageStatus.SENDING,
                attempts=1,
                provider="solapi",
                lease_until=sa.func.now() + dt.timedelta(minutes=30),
            )
        )
    refs = {str(post.message(number).ref) for number in held}
    with processes(post.config, tmp_path) as started:
        started.start("relay", shifted(-seconds, RELAY))
        started.start("worker", shifted(seconds, WORKER))
        others = [number for index in range(1, 6) for number in post.write(number=index)]
        started.until(lambda: all(post.message(number).status is MessageStatus.SENT for number in others))
        assert {post.message(number).status for number in held} == {MessageStatus.SENDING}
    assert len(texts.refs()) == len(set(texts.refs())) == 5
    assert not refs & set(texts.refs())
    sound(post.sessions)


@WRONG
def test_a_web_server_whose_clock_is_wrong_opens_and_closes_links_by_the_databases(
    post: Post, tmp_path: Path, seconds: int
) -> None:
    with post.sessions() as session, transaction(session):
        over = issue(session, NoticeId(post.notice.id), post.notice.version)
        session.execute(sa.update(PrivateLink).values(expires_at=sa.func.now() - dt.timedelta(hours=1)))
        in_time = issue(session, NoticeId(post.notice.id), post.notice.version)
        fresh = PrivateLink.expires_at > sa.func.now()
        session.execute(sa.update(PrivateLink).where(fresh).values(expires_at=sa.func.now() + dt.timedelta(hours=1)))
    port = free_port()
    web = ("-m", "gunicorn", "booking.wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket")
    with processes(post.config, tmp_path) as started:
        started.start("web", shifted(seconds, web))
        started.until(lambda: _status(port, "/health/live") == 200)
        opened, closed = (httpx.get(f"http://127.0.0.1:{port}/a/{token}") for token in (in_time, over))
    assert (opened.status_code, closed.status_code) == (200, 410)


def _status(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}").status_code
    except httpx.HTTPError:
        return 0


#: a beat's memory of when it has last asked for what
AGE = """
import datetime as dt, sys
from celery.beat import PersistentScheduler
from workers.app import app
scheduler = PersistentScheduler(app=app, schedule_filename=sys.argv[1])
for entry in scheduler.schedule.values():
    entry.last_run_at -= dt.timedelta(hours=1)
scheduler.close()
"""


@pytest.fixture
def config(database_url: str, redis_url: str) -> Config:
    return load_config(settings(database_url, redis_url))


def weekly_run_is_due(sessions: sessionmaker[Session]) -> None:
    """A term whose weekly run was due an hour ago and has not been started."""
    now = SystemClock().now()
    due = (now - dt.timedelta(hours=1)).astimezone(SEOUL)
    with sessions() as session:
        small = SmallTerm(session)
        session.execute(sa.update(Term).values(opens_on=seoul_date(now) - dt.timedelta(days=1)))
        session.commit()
        set_weekly(session, FixedClock(now - dt.timedelta(days=1)), small.coordinator, (due.weekday(), due.hour), None)
        session.commit()


def broker_of(config: Config) -> redis.Redis:
    return redis.Redis(unix_socket_path=config.redis_url.removeprefix("redis+socket://").partition("?")[0])


def asked(config: Config) -> int:
    """How often the beats together have asked for the weekly run, while nobody takes it up."""
    with broker_of(config) as broker:
        wake_ups = [json.loads(entry) for entry in broker.lrange(Queue.MESSAGES.value, 0, -1)]
    return sum(one["headers"]["task"] == "upkeep.weekly_run" for one in wake_ups)


def waiting(config: Config) -> int:
    """How many wake-ups wait in the broker, or are in a worker's hands."""
    with broker_of(config) as broker:
        return int(broker.llen(Queue.MESSAGES.value)) + int(broker.hlen("unacked"))


def test_two_beats_start_one_run_a_week(sessions: sessionmaker[Session], config: Config, tmp_path: Path) -> None:
    weekly_run_is_due(sessions)
    beats = ("beat-1", "beat-2")
    for name in beats:
        subprocess.run(
            [sys.executable, "-c", AGE, str(tmp_path / name)],
            cwd=paths.ROOT,
            env={**os.environ, **environment(config)},
            check=True,
        )
    with processes(config, tmp_path) as started:
        # the queue holds both requests before anybody takes one up
        for name in beats:
            beat = ("-m", "celery", "-A", "workers.app", "beat", "--schedule", str(tmp_path / name), "--pidfile=")
            started.start(name, beat)
        started.until(lambda: asked(config) == len(beats))
        for number in (1, 2):
            started.start(f"worker-{number}", WORKER)
        started.until(lambda: not waiting(config))
    with sessions() as session:
        entries = session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "run_started")).all()
        assert [entry.detail for entry in entries] == [{"weekly": True}]
        assert session.scalar(sa.select(sa.func.count()).select_from(AllocationRun)) == 1
    sound(sessions)
