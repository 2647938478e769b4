"""Workers killed in the worst moments: before the provider takes a message, and after, before it is recorded here."""

from __future__ import annotations

from collections import Counter

import pytest

from booking.domain.states import MessageStatus
from tests.support.messaging import Post
from tests.support.peers import FaultyGateway, MailServer
from tests.support.processes import RELAY, Processes, worker

TRIALS = 3
#: the look-up may find a message that has been delivered meanwhile
ARRIVED = {MessageStatus.SENT, MessageStatus.DELIVERED}
WORKER = worker("messages", "--pool", "solo")


@pytest.mark.parametrize("fault", ["kill_before", "kill_after"])
def test_a_text_is_sent_once_whenever_its_worker_is_killed(
    post: Post, started: Processes, texts: FaultyGateway, fault: str
) -> None:
    started.start("relay", RELAY)
    for trial in range(TRIALS):
        texts.kill = lambda trial=trial: started.kill(f"worker-{trial}")  # type: ignore[misc]
        texts.faults.append(fault)
        started.start(f"worker-{trial}", WORKER)
        post.write(number=trial)
        started.until(lambda: not texts.faults)
        texts.kill = lambda: None
        started.start(f"worker-{trial}-again", WORKER)
        # as if a minute had gone by: the leases of the dead end
        post.time_passes()
        started.until(lambda: set(post.by_status()) <= ARRIVED and not post.open_jobs())
        started.kill(f"worker-{trial}-again")
    counts = Counter(texts.refs())
    assert len(counts) == TRIALS
    assert set(counts.values()) == {1}


def test_an_email_whose_worker_was_killed_is_shown_and_not_sent_again(
    post: Post, started: Processes, mail: MailServer, texts: FaultyGateway
) -> None:
    """SMTP cannot be asked: what may have left is unknown, and a person decides."""
    started.start("relay", RELAY)
    started.start("worker", WORKER)
    post.write(number=1)
    started.until(lambda: post.by_status() == {MessageStatus.SENT: 2})
    mail.on_body = lambda: started.kill("worker")
    post.write(number=2)
    started.until(lambda: len(mail.taken) == 2)
    mail.on_body = lambda: None
    started.start("worker-again", WORKER)
    post.time_passes()
    started.until(lambda: post.by_status() == {MessageStatus.SENT: 3, MessageStatus.UNKNOWN: 1})
    post.time_passes()
    started.until(lambda: not post.open_jobs())
    assert len(mail.taken) == 2
