"""A trial of a publication is in nobody's way for long: whoever needs the plan of the term has it within a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.ids import RunId
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.foretelling import Foretelling, ForetoldMessage
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.people import User
from booking.models.terms import Term
from booking.notify.catalogue import Kind
from booking.services import publication_trial
from booking.services.foretelling import foretell
from booking.services.giving_way import GaveWay, giving_way
from booking.services.messages import Draft, write_messages
from booking.services.publishing import publish_as
from booking.services.terms import lock_term
from tests.support.factory import SmallTerm

#: a page gives up after five
SOON_SECONDS = 4.5


@pytest.fixture
def run(sessions: sessionmaker[Session]) -> tuple[SmallTerm, RunId]:
    with sessions() as session, transaction(session):
        small = SmallTerm(session)
        return small, small.propose().id


def waits(sessions: sessionmaker[Session], run_id: RunId) -> bool:
    """Whether the trial is asked for, and nothing of it is stored."""
    with sessions() as session:
        job = session.scalars(sa.select(Job).where(Job.topic == Topic.FORETELL)).one()
        return job.done_at is None and session.get(Foretelling, run_id) is None


def the_term(session: Session) -> Term:
    return session.scalars(sa.select(Term).where(Term.is_current)).one()


def needs_the_term(sessions: sessionmaker[Session]) -> float:
    """Answer, publish, change: how long it took to have the term."""
    began = time.monotonic()
    with sessions() as session, transaction(session):
        lock_term(session, the_term(session))
    return time.monotonic() - began


@pytest.mark.parametrize(
    "work",
    [lambda session: session.execute(sa.text("SELECT pg_sleep(20)")), lambda _session: time.sleep(2)],
    ids=["while the database works", "while it is not asked"],
)
def test_whoever_waits_has_it_within_a_moment(
    sessions: sessionmaker[Session], run: tuple[SmallTerm, RunId], work: Callable[[Session], object]
) -> None:
    held, outcome = threading.Event(), list[str]()

    def hold() -> None:
        with sessions() as session:
            try:
                with giving_way(sessions, session):
                    lock_term(session, the_term(session))
                    held.set()
                    work(session)
                    session.execute(sa.text("SELECT 1"))
            except GaveWay as error:
                session.rollback()
                outcome.append(error.code)
            # and its session is of use again
            assert session.scalar(sa.text("SELECT 1")) == 1

    holding = threading.Thread(target=hold)
    holding.start()
    assert held.wait(5)
    assert needs_the_term(sessions) < SOON_SECONDS
    holding.join()
    assert outcome == ["gave_way"]


def test_nobody_waits_and_nothing_happens(sessions: sessionmaker[Session], run: tuple[SmallTerm, RunId]) -> None:
    with sessions() as session, giving_way(sessions, session):
        lock_term(session, the_term(session))
        time.sleep(0.6)
        assert session.scalar(sa.text("SELECT 1")) == 1


def test_an_error_of_its_own_is_told_as_it_is(sessions: sessionmaker[Session], run: tuple[SmallTerm, RunId]) -> None:
    with pytest.raises(sa.exc.ProgrammingError), sessions() as session, giving_way(sessions, session):
        session.execute(sa.text("SELECT nothing_of_the_kind"))


def test_what_others_write_meanwhile_is_not_foretold(
    sessions: sessionmaker[Session], run: tuple[SmallTerm, RunId], monkeypatch: pytest.MonkeyPatch
) -> None:
    small, number = run

    def published_while_somebody_writes(*given: Any) -> None:
        with sessions() as other, transaction(other):
            teacher = other.scalars(sa.select(User).where(User.role == Role.TEACHER)).first()
            assert teacher is not None
            write_messages(other, [Draft(Kind.REQUEST_RECEIVED, teacher, "request:1", 1, {})])
        publish_as(*given)

    monkeypatch.setattr(publication_trial, "publish_as", published_while_somebody_writes)
    foretell(sessions, small.clock, small.config, number)
    with sessions() as session:
        assert session.scalars(sa.select(Message.kind)).all() == [Kind.REQUEST_RECEIVED]
        kinds = set(session.scalars(sa.select(ForetoldMessage.kind)))
    assert Kind.WORKPLACE_ASK in kinds
    assert Kind.REQUEST_RECEIVED not in kinds


def test_a_trial_that_cannot_begin_is_tried_again(
    sessions: sessionmaker[Session], run: tuple[SmallTerm, RunId]
) -> None:
    small, number = run
    with sessions() as publication:
        lock_term(publication, the_term(publication))
        foretell(sessions, small.clock, small.config, number)
    assert waits(sessions, number)


def test_a_trial_in_the_way_is_tried_again(sessions: sessionmaker[Session], run: tuple[SmallTerm, RunId]) -> None:
    small, number = run
    with sessions() as obstacle:
        # the trial comes as far as its first visit, and holds the term
        obstacle.execute(sa.text("LOCK TABLE visit IN SHARE MODE"))
        trying = threading.Thread(target=foretell, args=(sessions, small.clock, small.config, number))
        trying.start()
        time.sleep(0.7)
        assert needs_the_term(sessions) < SOON_SECONDS
        trying.join()
    assert waits(sessions, number)
    foretell(sessions, small.clock, small.config, number)
    with sessions() as session:
        assert session.get_one(Foretelling, number).refusal is None
