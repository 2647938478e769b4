"""What is locked while the plan changes lets go on what only names it: a worker makes a link, a teacher asks."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.models.messages import Message
from booking.models.terms import Term
from booking.models.visits import WorkplaceNotice
from booking.notify.catalogue import Kind
from booking.services.claiming import locked
from booking.services.links import issue
from booking.services.notices import retell_notices
from booking.services.terms import lock_term
from tests.support.factory import SmallTerm


@pytest.fixture
def term(sessions: sessionmaker[Session]) -> SmallTerm:
    """A published plan whose messages wait to be sent."""
    with sessions() as session, transaction(session):
        small = SmallTerm(session)
        small.publish()
    return small


def until_somebody_waits(session: Session) -> None:
    """Wait until a lock is asked for and not had."""
    for _ in range(1000):
        if session.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits for anybody")


def test_a_link_is_made_while_its_notice_is_told_anew(term: SmallTerm, sessions: sessionmaker[Session]) -> None:
    """A worker holds a message and makes its link; a change holds the notice and takes the message back.

    Each would wait for the other if the notice were locked against rows that only refer to it.
    """
    with sessions() as looking:
        message = looking.scalars(
            sa.select(Message).where(Message.kind == Kind.WORKPLACE_ASK).order_by(Message.id)
        ).first()
        assert message is not None
        notice = looking.get_one(WorkplaceNotice, int(message.subject.partition(":")[2]))
    faults: list[BaseException] = []

    def tell_anew() -> None:
        try:
            with sessions() as session, transaction(session):
                retell_notices(session, term.clock, [(notice.workplace_id, notice.date)])
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=tell_anew, daemon=True)
    with sessions() as worker, transaction(worker):
        assert locked(worker, message.id)[0] is not None
        thread.start()
        with sessions() as looking:
            until_somebody_waits(looking)
        issue(worker, notice.id, notice.version)
    thread.join(20)
    assert not thread.is_alive()
    assert faults == []


def test_who_only_names_the_term_does_not_wait_for_who_changes_its_plan(
    term: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    with sessions() as changing, transaction(changing):
        current = changing.scalars(sa.select(Term).where(Term.is_current)).one()
        lock_term(changing, current)
        with sessions() as asking, transaction(asking):
            asking.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
            asking.execute(
                sa.text("INSERT INTO slot (term_id, code, date, block) VALUES (:term, 'X', '2030-01-01', 'AM')"),
                {"term": current.id},
            )
