"""From the row to the receiver: relay, broker and worker as real processes."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.ids import NoticeId
from booking.domain.states import MessageStatus
from booking.models.outbox import Heartbeat
from booking.services.heartbeats import RELAY as RELAY_NAME
from booking.services.links import issue
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer
from tests.support.processes import RELAY, Processes, processes, worker
from tests.support.website import website
from tools import valkey

SENT = MessageStatus.SENT
#: whoever asks a broker that hangs waits for at least so long
BROKER_SECONDS = 5


def all_sent(post: Post) -> bool:
    return set(post.by_status()) == {SENT} and post.open_jobs() == []


def once_each(mail: MailServer, texts: FaultyGateway, count: int) -> None:
    assert Counter(item["message_id"] for item in mail.taken).most_common(1)[0][1] == 1
    assert Counter(texts.refs()).most_common(1)[0][1] == 1
    assert (len(mail.taken), len(texts.refs())) == (count, count)


def broker_ok(post: Post) -> bool | None:
    with post.sessions() as session:
        return session.scalar(sa.select(Heartbeat.broker_ok).where(Heartbeat.process == RELAY_NAME))


def test_two_relays_and_two_workers_send_every_message_once(
    post: Post, started: Processes, mail: MailServer, texts: FaultyGateway
) -> None:
    for number in range(15):
        post.write(number=number)
    started.start("relay-1", RELAY)
    started.start("relay-2", RELAY)
    started.start("worker-1", worker("messages", "--pool", "solo"))
    started.start("worker-2", worker("messages", "--concurrency", "2"))
    started.until(lambda: all_sent(post))
    for number in range(15, 30):
        post.write(number=number)
    started.until(lambda: all_sent(post))
    once_each(mail, texts, 30)


def test_workers_and_relay_show_that_they_live(post: Post, started: Processes) -> None:
    started.start("relay", RELAY)
    started.start("worker", worker("repair", "--concurrency", "1"))

    def seen() -> set[str]:
        with post.sessions() as session:
            return set(session.scalars(sa.select(Heartbeat.process).where(Heartbeat.broker_ok)))

    started.until(lambda: seen() == {"relay", "worker-repair"})


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[valkey.Valkey]:
    broker = valkey.start(tmp_path / "valkey", tmp_path / "valkey.log", durable=False)
    yield broker
    broker.stop()


def test_a_broker_that_is_killed_and_comes_back_empty_costs_nothing_but_time(
    post: Post, own_broker: valkey.Valkey, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    post.config = replace(post.config, redis_url=own_broker.url)
    with processes(post.config, tmp_path) as started:
        started.start("relay", RELAY)
        started.start("worker", worker("messages", "--pool", "solo"))
        post.write(number=1)
        started.until(lambda: all_sent(post))
        own_broker.process.kill()
        own_broker.process.wait()
        for number in range(2, 8):
            post.write(number=number)
        started.until(lambda: broker_ok(post) is False)
        again = subprocess.Popen(own_broker.process.args, cwd=tmp_path, stdout=subprocess.DEVNULL)
        try:
            # what had been handed out when the broker died is due again when its lease ends
            post.time_passes()
            started.until(lambda: all_sent(post))
            started.until(lambda: broker_ok(post) is True)
        finally:
            again.kill()
            again.wait()
    once_each(mail, texts, 7)


def test_a_broker_that_hangs_is_waited_out(
    post: Post, own_broker: valkey.Valkey, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    post.config = replace(post.config, redis_url=own_broker.url)
    with processes(post.config, tmp_path) as started:
        started.start("relay", RELAY)
        started.start("worker", worker("messages", "--pool", "solo"))
        post.write(number=1)
        started.until(lambda: all_sent(post))
        own_broker.process.send_signal(signal.SIGSTOP)
        for number in range(2, 8):
            post.write(number=number)
        started.until(lambda: broker_ok(post) is False)
        # pages ask nothing of the broker: a workplace answers while it hangs
        with post.sessions() as session, transaction(session):
            token = issue(session, NoticeId(post.notice.id), post.notice.version)
        with website(post.config) as app:
            visitor = app.test_client()
            begun = time.monotonic()
            assert visitor.get("/sign-in").status_code == 200
            assert visitor.get(f"/a/{token}").status_code == 200
            assert time.monotonic() - begun < BROKER_SECONDS, "a page has waited for the broker"
        own_broker.process.send_signal(signal.SIGCONT)
        post.time_passes()
        started.until(lambda: all_sent(post))
    once_each(mail, texts, 7)


def test_a_relay_that_is_killed_is_followed_by_another(
    post: Post, started: Processes, mail: MailServer, texts: FaultyGateway
) -> None:
    started.start("worker", worker("messages", "--pool", "solo"))
    for number in range(5):
        started.start(f"relay-{number}", RELAY)
        post.write(number=number)
        started.until(lambda: broker_ok(post) is not None)
        started.kill(f"relay-{number}")
    started.start("relay", RELAY)
    post.time_passes()
    started.until(lambda: all_sent(post))
    once_each(mail, texts, 5)
