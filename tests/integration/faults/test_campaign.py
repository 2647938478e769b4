"""Relays and workers killed again and again under a stream of messages: none doubled, none lost in silence."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from tests.support.faults import sound, trials
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer
from tests.support.processes import RELAY, processes, worker

WORKER = worker("messages", "--pool", "solo")
ARRIVED = {MessageStatus.SENT, MessageStatus.DELIVERED}
#: in sight of a person, who settles it
IN_SIGHT = {MessageStatus.UNKNOWN, MessageStatus.FAILED}
KILLS, MESSAGES = trials(4, 300), trials(24, 1000)


@pytest.mark.timeout(7200)
def test_no_message_is_doubled_or_lost_however_often_they_are_killed(
    post: Post, tmp_path: Path, mail: MailServer, texts: FaultyGateway
) -> None:
    """Two kills to a round: the worker while the provider has its message in hand, the relay at any moment."""
    chance = random.Random(6)
    for number in range(MESSAGES // 2):
        post.write(number=number)
    with processes(post.config, tmp_path) as started:
        for _round in range(KILLS // 2):
            started.start("relay", RELAY)
            started.start("worker", WORKER)
            texts.kill = lambda: started.kill("worker")
            texts.faults.extend([*[""] * chance.randint(0, 4), chance.choice(["kill_before", "kill_after"])])
            started.until(lambda: not texts.faults or not post.open_jobs())
            texts.faults.clear()
            started.kill("relay")
            with suppress(ProcessLookupError):  # it is dead already, where its moment came
                started.kill("worker")
            # everybody is dead, so that nothing is in flight: as if the leases had run out
            post.time_passes()
        texts.kill = lambda: None
        started.start("relay", RELAY)
        started.start("worker", WORKER)

        def settled() -> bool:
            return set(post.by_status()) <= ARRIVED | IN_SIGHT and not post.open_jobs()

        def move_on() -> bool:
            if post.by_status().get(MessageStatus.SENDING, 0) == 0:
                post.time_passes()
            return settled()

        started.until(move_on)
    with post.sessions() as session:
        messages = session.query(Message).all()
    assert len(messages) == MESSAGES
    sent, written = Counter(texts.refs()), Counter(item["message_id"].strip("<>").split("@")[0] for item in mail.taken)
    assert {*sent.values(), *written.values()} == {1}
    for message in messages:
        left = str(message.ref) in (sent if message.channel is Channel.SMS else written)
        if message.status in ARRIVED:
            assert left, message.ref
        if message.channel is Channel.SMS and message.status is not MessageStatus.FAILED:
            assert message.status in ARRIVED, "a provider that can be searched leaves nothing open"
    in_sight = sum(message.status in IN_SIGHT for message in messages)
    assert in_sight <= KILLS
    sound(post.sessions)
