"""The broker: a line that swallows everything, no room left, a frozen worker that took the wake-ups with it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.domain.states import MessageStatus
from booking.models.outbox import Heartbeat, Job
from booking.services.heartbeats import RELAY as RELAY_NAME
from tests.support.faults import BadLine, sound, trials
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer
from tests.support.processes import RELAY, Processes, processes, worker
from tools import valkey

WORKER = worker("messages", "--pool", "solo")
#: while the broker is away so many are written at most, and all have left so many seconds after it is back
MOST_WRITTEN, DRAINED_SECONDS = 60, 60


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[valkey.Valkey]:
    broker = valkey.start(tmp_path / "valkey", tmp_path / "valkey.log", durable=False)
    yield broker
    broker.stop()


def all_sent(post: Post) -> bool:
    return set(post.by_status()) == {MessageStatus.SENT} and post.open_jobs() == []


def broker_ok(post: Post) -> bool | None:
    with post.sessions() as session:
        return session.scalar(sa.select(Heartbeat.broker_ok).where(Heartbeat.process == RELAY_NAME))


def handed_out(post: Post) -> int:
    with post.sessions() as session:
        return (
            session.scalar(sa.select(sa.func.count()).where(Job.done_at.is_(None), Job.lease_until.is_not(None))) or 0
        )


def at_rest(post: Post, started: Processes) -> None:
    """Wait until two more heartbeats of the relay: a worker that was busy has ended its round by then, and listens."""
    for _ in range(2):
        with post.sessions() as session:
            last = session.scalar(sa.select(Heartbeat.at).where(Heartbeat.process == RELAY_NAME))

        def beaten(before: object = last) -> bool:
            with post.sessions() as looking:
                return looking.scalar(sa.select(Heartbeat.at).where(Heartbeat.process == RELAY_NAME)) != before

        started.until(beaten)


def once_each(mail: MailServer, texts: FaultyGateway, count: int) -> None:
    assert set(Counter(item["message_id"] for item in mail.taken).values()) == {1}
    assert set(Counter(texts.refs()).values()) == {1}
    assert (len(mail.taken), len(texts.refs())) == (count, count)


def test_a_line_that_swallows_everything_is_noticed_and_given_up(
    post: Post, own_broker: valkey.Valkey, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    with closing(BadLine(str(own_broker.socket))) as line:
        post.config = replace(post.config, redis_url=f"redis://127.0.0.1:{line.port}/0")
        with processes(post.config, tmp_path) as started:
            started.start("relay", RELAY)
            started.start("worker", WORKER)
            post.write(number=1)
            started.until(lambda: all_sent(post))
            at_rest(post, started)
            line.swallow()
            for number in range(2, 8):
                post.write(number=number)
            started.until(lambda: broker_ok(post) is False)
            assert post.open_jobs() != []
            line.heal()
            # what left on the dead line is due again when its lease ends
            post.time_passes()
            started.until(lambda: all_sent(post))
            started.until(lambda: broker_ok(post) is True)
    once_each(mail, texts, 7)
    sound(post.sessions)


def test_a_broker_without_room_lets_the_outbox_grow_and_drain(
    post: Post, own_broker: valkey.Valkey, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    post.config = replace(post.config, redis_url=own_broker.url)
    with processes(post.config, tmp_path) as started, own_broker.client() as client:
        started.start("relay", RELAY)
        started.start("worker", WORKER)
        post.write(number=1)
        started.until(lambda: all_sent(post))
        at_rest(post, started)
        client.config_set("maxmemory", "1")
        for number in range(2, 8):
            post.write(number=number)
        started.until(lambda: broker_ok(post) is False)
        assert len(post.open_jobs()) == 12
        client.config_set("maxmemory", "0")
        started.until(lambda: all_sent(post))
    once_each(mail, texts, 7)
    sound(post.sessions)


@pytest.mark.timeout(900)
def test_a_broker_that_is_killed_again_and_again_under_a_stream_and_keeps_its_file(
    post: Post, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    kept = tmp_path / "kept"
    broker = valkey.start(kept, tmp_path / "kept.log", durable=True)
    post.config = replace(post.config, redis_url=broker.url)
    running, number = broker.process, 0
    try:
        with processes(post.config, tmp_path) as started:
            started.start("relay", RELAY)
            started.start("worker", WORKER)
            for _ in range(trials(3, 10)):
                for _ in range(3):
                    number += 1
                    post.write(number=number)
                running.kill()
                running.wait()
                number += 1
                post.write(number=number)
                running = subprocess.Popen(broker.process.args, cwd=kept, stdout=subprocess.DEVNULL)
            post.time_passes()
            started.until(lambda: all_sent(post))
            started.until(lambda: broker_ok(post) is True)
    finally:
        running.kill()
        running.wait()
        broker.stop()
    assert any(kept.rglob("*.aof")), "the broker has kept its file"
    once_each(mail, texts, number)
    sound(post.sessions)


@pytest.mark.timeout(1200)
def test_a_broker_that_is_away_for_long_costs_nothing_but_time(
    post: Post, own_broker: valkey.Valkey, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    post.config = replace(post.config, redis_url=own_broker.url)
    with processes(post.config, tmp_path) as started:
        started.start("relay", RELAY)
        started.start("worker", WORKER)
        post.write(number=1)
        started.until(lambda: all_sent(post))
        own_broker.process.kill()
        own_broker.process.wait()
        written, back = 1, time.monotonic() + trials(10, 600)
        while time.monotonic() < back:
            if written < MOST_WRITTEN:
                written += 1
                post.write(number=written)
            time.sleep(0.5)
        assert broker_ok(post) is False
        again = subprocess.Popen(own_broker.process.args, cwd=tmp_path, stdout=subprocess.DEVNULL)
        begun = time.monotonic()
        try:
            started.until(lambda: all_sent(post))
            assert time.monotonic() - begun < DRAINED_SECONDS
            started.until(lambda: broker_ok(post) is True)
        finally:
            again.kill()
            again.wait()
    once_each(mail, texts, written)
    sound(post.sessions)


def test_what_a_frozen_worker_took_with_it_is_done_by_another(
    post: Post, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    with processes(post.config, tmp_path) as started:
        started.start("relay", RELAY)
        frozen = started.start("frozen", WORKER)
        post.write(number=1)
        started.until(lambda: all_sent(post))
        at_rest(post, started)
        os.killpg(frozen, signal.SIGSTOP)
        for number in range(2, 6):
            post.write(number=number)
        started.until(lambda: handed_out(post) == 8)
        started.kill("frozen")
        started.start("worker", WORKER)
        post.time_passes()
        started.until(lambda: all_sent(post))
    once_each(mail, texts, 5)
    sound(post.sessions)
