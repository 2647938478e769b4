"""Jobs: asked for once, handed out, begun by one, ended, and never lost."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.topics import Topic
from booking.models.outbox import Job
from booking.services.outbox import (
    MAX_ATTEMPTS,
    BegunJob,
    LeaseLost,
    begin,
    claim_due,
    close_poisoned,
    enqueue,
    extend_lease,
    fail,
    finish,
    release,
)

HOUR = dt.timedelta(hours=1)


def jobs(session: Session) -> list[Job]:
    return list(session.scalars(sa.select(Job).order_by(Job.id).execution_options(populate_existing=True)))


def take_up(session: Session) -> BegunJob:
    [handed] = claim_due(session, 10)
    job = begin(session, handed.id)
    assert job is not None
    return job


def lease_runs_out(session: Session) -> None:
    session.execute(sa.update(Job).values(lease_until=sa.func.now() - HOUR))


def test_the_same_wish_twice_is_one_job_at_the_earlier_time(session: Session) -> None:
    later = dt.datetime.now(dt.UTC) + HOUR
    enqueue(session, Topic.SEND_MESSAGE, 7, available_at=later)
    assert claim_due(session, 10) == []
    enqueue(session, Topic.SEND_MESSAGE, 7)
    enqueue(session, Topic.SEND_MESSAGE, 7, available_at=later)
    assert [handed.subject_id for handed in claim_due(session, 10)] == [7]
    assert len(jobs(session)) == 1


def test_a_job_that_was_handed_out_is_not_handed_out_again_until_its_lease_ends(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    assert len(claim_due(session, 10)) == 1
    assert claim_due(session, 10) == []
    lease_runs_out(session)
    assert len(claim_due(session, 10)) == 1


def test_the_oldest_go_first_and_no_more_than_asked_for(session: Session) -> None:
    now = dt.datetime.now(dt.UTC)
    for subject in (1, 2, 3):
        enqueue(session, Topic.SEND_MESSAGE, subject, available_at=now - HOUR * subject)
    assert [handed.subject_id for handed in claim_due(session, 2)] == [3, 2]


def test_only_the_topics_asked_for(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 1)
    enqueue(session, Topic.REPAIR_RUN, 2)
    assert [handed.topic for handed in claim_due(session, 10, [Topic.REPAIR_RUN])] == [Topic.REPAIR_RUN]


def test_the_second_wake_up_finds_the_job_taken(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    [handed] = claim_due(session, 10)
    assert begin(session, handed.id) is not None
    assert begin(session, handed.id) is None


def test_an_ended_job_is_not_begun_again(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    job = take_up(session)
    finish(session, job)
    assert begin(session, job.id) is None
    lease_runs_out(session)
    assert claim_due(session, 10) == []


def test_a_wish_made_while_a_worker_is_at_it_is_not_lost(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    job = take_up(session)
    enqueue(session, Topic.SEND_MESSAGE, 7)
    assert len(jobs(session)) == 1
    finish(session, job)
    again = take_up(session)
    assert again.subject_id == 7
    finish(session, again)
    assert claim_due(session, 10) == []


def test_a_later_wish_made_by_the_worker_itself_waits_for_its_time(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    job = take_up(session)
    later = dt.datetime.now(dt.UTC) + HOUR
    enqueue(session, Topic.SEND_MESSAGE, 7, available_at=later)
    finish(session, job)
    assert claim_due(session, 10) == []
    [row] = jobs(session)
    assert (row.available_at, row.attempts, row.done_at) == (later, 0, None)


def test_after_its_end_the_same_wish_is_a_new_job(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    finish(session, take_up(session))
    enqueue(session, Topic.SEND_MESSAGE, 7)
    assert len(jobs(session)) == 2
    assert len(claim_due(session, 10)) == 1


def test_a_worker_whose_lease_has_passed_to_another_can_neither_extend_nor_end(session: Session) -> None:
    enqueue(session, Topic.SOLVE_RUN, 7)
    first = take_up(session)
    lease_runs_out(session)
    second = take_up(session)
    with pytest.raises(LeaseLost):
        extend_lease(session, first)
    finish(session, first)
    fail(session, first, "late", None)
    extend_lease(session, second)
    assert jobs(session)[0].done_at is None
    finish(session, second)
    assert jobs(session)[0].done_at is not None


def test_an_extended_lease_is_not_handed_out(session: Session) -> None:
    enqueue(session, Topic.SOLVE_RUN, 7)
    job = take_up(session)
    lease_runs_out(session)
    extend_lease(session, job)
    assert claim_due(session, 10) == []


def test_what_could_not_be_published_is_due_at_once(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    handed = claim_due(session, 10)
    release(session, handed)
    assert claim_due(session, 10) == handed


def test_a_failed_job_waits_and_is_tried_again(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    fail(session, take_up(session), "KeyError", HOUR)
    assert claim_due(session, 10) == []
    session.execute(sa.update(Job).values(available_at=sa.func.now()))
    assert take_up(session).attempt == 2


def test_a_job_that_ends_its_workers_is_closed_after_the_third(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    for _ in range(MAX_ATTEMPTS):
        assert close_poisoned(session) == []
        take_up(session)
        lease_runs_out(session)
    assert claim_due(session, 10) == []
    assert [job.subject_id for job in close_poisoned(session)] == [7]
    [row] = jobs(session)
    assert row.done_at is not None
    assert row.last_error


def test_waiting_in_the_broker_for_long_is_no_fault_of_the_job(session: Session) -> None:
    enqueue(session, Topic.SEND_MESSAGE, 7)
    for _ in range(MAX_ATTEMPTS * 2):
        assert len(claim_due(session, 10)) == 1
        lease_runs_out(session)
    assert close_poisoned(session) == []


def test_two_relays_at_once_hand_every_job_out_once(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        for subject in range(200):
            enqueue(session, Topic.SEND_MESSAGE, subject)
    seen: list[int] = []
    start = threading.Barrier(4)

    def relay() -> None:
        start.wait()
        while True:
            with sessions() as session, transaction(session):
                handed = claim_due(session, 7)
            if not handed:
                return
            seen.extend(job.subject_id for job in handed)

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(200))


def test_wishes_and_ends_at_once_lose_nothing(sessions: sessionmaker[Session]) -> None:
    """Whatever the order, after the last wish there is a beginning that came later."""
    wished = threading.Event()
    begun_after_last_wish = threading.Event()

    def worker() -> None:
        while not begun_after_last_wish.is_set():
            last = wished.is_set()
            with sessions() as session, transaction(session):
                handed = claim_due(session, 1)
                job = begin(session, handed[0].id) if handed else None
            if job is not None:
                with sessions() as session, transaction(session):
                    finish(session, job)
            elif last:
                begun_after_last_wish.set()

    thread = threading.Thread(target=worker)
    thread.start()
    for _ in range(100):
        with sessions() as session, transaction(session):
            enqueue(session, Topic.SEND_MESSAGE, 7)
    wished.set()
    thread.join(60)
    with sessions() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Job.done_at.is_(None))) == 0


def test_a_committed_job_wakes_a_listener(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, session.get_bind().connect() as listening:  # type: ignore[union-attr]
        driver = listening.connection.driver_connection
        assert driver is not None
        listening.execute(sa.text("LISTEN outbox"))
        listening.commit()
        with transaction(session):
            enqueue(session, Topic.SEND_MESSAGE, 7)
        [note] = driver.notifies(timeout=10, stop_after=1)
    assert note.payload == Topic.SEND_MESSAGE.value
