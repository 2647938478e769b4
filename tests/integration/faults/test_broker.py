"""The broker: a line that swallows everything, no room left, a frozen worker that took the wake-ups with it."""

from __future__ import annotations

import os
import signal
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
from tests.support.faults import BadLine, sound
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer
from tests.support.processes import RELAY, Processes, processes, worker
from tools import valkey

WORKER = worker("messages", "--pool", "solo")


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
