"""Two who want the last places at the same moment, and two beats that give up the same offer: real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import make_engine, make_sessions, transaction
from booking.domain.party_states import LIVE_PARTIES, PartyStatus
from booking.domain.person import Person
from booking.domain.registration import PartyEntry
from booking.models.messages import Message
from booking.models.registrations import SessionOpening, SessionParty
from booking.services.audit import run_audit
from booking.services.registration_deadlines import expire_places
from booking.services.registration_desk import save_opening
from booking.services.registrations import answer_place, register, withdraw
from tests.support.factory import SmallTerm
from tests.support.registrations import USUAL, opened, registered, teacher

ROUNDS = 5


class Desk:
    """The small term committed, a session of it with 30 places, and as many connections as are asked for."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        with sessions() as session, transaction(session):
            self.small = SmallTerm(session)
            self.number = opened(self.small, 30).session_id
            self.teachers = [teacher(self.small, number) for number in range(3)]

    def register(self, who: Person, pupils: int, label: str = "1-1") -> Callable[[Session], object]:
        """What a teacher does in a transaction of its own."""
        entry = PartyEntry(label, 1, pupils, "")
        return lambda session: register(session, self.small.clock, who, self.number, who.school_ids[0], entry)

    def at_once(self, *doings: Callable[[Session], object]) -> list[BaseException]:
        """Do all of this at the same moment, each on a connection of its own; returns what was refused."""
        ready = threading.Barrier(len(doings))
        refused: list[BaseException] = []

        def run(doing: Callable[[Session], object]) -> None:
            try:
                with self.sessions() as session, transaction(session):
                    session.execute(sa.text("SELECT 1"))
                    ready.wait(10)
                    doing(session)
            except Exception as error:
                refused.append(error)

        threads = [threading.Thread(target=run, args=(doing,)) for doing in doings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return refused

    def clear(self) -> None:
        """Everybody gives up what they have or are offered."""
        with self.sessions() as session, transaction(session):
            while party := session.scalar(sa.select(SessionParty).where(SessionParty.status.in_(LIVE_PARTIES))):
                who = next(one for one in self.teachers if one.school_ids == (party.school_id,))
                withdraw(session, self.small.clock, who, party.id, seen=party.version)

    def statuses(self) -> list[PartyStatus]:
        """How everybody stands, in the order of arrival; the audit finds nothing."""
        with self.sessions() as session:
            assert run_audit(session, self.small.clock.now()) == []
            return list(session.scalars(sa.select(SessionParty.status).order_by(SessionParty.turn)))

    def mails(self, kind: str) -> int:
        """How many e-mails of a kind there are."""
        with self.sessions() as session:
            counted = sa.select(sa.func.count()).where(Message.kind == kind, Message.channel == "email")
            return session.scalar(counted) or 0


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    engine = make_engine(database_url)
    yield Desk(make_sessions(engine))
    engine.dispose()


def test_the_last_places_go_to_one_and_the_other_waits(desk: Desk) -> None:
    for number in range(ROUNDS):
        label = f"1-{number}"
        doings = [desk.register(who, 20, label) for who in desk.teachers]
        assert not desk.at_once(*doings)
        assert sorted(desk.statuses()[-3:]) == ["registered", "waiting", "waiting"]
        desk.clear()
        assert not {"registered", "waiting", "offered"} & set(desk.statuses())


def test_one_button_pressed_twice_registers_once(desk: Desk) -> None:
    pressed = desk.register(desk.teachers[0], 20)
    assert not desk.at_once(pressed, pressed, pressed)
    assert desk.statuses() == ["registered"]
    assert desk.mails("session_registered") == 1


def test_two_beats_give_an_offer_up_once_and_an_answer_with_them_is_one_of_both(desk: Desk) -> None:
    with desk.sessions() as session, transaction(session):
        small = SmallTerm(session, term=session.merge(desk.small.term), now=desk.small.clock.now())
        opening = session.get_one(SessionOpening, desk.number)
        there = registered(small, opening, 30)
        offered = registered(small, opening, 30, school=1)
        registered(small, opening, 30, school=2)
        withdraw(session, small.clock, desk.teachers[0], there.id, seen=there.version)
        until, number = offered.offered_until, offered.id
    assert until is not None
    desk.small.clock.moment = until

    def beat(session: Session) -> int:
        return expire_places(session, desk.small.clock)

    refused = desk.at_once(
        beat, beat, lambda session: answer_place(session, desk.small.clock, desk.teachers[1], number, accept=True)
    )
    # the time was over when the answer came, whoever was first
    assert [type(error).__name__ for error in refused] == ["IllegalTransition"]
    assert desk.statuses() == ["withdrawn", "expired", "offered"]
    assert (desk.mails("session_offer_expired"), desk.mails("session_offer")) == (1, 2)


def test_fewer_places_and_one_more_class_do_not_pass_each_other(desk: Desk) -> None:
    fewer = replace(USUAL, places=10, largest=10)
    refused = desk.at_once(
        desk.register(desk.teachers[0], 20),
        lambda session: save_opening(session, desk.small.clock, desk.small.coordinator, desk.number, fewer, seen=1),
    )
    # either the class was first and the places stay, or the places were first and the class is too large by then
    assert [type(error).__name__ for error in refused] == ["InvalidForm"]
    assert desk.statuses() in (["registered"], [])
